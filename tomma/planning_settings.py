"""What plans are made with: the streets, what a visit costs and is worth, and the rules a saving compares with."""

from datetime import date
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from tomma.collection_days import CollectionDays
from tomma.errors import ConfigurationError
from tomma.section import Section
from tomma.server_settings import ServerAddress

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
MINOR_MAX = 100_000_000
"""A million of a currency with cents, for a kilometre or an hour; a tenth of what a problem takes, which adds CO2."""


class TrafficHours(Section):
    """How much slower the streets are than their prepared speeds at some hours of some days."""

    weekdays: tuple[Weekday, ...] = Field(default=_WEEKDAYS[:5], min_length=1)
    from_h: float = Field(ge=0.0, lt=24.0)
    """Local time of day, 7.5 for half past seven."""
    to_h: float = Field(gt=0.0, le=24.0)
    factor: float = Field(ge=0.5, le=4.0)
    """Driving times are multiplied by it."""

    @property
    def days(self) -> frozenset[int]:
        """The weekdays as numbers, Monday 0."""
        return frozenset(_WEEKDAYS.index(each) for each in self.weekdays)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.to_h <= self.from_h:
            raise ValueError(
                f"to_h must be above from_h ({self.from_h:g}), got {self.to_h:g}: use two rows over midnight"
            )
        return self


class RoadSettings(Section):
    """The street network."""

    osm_extract: Path | None = None
    """An .osm.pbf of the area; without one, and without a network made by `tomma roads build`, distances are straight
    lines times `detour_factor`, and marked so."""
    curbside: bool = False
    """Whether trucks may only stop with the bin on their own side of the street."""
    detour_factor: float = Field(default=1.35, ge=1.0, le=5.0)
    """Of straight lines, until the city's own streets have taught a better one."""
    straight_line_speed_kmh: float = Field(default=22.0, ge=1.0, le=130.0)
    """The same."""
    matrix_points_kept: int = Field(default=12_000, ge=0, le=30_000)
    """Places whose drives are kept on disk (8 bytes per pair: 800 MB for 10,000); 0 keeps them in memory only."""
    traffic: tuple[TrafficHours, ...] = ()
    """Hours at which driving takes longer; a plan uses the average over its trucks' hours."""
    osrm_url: ServerAddress = ""
    """An OSRM server to ask instead of the network on this machine, such as http://osrm.internal:5000."""
    osrm_profile: str = Field(default="driving", pattern=r"^[A-Za-z0-9_.-]+$")
    """What that server calls its profile; it must be one for trucks, for it decides which streets are driven."""
    valhalla_url: ServerAddress = ""
    """A Valhalla server to ask for turn texts and, without `osrm_url`, for driving times."""
    server_timeout_s: float = Field(default=10.0, gt=0.0, le=300.0)
    """For connecting to a server, and for each of its silences."""
    server_max_locations: int = Field(default=100, ge=2, le=10_000)
    """Points per request to a server; 100 is what an OSRM server allows unless it was told otherwise."""

    def extract(self, named: Path | None) -> Path:
        """Return the extract that a command names, or else this one; ConfigurationError if there is none."""
        found = named or self.osm_extract
        if found is None:
            raise ConfigurationError("there is no extract: name an .osm.pbf of the area, or set [roads] osm_extract")
        if not found.is_file():
            raise ConfigurationError(
                f"{found.absolute()}: no such file; [roads] osm_extract, or the argument, names it"
            )
        return found


