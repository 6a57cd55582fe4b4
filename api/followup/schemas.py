"""What `/followup` takes and answers."""

from datetime import date
from typing import Literal

from pydantic import Field

from api.driver.flags import Flag
from api.followup.deviations import DeviationKind
from api.plans.schemas import StopKindName
from api.schema import Fraction, Name, ReasonOut, Shown, Told, UtcTime
from tomma.events import ReportKind, SkipReason

MISSED_MAX = 2_000


class FollowedStopOut(Shown):
    """One stop: when it should be done, and when it was or will be."""

    kind: StopKindName
    number: int | None = Field(description="As on the tablet; null for a break and for what was not on the route.")
    bin_id: str | None
    disposal_site_id: str | None
    name: str
    fraction: str | None
    state: Literal["todo", "emptied", "skipped"] = Field(description="`emptied` also for an unloading or break done.")
    planned_utc: UtcTime | None = Field(description="Arrival by the plan the driver had; null: nobody planned it.")
    expected_utc: UtcTime | None = Field(description="Arrival as the day goes; null when it is done.")
    done_utc: UtcTime | None = Field(description="The tap, by the server's clock.")
    late_s: int | None = Field(description="Behind the plan (negative: ahead of it), done or expected. [s]")
    is_late: bool = Field(description="More than a quarter of an hour behind.")
    skip_reason: SkipReason | None
    flags: list[Flag]
    overflowing: bool = Field(description="Waste lay beside it.")
    done_by_vehicle_id: str | None = Field(description="Another truck than the plan's, if so.")
    is_extra: bool = Field(description="Emptied though it was not on this truck's route.")


class TripOut(Shown):
    """One load to a disposal site: planned and weighed."""

    disposal_site_id: str
    name: str
    planned_utc: UtcTime | None
    done_utc: UtcTime | None = Field(description="Null while it is to come.")
    planned_kg: float | None = Field(description="Aboard by the plan. [kg]")
    collected_kg: float | None = Field(description="What was expected in the bins emptied for it. [kg]")
    weighed_kg: float | None = Field(description="What the scales said; null until somebody tells. [kg]")
    ticket: str


class BreakOut(Shown):
    """One rest."""

    planned_utc: UtcTime | None
    planned_s: int | None = Field(description="[s]")
    begun_utc: UtcTime | None
    ended_utc: UtcTime | None


class ReportOut(Shown):
    """What a driver told the office."""

    at_utc: UtcTime
    kind: ReportKind
    bin_id: str | None
    name: str
    note: str
    flags: list[Flag]


class FollowedRouteOut(Shown):
    """One truck's day."""

    vehicle_id: str
    vehicle_name: str
    state: Literal["waiting", "out", "done", "taken_out"] = Field(
        description="`done`: nothing is left to do. `taken_out`: somebody said that it cannot go on today."
    )
    planned_start_utc: UtcTime
    planned_end_utc: UtcTime
    expected_end_utc: UtcTime = Field(description="From what is done so far.")
    shift_end_utc: UtcTime | None
    heard_utc: UtcTime | None = Field(description="The last tap; null before the first.")
    bins: int = Field(description="Planned for it.")
    emptied: int = Field(description="Of these.")
    skipped: int = Field(description="Of these.")
    left: int = Field(description="Of these, still to do.")
    extra: int = Field(description="Emptied though they were not on the route.")
    late: int = Field(description="Bins emptied or expected more than a quarter of an hour behind.")
    beyond_shift: int = Field(description="Bins not expected before the shift ends.")
    left_m: int = Field(description="Still to drive by the plan. [m]")
    aboard_kg: float = Field(description="Expected in what it emptied since it unloaded last. [kg]")
    stops: list[FollowedStopOut]
    trips: list[TripOut]
    breaks: list[BreakOut]
    reports: list[ReportOut]


class DeviationOut(Shown):
    """Something that goes otherwise than planned."""

    id: str
    kind: DeviationKind
    weight: int = Field(ge=0, le=100, description="How much it matters; the list is in this order.")
    vehicle_id: str | None
    vehicle_name: str
    bin_id: str | None
    name: str
    at_utc: UtcTime | None
    skip_reason: SkipReason | None
    report: ReportKind | None
    note: str
    values: dict[str, float]


