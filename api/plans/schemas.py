"""What `/plans` takes and answers."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from api.schema import EARLIEST, LATEST, Fraction, LonLat, Name, ReasonOut, Shown, Told, UtcTime
from tomma.bounds import BoundError, Rule
from tomma.edits import POSITION_MAX

PlanStatusName = Literal["queued", "solving", "ready", "failed", "published", "superseded", "discarded", "draft"]
StopKindName = Literal["collect", "dispose", "break"]
EditKindName = Literal["lock", "unlock", "add", "remove", "move"]
RuleName = Literal[
    "shift_end",
    "shift_start",
    "overload_l",
    "overload_kg",
    "daily_limit_l",
    "daily_limit_kg",
    "daily_limit_bins",
    "unload_limit",
    "not_unloaded",
    "fraction",
    "skill",
    "locked",
    "lock_order",
    "access_early",
    "access_late",
    "access_shut",
    "gate_fraction",
    "gate_skill",
    "break_missing",
    "break_time",
    "no_road",
    "must_left",
    "unsound",
]
VEHICLES_MAX = 500
BINS_MAX = 20_000


def parse_day(value: object) -> date:
    """Return the day an ISO 8601 text tells; ValueError for anything else, and for a year outside 2000 to 2199."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != len("2026-11-22"):
        raise BoundError("", Rule.DAY, "must be a day like 2026-11-22")
    try:
        day = date.fromisoformat(value)
    except ValueError as exc:
        raise BoundError("", Rule.DAY, f"must be a day like 2026-11-22: {exc}") from exc
    if not EARLIEST.year <= day.year < LATEST.year:  # a week before or after must be a day, too
        raise BoundError("", Rule.DAY, "must be a day from the year 2000 to 2199")
    return day


Day = Annotated[date, BeforeValidator(parse_day), Field(examples=["2026-11-22"])]


class LockIn(Told):
    """A bin that is given to a truck."""

    bin_id: Name
    vehicle_id: Name


ClockTime = Annotated[
    str, Field(strict=True, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["06:00"], description="Local, HH:MM.")
]


class ShiftIn(Told):
    """A truck's working hours on that day; an end at or before the start is on the next day."""

    start: ClockTime
    end: ClockTime


CrewName = Annotated[Name, Field(max_length=32, description="What the office calls the crew; not a person's name.")]


class PlanOrder(Told):
    """What to plan. Everything may be left out."""

    day: Day | None = Field(
        default=None,
        description="Local day of the organisation; if left out, the next one with an hour of work left in it.",
    )
    vehicle_ids: list[Name] | None = Field(
        default=None,
        max_length=VEHICLES_MAX,
        description="Trucks that may drive; all if left out, or those of the plan to change.",
        examples=[["V1"]],
    )
    budget_s: Annotated[float, Field(strict=True)] | None = Field(
        default=None, ge=0.2, le=600.0, description="Time the solver may take. [s]", examples=[20.0]
    )
    replan_of: Name | None = Field(
        default=None,
        description=(
            "The published plan to change: its trucks go on from where they are, with what they carry. What was "
            "decided for the day (trucks, shifts, crews, areas, risk, budget) holds unless it is given here."
        ),
    )
    exclude_bin_ids: list[Name] = Field(default=[], max_length=BINS_MAX, description="Bins to leave out today.")
    lock: list[LockIn] = Field(default=[], max_length=BINS_MAX, description="Bins to collect, each by a given truck.")
    unavailable_vehicle_ids: list[Name] | None = Field(
        default=None,
        max_length=VEHICLES_MAX,
        description="Trucks that broke down: others take over their bins. If left out, those of the plan to change.",
    )
    include_bin_ids: list[Name] = Field(
        default=[], max_length=BINS_MAX, description="Bins to collect whatever they hold, by any truck."
    )
    areas: list[Name] | None = Field(
        default=None, max_length=500, description="Only bins of these areas, and those named above; all if empty."
    )
    shifts: dict[Name, ShiftIn] = Field(
        default={}, max_length=VEHICLES_MAX, description="By truck; its usual shift, or that of the plan to change."
    )
    crews: dict[Name, CrewName] = Field(default={}, max_length=VEHICLES_MAX, description="Who drives, by truck.")
    accepted_overflow_probability: Annotated[float, Field(strict=True)] | None = Field(
        default=None,
        ge=0.0,
        le=1.0,
        description="A bin more likely than this to overflow before its next opportunity must be emptied.",
    )
    risk: Annotated[float, Field(strict=True)] | None = Field(
        default=None,
        ge=0.0,
        le=1.0,
        description=(
            "The same as one knob, 0 careful to 1 bold: it moves the accepted probability and what an overflow is "
            "taken to cost. 0.5 is what the city has set; each step on the curve of `/plans/pareto` names its own."
        ),
    )
    balanced: Annotated[bool, Field(strict=True)] | None = Field(
        default=None, description="Make the trucks' hours alike, also where that costs some kilometres."
    )
    keep_edits_of: Name | None = Field(
        default=None, description="A draft of that day: what was locked, added and removed there stays so."
    )


