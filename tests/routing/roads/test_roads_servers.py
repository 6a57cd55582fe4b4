"""Streets of a server: the same answers as inside this process, and one plain error for all that can go wrong."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from routing.roads.guidance import Language, WordsSource
from routing.roads.guides import open_guide
from routing.roads.opening import fallback_of, open_roads, street_roads
from routing.roads.osrm_roads import OsrmRoads
from routing.roads.port import KerbPosition, Roads
from routing.roads.prepare import PreparedRoads
from routing.roads.truck_size import TruckSize
from routing.roads.valhalla_tiles import PreparedTiles
from tests.routing.roads.street_servers import Served, osrm_answers, serving, valhalla_answers
from tomma.city import Position
from tomma.errors import ConfigurationError, RoadsUnavailableError
from tomma.plan import RoadsSource
from tomma.planning_settings import RoadSettings
from tomma.settings import load_settings

RAILWAY_SQUARE = Position(60.1706, 24.9440)
PLACES = [Position(60.1650 + number * 1e-4, 24.9380 + number * 1.2e-4) for number in range(75)]
GULF_OF_GUINEA = Position(0.0, 0.0)


@pytest.fixture(scope="module")
def osrm_server(helsinki_prepared: PreparedRoads) -> Iterator[Served]:
    """An OSRM server of the demo city."""
    with serving(osrm_answers(helsinki_prepared.base)) as served:
        yield served


@pytest.fixture(scope="module")
def valhalla_server(helsinki_tiles: PreparedTiles) -> Iterator[Served]:
    """A Valhalla server of the demo city."""
    with serving(valhalla_answers(helsinki_tiles.folder)) as served:
        yield served


def settings_for(served: Served) -> RoadSettings:
    """Return settings with an OSRM server."""
    return RoadSettings(osrm_url=served.url, server_timeout_s=20.0)


def test_a_server_gives_the_matrix_of_its_network(
    osrm_server: Served, helsinki_prepared: PreparedRoads, tmp_path: Path
) -> None:
    """In pieces of at most a hundred points, kerbs and places without a street included."""
    points = [*PLACES, GULF_OF_GUINEA, KerbPosition(60.1694, 24.9518), KerbPosition(60.1722, 24.9480)]
    inside = OsrmRoads.of(helsinki_prepared)
    plain = OsrmRoads(inside._engine, None)  # a server's snapping is its own: it knows no hub
    told, expected = open_roads(settings_for(osrm_server), tmp_path).matrix(points), plain.matrix(points)
    assert told.source is RoadsSource.STREETS
    assert told.off_road == expected.off_road == (75,)
    assert np.array_equal(told.duration_s, expected.duration_s)
    assert np.array_equal(told.distance_m, expected.distance_m)
    assert not any("/table/v1/driving/0," in path for path in osrm_server.asked[-6:])


def test_a_server_draws_the_lines_of_its_network(osrm_server: Served, helsinki: OsrmRoads, tmp_path: Path) -> None:
    """Long tours in pieces; every drive is there, and begins where the one before ended."""
    plain = OsrmRoads(helsinki._engine, None)
    reachable = plain.matrix(PLACES).reachable
    mutual = np.flatnonzero(reachable[:, 40] & reachable[40, :])[:40:10]
    tour = [PLACES[each] for each in mutual]
    legs = open_roads(settings_for(osrm_server), tmp_path).legs(tour * 30)
    assert len(legs) == 30 * len(tour) - 1
    assert legs[: len(tour) - 1] == legs[1 - len(tour) :] == plain.legs(tour)
    assert all(len(leg) > 2 for leg in legs)
    assert street_roads(settings_for(osrm_server), tmp_path).moved_m(RAILWAY_SQUARE) < 60


def test_a_server_is_asked_once_for_what_does_not_change(osrm_server: Served, tmp_path: Path) -> None:
    """The second plan of the morning costs the server nothing."""
    roads = open_roads(settings_for(osrm_server), tmp_path)
    roads.matrix(PLACES[:9])
    before = len(osrm_server.asked)
    roads.matrix(PLACES[2:9])
    assert len(osrm_server.asked) == before


def test_a_valhalla_server_gives_a_matrix_too(valhalla_server: Served, helsinki: OsrmRoads, tmp_path: Path) -> None:
    """Not the same numbers, since its trucks are other trucks; but about the same way, and asymmetric."""
    roads = open_roads(RoadSettings(valhalla_url=valhalla_server.url), tmp_path)
    points = [*PLACES[::4], GULF_OF_GUINEA]
    told, other = roads.matrix(points), helsinki.matrix(points)
    assert told.off_road == other.off_road
    both = told.reachable & other.reachable & (other.distance_m > 300)
    assert both.sum() > 100
    assert 0.8 < np.median(told.distance_m[both] / other.distance_m[both]) < 1.25
    assert (told.distance_m != told.distance_m.T).any()
    assert len(roads.legs(points[:3])) == 2


def test_the_words_may_come_from_a_server(valhalla_server: Served, helsinki: OsrmRoads, tmp_path: Path) -> None:
    """The same words as from the tiles on this machine."""
    (line,) = helsinki.legs([RAILWAY_SQUARE, Position(60.1655, 24.9395)])
    told = open_guide(RoadSettings(valhalla_url=valhalla_server.url), tmp_path).along(line, Language.SV)
    assert (told.source, told.follows_plan) == (WordsSource.VALHALLA, True)


def test_without_valhalla_the_words_come_from_the_osrm_server(
    osrm_server: Served, helsinki: OsrmRoads, tmp_path: Path
) -> None:
    """Its steps, in our own words."""
    (line,) = helsinki.legs([RAILWAY_SQUARE, Position(60.1655, 24.9395)])
    told = open_guide(settings_for(osrm_server), tmp_path).along(line, Language.SV, TruckSize())
    assert (told.source, told.follows_plan) == (WordsSource.STREETS, True)


def _nobody() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


def fails(roads: Roads) -> str:
    """Return what the error says."""
    with pytest.raises(RoadsUnavailableError) as caught:
        roads.matrix([RAILWAY_SQUARE, PLACES[3]])
    return str(caught.value)


@pytest.mark.parametrize("name", ["osrm_url", "valhalla_url"])
def test_a_server_that_is_away_is_named(name: str, tmp_path: Path) -> None:
    """The planner then takes marked straight lines; the log says which address to look at."""
    url = _nobody()
    roads = open_roads(RoadSettings.model_validate({name: url, "detour_factor": 1.5}), tmp_path)
    assert url in fails(roads)
    guess = fallback_of(roads, RoadSettings()).matrix([RAILWAY_SQUARE, PLACES[3]])
    assert guess.source is RoadsSource.STRAIGHT_LINE


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        pytest.param(200, b"<html>welcome</html>", "no JSON", id="another kind of server"),
        pytest.param(200, b"[1, 2]", "none of", id="JSON of something else"),
        pytest.param(400, b'{"code": "TooBig", "message": "Too many"}', "TooBig", id="more points than it allows"),
        pytest.param(500, b'{"code": "InternalError"}', "InternalError", id="its own failure"),
        pytest.param(302, b"{}", "elsewhere", id="a redirect to a stranger"),
        pytest.param(200, b'{"code": "Ok"}', "", id="an answer without what was asked"),
    ],
)
def test_an_answer_that_is_none_is_one_plain_error(status: int, body: bytes, says: str, tmp_path: Path) -> None:
    """Whatever stands at that address, a plan comes back."""
    with serving(lambda path, _: (status, body)) as served:
        assert says in fails(open_roads(RoadSettings(osrm_url=served.url), tmp_path))
        if says != "TooBig":
            fails(open_roads(RoadSettings(valhalla_url=served.url), tmp_path))


def test_a_server_that_never_answers_costs_the_time_that_was_set(tmp_path: Path) -> None:
    """It took the question and says nothing: the plan goes on without it."""
    gate = threading.Event()

    def silent(path: str, _: bytes) -> tuple[int, bytes]:
        gate.wait(20)
        return 200, json.dumps({"code": "Ok"}).encode()

    with serving(silent) as served:
        try:
            said = fails(open_roads(RoadSettings(osrm_url=served.url, server_timeout_s=0.2), tmp_path))
        finally:
            gate.set()
    assert "in time" in said


def test_an_address_with_a_login_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end up in logs."""
    monkeypatch.setenv("TOMMA_ROADS__OSRM_URL", "http://me:secret@osrm.internal")
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert "osrm_url" in str(refused.value)
    assert "secret" not in str(refused.value)
