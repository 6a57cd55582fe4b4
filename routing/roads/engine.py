"""What `OsrmRoads` asks of an OSRM, be it inside this process or a server; and how its answers read.

Both speak the same JSON, so that what is true of one is true of the other.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from routing.roads.port import UNREACHABLE, LonLat
from tomma.errors import RoadsUnavailableError

MAX_SNAP_M = 250.0  # farther from any street a crew does not roll a bin
NOT_THERE = ("NoSegment", "NoRoute", "NoTable")

WholeNumbers = NDArray[np.int32]


class NotThereError(Exception):
    """The engine's way to say that a street or a drive does not exist. Never leaves `routing.roads`."""


class Spot(NamedTuple):
    """Where to ask the engine about a point, and whether the truck must have it on its own side."""

    lonlat: LonLat
    kerb: bool = False


class Block(NamedTuple):
    """The largest piece of a table an engine is asked for at a time."""

    rows: int
    columns: int

    @classmethod
    def within(cls, max_locations: int) -> "Block":
        """Return the largest square that asks of at most so many points: half of them as rows, half as columns."""
        half = max(1, max_locations // 2)
        return cls(half, half)


@dataclass(frozen=True, slots=True)
class Step:
    """One manoeuvre of a drive and the street after it, in OSRM's words: `kind` and `modifier` as it documents them."""

    kind: str
    modifier: str
    street: str
    exit_number: int | None
    bearing_after_deg: float
    distance_m: float
    duration_s: float
    line: tuple[LonLat, ...]


class StreetEngine(Protocol):
    """One street network that can be asked. Asking changes nothing in it: any thread may."""

    @property
    def block(self) -> Block:
        """How much of a table to ask for at a time."""

    def on_street(self, spots: Sequence[Spot]) -> list[bool]:
        """Return for each whether a street lies within MAX_SNAP_M."""

    def nearest(self, spot: Spot, results: int) -> list[LonLat]:
        """Return the nearest places on streets within MAX_SNAP_M, nearest first."""

    def table(
        self, spots: Sequence[Spot], sources: Sequence[int], destinations: Sequence[int]
    ) -> tuple[WholeNumbers, WholeNumbers]:
        """Return durations [s] and distances [m] from some of `spots` (rows) to some of them (columns).

        Every spot must be on a street. UNREACHABLE marks a drive that does not exist.

        Raises:
            RoadsUnavailableError: If it gives no answer.
        """

    def route(self, spots: Sequence[Spot]) -> list[list[Step]]:
        """Return the steps of each drive of one tour through `spots`; NotThereError if one of them does not exist.

        Each drive stands alone, as in the table: the truck may leave a stop in any direction.
        """


def blocks_of(row_count: int, column_count: int, block: Block) -> Iterator[tuple[range, range]]:
    """Yield the pieces of a table, none larger than `block`."""
    for top in range(0, row_count, block.rows):
        for left in range(0, column_count, block.columns):
            rows = range(top, min(top + block.rows, row_count))
            yield rows, range(left, min(left + block.columns, column_count))


def drives_of(answer: Any) -> list[list[Step]]:
    """Return the steps of each leg of a route."""
    return [[_step_of(step) for step in leg["steps"]] for leg in answer["routes"][0]["legs"]]


def table_of(answer: Any, columns: int) -> tuple[WholeNumbers, WholeNumbers]:
    """Return the durations and distances of a table."""
    return _whole_numbers(answer["durations"], columns), _whole_numbers(answer["distances"], columns)


def refusal_of(code: str, message: str) -> Exception:
    """Return the error of ours that a code of OSRM stands for."""
    if code in NOT_THERE:
        return NotThereError(f"{code}: {message}")
    return RoadsUnavailableError(f"the streets gave no answer: {code} {message}".rstrip())


def lonlat_of(location: Iterable[float]) -> LonLat:
    """Return a pair as we keep it."""
    lon, lat = location
    return (float(lon), float(lat))


def _step_of(step: Any) -> Step:
    manoeuvre = step["maneuver"]
    names = [name for key in ("name", "ref") if (name := _text_of(step, key))]
    return Step(
        kind=str(manoeuvre["type"]),
        modifier=_text_of(manoeuvre, "modifier"),
        street=names[0] if names else "",
        exit_number=int(manoeuvre["exit"]) if "exit" in manoeuvre else None,
        bearing_after_deg=float(manoeuvre["bearing_after"]),
        distance_m=float(step["distance"]),
        duration_s=float(step["duration"]),
        line=tuple(lonlat_of(point) for point in step["geometry"]["coordinates"]),
    )


def _text_of(thing: Any, key: str) -> str:
    """Return a text that may be missing; the embedded engine's objects have no `get`."""
    return str(thing[key]) if key in thing else ""


def _whole_numbers(rows: Iterable[Iterable[float | None]], columns: int) -> WholeNumbers:
    """Return a table of the engine as an array, None becoming UNREACHABLE."""
    filled = [
        np.fromiter((math.nan if value is None else value for value in row), np.float64, count=columns) for row in rows
    ]
    values = np.stack(filled)
    return np.where(np.isnan(values), UNREACHABLE, np.rint(np.nan_to_num(values))).astype(np.int32)
