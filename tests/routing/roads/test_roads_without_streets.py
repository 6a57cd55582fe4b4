"""What needs no street network: straight lines, the shape of a matrix, and the memory in front of the engine."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from routing.roads.cache import CachedRoads
from routing.roads.memory import RamMemory
from routing.roads.osrm_roads import matrix_of
from routing.roads.port import UNREACHABLE, Leg, Matrix
from routing.roads.straight_line import StraightLineRoads, straight_leg
from tests.routing.roads.reach import cut_off_from
from tomma.city import Position
from tomma.plan import RoadsSource

STRAIGHT = StraightLineRoads(detour_factor=1.35, speed_kmh=22.0)
STOCKHOLM, GOTHENBURG, UPPSALA = Position(59.33, 18.07), Position(57.71, 11.97), Position(59.86, 17.64)

nearby = st.builds(Position, st.floats(59.2, 59.5), st.floats(17.8, 18.3))


class CountedRoads:
    """Straight lines that note what was asked."""

    source = RoadsSource.STREETS

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def matrix(self, points: Sequence[Position]) -> Matrix:
        """Answer without the memory."""
        return matrix_of(*self.rectangle(points, points))

    def rectangle(
        self, sources: Sequence[Position], destinations: Sequence[Position]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Answer a part."""
        self.asked.append((len(sources), len(destinations)))
        whole = STRAIGHT.matrix([*sources, *destinations])
        part = np.ix_(range(len(sources)), range(len(sources), len(sources) + len(destinations)))
        return whole.duration_s[part], whole.distance_m[part]

    def legs(self, points: Sequence[Position]) -> tuple[Leg, ...]:
        """Draw straight."""
        return STRAIGHT.legs(points)


def places(count: int) -> list[Position]:
    """Return places along a line."""
    return [Position(59.0 + number / 1_000, 15.0) for number in range(count)]


def test_a_straight_line_is_the_known_distance_times_the_factor() -> None:
    """Stockholm to Uppsala is 64 km over the sphere."""
    matrix = STRAIGHT.matrix([STOCKHOLM, UPPSALA])
    assert matrix.distance_m[0, 1] == pytest.approx(64_000 * 1.35, rel=0.01)
    assert matrix.duration_s[0, 1] == pytest.approx(matrix.distance_m[0, 1] / 22 * 3.6, abs=1)
    assert matrix.source is RoadsSource.STRAIGHT_LINE


def test_a_straight_line_no_round_can_cross_is_unreachable() -> None:
    """Without streets (0, 0) cannot be told from a bin, but no truck drives to another country."""
    matrix = STRAIGHT.matrix([STOCKHOLM, Position(0.0, 0.0), GOTHENBURG])
    assert cut_off_from(matrix, 0) == (1, 2)
    assert matrix.duration_s[0, 1] == UNREACHABLE


@given(st.lists(nearby, max_size=6))
@settings(deadline=None)
def test_straight_lines_are_a_metric(points: list[Position]) -> None:
    """Symmetric, zero only at one place, no short cuts: whatever the engines rely on."""
    distance_m = STRAIGHT.matrix(points).distance_m.astype(np.int64)
    assert (distance_m == distance_m.T).all()
    assert (distance_m.diagonal() == 0).all()
    if points:
        by_way_of = (distance_m[:, :, None] + distance_m[None, :, :]).min(axis=1)
        assert (distance_m <= by_way_of + 2).all()  # each is rounded


def test_straight_legs_join_the_points() -> None:
    """GeoJSON order: longitude first."""
    assert STRAIGHT.legs([STOCKHOLM, UPPSALA]) == (((18.07, 59.33), (17.64, 59.86)),)
    assert straight_leg(STOCKHOLM, STOCKHOLM) == ((18.07, 59.33), (18.07, 59.33))


@pytest.mark.parametrize(
    ("factor", "speed_kmh"), [(0.9, 22.0), (float("nan"), 22.0), (1.3, 0.0)], ids=["shorter", "not a number", "still"]
)
def test_a_guess_that_cannot_be_is_refused(factor: float, speed_kmh: float) -> None:
    """A detour shorter than the straight line would make every plan a lie."""
    with pytest.raises(ValueError, match="must be within"):
        StraightLineRoads(factor, speed_kmh)


def test_a_matrix_refuses_arrays_that_do_not_fit() -> None:
    """A float or a row too many would travel far before it hurts."""
    good = np.zeros((2, 2), np.int32)
    reachable = np.ones((2, 2), np.bool_)
    with pytest.raises(ValueError, match="distance_m must be int32"):
        Matrix(good, np.zeros((2, 2)), reachable, RoadsSource.STREETS)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="reachable must be bool"):
        Matrix(good, good, np.ones((2, 3), np.bool_), RoadsSource.STREETS)


def test_a_matrix_cannot_be_changed() -> None:
    """It may come out of a memory that others read."""
    matrix = STRAIGHT.matrix([STOCKHOLM, UPPSALA])
    with pytest.raises(ValueError, match="read-only"):
        matrix.duration_s[0, 1] = 0


def test_bins_that_do_not_move_cost_nothing_the_second_time() -> None:
    """Tomorrow's bins are mostly today's: only the new ones' rows and columns are asked for."""
    roads = CountedRoads()
    cached = CachedRoads(roads)
    cached.matrix(places(4))
    cached.matrix(places(4)[::-1])
    assert roads.asked == [(4, 4), (0, 4)]
    roads.asked.clear()
    cached.matrix(places(6)[2:])
    assert roads.asked == [(2, 6), (4, 2)]


def test_the_memory_is_bounded() -> None:
    """A long-lived server that sees many cities starts afresh instead of growing; a huge question passes by."""
    roads = CountedRoads()
    cached = CachedRoads(roads, RamMemory(max_points=5))
    cached.matrix(places(4))
    assert np.array_equal(cached.matrix(places(6)[2:]).distance_m, STRAIGHT.matrix(places(6)[2:]).distance_m)
    assert roads.asked[-2:] == [(4, 4), (0, 4)]
    assert len(cached.matrix(places(9))) == 9
    assert roads.asked[-1] == (9, 9)


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=6))
@settings(deadline=None)
def test_the_memory_never_changes_an_answer(questions: list[list[int]]) -> None:
    """Whatever was asked before, in whatever order."""
    cached, known = CachedRoads(CountedRoads(), RamMemory(max_points=7)), places(10)
    for question in questions:
        points = [known[number] for number in question]
        expected = STRAIGHT.matrix(points)
        answer = cached.matrix(points)
        assert np.array_equal(answer.distance_m, expected.distance_m)
        assert np.array_equal(answer.duration_s, expected.duration_s)
        assert answer.source is RoadsSource.STREETS
