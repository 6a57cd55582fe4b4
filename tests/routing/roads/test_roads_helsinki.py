"""Real streets: what holds of every drive in the demo city."""

import math
from itertools import pairwise, permutations
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.roads.cache import CachedRoads
from routing.roads.engine import Block
from routing.roads.osrm_engine import Engine
from routing.roads.osrm_roads import OsrmRoads
from routing.roads.port import UNREACHABLE, Leg, Matrix
from routing.roads.prepare import PreparedRoads
from tests.routing.roads.reach import cut_off_from
from tomma.city import Position
from tomma.plan import RoadsSource

RAILWAY_SQUARE = Position(60.1706, 24.9440)
SENATE_SQUARE = Position(60.1694, 24.9518)
OLD_CHURCH_PARK = Position(60.1655, 24.9395)
KAISANIEMI = Position(60.1722, 24.9480)
ESPLANADE = Position(60.1678, 24.9479)
LIISANKATU = Position(60.1738, 24.9530)
PLACES = (RAILWAY_SQUARE, SENATE_SQUARE, OLD_CHURCH_PARK, KAISANIEMI, ESPLANADE, LIISANKATU)

GULF_OF_GUINEA = Position(0.0, 0.0)
TARTU = Position(58.38, 26.72)  # 220 km away, across the sea
SWAPPED = Position(24.9440, 60.1706)
OFF_ROAD = (GULF_OF_GUINEA, TARTU, SWAPPED)

in_town = st.builds(Position, st.floats(60.1645, 60.1765), st.floats(24.9360, 24.9530))


class SmallBlocks(Engine):
    """The same network, asked in small pieces."""

    block = Block(70, 110)


def length_m(leg: Leg) -> float:
    """Return the length of a line on the ground."""
    return sum(
        math.hypot((b[1] - a[1]) * 111_195, (b[0] - a[0]) * 111_195 * math.cos(math.radians(a[1])))
        for a, b in pairwise(leg)
    )


def apart_m(position: Position, lonlat: tuple[float, float]) -> float:
    """Return how far a position is from a point of a line."""
    return length_m(((position.lon_deg, position.lat_deg), lonlat))


