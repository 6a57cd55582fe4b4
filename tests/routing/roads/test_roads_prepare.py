"""A network is prepared once, whole, and taken for whole only then."""

import json
import shutil
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from routing.roads import prepare as preparing
from routing.roads.cli import app
from routing.roads.opening import open_roads
from routing.roads.osrm_roads import OsrmRoads
from routing.roads.port import StreetNetwork
from routing.roads.prepare import PreparedRoads, current, prepare
from tests.routing.roads.made_up_town import Town, position
from tomma.errors import ConfigurationError, RoadsUnavailableError
from tomma.plan import RoadsSource
from tomma.planning_settings import RoadSettings

HERE, THERE = position((0.0, 0.0)), position((1_000.0, 0.0))


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """Return the extract of a town with one street."""
    town = Town()
    town.street((0.0, 0.0), (500.0, 0.0), (1_000.0, 0.0))
    return town.write(tmp_path / "town.osm")


@pytest.fixture
def roads_dir(tmp_path: Path) -> Path:
    """Return a folder for networks that does not exist yet."""
    return tmp_path / "data" / "roads"


@pytest.fixture
def own_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the truck profile that may be changed."""
    copy = tmp_path / "truck.lua"
    shutil.copy(preparing.TRUCK_PROFILE, copy)
    monkeypatch.setattr(preparing, "TRUCK_PROFILE", copy)
    return copy


def works(prepared: PreparedRoads) -> bool:
    """Return whether the network can be asked."""
    return bool(OsrmRoads.of(prepared).matrix([HERE, THERE]).reachable.all())


def test_a_second_time_costs_only_a_look(extract: Path, roads_dir: Path) -> None:
    """The demo starts within seconds."""
    stages: list[str] = []
    first = prepare(extract, roads_dir, stages.append)
    assert (first.reused, stages) == (False, ["reading", "streets", "shortcuts", "hub"])
    stages.clear()
    second = prepare(extract, roads_dir, stages.append)
    assert (second.reused, stages) == (True, ["reading"])
    assert second.base == first.base
    assert works(second)


def test_another_extract_or_another_profile_is_another_network(
    extract: Path, roads_dir: Path, own_profile: Path
) -> None:
    """New streets and new rules must not be answered with the old ones."""
    first = prepare(extract, roads_dir)
    own_profile.write_text(own_profile.read_text(encoding="utf-8") + "\n-- heavier\n", encoding="utf-8")
    second = prepare(extract, roads_dir)
    extract.write_text(extract.read_text(encoding="utf-8").replace("residential", "tertiary"), encoding="utf-8")
    third = prepare(extract, roads_dir)
    assert len({first.base, second.base, third.base}) == 3
    assert current(roads_dir) is not None


def test_only_the_newest_networks_are_kept(extract: Path, roads_dir: Path, own_profile: Path) -> None:
    """A disk does not fill with every extract of the last years."""
    for number in range(5):
        own_profile.write_text(own_profile.read_text(encoding="utf-8") + f"\n-- {number}\n", encoding="utf-8")
        latest = prepare(extract, roads_dir)
    folders = [path for path in roads_dir.iterdir() if path.is_dir()]
    assert len(folders) == 3
    assert latest.base.parent in folders


def test_a_network_that_lost_a_piece_is_built_anew(extract: Path, roads_dir: Path) -> None:
    """A torn copy, a full disk: the engine would crash on it or lie."""
    first = prepare(extract, roads_dir)
    victim = max(first.base.parent.glob("streets.osrm.*"), key=lambda path: path.stat().st_size)
    victim.write_bytes(victim.read_bytes()[:100])
    again = prepare(extract, roads_dir)
    assert not again.reused
    assert again.size_bytes == first.size_bytes
    assert works(again)


def test_two_processes_may_prepare_at_once(extract: Path, roads_dir: Path) -> None:
    """Server and simulator start together on a fresh machine."""
    done: list[PreparedRoads] = []
    threads = [Thread(target=lambda: done.append(prepare(extract, roads_dir))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len({each.base for each in done}) == 1
    assert len(done) == 3
    assert works(done[0])
    assert not list(roads_dir.glob(".building-*"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("town.osm.pbf", b"no street map at all", id="a file that is none"),
        pytest.param("town.osm", b"<osm version='0.6'></osm>", id="a map without streets"),
        pytest.param("town.txt", b"", id="a name that says nothing"),
    ],
)
def test_an_extract_that_cannot_be_used_is_refused_and_leaves_nothing(
    tmp_path: Path, roads_dir: Path, name: str, content: bytes
) -> None:
    """The message names the file; half a network must not lie about."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RoadsUnavailableError):
        prepare(path, roads_dir)
    assert not roads_dir.exists() or not list(roads_dir.iterdir())