class OrderedShiftOut(Shown):
    """When a truck is on duty on that day."""

    start_s: int = Field(description="Local time of day. [s]", examples=[21600])
    end_s: int = Field(description="Local time of day; past 86400 is the next day. [s]", examples=[52200])


class OrderedOut(Shown):
    """What a plan's day was ordered with: it holds for a change of the plan where that says nothing else."""

    vehicle_ids: list[str] = Field(description="Trucks that drive.")
    unavailable_vehicle_ids: list[str] = Field(description="Trucks that broke down.")
    shifts: dict[str, OrderedShiftOut] = Field(description="By truck, of those that do not drive, too.")
    crews: dict[str, str] = Field(description="By truck, where the office called them something.")
    areas: list[str] = Field(description="Only their bins; all if empty.")
    gone_areas: list[str] = Field(
        description="Areas of the order that are no more; `areas` are where their bins stand."
    )
    balanced: bool
    accepted_overflow_probability: float = Field(description="A bin more likely to overflow had to be emptied.")


class PlanOrdered(Shown):
    """The job that makes the plan."""

    id: str
    status: PlanStatusName
    day: date


class TotalsOut(Shown):
    """What a plan comes to."""

    distance_m: int = Field(description="[m]")
    driving_s: int = Field(description="Time at the wheel. [s]")
    work_s: int = Field(description="From leaving the depot to being home, rests taken off; all trucks. [s]")
    lifts: int = Field(description="Bins emptied.")
    stops: int = Field(description="Halts: the bins of one site in one go are one.")
    disposals: int = Field(description="Trips to unload.")
    volume_l: float = Field(description="Expected, of what is collected. [l]")
    weight_kg: float = Field(description="Expected, of what is collected. [kg]")
    co2_kg: float = Field(description="[kg]")
    expected_overflows: float | None = Field(description="Bins, until the next opportunity; null if not known.")
    cost_minor: int
    lost_prize_minor: int
    trucks: int = Field(description="Trucks that drive.")


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
    failure: str = Field(
        description="The same as a word to translate by, such as `server-stopped`; empty where there is none."
    )
    replaces: str | None = Field(description="The plan on the road that this one changes; null for a first plan.")
    co2_kg: float = Field(description="What its kilometres and lifts emit. [kg]")

    expected_overflows: float | None = Field(
        description="Bins expected to overflow until the next opportunity if this plan is driven; null if not known."
    )
    accepted_overflow_probability: float | None = Field(description="What it was made with; null in old plans.")
    based_on: str | None = Field(description="Of a draft: the plan that it began as.")
    edited_from: str | None = Field(description="Of a draft: the plan before its last changes; showing it undoes them.")
    areas: list[str] = Field(description="Only their bins were weighed, and those that were named; empty: all.")
    gone_areas: list[str] = Field(
        description="Areas that the day had been ordered for and that are no more; `areas` are where their bins stand."
    )
    totals: TotalsOut


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


class PlannedRouteOut(RouteOut):
    """One truck's day with what the office looks at."""

    crew: str = Field(description="What the office calls the crew; empty when it did not say.")
    done_stops: int = Field(
        description="How many of the stops, the first ones, were done before this plan was made: no edit changes them."
    )
    work_s: int = Field(description="From leaving the depot to being home, rests taken off. [s]")
    work_share: float = Field(description="Of the trucks' average: 1.0 is as long a day as the others' on average.")
    lifts: int = Field(description="Bins to empty.")
    volume_l: float = Field(description="Expected. [l]")


class LeftOutOut(Shown):
    """A bin that is not on the plan, and why."""

    bin_id: str
    reasons: list[ReasonOut]


class LockOut(Shown):
    """A bin that a person gave to a truck."""

    bin_id: str
    vehicle_id: str


class BrokenRuleOut(Shown):
    """A rule that a draft breaks; the pages put the code into words."""

    code: RuleName = Field(examples=["shift_end"])
    vehicle_id: str | None
    bin_id: str | None
    values: dict[str, float] = Field(
        description="By how much; names carry their units.", examples=[{"late_s": 900.0, "overtime_s": 0.0}]
    )


