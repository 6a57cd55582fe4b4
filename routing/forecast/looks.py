"""What was heard of all bins, as flat columns: the form in which a forecast takes and remembers news."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.forecast.history import NOTHING_KNOWN, BinHistory, Word
from tomma.model import BinId, Emptying, EmptyingSource, Quality

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

SOURCE_RANK = {EmptyingSource.CONFIRMED: 0, EmptyingSource.DETECTED: 1, EmptyingSource.INFERRED: 2}
SAID = 1 << 20
"""Stands beside the flags of `Quality` in `Levels.quality`: a person said so."""


@dataclass(frozen=True)
class Levels:
    """Fill levels in any order, one row each; `bin_of` numbers the bins."""

    bin_of: IntArray
    time_s: FloatArray
    fill: FloatArray
    quality: IntArray
    """Flags of `tomma.model.Quality`."""

    def rows(self, keep: BoolArray | IntArray | slice) -> "Levels":
        """Return some of the rows."""
        return Levels(*(getattr(self, each.name)[keep] for each in fields(self)))


@dataclass(frozen=True)
class Resets:
    """Emptyings in any order, one row each; a level that was not told is NaN."""

    bin_of: IntArray
    time_s: FloatArray
    rank: IntArray
    """`SOURCE_RANK` of who told."""
    before: FloatArray
    after: FloatArray

    def rows(self, keep: BoolArray | IntArray | slice) -> "Resets":
        """Return some of the rows."""
        return Resets(*(getattr(self, each.name)[keep] for each in fields(self)))


@dataclass(frozen=True)
class Looks:
    """All that was heard of a city's bins."""

    levels: Levels
    resets: Resets

    def until(self, now_s: float) -> "Looks":
        """Return what lies not after `now_s`."""
        return Looks(self.levels.rows(self.levels.time_s <= now_s), self.resets.rows(self.resets.time_s <= now_s))

    def renumbered(self, number: IntArray) -> "Looks":
        """Return the same with bin k called `number[k]`; those called -1 are left out."""
        levels, resets = self.levels, self.resets
        levels = replace(levels, bin_of=number[levels.bin_of])
        resets = replace(resets, bin_of=number[resets.bin_of])
        return Looks(levels.rows(levels.bin_of >= 0), resets.rows(resets.bin_of >= 0))

    def __add__(self, other: "Looks") -> "Looks":
        """Return both together; what both tell counts once."""
        return Looks(
            _once_each(Levels(*_stacked(self.levels, other.levels))),
            _once_each(Resets(*_stacked(self.resets, other.resets))),
        )


def levels_of(
    bin_of: NDArray[np.int_], time_s: FloatArray, fill: FloatArray, quality: NDArray[np.int_] | None = None
) -> Levels:
    """Return levels from plain arrays; without `quality` all of them are good."""
    flags = np.zeros(len(bin_of), dtype=np.int64) if quality is None else quality.astype(np.int64)
    return Levels(bin_of.astype(np.int64), time_s.astype(np.float64), fill.astype(np.float64), flags)


def resets_of(
    bin_of: NDArray[np.int_],
    time_s: FloatArray,
    before: FloatArray | None = None,
    after: FloatArray | None = None,
    source: EmptyingSource = EmptyingSource.CONFIRMED,
) -> Resets:
    """Return emptyings of one source from plain arrays; levels that nobody told are NaN."""
    unknown = np.full(len(bin_of), np.nan)
    rank = np.full(len(bin_of), SOURCE_RANK[source], dtype=np.int64)
    before, after = unknown if before is None else before, unknown if after is None else after
    return Resets(bin_of.astype(np.int64), time_s.astype(np.float64), rank, before, after)


NOTHING_HEARD = Looks(
    levels_of(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)),
    resets_of(np.empty(0, dtype=np.int64), np.empty(0)),
)


