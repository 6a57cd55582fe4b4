"""A day's plan, as everybody but the solver sees it: routes with stops, and a reason for every bin left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from tomma.bounds import BoundError, Rule, check_utc, check_within
from tomma.edits import BrokenRule, Edit
from tomma.model import BinId, DisposalSiteId, PlanId, VehicleId
from tomma.reasons import Reason


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
    done_stops: int = 0
    """How many of the stops, the first ones, were done before the plan was made: they stay as they were."""
    earlier: tuple[Stop, ...] = ()
    """What the truck did before at bins that the plan has once more: on no list, driven and aboard all the same."""


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
    DISCARDED = "discarded"
    """Ready, and not wanted."""
    DRAFT = "draft"
    """Changed by hand: the checker's objections are in `warnings`; a person decides whether to publish it."""


UNFINISHED = frozenset({PlanStatus.QUEUED, PlanStatus.SOLVING})
"""Somebody is making it, or died over it."""


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
    replaces: PlanId | None = None
    """The plan on the road that this one changes; None for the first plan of a day."""
    co2_kg: float = 0.0
    """What its kilometres and lifts emit."""
    expected_overflows: float | None = None
    """How many bins are expected to overflow before the next opportunity if this plan is driven; None: not known."""
    accepted_overflow_probability: float | None = None
    """What it was made with; None in plans from before this was kept."""
    crews: Mapping[VehicleId, str] = field(default_factory=dict)
    """Who drives, as the office calls its crews ("Team North"): a label, not a person's name; empty where a change of
    the plan took it off."""
    areas: frozenset[str] = frozenset()
    """Only bins of these areas were weighed, and those that a person named; empty means the whole city."""
    gone_areas: frozenset[str] = frozenset()
    """Areas that the day had been ordered for and that the city no longer has: `areas` are taken for them."""
    locks: Mapping[BinId, VehicleId] = field(default_factory=dict)
    """Bins that a person gave to a truck."""
    let_go: Mapping[BinId, VehicleId | None] = field(default_factory=dict)
    """Of the plan that it changes: bins given to a truck (None: added) of which the bin or the truck is gone now."""
    unavailable: frozenset[VehicleId] = frozenset()
    """Trucks that a person took out of the day: a later change of the plan brings none of them back by itself."""
    closed: frozenset[DisposalSiteId] = frozenset()
    """Disposal sites where nothing is unloaded, as a person said: a later change of the plan keeps away from them."""
    based_on: PlanId | None = None
    """Of a draft: the plan of an engine that it began as."""
    edited_from: PlanId | None = None
    """Of a draft: the plan before its last changes; going back to it undoes them."""
    drafted_over: PlanId | None = None
    """Of a draft: the plan of its day that was on the road when the change by hand was begun; None: there was none."""
    edits: tuple[Edit, ...] = ()
    """Of a draft: all that was changed by hand since `based_on`, in order."""
    warnings: tuple[BrokenRule, ...] = ()
    """Of a draft: the rules that it breaks."""
    failure: str = ""
    """Why it failed, as a `tomma.errors.Refusal`; empty for every other plan, and where there is no word for it."""

    def __post_init__(self) -> None:
        """Refuse money that is not whole and times without UTC."""
        check_utc("created_utc", self.created_utc)
        check_utc("snapshot_utc", self.snapshot_utc)
        check_within("cost_minor", self.cost_minor, 0, 2**53)
        check_within("co2_kg", self.co2_kg, 0.0, 1e9)

    @property
    def bins_collected(self) -> frozenset[BinId]:
        """Every bin on a route."""
        return frozenset(stop.bin_id for route in self.routes for stop in route.stops if stop.bin_id)


