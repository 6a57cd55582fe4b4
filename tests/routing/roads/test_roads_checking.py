"""Places no truck can reach have names: before the plan leaves them out, and when it does."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from routing.roads.bench import app as bench_app
from routing.roads.checking import PlaceFault, faulty_places, sizes_of
from routing.roads.cli import app
from routing.roads.osrm_roads import OsrmRoads
from routing.roads.prepare import prepare
from tests.routing.planning.small_city import small_city
from tests.routing.roads.made_up_town import Town, position
from tomma.city import City, Position
from tomma.model import DepotId
from tomma.settings import load_settings
from tomma.stores.wiring import open_stores

SQUARE_M = 300.0


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a square of streets, and an island."""
    town = Town()
    corners = [(0.0, 0.0), (SQUARE_M, 0.0), (SQUARE_M, SQUARE_M), (0.0, SQUARE_M), (0.0, 0.0)]
    town.street(*corners)
    town.street((3_000.0, 0.0), (3_000.0, 200.0))
    return town.write(tmp_path_factory.mktemp("square") / "square.osm")


def city_of_four_places() -> City:
    """Return the village moved to the square: one site each on a street, on the island, in a field, in the sea."""
    city = small_city()
    where = [position((150.0, 5.0)), position((3_005.0, 100.0)), position((150.0, 150.0)), Position(0.0, 0.0)]
    names = ["torget", "holmen", "gläntan", "felvänd"]
    sites = {
        site_id: replace(site, position=at, name=name)
        for (site_id, site), at, name in zip(city.sites.items(), where, names, strict=True)
    }
    depots = {key: replace(each, position=position((0.0, 100.0))) for key, each in city.depots.items()}
    disposals = {key: replace(each, position=position((300.0, 100.0))) for key, each in city.disposal_sites.items()}
    return replace(city, sites=sites, depots=depots, disposal_sites=disposals)


def test_each_place_is_told_with_what_is_wrong(extract: Path, tmp_path: Path) -> None:
    """A name to look for on the map, and whether to mend the position or to fetch a larger extract."""
    city = city_of_four_places()
    found = {each.name: each for each in faulty_places(city, OsrmRoads.of(prepare(extract, tmp_path)))}
    assert {name: each.fault for name, each in found.items()} == {
        "holmen": PlaceFault.CUT_OFF,
        "gläntan": PlaceFault.FAR,
        "felvänd": PlaceFault.OFF_ROAD,
    }
    assert found["gläntan"].moved_m == pytest.approx(150, abs=5)
    assert found["felvänd"].moved_m is None


def test_a_depot_on_an_island_is_the_fault_not_the_city(extract: Path, tmp_path: Path) -> None:
    """One of two depots is wrong: its own name is told, not that of every bin."""
    city = city_of_four_places()
    (depot,) = city.depots.values()
    lost = replace(depot, id=DepotId("lost"), name="på holmen", position=position((3_000.0, 10.0)))
    city = replace(city, depots={lost.id: lost, **city.depots}, sites=dict(list(city.sites.items())[:1]))
    (found,) = faulty_places(city, OsrmRoads.of(prepare(extract, tmp_path)))
    assert (found.name, found.fault) == ("på holmen", PlaceFault.CUT_OFF)


def test_a_city_without_places_is_faultless(extract: Path, tmp_path: Path) -> None:
    """On the first day there is nothing to name."""
    empty = replace(city_of_four_places(), sites={}, depots={}, disposal_sites={})
    assert faulty_places(empty, OsrmRoads.of(prepare(extract, tmp_path))) == []


def test_a_road_profile_nobody_understands_is_told() -> None:
    """Such a truck would drive as the standard one."""
    city = small_city()
    vehicle = next(iter(city.vehicles.values()))
    city = replace(city, vehicles={vehicle.id: replace(vehicle, road_profile="lorry")})
    sizes, faults = sizes_of(city)
    assert len(sizes) == 1
    assert "lorry" in faults[0]


def test_the_commands_tell_people_and_programs(extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Build, look, check: what an operator does on the first day."""
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    settings, city = load_settings(), city_of_four_places()
    with open_stores(settings) as stores:
        stores.registry.save(city)
    run = CliRunner()
    assert json.loads(run.invoke(app, ["status", "--json"]).stdout)["source"] == "straight_line"
    assert run.invoke(app, ["check"]).exit_code == 1  # no streets to check by
    built = run.invoke(app, ["build", str(extract), "--truck", "truck-18-3.5", "--json"])
    told = json.loads(built.stdout)
    assert (told["trucks"], told["words"]) == (["truck-18-3.5", "truck-26-3.8"], "valhalla")
    checked = run.invoke(app, ["check", "--json"])
    assert checked.exit_code == 1
    assert {each["name"] for each in json.loads(checked.stdout)["places"]} == {"holmen", "gläntan", "felvänd"}
    words = run.invoke(app, ["check"]).stdout
    assert "felvänd" in words
    assert "no street within 250 m" in words
    run.invoke(app, ["drive", "59.0,15.0", "59.001,15.0"])
    status = json.loads(run.invoke(app, ["status", "--json"]).stdout)
    assert (status["source"], status["words"]) == ("streets", "valhalla")
    assert status["matrices"][0]["points"] == 2
    assert "straight line  none" in run.invoke(app, ["status"]).stdout
    assert run.invoke(app, ["build", str(extract), "--truck", "lorry"]).exit_code == 2


def test_the_bench_measures_what_it_says(tmp_path: Path) -> None:
    """One line of JSON, every key with its unit."""
    told = CliRunner().invoke(bench_app, ["--points", "30", "--quick", "--json"])
    result = json.loads(told.stdout)
    assert result["matrix_30_new_s"] >= 0
    assert result["matrix_30_add_10_ratio"] > 0
    assert 0.3 < result["valhalla_to_osrm_time_median"] < 1.5
    assert result["straight_line_learnt_time_error"] < result["straight_line_default_time_error"]
    assert result["words_by_valhalla_share"] > 0.8
