"""A clock, a forecast and a planner that do as a test tells them."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np

from api.context import BinOutlook, CityAhead, ForecastStep
from tests.api.patience import PATIENCE_S
from tests.api.town import BINS, NOW, plan_of
from tomma.city import City
from tomma.model import (
    BinId,
    PlanId,
)
from tomma.plan import Plan, PlanProgress, PlanStatus, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.ports import ProgressSink


@dataclass
class HandClock:
    """A clock that is moved by hand."""

    now: datetime = NOW

    def now_utc(self) -> datetime:
        """The time it was set to."""
        return self.now

    def real_seconds(self, clock_s: float) -> float:
        """One second is one second."""
        return clock_s


@dataclass(frozen=True)
class PlainForecast:
    """Every bin rises a hundredth an hour; B1 is sure to overflow."""

    as_of_utc: datetime

    def outlook(self, bin_id: BinId) -> BinOutlook | None:
        """The same for all but B1."""
        return BinOutlook(1.0 if bin_id == "B1" else 0.125, 4.25 if bin_id == "B1" else None, "ok")

    def steps(self, bin_id: BinId, hours: int) -> Sequence[ForecastStep]:
        """One an hour."""
        return [
            ForecastStep(self.as_of_utc + timedelta(hours=hour), 0.1, 0.2 + hour / 100, 0.9, hour / 100)
            for hour in range(hours + 1)
        ]

    def ahead(self, hours: Sequence[int]) -> CityAhead:
        """The same for all but B1, which is full by the first hour."""
        rise = np.asarray([[0.2 + hour / 100 for hour in hours]] * BINS, dtype=np.float32)
        p_overflow = np.asarray([[hour / 100 for hour in hours]] * BINS, dtype=np.float32)
        rise[0, 1:] = p_overflow[0, 1:] = 1.0
        return CityAhead([BinId(f"B{n}") for n in range(1, BINS + 1)], rise, p_overflow)


@dataclass
class HandForecaster:
    """Fails when told to."""

    failure: Exception | None = None
    calls: int = 0

    def __call__(self, *, city: City, now_utc: datetime) -> PlainForecast:
        """Return the plain forecast."""
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        return PlainForecast(now_utc)


@dataclass
class HandPlanner:
    """Waits at the gate, then makes the plan or fails as it is told."""

    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None
    violations: tuple[str, ...] = ()
    asked: list[tuple[City, PlanningSettings, date]] = field(default_factory=list)
    wishes: list[Wishes] = field(default_factory=list)
    stopped: list[bool] = field(default_factory=list)

    def __call__(
        self,
        *,
        city: City,
        planning: PlanningSettings,
        day: date,
        now_utc: datetime,
        plan_id: PlanId,
        on_progress: ProgressSink,
        wishes: Wishes,
        stop: threading.Event,
    ) -> Plan:
        """Tell two stages; between them, wait to be let through, or stopped."""
        self.asked.append((city, planning, day))
        self.wishes.append(wishes)
        on_progress(PlanProgress(plan_id, PlanStatus.SOLVING, "forecast", 0.1))
        self.begun.set()
        ends_at = time.monotonic() + PATIENCE_S
        while not self.gate.is_set() and not stop.is_set():
            assert time.monotonic() < ends_at
            self.gate.wait(0.02)
        self.stopped.append(stop.is_set())
        if self.failure is not None:
            raise self.failure
        on_progress(PlanProgress(plan_id, PlanStatus.SOLVING, "by hand", 0.2, 99_999, 4))
        made = plan_of(city, plan_id, day, now_utc)
        return replace(made, violations=self.violations, replaces=wishes.replan_of)
