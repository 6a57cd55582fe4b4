"""How `/plans` tells a plan; beside it what is ordered, compared and expected, each in a file of its own."""

from datetime import date
from typing import Literal

from pydantic import Field

from api.schema import Fraction, LonLat, ReasonOut, Shown, UtcTime

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


class LetGoOut(Shown):
    """A bin that a person gave to a truck or added, until one of them was no more."""

    bin_id: str
    vehicle_id: str | None = Field(description="The truck it was given to; null for a bin that was added.")


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
    closed_disposal_site_ids: list[str] = Field(
        description="Disposal sites at which nothing is unloaded, as the order said: a fire, a strike."
    )
    let_go: list[LetGoOut] = Field(
        description="What a person had decided on the plan before and nobody can keep: the bin or its truck is gone."
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
