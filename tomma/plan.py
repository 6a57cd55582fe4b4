"""A day's plan, as everybody but the solver sees it: routes with stops, and a reason for every bin left out."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tomma.model import BinId, DisposalSiteId, PlanId, Reason, VehicleId, check_utc, check_within


class StopKind(StrEnum):
    """What a truck does at a stop."""

    COLLECT = "collect"
    DISPOSE = "dispose"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing to do on a route. Consecutive collects at one site are one halt of the truck."""

    kind: StopKind
    arrive_utc: datetime
    depart_utc: datetime
    leg_distance_m: int
    """From the place before."""
    leg_driving_s: int
    load_after_l: float
    load_after_kg: float
    bin_id: BinId | None = None
    disposal_site_id: DisposalSiteId | None = None
    expected_fill_fraction: float | None = None
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a stop that does not say where."""
        check_utc("arrive_utc", self.arrive_utc)
        check_utc("depart_utc", self.depart_utc)
        if (self.kind is StopKind.COLLECT) != (self.bin_id is not None):
            raise ValueError(f"bin_id belongs to a collect stop and only there, got kind {self.kind}")
        if (self.kind is StopKind.DISPOSE) != (self.disposal_site_id is not None):
            raise ValueError(f"disposal_site_id belongs to a dispose stop and only there, got kind {self.kind}")


@dataclass(frozen=True, slots=True)
class Route:
    """One truck's day: out of its depot, through the stops, back empty."""

    vehicle_id: VehicleId
    start_utc: datetime
    end_utc: datetime
    stops: tuple[Stop, ...]
    distance_m: int
    driving_s: int
    legs_lonlat: tuple[tuple[tuple[float, float], ...], ...] = ()
    """The street geometry of each leg, (lon_deg, lat_deg) points; one more leg than stops, since the last leads
    home. A leg is empty where the truck stands still: the next bin of a site, a break after a stop."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A bin that is not on the plan, and why."""

    bin_id: BinId
    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        """Refuse a silent omission."""
        if not self.reasons:
            raise ValueError(f"bin {self.bin_id} is left out without a reason")


class PlanStatus(StrEnum):
    """Where a plan is in its life."""

    QUEUED = "queued"
    SOLVING = "solving"
    READY = "ready"
    FAILED = "failed"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


class RoadsSource(StrEnum):
    """Where distances and times came from."""

    STREETS = "streets"
    STRAIGHT_LINE = "straight_line"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the trucks do on one day. `snapshot_utc` is the time whose readings it was made from."""

    id: PlanId
    day: date
    created_utc: datetime
    snapshot_utc: datetime
    status: PlanStatus
    engine: str
    roads_source: RoadsSource
    routes: tuple[Route, ...]
    left_out: tuple[LeftOut, ...]
    cost_minor: int
    """Driving, hours and trucks."""
    lost_prize_minor: int
    """What leaving the optional bins is expected to cost."""
    violations: tuple[str, ...] = ()
    """What the independent checker found; an engine's plan with any is never offered."""
    seed: int = 0
    detail: str = ""
    """Why it failed, in one plain sentence; empty for every other plan."""

    def __post_init__(self) -> None:
        """Refuse money that is not whole and times without UTC."""
        check_utc("created_utc", self.created_utc)
        check_utc("snapshot_utc", self.snapshot_utc)
        check_within("cost_minor", self.cost_minor, 0, 2**53)

    @property
    def bins_collected(self) -> frozenset[BinId]:
        """Every bin on a route."""
        return frozenset(stop.bin_id for route in self.routes for stop in route.stops if stop.bin_id)


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """How far a planner is: what the manager watches."""

    plan_id: PlanId
    status: PlanStatus
    stage: str
    elapsed_s: float
    best_cost_minor: int | None = None
    stops: int | None = None
    detail: str = ""