class PlanningSettings(Section):
    """What a visit is worth and what it costs. Money in minor units of the organisation's currency."""

    accepted_overflow_probability: float = Field(default=0.1, ge=0.0, le=1.0)
    """A bin more likely than this to overflow before its next opportunity must be emptied; below it money decides,
    and mostly sooner: docs/decisions/0019-choice-and-horizon.md."""
    next_opportunity_h: float = Field(default=24.0, ge=1.0, le=168.0)
    """When the next trucks come after those of the plan, at the soonest; later where `collection_weekdays` says so."""
    collection_weekdays: tuple[Weekday, ...] = Field(default=_WEEKDAYS, min_length=1)
    """On which trucks come: what Friday's plan leaves has to wait until Monday where nobody collects at the weekend.
    Where a schedule makes the plans its days count instead, and never a weekday without an open disposal site."""
    days_off: tuple[date, ...] = ()
    """Days among those on which no truck comes, such as 2026-12-25."""
    cost_per_km_minor: int = Field(default=1_600, ge=0, le=MINOR_MAX)
    cost_per_h_minor: int = Field(default=43_200, ge=0, le=MINOR_MAX)
    cost_per_lift_minor: int = Field(default=50, ge=0, le=MINOR_MAX)
    """Wear of lift and container for each bin emptied; the crew's time is in `cost_per_h_minor`."""
    overflow_cost_minor: int = Field(default=0, ge=0, le=MINOR_MAX)
    """What one overflow costs however short it is. Until the two below came, all of an overflow was in here."""
    overflow_cost_per_h_minor: int = Field(default=1_500, ge=0, le=MINOR_MAX)
    """What each hour costs that a bin stands full: complaints, vermin, litter by the wind."""
    overflow_cost_per_l_minor: int = Field(default=300, ge=0, le=MINOR_MAX)
    """What each litre costs that is left beside a full bin: a crew picks it up by hand, some 40 l in a quarter of an
    hour. A bin that is full for a day costs about 480 kr with both, as much as one overflow was assumed to before."""
    co2_kg_per_km: float = Field(default=1.4, ge=0.0, le=10.0)
    """A diesel refuse truck between stops: some 53 l per 100 km at 2.6 kg a litre burnt. [kg/km]"""
    co2_kg_per_lift: float = Field(default=0.1, ge=0.0, le=10.0)
    """Idling, lifting and compacting: some 0.04 l a bin. [kg]"""
    co2_price_per_tonne_minor: int = Field(default=150_000, ge=0, le=MINOR_MAX)
    """About what Sweden's carbon tax asks for a tonne (2026); 0 where fuel in `cost_per_km_minor` already pays it."""
    horizon_days: int = Field(default=5, ge=1, le=14)
    """How far a plan looks ahead for days that have more work than trucks, to take some of it today."""
    change_cost_minor: int = Field(default=2_000, ge=0, le=MINOR_MAX)
    """What it costs in trust and phone calls when a plan on the road gives a bin to another truck, or drops it."""
    empty_again_same_day: bool = False
    """Whether a change of the plan on the road may send a truck once more to a bin that was emptied that day, when it
    would overflow before its next opportunity all the same: docs/planning.md, *A second round*."""
    budget_s: float = Field(default=20.0, ge=0.2, le=3_600.0)
    memory_limit_mb: int = Field(default=2_048, ge=128, le=1_048_576)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    cluster_address: str = ""
    """Of a Dask scheduler, `tcp://host:port`, whose workers search for large plans; empty means this machine only."""

    @property
    def collection_days(self) -> CollectionDays:
        """The days on which trucks come."""
        weekdays = frozenset(_WEEKDAYS.index(each) + 1 for each in self.collection_weekdays)
        return CollectionDays(weekdays, frozenset(self.days_off))

    def collecting_on(self, days: CollectionDays) -> Self:
        """Return the settings with other days of collection."""
        if days == self.collection_days:
            return self
        names = tuple(_WEEKDAYS[each - 1] for each in sorted(days.weekdays))
        return self.model_copy(update={"collection_weekdays": names, "days_off": tuple(sorted(days.days_off))})

    def on(self, day: date) -> Self:
        """Return the settings with the hours from that day's trucks to the next ones."""
        least_h = 24.0 * self.collection_days.gap_days(day)
        if least_h <= max(self.next_opportunity_h, 24.0):
            return self
        return self.model_copy(update={"next_opportunity_h": least_h})


class SavingSettings(Section):
    """How the audited saving sets the two rules that it compares with: docs/saving.md."""

    threshold_fraction: float = Field(default=0.7, ge=0.1, le=1.0)
    """From which level on the threshold rule empties a bin."""
    fixed_margin: float = Field(default=0.6, gt=0.0, le=2.0)
    """Of the days to full that a fixed round's interval takes, for bins without `fixed_rounds` of their own: what was
    best for fixed rounds on the proving ground."""
    weekdays: tuple[Weekday, ...] = Field(default=_WEEKDAYS, min_length=1)
    """On which the rules drive; name those on which you do."""
    iterations: int = Field(default=3_000, ge=0, le=100_000)
    """Of the engine, for each day of each rule: with too few it would drive too far, and flatter the saving."""

    @property
    def iso_weekdays(self) -> frozenset[int]:
        """The weekdays as numbers, Monday 1."""
        return frozenset(_WEEKDAYS.index(each) + 1 for each in self.weekdays)