class MissedOut(Shown):
    """A bin that was promised today and will not be emptied as things stand."""

    bin_id: str
    name: str
    vehicle_id: str
    why: Literal["skipped", "unfinished", "taken_off"]
    skip_reason: SkipReason | None
    p_overflow_24h: Fraction | None = Field(description="Risk of overflowing within a day.")
    request_id: str | None = Field(description="The request that takes it into the next plan; null: none stands.")


class DaySumsOut(Shown):
    """The whole fleet in figures: all that is told of a day once it is over."""

    day: date
    plan_id: str | None
    versions: int = Field(description="Plans sent to the trucks that day; more than one: it was planned anew.")
    trucks: int = Field(description="With a route.")
    bins: int = Field(description="Planned, by the version driven last.")
    emptied: int = Field(description="Of these.")
    skipped: int = Field(description="Of these.")
    left: int = Field(description="Of these.")
    extra: int = Field(description="Emptied though the plan did not have them.")
    skipped_by_reason: dict[SkipReason, int]
    reports_by_kind: dict[ReportKind, int]
    unloadings: int = Field(description="Loads brought to a disposal site.")
    collected_kg: float = Field(description="Expected in what was emptied. [kg]")
    weighed_kg: float = Field(description="[kg]")


class FollowUpOut(Shown):
    """Today: the trucks, what strays, and what was missed."""

    day: date
    now_utc: UtcTime
    plan_id: str | None = Field(description="Null while no plan is published for today.")
    closed_disposal_site_ids: list[str] = Field(
        description="Where the plan unloads nothing: a person said it is closed."
    )
    sums: DaySumsOut
    late: int = Field(description="Bins emptied or expected more than a quarter of an hour behind.")
    expected_end_utc: UtcTime | None = Field(description="When the last truck is home.")
    planned_end_utc: UtcTime | None
    routes: list[FollowedRouteOut]
    deviations: list[DeviationOut]
    missed: list[MissedOut]


class MissedIn(Told):
    """Bins to take into the next plan."""

    bin_ids: list[Name] = Field(min_length=1, max_length=MISSED_MAX)


class TakenBackOut(Shown):
    """The requests that now stand, one for each bin named."""

    request_ids: dict[str, str] = Field(description="By bin.")


class HandedOverOut(Shown):
    """A bin that a truck gets or loses."""

    bin_id: str
    name: str
    other_vehicle_id: str | None = Field(description="The other truck; null when it was, or will be, on none.")
    arrive_utc: UtcTime | None
    reasons: list[ReasonOut]


class ArrivalOut(Shown):
    """The stop whose time changes most."""

    bin_id: str
    name: str
    before_utc: UtcTime
    after_utc: UtcTime


class ChangedRouteOut(Shown):
    """What a new plan changes for one truck, from now on."""

    vehicle_id: str
    vehicle_name: str
    bins_before: int = Field(description="Bins still to empty by the plan on the road.")
    bins_after: int = Field(description="The same by the proposed plan.")
    distance_before_m: int
    distance_after_m: int
    end_before_utc: UtcTime | None
    end_after_utc: UtcTime | None
    gets: list[HandedOverOut]
    loses: list[HandedOverOut]
    is_reordered: bool = Field(description="It drives the bins it keeps in another order.")
    later: int = Field(description="Kept stops that are more than a quarter of an hour later.")
    earlier: int = Field(description="The same, earlier.")
    most: ArrivalOut | None


class ChangesOut(Shown):
    """A proposed plan beside the one on the road: only what is still to do counts."""

    from_plan_id: str
    to_plan_id: str
    is_stale: bool = Field(description="Another plan went on the road since: this one changes a plan nobody drives.")
    bins_before: int = Field(description="Bins still to empty by the plan on the road.")
    bins_after: int = Field(description="The same by the proposed plan.")
    distance_before_m: int
    distance_after_m: int
    work_before_s: int = Field(description="Hours of all trucks from now on. [s]")
    work_after_s: int
    end_before_utc: UtcTime | None = Field(description="The last truck home.")
    end_after_utc: UtcTime | None
    overflows_before: float | None = Field(description="Bins expected to overflow within a day; null: no forecast yet.")
    overflows_after: float | None = Field(description="The same.")
    routes: list[ChangedRouteOut]