def same(one: Matrix, other: Matrix) -> bool:
    """Return whether two matrices hold the same numbers."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("duration_s", "distance_m", "reachable")
    )


def test_a_drive_there_is_not_the_drive_back(helsinki: OsrmRoads) -> None:
    """One-way streets: a route turned round is another route, and a symmetric matrix would plan it wrongly."""
    matrix = helsinki.matrix(PLACES)
    assert matrix.source is RoadsSource.STREETS
    assert matrix.reachable.all()
    assert (np.abs(matrix.distance_m - matrix.distance_m.T) > 100).any()


def test_a_drive_is_longer_than_the_straight_line_and_slower_than_the_law(helsinki: OsrmRoads) -> None:
    """Streets go round blocks; no truck beats 50 km/h on average in a city centre."""
    matrix = helsinki.matrix(PLACES)
    for a, b in permutations(range(len(PLACES)), 2):
        beeline_m = apart_m(PLACES[a], (PLACES[b].lon_deg, PLACES[b].lat_deg))
        assert matrix.distance_m[a, b] > beeline_m - 150  # both ends snap to a street
        assert matrix.distance_m[a, b] / matrix.duration_s[a, b] < 50 / 3.6


def test_a_detour_is_never_a_short_cut(helsinki: OsrmRoads) -> None:
    """Going by way of a third place may not save time, or the engines would plan stops that are not there.

    A minute's slack: a drive avoids cutting through local streets, which a drive that stops there may enter.
    """
    duration_s = helsinki.matrix(PLACES).duration_s
    for a, b, c in permutations(range(len(PLACES)), 3):
        assert duration_s[a, c] <= duration_s[a, b] + duration_s[b, c] + 60


def test_a_line_follows_the_streets_that_were_counted(helsinki: OsrmRoads) -> None:
    """The manager sees on the map what the plan says: the same length, from one place to the next, with bends."""
    matrix, legs = helsinki.matrix(PLACES), helsinki.legs(PLACES)
    assert len(legs) == len(PLACES) - 1
    for number, leg in enumerate(legs):
        assert length_m(leg) == pytest.approx(matrix.distance_m[number, number + 1], rel=0.01, abs=5)
        assert len(leg) > 4
        assert apart_m(PLACES[number], leg[0]) < 250
        assert apart_m(PLACES[number + 1], leg[-1]) < 250
    for before, after in pairwise(legs):
        assert before[-1] == after[0]


def test_a_place_without_streets_is_named_and_the_others_are_planned(helsinki: OsrmRoads) -> None:
    """(0, 0), swapped coordinates, another country: one wrong bin must not cost the city its plan."""
    matrix = helsinki.matrix([RAILWAY_SQUARE, *OFF_ROAD, SENATE_SQUARE])
    assert matrix.off_road == (1, 2, 3)
    assert cut_off_from(matrix, 0) == (1, 2, 3)
    assert matrix.reachable[0, 4]
    assert matrix.reachable[4, 0]
    missing = ~matrix.reachable & ~np.eye(5, dtype=np.bool_)
    assert (matrix.duration_s[missing] == UNREACHABLE).all()
    assert (matrix.distance_m[missing] == UNREACHABLE).all()
    assert missing.sum() == 18


def test_a_place_that_only_a_junction_connects_is_connected(helsinki: OsrmRoads) -> None:
    """Its nearest streets end at the edge of the map; the junction they start from does not."""
    quay = Position(60.1792, 24.95627)
    assert helsinki.matrix([quay, RAILWAY_SQUARE]).reachable.all()


def test_only_places_without_streets_give_a_matrix_too(helsinki: OsrmRoads) -> None:
    """A city whose coordinates are all swapped is told so, bin by bin."""
    assert helsinki.matrix(OFF_ROAD).off_road == (0, 1, 2)


def test_a_line_to_a_place_without_streets_is_straight(helsinki: OsrmRoads) -> None:
    """The map shows where the plan thinks the bin is, instead of nothing."""
    legs = helsinki.legs([RAILWAY_SQUARE, SENATE_SQUARE, GULF_OF_GUINEA, ESPLANADE, KAISANIEMI])
    assert [len(leg) > 2 for leg in legs] == [True, False, False, True]
    assert legs[1] == ((24.9518, 60.1694), (0.0, 0.0))


def test_staying_costs_nothing_and_one_place_may_come_twice(helsinki: OsrmRoads) -> None:
    """Several bins of one site stand at one place."""
    matrix = helsinki.matrix([RAILWAY_SQUARE, SENATE_SQUARE, RAILWAY_SQUARE])
    assert matrix.duration_s[0, 2] == matrix.duration_s[2, 0] == matrix.distance_m[0, 2] == 0
    assert matrix.reachable.all()
    assert (matrix.duration_s[0] == matrix.duration_s[2]).all()
    assert helsinki.legs([RAILWAY_SQUARE, RAILWAY_SQUARE]) == (((24.944, 60.1706), (24.944, 60.1706)),)


@pytest.mark.parametrize("count", [0, 1])
def test_no_places_or_one_are_no_special_case(helsinki: OsrmRoads, count: int) -> None:
    """A day on which nothing needs emptying."""
    assert len(helsinki.matrix(PLACES[:count])) == count
    assert helsinki.legs(PLACES[:count]) == ()


def test_a_matrix_asked_in_blocks_is_the_same_matrix(helsinki_prepared: PreparedRoads, helsinki: OsrmRoads) -> None:
    """Blocks keep memory and waiting small; a plan must not depend on where they are cut."""
    along_a_line = [Position(60.1650 + number * 4e-5, 24.9380 + number * 5e-5) for number in range(230)]
    points = [*along_a_line, GULF_OF_GUINEA, *along_a_line[:3]]
    assert same(
        OsrmRoads(SmallBlocks(helsinki_prepared.base), helsinki_prepared.hub).matrix(points), helsinki.matrix(points)
    )


@given(st.lists(in_town, min_size=1, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_matrix_does_not_depend_on_who_else_is_asked_about(
    helsinki: OsrmRoads, points: list[Position], rng: object
) -> None:
    """Each drive is a fact about two places: the order and the company change nothing."""
    matrix = helsinki.matrix(points)
    order = list(range(len(points)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    alone = helsinki.matrix([points[order[0]], points[order[-1]]])
    shuffled = helsinki.matrix([points[index] for index in order])
    assert np.array_equal(shuffled.duration_s, matrix.duration_s[np.ix_(order, order)])
    assert alone.duration_s[0, 1] == matrix.duration_s[order[0], order[-1]] or order[0] == order[-1]


def test_the_memory_gives_the_same_numbers_as_the_streets(helsinki: OsrmRoads) -> None:
    """Asked in parts, again, in another order, with strangers among them: the numbers stay."""
    cached = CachedRoads(helsinki)
    points = [*PLACES, GULF_OF_GUINEA]
    cached.matrix(points[:2])
    cached.matrix(points[3:6])
    for asked in (points, points[::-1], [points[4], points[0], points[4]]):
        assert same(cached.matrix(asked), helsinki.matrix(asked))


def test_threads_may_ask_at_once(helsinki: OsrmRoads) -> None:
    """The server plans while it answers."""
    expected, seen = helsinki.matrix(PLACES), list[Matrix]()
    threads = [Thread(target=lambda: seen.append(helsinki.matrix(PLACES))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(seen) == 8
    assert all(same(each, expected) for each in seen)


def test_twenty_planners_open_the_network_once(helsinki_prepared: PreparedRoads, helsinki: OsrmRoads) -> None:
    """A hundred plans a day must not become a hundred copies of the city, or run out of file descriptors."""
    expected = helsinki.matrix(PLACES)
    before = open_files_beside(helsinki_prepared.base)
    more = [OsrmRoads.of(helsinki_prepared) for _ in range(20)]
    assert all(same(each.matrix(PLACES), expected) for each in more)
    assert open_files_beside(helsinki_prepared.base) == before


def open_files_beside(base: Path) -> list[Path]:
    """Return the files of one network that this process holds open; none where the system does not tell.

    Only these: brokers, stores and servers of other tests come and go in the same process meanwhile.
    """
    descriptors = Path("/proc/self/fd").glob("*")
    return sorted(target for each in descriptors if (target := target_of(each)).parent == base.parent)


def target_of(descriptor: Path) -> Path:
    """Return what a descriptor stands for; one that was closed since it was listed stands for nothing."""
    try:
        return descriptor.readlink()
    except OSError:
        return Path()


def test_stopping_at_the_kerb_takes_the_bins_own_side(helsinki_prepared: PreparedRoads, helsinki: OsrmRoads) -> None:
    """Where crews may not cross the street, the truck comes by on the side of the bin: never shorter, often longer."""
    kerb, any_side = OsrmRoads.of(helsinki_prepared, curbside=True).matrix(PLACES), helsinki.matrix(PLACES)
    both = kerb.reachable & any_side.reachable
    assert both.sum() > len(PLACES)
    assert (kerb.duration_s[both] >= any_side.duration_s[both]).all()
    assert (kerb.duration_s[both] > any_side.duration_s[both]).any()
