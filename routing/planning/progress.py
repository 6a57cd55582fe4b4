"""How far a plan has come, told to whoever waits for it."""

import time
from dataclasses import dataclass, field

from routing.answer import Solution
from routing.planning.bill import cost_minor_of
from tomma.model import PlanId
from tomma.plan import PlanProgress, PlanStatus
from tomma.planning_settings import PlanningSettings
from tomma.ports import ProgressSink


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells of one plan, from now on."""

    sink: ProgressSink
    plan_id: PlanId
    settings: PlanningSettings
    began_at: float = field(default_factory=time.monotonic)
    """On the machine's own clock. [s]"""

    def __call__(self, stage: str, solution: Solution | None = None, detail: str = "") -> None:
        """Pass a stage on; money and stops once there is a solution."""
        stops = None if solution is None else sum(len(route.visits) for route in solution.routes)
        cost_minor = None if solution is None else cost_minor_of(solution, self.settings)
        elapsed_s = time.monotonic() - self.began_at
        self.sink(PlanProgress(self.plan_id, PlanStatus.SOLVING, stage, elapsed_s, cost_minor, stops, detail))
