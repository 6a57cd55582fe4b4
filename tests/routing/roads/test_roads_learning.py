"""Straight lines as the city's own streets taught them: the guess for the day the streets give no answer."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.planning.drives import ask_drives
from routing.roads import open_roads
from routing.roads.hub import street_samples
from routing.roads.learning import LESSON, errors_of, learn, recall
from routing.roads.opening import guess
from routing.roads.osrm_roads import OsrmRoads
from routing.roads.port import Matrix
from routing.roads.straight_line import StraightLineRoads
from tests.routing.roads.conftest import HELSINKI
from tomma.city import Position
from tomma.errors import RoadsUnavailableError
from tomma.plan import RoadsSource
from tomma.planning_settings import RoadSettings

DEFAULT = StraightLineRoads(1.35, 22.0)


def town(count: int, seed: int = 1) -> list[Position]:
    """Return places scattered over a few kilometres."""
    rng = np.random.default_rng(seed)
    return [Position(59.0 + lat, 15.0 + lon) for lat, lon in rng.uniform(0, 0.04, (count, 2)).tolist()]


def as_streets(matrix: Matrix) -> Matrix:
    """Return a guess told as if it were streets."""
    return Matrix(matrix.duration_s.copy(), matrix.distance_m.copy(), matrix.reachable.copy(), RoadsSource.STREETS)


@given(st.floats(1.05, 2.5), st.floats(8.0, 60.0), st.floats(0.0, 90.0))
@settings(deadline=None, max_examples=25)
def test_streets_that_are_straight_lines_are_learnt_exactly(factor: float, speed_kmh: float, leg_s: float) -> None:
    """Where the truth has the form of the guess, the guess must find it."""
    points = town(60)
    lesson = learn(points, as_streets(StraightLineRoads(factor, speed_kmh, leg_s).matrix(points)))
    assert lesson is not None
    assert lesson.detour_factor == pytest.approx(factor, rel=0.01)
    assert lesson.speed_kmh == pytest.approx(speed_kmh, rel=0.02)
    assert lesson.leg_s == pytest.approx(leg_s, abs=2.0)
    assert lesson.time_error_share < 0.02


def test_what_was_learnt_is_nearer_the_streets_than_the_settings(helsinki: OsrmRoads) -> None:
    """On drives it was not learnt from, and nowhere near exact: a guess stays a guess, and says how bad it is."""
    points = [Position(lat, lon) for lon, lat in street_samples(HELSINKI, 160)]
    learnt_from, other = points[::2], points[1::2]
    lesson, matrix = learn(learnt_from, helsinki.matrix(learnt_from)), helsinki.matrix(other)
    assert lesson is not None
    time_error, _ = errors_of(lesson.roads(), other, matrix)
    default_error, _ = errors_of(DEFAULT, other, matrix)
    assert time_error < 0.9 * default_error
    assert 0.1 < lesson.time_error_share < 0.5
    assert lesson.time_error_share == pytest.approx(time_error, abs=0.12)


def test_too_few_drives_teach_nothing(helsinki: OsrmRoads) -> None:
    """A village of ten bins would learn its one bridge by heart; nor does a guess teach a guess."""
    points = [Position(lat, lon) for lon, lat in street_samples(HELSINKI, 60)]
    assert learn(points[:10], helsinki.matrix(points[:10])) is None
    assert learn(points, DEFAULT.matrix(points)) is None
    assert learn([points[0]] * 40, helsinki.matrix([points[0]] * 40)) is None


def test_a_plan_without_streets_uses_what_they_taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Yesterday the streets answered; today they do not, and the plan is marked and as good as can be."""
    points = [Position(lat, lon) for lon, lat in street_samples(HELSINKI, 60)]
    roads = open_roads(RoadSettings(osm_extract=HELSINKI), tmp_path)
    roads.matrix(points)
    lesson = recall(tmp_path)
    assert lesson is not None

    def fails(self: OsrmRoads, *_: object) -> None:
        raise RoadsUnavailableError("gone")

    monkeypatch.setattr(OsrmRoads, "rectangle", fails)
    drives = ask_drives(roads, [*points, Position(60.17, 24.93)], [], date(2026, 11, 23), 0, 1)
    assert drives.source is RoadsSource.STRAIGHT_LINE
    expected = lesson.roads().matrix([*points, Position(60.17, 24.93)])
    assert (drives.matrices[0].duration_s == expected.duration_s).all()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"detour_factor": "far"}', '{"detour_factor": 0.1}'])
def test_a_lesson_that_cannot_be_read_is_forgotten(tmp_path: Path, content: str) -> None:
    """The settings' straight line stands in, as on the first day."""
    (tmp_path / LESSON).write_text(content)
    assert recall(tmp_path) is None
    assert guess(RoadSettings(), tmp_path) == DEFAULT