@dataclass(frozen=True, slots=True)
class PlanHead:
    """A plan without its routes and reasons, which are megabytes in a large city."""

    id: PlanId
    day: date
    created_utc: datetime
    status: PlanStatus


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person decides beside the numbers."""

    excluded: frozenset[BinId] = frozenset()
    """Not today, whatever they hold."""
    locked: Mapping[BinId, VehicleId] = field(default_factory=dict)
    """These are collected, and by this truck."""
    unavailable: frozenset[VehicleId] = frozenset()
    """Broken down, or lent away."""
    replan_of: PlanId | None = None
    """The plan the trucks are driving: they go on from where they are."""
    included: frozenset[BinId] = frozenset()
    """Collected today whatever they hold, by any truck."""
    areas: frozenset[str] = frozenset()
    """Only bins of these areas are collected, and those that a person named; empty means all areas."""
    balanced: bool = False
    """The trucks' hours shall be alike, also where that costs some kilometres."""
    closed: frozenset[DisposalSiteId] = frozenset()
    """Disposal sites at which nothing is unloaded today: a fire, a strike, broken scales."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        called_off = sorted(self.excluded & self.included)
        if called_off:
            raise _both("included", called_off[0], other="include_bin_ids")
        both = sorted(self.excluded & self.locked.keys())
        if both:
            raise _both("locked", both[0], other="lock")
        gone = sorted(self.unavailable.intersection(self.locked.values()))
        if gone:
            bound = "must not be locked to an unavailable truck"
            raise BoundError("lock", Rule.SHUT_OFF, bound, gone[0], told_as="a bin")


def _both(wish: str, bin_id: BinId, other: str) -> BoundError:
    bound = f"must not be excluded and {wish} at once"
    return BoundError("exclude_bin_ids", Rule.NOT_BOTH, bound, bin_id, told_as="a bin", other=other)


@dataclass(frozen=True, slots=True)
class Moved:
    """A bin that goes to another truck."""

    bin_id: BinId
    from_vehicle_id: VehicleId
    to_vehicle_id: VehicleId


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """What changes for drivers from one plan to another; what was done under the first one is no change."""

    added: tuple[tuple[BinId, VehicleId], ...]
    removed: tuple[tuple[BinId, VehicleId], ...]
    """With the truck that was to come."""
    moved: tuple[Moved, ...]
    reordered: tuple[VehicleId, ...]
    """Trucks that drive the bins they keep in another order."""

    def concerns(self, vehicle_id: VehicleId) -> bool:
        """Return whether the truck's driver has to be told."""
        return (
            vehicle_id in self.reordered
            or any(vehicle_id == truck for _, truck in (*self.added, *self.removed))
            or any(vehicle_id in (each.from_vehicle_id, each.to_vehicle_id) for each in self.moved)
        )


def difference(former: Plan, later: Plan) -> PlanDifference:
    """Return what changes from `former` to `later`, bins in the order of their stops."""
    before, after = _truck_of(former), _truck_of(later)
    kept = {bin_id for bin_id, truck in before.items() if after.get(bin_id) == truck}
    orders = [{route.vehicle_id: _order(route, kept) for route in plan.routes} for plan in (former, later)]
    return PlanDifference(
        added=tuple((bin_id, truck) for bin_id, truck in after.items() if bin_id not in before),
        removed=tuple((bin_id, truck) for bin_id, truck in before.items() if bin_id not in after),
        moved=tuple(
            Moved(bin_id, before[bin_id], truck)
            for bin_id, truck in after.items()
            if bin_id in before and before[bin_id] != truck
        ),
        reordered=tuple(truck for truck, order in orders[0].items() if order != orders[1].get(truck, ())),
    )


def _truck_of(plan: Plan) -> dict[BinId, VehicleId]:
    return {stop.bin_id: route.vehicle_id for route in plan.routes for stop in route.stops if stop.bin_id is not None}


def _order(route: Route, kept: set[BinId]) -> tuple[BinId, ...]:
    return tuple(stop.bin_id for stop in route.stops if stop.bin_id in kept)


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
    failure: str = ""
    """As `Plan.failure`."""
    budget_s: float | None = None
    """How long it may take altogether; None: not known."""
