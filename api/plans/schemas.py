"""What `/plans` takes and answers."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from api.schema import Fraction, LonLat, Name, ReasonOut, Shown, Told, UtcTime

PlanStatusName = Literal["queued", "solving", "ready", "failed", "published", "superseded", "discarded"]
StopKindName = Literal["collect", "dispose", "break"]
VEHICLES_MAX = 500
BINS_MAX = 20_000


def parse_day(value: object) -> date:
    """Return the day an ISO 8601 text tells; ValueError for anything else."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != len("2026-11-22"):
        raise ValueError("must be a day like 2026-11-22")
    return date.fromisoformat(value)


Day = Annotated[date, BeforeValidator(parse_day), Field(examples=["2026-11-22"])]


class LockIn(Told):
    """A bin that is given to a truck."""

    bin_id: Name
    vehicle_id: Name


class PlanOrder(Told):
    """What to plan. Everything may be left out."""

    day: Day | None = Field(
        default=None,
        description="Local day of the organisation; if left out, the next one with an hour of work left in it.",
    )
    vehicle_ids: list[Name] | None = Field(
        default=None, max_length=VEHICLES_MAX, description="Trucks that may drive; all if left out.", examples=[["V1"]]
    )
    budget_s: Annotated[float, Field(strict=True)] | None = Field(
        default=None, ge=0.2, le=600.0, description="Time the solver may take. [s]", examples=[20.0]
    )
    replan_of: Name | None = Field(
        default=None,
        description="The published plan to change: its trucks go on from where they are, with what they carry.",
    )
    exclude_bin_ids: list[Name] = Field(default=[], max_length=BINS_MAX, description="Bins to leave out today.")
    lock: list[LockIn] = Field(default=[], max_length=BINS_MAX, description="Bins to collect, each by a given truck.")
    unavailable_vehicle_ids: list[Name] = Field(
        default=[], max_length=VEHICLES_MAX, description="Trucks that broke down: others take over their bins."
    )


class PlanOrdered(Shown):
    """The job that makes the plan."""

    id: str
    status: PlanStatusName
    day: date


class PlanFigures(Shown):
    """What is told of a plan wherever it is shown."""

    id: str
    day: date
    status: PlanStatusName
    created_utc: UtcTime
    snapshot_utc: UtcTime = Field(description="The plan was made from the readings known then.")
    engine: str = Field(examples=["pyvrp"], description="Empty until the plan is made.")
    roads_source: Literal["streets", "straight_line"] | None = Field(
        description="Whether distances follow streets; null until the plan is made."
    )
    distance_m: int = Field(description="[m]")
    driving_s: int = Field(description="Time at the wheel, without stops. [s]")
    stops: int = Field(description="Bins to empty.")
    cost_minor: int = Field(description="Driving, hours and trucks, in minor units of the currency.")
    lost_prize_minor: int = Field(description="Expected cost of leaving bins, in minor units of the currency.")
    violations: list[str] = Field(description="What an independent checker found wrong; empty in every offered plan.")
    detail: str = Field(description="Why the plan failed; empty otherwise.")
    replaces: str | None = Field(description="The plan on the road that this one changes; null for a first plan.")
    co2_kg: float = Field(description="What its kilometres and lifts emit. [kg]")


class PlanSummaryOut(PlanFigures):
    """One plan in figures."""

    routes: int = Field(description="Trucks that drive.")
    left_out: int = Field(description="Bins that are not on the plan, each with its reason.")


class PlansOut(Shown):
    """Plans, newest first."""

    plans: list[PlanSummaryOut]


class StopOut(Shown):
    """One thing to do on a route."""

    kind: StopKindName
    bin_id: str | None
    site_id: str | None
    disposal_site_id: str | None
    name: str = Field(description="Name of the place; empty for a break.")
    access_note: str
    fraction: str | None = Field(description="Code of the waste stream.")
    lat_deg: float | None
    lon_deg: float | None
    arrive_utc: UtcTime
    depart_utc: UtcTime
    leg_distance_m: int = Field(description="From the place before. [m]")
    leg_driving_s: int = Field(description="From the place before. [s]")
    load_after_l: float = Field(description="[l]")
    load_after_kg: float = Field(description="[kg]")
    expected_fill_fraction: Fraction | None
    reasons: list[ReasonOut]


class RouteOut(Shown):
    """One truck's day."""

    vehicle_id: str
    vehicle_name: str
    start_utc: UtcTime
    end_utc: UtcTime
    distance_m: int = Field(description="[m]")
    driving_s: int = Field(description="[s]")
    legs: list[list[LonLat]] = Field(
        description="Street geometry: one line per stop, from the place before to it, and one home; a break's is empty."
    )
    stops: list[StopOut]


class LeftOutOut(Shown):
    """A bin that is not on the plan, and why."""

    bin_id: str
    reasons: list[ReasonOut]


class PlanOut(PlanFigures):
    """A whole plan: the figures of the summary, with the routes and what was left out in full."""

    routes: list[RouteOut]
    left_out: list[LeftOutOut]


class ChangedBinOut(Shown):
    """A bin that one plan has and the other has not."""

    bin_id: str
    vehicle_id: str
    reasons: list[ReasonOut] = Field(description="Why it was added, or why it was left out.")


class MovedBinOut(Shown):
    """A bin that goes to another truck."""

    bin_id: str
    from_vehicle_id: str
    to_vehicle_id: str
    reasons: list[ReasonOut]


class DifferenceOut(Shown):
    """What changes for drivers from one plan to another."""

    from_plan_id: str
    to_plan_id: str
    added: list[ChangedBinOut]
    removed: list[ChangedBinOut]
    moved: list[MovedBinOut]
    reordered_vehicle_ids: list[str] = Field(description="Trucks that drive the bins they keep in another order.")
    concerned_vehicle_ids: list[str] = Field(description="Trucks whose drivers have to be told.")


class BinAheadOut(Shown):
    """A bin that has to be emptied soon."""

    bin_id: str
    due: date = Field(description="The last day on which it may be.")
    p_overflow: Fraction = Field(description="Risk of overflowing if it is left on that day, until the next truck.")


class DayAheadOut(Shown):
    """What one day holds as far as is known now."""

    day: date
    bins: list[BinAheadOut] = Field(description="Bins to empty; what passing trucks take early is not in it.")
    volume_l: float = Field(description="What is expected in them. [l]")
    work_h: float = Field(description="Estimated work. [h]")
    due_h: float = Field(description="The same if everything waited until its last day. [h]")
    shift_h: float = Field(description="What all trucks together can work. [h]")
    trucks: int = Field(description="How many of them it takes.")
    beyond_h: float = Field(description="Work for which there is no truck: somebody must help. [h]")


class OutlookOut(Shown):
    """The coming days, the work levelled over them."""

    days: list[DayAheadOut]
