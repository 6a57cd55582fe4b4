"""One finished day of the audited saving: what it is computed from, and what came out. Whole numbers throughout.

`routing.saving` computes the results from the inputs alone, at first and whenever somebody doubts them. Both are kept
together, under the digest of their content; a day names the digest of the day before it, so that no day can be changed
or left out unnoticed. Units: metres, seconds, decilitres, whole kilograms, grams of CO2, minor units of money; minutes
count from the local midnight that begins the day.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from tomma.bounds import check_within
from tomma.codec import to_json

DAY_FORMAT = "tomma-saving-day"
VERSION = 1
UNTOLD = -1
"""Of the minute of a step: a truck's own day is kept as an order of places, not as a timetable of its driver."""
NEVER = -1
"""Of a minute since 1970: nobody knows when the bin was last emptied."""


class Side(StrEnum):
    """Who empties the bins."""

    DONE = "done"
    """What really happened."""
    FIXED = "fixed"
    """The municipality's fixed rounds."""
    THRESHOLD = "threshold"
    """Every bin above a level."""


class StepKind(StrEnum):
    """What a truck did at a place."""

    COLLECT = "collect"
    SKIP = "skip"
    """It was there and could not."""
    DISPOSE = "dispose"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a truck did."""

    kind: StepKind
    id: str
    """Of the bin or the disposal site."""
    minute: int
    """Of the day, or `UNTOLD`."""


@dataclass(frozen=True, slots=True)
class Trip:
    """A truck's day. Nobody's name and no position is in it."""

    vehicle_id: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What the day's published plan had in mind."""

    plan_id: str
    bin_ids: tuple[str, ...]
    weight_kg: int
    """Expected."""
    silent_trucks: tuple[str, ...] = ()
    """On the plan, and nobody tapped anything: taken to have driven as planned."""


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """How the two rules are set."""

    threshold_fraction: float
    weekdays: tuple[int, ...]
    """On which the rules drive; 1 is Monday."""
    iterations: int
    """Of the engine."""
    seed: int


@dataclass(frozen=True, slots=True)
class BinState:
    """Where one side stands at a midnight, in the order of the day's bins."""

    held_dl: tuple[int, ...]
    """In and beside each bin."""
    emptied_minute: tuple[int, ...]
    """Minutes since 1970 at its last emptying, or `NEVER`."""
    owed: tuple[str, ...] = ()
    """Bins whose turn it was and that no truck had time for: first in line."""


@dataclass(frozen=True, slots=True)
class DayInputs:
    """All that the figures of a day are computed from."""

    day: date
    previous: str
    """Digest of the day before; empty for the first."""
    engine: str
    city: str
    """Digest of the master data (`kept_city`)."""
    drives: str
    """Digest of the matrix of drives between all its places."""
    pace: float
    """How many times as long driving took that day as the matrix says."""
    planning: Mapping[str, Any]
    """Prices and rates: the settings of planning on that day."""
    rules: RuleSettings
    minutes: int
    """Of the day: 1,440, but for the two on which the clocks change."""
    bin_ids: tuple[str, ...]
    interval_days: tuple[int, ...]
    """Of each bin's fixed round where the city names none."""
    inflow_dl: tuple[tuple[int, ...], ...]
    """What arrived in each bin in each hour, from what its sensor measured."""
    measured_pct: int
    """How much of that was between two readings; the rest was filled in with the bin's usual rate."""
    before: Mapping[Side, BinState]
    emptied: tuple[Step, ...]
    """Every real emptying, tapped or seen by a sensor."""
    driven: tuple[Trip, ...]
    """From the drivers' taps."""
    unknown_trucks: tuple[str, ...]
    """Trucks that drove and that the city no longer has: nobody can tell their kilometres."""
    in_service: bool
    """Whether a plan was ever published, on that day or before."""
    planned: Planned | None
    """None when no plan was published for the day."""
    weighed_kg: int | None
    """What the scales said; None when nobody told."""


