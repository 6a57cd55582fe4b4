"""What `/figures` answers: the values of `routing.saving.summary`, described."""

from datetime import date

from pydantic import Field

from api.schema import Shown
from routing.saving.summary import Method, Span
from tomma.saving import Side


class SideOut(Shown):
    """What one side's days came to; whole numbers, so that sums are exact."""

    distance_m: int
    driving_s: int
    work_s: int = Field(description="Seconds of halting, emptying and unloading.")
    trucks: int = Field(description="Trucks that drove, over the days.")
    stops: int = Field(description="Halts to empty; the bins of one site in one go are one.")
    lifts: int = Field(description="Bins emptied.")
    needless: int = Field(description="Lifts of bins less than 40 % full.")
    skipped: int = Field(description="Bins a truck came to and could not empty.")
    disposals: int = Field(description="Unloadings.")
    left_behind: int = Field(description="Bins the rule wanted and no truck had time for.")
    volume_dl: int = Field(description="Decilitres collected.")
    weight_kg: int
    fill_pct: int = Field(description="Sum over the lifts of how full the bin was, in percent.")
    fill_pct_squared: int = Field(description="Sum of its squares, for the spread.")
    overflow_min: int = Field(description="Bin-minutes that something lay beside a full bin.")
    overflow_dl: int = Field(description="Decilitres that came to lie beside full bins.")
    co2_g: int = Field(description="Grams of CO2.")
    cost_minor: int = Field(description="Kilometres, hours, lifts and trucks; neither CO2 nor overflow is priced in.")


class PeriodOut(Shown):
    """Some consecutive days together."""

    first: date
    last: date
    days: int = Field(description="That were computed.")
    counted: int = Field(description="Of them, those that count for the saving.")
    figures: dict[Side, SideOut]
    counted_figures: dict[Side, SideOut] = Field(description="Of the days that count.")
    planned_bins: int = Field(description="On the published plans.")
    planned_bins_emptied: int = Field(description="Of them, those that were emptied.")
    planned_kg: int | None = Field(description="Kilograms the plans expected.")
    weighed_kg: int | None = Field(description="Kilograms the scales told; null when nobody told any.")
    measured_pct: int = Field(description="Percent of the waste's arrival that lies between two readings.")


class MeasureOut(Shown):
    """One measure of a saving, in the unit that its name ends in."""

    name: str = Field(examples=["distance_m"])
    total: int = Field(description="Rule less done, over all days that count.")
    of: int = Field(description="What the rule comes to in them.")
    per_day: float = Field(description="Mean of the daily differences.")
    low: float | None = Field(description="The true mean lies above, 97.5 times of 100; null with too few days.")
    high: float | None = Field(description="The true mean lies below, 97.5 times of 100; null with too few days.")


class SavingOut(Shown):
    """What was saved against one rule, on the days that count."""

    against: Side
    counted: int = Field(description="Days.")
    method: Method = Field(description="too_few: no interval; days: provisional; weeks: over means of seven days.")
    measures: list[MeasureOut]


class FiguresOut(Shown):
    """Key figures of finished days, and what was saved in them."""

    from_day: date
    to_day: date
    by: Span
    currency: str
    timezone: str
    seal: str = Field(description="SHA-256 over the days: an audit file with the same seal holds these very days.")
    first_published: date | None = Field(description="First day for which a plan was ever sent to the trucks.")
    threshold_fraction: float = Field(description="From which level on the threshold rule empties a bin.")
    own_rounds: int = Field(description="Bins whose fixed rounds the city told; the others' were made to fit.")
    bins: int = Field(description="Of the city.")
    periods: list[PeriodOut] = Field(description="Oldest first; figures by side: done, fixed, threshold.")
    saving: list[SavingOut] = Field(description="Against the fixed rounds, and against the threshold rule.")
