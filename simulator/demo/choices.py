"""What can be chosen about the demo, and what follows from it."""

from dataclasses import dataclass
from pathlib import Path

from simulator.presets import find_preset

FEW_BINS = 500
MANY_BINS = 2_000
START_S = 12.0
HISTORY_PER_S = 5_000.0
REPORTS_A_DAY = 21.0
PLANNED_DAYS = 6
"""Enough for the saving to be told with an interval from the first minute on (docs/saving.md)."""
LEARNING_DAYS = 3
"""Before the first plan: a forecast wants to have seen the bins fill."""
PLAN_S = 1.5


@dataclass(frozen=True, slots=True)
class DemoChoices:
    """What the person asked for."""

    size: str | int
    speed: float
    seed: int
    port: int
    data_dir: Path
    fresh: bool
    days_of_history: float | None
    """None: ten days, or fewer for a big city, whose ten days take minutes to publish."""
    once_s: float | None

    @property
    def bins(self) -> int:
        """How many bins the town has."""
        return self.size if isinstance(self.size, int) else find_preset(self.size).bins

    @property
    def history_days(self) -> float:
        """How many days lie behind the demo's first morning."""
        if self.days_of_history is not None:
            return self.days_of_history
        if self.bins <= FEW_BINS:
            return 10.0
        return 5.0 if self.bins <= MANY_BINS else 3.0

    @property
    def planned_days(self) -> int:
        """How many of the last days were planned and driven; none in a city, whose plans take longer each."""
        if self.bins > FEW_BINS:
            return 0
        return max(0, min(PLANNED_DAYS, int(self.history_days) - LEARNING_DAYS))

    @property
    def head_start_s(self) -> float:
        """How long starting and loading history takes on two cores, about; the clock shows 04:30 only then."""
        return START_S + self.bins * self.history_days * REPORTS_A_DAY / HISTORY_PER_S + self.planned_days * PLAN_S

    @property
    def reports_per_hour(self) -> int:
        """How often a sensor reports: twice an hour, so that a watcher sees bins fill and drop."""
        return 2 if self.bins <= MANY_BINS else 1

    @property
    def plan_budget_s(self) -> float:
        """How long the planner may think: a plan should be out before the trucks leave at six."""
        return min(5.0 + self.bins / 500.0, 20.0)