@dataclass(frozen=True, slots=True)
class SideFigures:
    """What one side's day came to."""

    distance_m: int = 0
    driving_s: int = 0
    work_s: int = 0
    """Halting, emptying and unloading."""
    trucks: int = 0
    stops: int = 0
    lifts: int = 0
    needless: int = 0
    """Lifts of bins less than 40 % full."""
    skipped: int = 0
    disposals: int = 0
    left_behind: int = 0
    """Bins the rule wanted and no truck had time for."""
    volume_dl: int = 0
    weight_kg: int = 0
    fill_pct: int = 0
    """Sum over the lifts of how full the bin was."""
    fill_pct_squared: int = 0
    """Sum of its squares: for the spread."""
    overflow_min: int = 0
    """Bin-minutes that something lay beside a full bin."""
    overflow_dl: int = 0
    co2_g: int = 0
    cost_minor: int = 0
    """Kilometres, hours, lifts and trucks at the city's rates; neither CO2 nor overflow is priced in."""


@dataclass(frozen=True, slots=True)
class DayResults:
    """What came out."""

    figures: Mapping[Side, SideFigures]
    trips: Mapping[Side, tuple[Trip, ...]]
    """Of the two rules: checked routes, so that nobody needs our engine to follow them."""
    after: Mapping[Side, BinState]
    planned_bins: int = 0
    planned_bins_emptied: int = 0

    def __post_init__(self) -> None:
        """Refuse more bins done than planned."""
        check_within("planned_bins_emptied", self.planned_bins_emptied, 0, self.planned_bins)


@dataclass(frozen=True, slots=True)
class SavingDay:
    """Both."""

    inputs: DayInputs
    results: DayResults
    format: str = DAY_FORMAT
    version: int = VERSION

    @property
    def counts(self) -> bool:
        """Whether it is known what was driven: nothing, or what drivers tapped.

        Without a plan nothing was driven when no bin was emptied either; else somebody drove, and nobody knows where.
        """
        planned, inputs = self.inputs.planned, self.inputs
        known = not inputs.emptied if planned is None else bool(inputs.driven) or not planned.bin_ids
        return inputs.in_service and known and not inputs.unknown_trucks

    @property
    def digest(self) -> str:
        """SHA-256 of the day's JSON as `to_json` writes it, into every export, too."""
        return digest_of(to_json(self))


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What pages and reports ask of a day."""

    day: date
    counts: bool
    figures: Mapping[Side, SideFigures]
    planned_bins: int
    planned_bins_emptied: int
    planned_kg: int | None
    weighed_kg: int | None
    measured_pct: int
    engine: str


def figures_of(day: SavingDay) -> DayFigures:
    """Return the short form."""
    inputs, results = day.inputs, day.results
    return DayFigures(
        day=inputs.day,
        counts=day.counts,
        figures=results.figures,
        planned_bins=results.planned_bins,
        planned_bins_emptied=results.planned_bins_emptied,
        planned_kg=inputs.planned.weight_kg if inputs.planned else None,
        weighed_kg=inputs.weighed_kg,
        measured_pct=inputs.measured_pct,
        engine=inputs.engine,
    )


def digest_of(body: bytes) -> str:
    """Return what names a content: SHA-256, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


class SavingBook(Protocol):
    """Keeps the days of the audited saving and what many of them share. Nothing in it is ever changed."""

    def keep(self, day: SavingDay, shared: Sequence[bytes]) -> bool:
        """Keep a day and the inputs it names, durably and in one transaction; False: that day is there already."""

    def last(self) -> SavingDay | None:
        """Return the newest day."""

    def figures(self, from_day: date, to_day: date) -> Sequence[tuple[str, DayFigures]]:
        """Return (digest, figures) of the days with from_day <= day <= to_day, oldest first."""

    def day(self, day: date) -> SavingDay:
        """Return a whole day; NotFoundError when there is none."""

    def shared(self, digest: str) -> bytes:
        """Return the shared input of that digest; NotFoundError when there is none."""

    def first_published(self) -> date | None:
        """Return the first day for which a plan was ever sent to the trucks."""
