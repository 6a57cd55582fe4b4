"""What a person tells `/plans` to do: what to plan, what to change by hand, what to publish; and what was ordered."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from api.plans.schemas import EditKindName, PlanStatusName
from api.schema import ClockTime, Day, Name, Shown, Told
from tomma.edits import POSITION_MAX

VEHICLES_MAX = 500
BINS_MAX = 20_000


class LockIn(Told):
    """A bin that is given to a truck."""

    bin_id: Name
    vehicle_id: Name


class ShiftIn(Told):
    """A truck's working hours on that day; an end at or before the start is on the next day."""

    start: ClockTime
    end: ClockTime


CrewName = Annotated[
    str,
    StringConstraints(strict=True, max_length=32, pattern=r"^[^\x00-\x1f\x7f]*$"),
    Field(description="What the office calls the crew, not a person's name; empty for none."),
]


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
    closed_disposal_site_ids: list[Name] | None = Field(
        default=None,
        max_length=VEHICLES_MAX,
        description=(
            "Disposal sites at which nothing is unloaded on that day: a fire, a strike. If left out, those of the plan "
            "to change, or of the draft whose edits are kept; `[]` opens all of them again."
        ),
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
    crews: dict[Name, CrewName] = Field(
        default={},
        max_length=VEHICLES_MAX,
        description="Who drives, by truck; an empty name takes off the one that the plan to change has.",
    )
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
    closed_disposal_site_ids: list[str] = Field(description="Disposal sites at which nothing is unloaded.")
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
