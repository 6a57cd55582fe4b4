"""What the HTTP door is built from: every part of the world it asks, handed in once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from threading import Event
from typing import Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from api.accounts.passwords import Passwords
from routing.ahead.days_ahead import DaysAhead
from routing.alternatives.pareto_weeks import Weekly
from routing.alternatives.rule_columns import RuleColumns
from routing.ordering.on_schedule import on_schedule
from routing.roads.guidance import Guide
from routing.roads.plain_guides import StraightGuide
from routing.roads.straight_line import StraightLineRoads
from routing.solve_run import StopSign
from tomma.asset_ports import AssetBook, VitalsBook
from tomma.audit import AuditBook
from tomma.care_ports import CareBook, Outbox, WorkOrderBook
from tomma.city import City
from tomma.clock import Clock, SystemClock
from tomma.edits import Edit
from tomma.model import BinId, PlanId
from tomma.mornings import MorningBook
from tomma.opendata import OpenDataBook
from tomma.people_ports import PeopleBook, SessionBook
from tomma.plan import Plan, Wishes
from tomma.planning_settings import PlanningSettings, RoadSettings
from tomma.ports import (
    EventLog,
    PlanStore,
    ProgressSink,
    ReadingStore,
    Registry,
    RequestBook,
    TabletBook,
    WorkerBoard,
)
from tomma.saving import SavingBook
from tomma.settings import Settings


@dataclass(frozen=True, slots=True)
class ForecastStep:
    """How full one bin is expected to be at one time: the 10th, 50th and 90th percentile, and the risk."""

    at_utc: datetime
    p10_fraction: float
    p50_fraction: float
    p90_fraction: float
    p_overflow: float
    """Probability that the bin has overflowed by then."""


@dataclass(frozen=True, slots=True)
class BinOutlook:
    """One bin's forecast in three words."""

    p_overflow_24h: float
    """Probability that it has overflowed 24 h after the forecast was made."""
    hours_to_full: float | None
    """When overflow becomes as likely as not; None when that is far off."""
    sensor_state: str
    """"ok" | "silent" | "odd" | "none": how far the level can be believed."""


@dataclass(frozen=True, slots=True)
class CityAhead:
    """The whole city's forecast at some hours: one row a bin, one column an hour; nothing falls along a row."""

    bin_ids: Sequence[BinId]
    p50_fraction: NDArray[np.float32]
    """The median fill."""
    p_overflow: NDArray[np.float32]
    """Probability that the bin has overflowed by then."""


class ForecastView(Protocol):
    """One forecast of the whole city, made at one moment."""

    @property
    def as_of_utc(self) -> datetime:
        """The moment whose readings it was made from."""

    def outlook(self, bin_id: BinId) -> BinOutlook | None:
        """Return the bin's forecast in short; None for a bin it does not know."""

    def steps(self, bin_id: BinId, hours: int) -> Sequence[ForecastStep]:
        """Return the bin's steps within so many hours, the first of them now; empty for a bin it does not know."""

    def ahead(self, hours: Sequence[int]) -> CityAhead:
        """Return every bin at so many hours from `as_of_utc`."""


class Forecaster(Protocol):
    """Makes a forecast; takes seconds for a large city, so it is never called while a page waits."""

    def __call__(self, *, city: City, now_utc: datetime) -> ForecastView:
        """Return how every bin is expected to fill, from what is stored now."""


class Planner(Protocol):
    """Makes a plan from what is stored now; comes back about when its time budget says, or raises TommaError."""

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
        stop: Event,
    ) -> Plan:
        """Return the plan of `day` with the id `plan_id`, READY or FAILED; the best so far soon after `stop` is set."""


class Editor(Protocol):
    """Changes a plan by hand, within a fraction of a second, without a solver."""

    def __call__(
        self, *, city: City, plan_id: PlanId, edits: Sequence[Edit], draft_id: PlanId, now_utc: datetime
    ) -> Plan:
        """Return the draft that the edits make of the plan, with the rules it breaks; it is not stored yet.

        ConflictError when the plan cannot be changed by hand, or an edit does not fit it.
        """


