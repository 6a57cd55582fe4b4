"""A plan beside other plans, and beside what other rules would have done."""

from datetime import date
from typing import Literal

from pydantic import Field

from api.schema import ReasonOut, Shown


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