def test_with_an_extract_the_streets_are_opened_and_remembered(extract: Path, roads_dir: Path) -> None:
    """Preparing is part of opening: nobody has to know a second command."""
    roads = open_roads(RoadSettings(osm_extract=extract), roads_dir)
    assert roads.source is RoadsSource.STREETS
    assert isinstance(roads, StreetNetwork)


def test_without_an_extract_the_network_prepared_last_is_used(extract: Path, roads_dir: Path) -> None:
    """`tomma roads build` is enough; no setting need repeat it."""
    prepare(extract, roads_dir)
    assert open_roads(RoadSettings(), roads_dir).source is RoadsSource.STREETS


@pytest.mark.parametrize("missing", [None, Path("nowhere.osm.pbf")], ids=["no extract set", "an extract that is gone"])
def test_without_streets_straight_lines_stand_in_marked_and_logged(
    roads_dir: Path, missing: Path | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A plan always comes back, and it says on what it stands."""
    settings = RoadSettings(osm_extract=missing, detour_factor=1.5, straight_line_speed_kmh=36.0)
    matrix = open_roads(settings, roads_dir).matrix([HERE, THERE])
    assert matrix.source is RoadsSource.STRAIGHT_LINE
    assert matrix.distance_m[0, 1] == pytest.approx(1_500, rel=0.01)
    assert matrix.duration_s[0, 1] == pytest.approx(150, rel=0.01)
    assert "straight_line" in caplog.text


def test_the_command_prepares_and_asks(extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an operator types on the first day."""
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / "data"))
    built = CliRunner().invoke(app, ["build", str(extract), "--json"])
    assert built.exit_code == 0
    assert json.loads(built.stdout)["connected_share"] == 1.0
    places = [f"{each.lat_deg},{each.lon_deg}" for each in (HERE, THERE)]
    driven = CliRunner().invoke(app, ["drive", *places, "0,0", "--json"])
    there, nowhere = json.loads(driven.stdout)["legs"]
    assert there["distance_m"] == pytest.approx(1_000, rel=0.01)
    assert nowhere == {"driving_s": None, "distance_m": None}
    told = CliRunner().invoke(app, ["drive", *places, "0,0"])
    assert "place 3 lies on no street" in told.stdout


def test_the_extract_is_named_once_in_the_settings(
    extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first steps say `tomma roads build`; a relative name that leads nowhere is told as a whole path."""
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / "data"))
    nothing = CliRunner().invoke(app, ["build"]).exception
    assert isinstance(nothing, ConfigurationError)
    assert "[roads] osm_extract" in str(nothing)
    monkeypatch.setenv("TOMMA_ROADS__OSM_EXTRACT", "town.osm.pbf")
    monkeypatch.chdir(tmp_path)
    missing = CliRunner().invoke(app, ["build"]).exception
    assert isinstance(missing, ConfigurationError)
    assert str(tmp_path / "town.osm.pbf") in str(missing)
    monkeypatch.setenv("TOMMA_ROADS__OSM_EXTRACT", str(extract))
    assert CliRunner().invoke(app, ["build", "--no-guidance", "--json"]).exit_code == 0


@pytest.mark.parametrize("places", [["1,2"], ["1,2", "north"], ["1,2", "95,2"]])
def test_the_command_refuses_what_is_no_drive(places: list[str]) -> None:
    """Exit code 2: the command line was wrong."""
    assert CliRunner().invoke(app, ["drive", *places]).exit_code == 2