class Rules(Protocol):
    """Tells what other rules would have made of a plan's day; takes seconds."""

    def __call__(self, *, city: City, plan_id: PlanId) -> RuleColumns:
        """Return the day by fixed rounds and by a threshold; ConflictError when its basis is no longer kept."""


class WeeklyAtRisk(Protocol):
    """Tells what a setting of the risk knob comes to; takes seconds, more for a large city."""

    def __call__(
        self, *, city: City, planning: PlanningSettings, now_utc: datetime, risk: float, draw: int, stop: StopSign
    ) -> Weekly | None:
        """Return a week's figures in the drawn future number `draw`; None soon after `stop` is set."""


class Lookout(Protocol):
    """Tells what the coming days hold; takes seconds for a large city."""

    def __call__(
        self, *, city: City, settings: PlanningSettings, first_day: date, days: int, now_utc: datetime
    ) -> DaysAhead:
        """Return the days, their work levelled."""


class Saver(Protocol):
    """Computes the audited saving of a day that is over; takes seconds."""

    def __call__(self, *, city: City, now_utc: datetime) -> date | None:
        """Compute and keep the next day; return it, or None when none is due."""


def saves_nothing(*, city: City, now_utc: datetime) -> date | None:  # noqa: ARG001  (nobody asks)
    """Leave every day as it is."""
    return None


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the door looks at the world. Seconds of the wall clock, except where it says clock."""

    poll_s: float = 0.5
    """Pause between two looks at the stores: pages hear of changes at most twice a second."""
    heartbeat_s: float = 15.0
    forecast_every_clock_s: float = 900.0
    """A forecast moves little in a quarter of an hour; sensors seldom report more often."""
    forecast_pause_min_s: float = 5.0
    curve_draws: int = 4
    """Futures that the points of the risk curve are averages of, at most: small towns are noisy, and quick."""
    left_plans_s: float = 5.0
    """Between two looks for plans that another server died over; with nothing unfinished it is one small query."""
    schedule_every_clock_s: float = 20.0
    """Between two looks at what the morning's schedule wants."""
    stored_within_s: float = 10.0
    """How long a reading that came over HTTP waits for the store; network servers wait for 10 to 30 s."""


def new_plan_id() -> PlanId:
    """Return an id nobody has used."""
    return PlanId(str(uuid4()))


def knows_no_streets() -> Guide:
    """Return a guide that tells direction and distance."""
    defaults = RoadSettings()
    guess = StraightLineRoads(defaults.detour_factor, defaults.straight_line_speed_kmh)
    return StraightGuide(lambda: guess)


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Everything the application asks; tests hand in real stores and a planner of their own."""

    settings: Settings
    readings: ReadingStore
    registry: Registry
    plans: PlanStore
    events: EventLog
    requests: RequestBook
    tablets: TabletBook
    workers: WorkerBoard
    care: CareBook
    work_orders: WorkOrderBook
    outbox: Outbox
    assets: AssetBook
    vitals: VitalsBook
    people: PeopleBook
    sessions: SessionBook
    audit: AuditBook
    open_data: OpenDataBook
    clock: Clock
    forecaster: Forecaster
    planner: Planner
    lookout: Lookout
    editor: Editor
    mornings: MorningBook
    weekly: WeeklyAtRisk
    rules: Rules
    saving: SavingBook
    saver: Saver = saves_nothing
    guide: Guide = field(default_factory=knows_no_streets)
    make_plan_id: Callable[[], PlanId] = new_plan_id
    pace: Pace = Pace()
    https: bool = False
    certificate: Path | None = None
    """Our own, where HTTPS is spoken by ourselves."""
    wall: Clock = field(default_factory=SystemClock)
    """What sessions and links age by; a demo's clock runs fast."""
    passwords: Passwords = field(default_factory=Passwords)
    on_set_up: Callable[[], None] = lambda: None
    """Called when the first person has a second factor: the server may now listen where it was told to."""
    on_leaving: Callable[[], None] = lambda: None
    """Called when the server stops, before its threads are waited for: ends what forecaster and planner are doing."""

    def planning(self, city: City) -> PlanningSettings:
        """Return what plans are weighed by, with the days on which trucks come."""
        return on_schedule(self.settings.planning, self.mornings.schedule(), city)