def looks_of(bin_ids: Sequence[BinId], history: Mapping[BinId, BinHistory], now_utc: datetime) -> Looks:
    """Return what the histories tell up to and with `now_utc`; bins are numbered in the order of `bin_ids`."""
    had = [history.get(bin_id, NOTHING_KNOWN) for bin_id in bin_ids]
    told = [(row, each) for row, bin_had in enumerate(had) for each in bin_had.emptyings]
    said = [(row, each) for row, bin_had in enumerate(had) for each in bin_had.feedback]
    empty = [(row, each.at_utc) for row, each in said if each.word is Word.EMPTY]
    full = [(row, each.at_utc) for row, each in said if each.word is Word.FULL]
    inferred = SOURCE_RANK[EmptyingSource.INFERRED]
    emptied = Looks(
        NOTHING_HEARD.levels,
        Resets(
            np.array([row for row, _ in (*told, *empty)], dtype=np.int64),
            np.array(
                [*(each.at_utc.timestamp() for _, each in told), *(at.timestamp() for _, at in empty)], dtype=np.float64
            ),
            np.array([*(SOURCE_RANK[each.source] for _, each in told), *[inferred] * len(empty)], dtype=np.int64),
            np.array([*map(_before, told), *[np.nan] * len(empty)], dtype=np.float64),
            np.array([*map(_after, told), *[np.nan] * len(empty)], dtype=np.float64),
        ),
    )
    heaped = Levels(
        np.array([row for row, _ in full], dtype=np.int64),
        np.array([at.timestamp() for _, at in full], dtype=np.float64),
        np.ones(len(full)),
        np.full(len(full), SAID, dtype=np.int64),
    )
    return (Looks(_levels(had), NOTHING_HEARD.resets) + emptied + Looks(heaped, NOTHING_HEARD.resets)).until(
        now_utc.timestamp()
    )


def _levels(had: Sequence[BinHistory]) -> Levels:
    counts = [len(each.readings) for each in had]
    readings = [reading for each in had for reading in each.readings]
    good = Quality.GOOD  # arithmetic on flags is slow, and nearly every reading is good
    return Levels(
        np.repeat(np.arange(len(had)), counts),
        np.fromiter((each.measured_utc.timestamp() for each in readings), np.float64, len(readings)),
        np.fromiter((each.fill_fraction for each in readings), np.float64, len(readings)),
        np.fromiter((0 if each.quality is good else each.quality.value for each in readings), np.int64, len(readings)),
    )


def _before(told: tuple[int, Emptying]) -> float:
    before = told[1].fill_before_fraction
    return np.nan if before is None else before


def _after(told: tuple[int, Emptying]) -> float:
    after = told[1].fill_after_fraction
    return np.nan if after is None else after


def _stacked(one: Levels | Resets, other: Levels | Resets) -> Iterator[Any]:
    return (np.concatenate((getattr(one, each.name), getattr(other, each.name))) for each in fields(one))


def _once_each[Table: (Levels, Resets)](table: Table) -> Table:
    """Return the rows in order of bin and time (then of all else), of equal ones the first."""
    if np.all(_grows(table.bin_of, table.time_s)):  # nearly always, and sorting is dear
        return table
    columns = [getattr(table, each.name) for each in fields(table)]
    order = np.lexsort(columns[::-1])
    differs = np.ones(len(order), dtype=np.bool_)
    differs[1:] = np.any([_changes(column[order]) for column in columns], axis=0)
    return table.rows(order[differs])


def _grows(bin_of: IntArray, time_s: FloatArray) -> BoolArray:
    return np.asarray((np.diff(bin_of) > 0) | ((np.diff(bin_of) == 0) & (np.diff(time_s) > 0)))


def _changes(column: NDArray[np.generic]) -> BoolArray:
    unknown: BoolArray = np.isnan(column)
    return np.asarray((column[1:] != column[:-1]) & ~(unknown[1:] & unknown[:-1]))
