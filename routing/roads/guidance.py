"""Turn by turn: what a driver is told along one drive of a plan. Pure.

The words follow the line that the plan drew, since that is the way the times were counted on and the map shows. Which
streets a truck may take was decided when the line was drawn; the words only describe it.
"""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from routing.roads.flat import apart_m, east_north_m
from routing.roads.port import Leg, LonLat
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize
from tomma.errors import RoadsUnavailableError

log = logging.getLogger(__name__)

SAME_LENGTH_SHARE = 0.03
SAME_LENGTH_M = 30.0
BESIDE_M = 30.0
"""A carriageway's width and a junction's: farther from the plan's line lies another street."""


class Language(StrEnum):
    """What the words are in."""

    SV = "sv"
    EN = "en"


class ManoeuvreKind(StrEnum):
    """What an arrow on the tablet shows."""

    DEPART = "depart"
    STRAIGHT = "straight"
    SLIGHT_LEFT = "slight_left"
    LEFT = "left"
    SHARP_LEFT = "sharp_left"
    SLIGHT_RIGHT = "slight_right"
    RIGHT = "right"
    SHARP_RIGHT = "sharp_right"
    U_TURN = "u_turn"
    MERGE = "merge"
    ROUNDABOUT = "roundabout"
    FERRY = "ferry"
    ARRIVE = "arrive"


class WordsSource(StrEnum):
    """Who found the words."""

    VALHALLA = "valhalla"
    STREETS = "streets"
    """The network that planning uses, in our own plain words."""
    STRAIGHT_LINE = "straight_line"
    """No streets are known: a direction and a distance."""


@dataclass(frozen=True, slots=True)
class Manoeuvre:
    """One thing to do, and the stretch after it."""

    kind: ManoeuvreKind
    text: str
    street: str
    """The street it leads into; empty where it has no name."""
    distance_m: int
    """Until the next one."""
    duration_s: int
    at: int
    """Where it is done: index of a point of the guidance's line."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """One drive in words."""

    manoeuvres: tuple[Manoeuvre, ...]
    line: Leg
    source: WordsSource
    follows_plan: bool
    """Whether the line is the plan's. False when the streets have changed since, or the plan knew none."""

    @property
    def distance_m(self) -> int:
        """Of the whole drive."""
        return sum(each.distance_m for each in self.manoeuvres)

    @property
    def duration_s(self) -> int:
        """Of the whole drive."""
        return sum(each.duration_s for each in self.manoeuvres)

    def taking(self, duration_s: int) -> "Guidance":
        """Return the same with its times stretched to the plan's: two engines never agree to the second."""
        total_s = self.duration_s
        if total_s <= 0:
            return self
        reached, told = 0, []
        for each in self.manoeuvres:
            before_s, reached = round(reached * duration_s / total_s), reached + each.duration_s
            told.append(replace(each, duration_s=round(reached * duration_s / total_s) - before_s))
        return replace(self, manoeuvres=tuple(told))


class Guide(Protocol):
    """Puts drives into words."""

    def along(self, line: Leg, language: Language, truck: TruckSize = STANDARD_TRUCK) -> Guidance:
        """Return the words for the drive along `line`, which has two points at least.

        Raises:
            RoadsUnavailableError: If it cannot put this drive into words.
        """


class FirstGuide:
    """Asks one guide after the other, until one has words; the last should always have some."""

    def __init__(self, guides: Sequence[Guide]) -> None:
        self._guides = guides

    def along(self, line: Leg, language: Language, truck: TruckSize = STANDARD_TRUCK) -> Guidance:
        """Return the words of the first guide that has some."""
        for guide in self._guides[:-1]:
            try:
                return guide.along(line, language, truck)
            except RoadsUnavailableError as exc:
                log.info("guidance fallback after=%s reason=%s", type(guide).__name__, exc)
        return self._guides[-1].along(line, language, truck)


def follows(line: Leg, plan: Leg) -> bool:
    """Return whether two lines are one way: as long as each other, and nowhere a street apart."""
    length_m, planned_m = length_of(line), length_of(plan)
    if abs(length_m - planned_m) > max(SAME_LENGTH_M, SAME_LENGTH_SHARE * planned_m):
        return False
    return all(_distance_m(point, line) <= BESIDE_M for point in plan)


def length_of(line: Leg) -> float:
    """Return the length of a line on the ground, in metres."""
    return sum(apart_m(start, end) for start, end in pairwise(line))


def bearing_of(line: Leg) -> float:
    """Return the direction from the first to the last point, in degrees clockwise from north."""
    east_m, north_m = east_north_m(line[0], line[-1])
    return math.degrees(math.atan2(east_m, north_m)) % 360.0


def _distance_m(point: LonLat, line: Leg) -> float:
    return min(_from_piece(point, start, end) for start, end in pairwise(line))


def _from_piece(point: LonLat, start: LonLat, end: LonLat) -> float:
    along, off = east_north_m(start, end), east_north_m(start, point)
    square = along[0] ** 2 + along[1] ** 2
    share = 0.0 if square == 0 else min(1.0, max(0.0, (along[0] * off[0] + along[1] * off[1]) / square))
    return math.hypot(off[0] - share * along[0], off[1] - share * along[1])
