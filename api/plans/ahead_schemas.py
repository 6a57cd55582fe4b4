"""What the coming days hold, and what a week comes to by how much risk is taken."""

from datetime import date
from typing import Literal

from pydantic import Field

from api.schema import Fraction, Shown, UtcTime


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