class EditOut(Shown):
    """A change that was made by hand."""

    kind: EditKindName
    bin_id: str
    vehicle_id: str | None
    position: int | None = Field(description="Bins that its truck empties before it.")


class PlanOut(PlanFigures):
    """A whole plan: the figures of the summary, with the routes and what was left out in full."""

    routes: list[PlannedRouteOut]
    left_out: list[LeftOutOut]
    locks: list[LockOut]
    edits: list[EditOut] = Field(description="Of a draft: everything changed by hand since `based_on`, in order.")
    warnings: list[BrokenRuleOut] = Field(description="Of a draft: the rules it breaks; an engine's plan breaks none.")
    balance: float | None = Field(
        description="Shortest working day over the longest, of the trucks that drive: 1 is even; null without routes."
    )


class EditIn(Told):
    """One change by hand."""

    kind: EditKindName = Field(description="`lock` keeps the bin on its truck also when the plan is made again.")
    bin_id: Name
    vehicle_id: Name | None = Field(
        default=None, description="If left out: the bin's own truck, or for a new bin the one where it costs least."
    )
    position: Annotated[int, Field(strict=True)] | None = Field(
        default=None,
        ge=0,
        le=POSITION_MAX,
        description="With add and move: how many bins its truck empties before it; if left out, where it costs least.",
    )


class EditsIn(Told):
    """Changes to carry out in order, as one step."""

    edits: list[EditIn] = Field(min_length=1, max_length=200)


class PublishIn(Told):
    """How to publish."""

    accept_warnings: bool = Field(
        default=False, strict=True, description="Publish a draft although it breaks the rules named in its warnings."
    )


class ComparisonColumn(Shown):
    """A plan, or a rule's day, beside others: the same figures as of a plan, where they are known."""

    day: date
    plan_id: str | None = Field(description="Null for a rule that nobody drove.")
    distance_m: int = Field(description="[m]")
    driving_s: int = Field(description="Time at the wheel. [s]")
    work_s: int = Field(description="At work, rests taken off; of a rule without waiting at gates. [s]")
    lifts: int = Field(description="Bins emptied.")
    stops: int = Field(description="Halts: the bins of one site in one go are one.")
    disposals: int = Field(description="Trips to unload.")
    volume_l: float = Field(description="Expected, of what is collected. [l]")
    weight_kg: float | None = Field(description="The same in weight; null for a rule. [kg]")
    co2_kg: float = Field(description="[kg]")
    expected_overflows: float | None = Field(description="Bins, until the next opportunity; null if not known.")
    cost_minor: int
    lost_prize_minor: int | None = Field(description="Null for a rule: it weighs nothing.")
    trucks: int = Field(description="Trucks that drive.")


class ComparisonOut(Shown):
    """This plan beside yesterday's and beside what other rules would have done with the same bins and streets."""

    this: ComparisonColumn
    yesterday: ComparisonColumn | None = Field(description="The last plan driven in the week before; null if none.")
    fixed_rounds: ComparisonColumn | None = Field(description="Null until computed, see `rules`.")
    threshold: ComparisonColumn | None
    rules: Literal["computing", "ready", "failed"]
    detail: str = Field(description="Why the rules could not be computed; empty otherwise.")
    failure: str = Field(description="The same as the name of a problem, so that a page can tell it in its words.")


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


class PointOut(Shown):
    """One setting of the risk knob, and what a week of it is expected to come to."""

    risk: float = Field(description="What to order a plan with; 0 careful, 0.5 as set, 1 bold.")
    accepted_overflow_probability: float = Field(description="What the knob makes of it.")
    expected_overflows_per_week: float = Field(description="Bins that begin to overflow.")
    km_per_week: float = Field(description="[km]")
    lifts_per_week: float = Field(description="Bins emptied.")
    cost_minor_per_week: int = Field(description="Driving, hours, trucks and lifts, in minor units of the currency.")
    current: bool = Field(description="Whether this is what the city has set.")


class CurveOut(Shown):
    """The curve behind the risk knob. Expected figures of a simulated week, not promises."""

    status: Literal["computing", "ready", "failed"]
    as_of_utc: UtcTime = Field(description="From the readings known then.")
    draws: int = Field(description="Drawn futures that every point is an average of; 0 while the first is computed.")
    detail: str = Field(description="Why it could not be computed; empty otherwise.")
    points: list[PointOut] = Field(description="Careful first; those known so far while it is computed.")
