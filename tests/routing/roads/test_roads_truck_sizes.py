"""One network per size of truck, and the hours at which all of them are slower."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from routing.planning.drives import ask_drives
from routing.roads.opening import open_roads
from routing.roads.port import KerbPosition, StreetNetwork
from routing.roads.prepare import current, prepare, siblings
from routing.roads.straight_line import StraightLineRoads
from routing.roads.traffic import factor_for
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize, size_named, size_of, truck_of
from tests.routing.roads.made_up_town import Town, position
from tomma.city import Position
from tomma.errors import RoadsUnavailableError
from tomma.model import DepotId, FractionCode, VehicleId
from tomma.plan import RoadsSource
from tomma.planning_settings import RoadSettings, TrafficHours
from tomma.trucks import Shift, Vehicle

HERE, THERE = position((-50.0, 0.0)), position((250.0, 0.0))
MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 21)
HOUR_S = 3_600
TRUCK = Vehicle(
    VehicleId("V1"), "bil", DepotId("D"), 9_000.0, 9_000.0, frozenset({FractionCode("rest")}), Shift(0, 8 * HOUR_S)
)
SMALL = replace(TRUCK, id=VehicleId("V2"), road_profile="truck-7.5-3")
RUSH = (TrafficHours(from_h=7, to_h=9, factor=1.5), TrafficHours(from_h=15.5, to_h=17.5, factor=1.3))


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """Return a passage 3.5 m high and a bridge for 16 t on the way of 300 m, and a way of 500 m round both."""
    town = Town()
    town.street((-100.0, 0.0), (0.0, 0.0))
    town.street((0.0, 0.0), (100.0, 0.0), maxheight="3.5")
    town.street((100.0, 0.0), (200.0, 0.0), maxweight="16")
    town.street((0.0, 0.0), (0.0, 100.0), (200.0, 100.0), (200.0, 0.0))
    town.street((200.0, 0.0), (300.0, 0.0))
    return town.write(tmp_path / "town.osm")


def metres(roads: object, size: TruckSize) -> int:
    """Return how far a truck of that size drives."""
    assert isinstance(roads, StreetNetwork)
    return int(roads.sized(size).matrix([HERE, THERE]).distance_m[0, 1])


@pytest.mark.parametrize(
    ("size", "metres_there"),
    [
        pytest.param(STANDARD_TRUCK, 500, id="the standard truck goes round"),
        pytest.param(TruckSize(7_500, 3.0), 300, id="a small one does not"),
        pytest.param(TruckSize(7_500, 3.6), 500, id="a small one that is high does"),
        pytest.param(TruckSize(18_000, 3.0), 500, id="so does a low one that is heavy"),
    ],
)
def test_a_truck_takes_what_carries_it(extract: Path, tmp_path: Path, size: TruckSize, metres_there: int) -> None:
    """Planned under a bridge too low, a truck stands before it; planned round one it fits under, it wastes fuel."""
    roads = open_roads(RoadSettings(osm_extract=extract), tmp_path / "roads")
    assert metres(roads, size) == pytest.approx(metres_there, abs=8)


def test_every_truck_of_a_plan_drives_by_its_own_matrix(extract: Path, tmp_path: Path) -> None:
    """One size for all sends small trucks round, or large ones under."""
    roads = open_roads(RoadSettings(osm_extract=extract), tmp_path / "roads")
    another = replace(TRUCK, id=VehicleId("V3"), weight_kg=25_400.0, height_m=3.71)  # the same class as the standard
    drives = ask_drives(roads, [HERE, THERE], [TRUCK, SMALL, another], MONDAY, 0, HOUR_S)
    assert drives.profile_of == {"V1": 0, "V2": 1, "V3": 0}
    assert [int(each.distance_m[0, 1]) for each in drives.matrices] == [
        pytest.approx(500, abs=8),
        pytest.approx(300, abs=8),
    ]
    (line,) = drives.roads_of(VehicleId("V2")).legs([HERE, THERE])
    assert all(lat < position((0.0, 50.0)).lat_deg for _, lat in line)


def test_networks_of_all_sizes_are_kept_together(extract: Path, tmp_path: Path) -> None:
    """The last one built for a small truck must not become the one that planning uses."""
    roads_dir = tmp_path / "roads"
    standard = prepare(extract, roads_dir)
    for height_m in (2.5, 3.0, 3.3, 3.6):
        prepare(extract, roads_dir, truck=TruckSize(7_500, height_m))
    used = current(roads_dir)
    assert used is not None
    assert used.base == standard.base
    assert len(siblings(used)) == 5


def test_without_its_extract_a_smaller_truck_drives_by_the_standard_network(extract: Path, tmp_path: Path) -> None:
    """It then avoids more than it need; a larger one must not drive where only smaller ones fit."""
    prepare(extract, tmp_path / "roads")
    extract.unlink()
    roads = open_roads(RoadSettings(), tmp_path / "roads")
    assert metres(roads, TruckSize(7_500, 3.0)) == pytest.approx(500, abs=8)
    with pytest.raises(RoadsUnavailableError):
        metres(roads, TruckSize(26_000, 4.2))
    drives = ask_drives(roads, [HERE, THERE], [replace(TRUCK, height_m=4.2)], MONDAY, 0, HOUR_S)
    assert drives.source is RoadsSource.STRAIGHT_LINE


@pytest.mark.parametrize(
    ("profile", "size"),
    [("truck", STANDARD_TRUCK), ("truck-18-3.5", TruckSize(18_000, 3.5)), ("truck-7.5-3", TruckSize(8_000, 3.0))],
)
def test_a_profile_names_a_size(profile: str, size: TruckSize) -> None:
    """Rounded up, so that a fleet needs few networks and no truck is taken for a smaller one."""
    assert size_named(profile) == size
    assert truck_of(replace(TRUCK, road_profile=profile)) == size


@pytest.mark.parametrize("profile", ["", "car", "truck-18", "truck-18-3.5-x", "truck-90-3", "truck-18-9"])
def test_a_profile_that_names_none_is_told(profile: str) -> None:
    """A limit that is not understood must not be silently none."""
    with pytest.raises(ValueError, match="must be"):
        size_named(profile)


def test_weight_and_height_of_the_vehicle_win_over_its_profile() -> None:
    """They are what is written in its papers."""
    assert truck_of(replace(TRUCK, road_profile="truck-18-3.5", height_m=3.15)) == TruckSize(18_000, 3.2)
    assert truck_of(replace(TRUCK, weight_kg=11_990.0)) == TruckSize(12_000, 3.8)


@given(st.floats(600, 59_000), st.floats(1.1, 4.4))
def test_no_truck_is_taken_for_a_smaller_one(weight_kg: float, height_m: float) -> None:
    """Rounding goes up only, and not by more than a class."""
    size = size_of(weight_kg, height_m)
    assert weight_kg - 1e-3 <= size.weight_kg <= weight_kg + 1_000
    assert height_m - 1e-6 <= size.height_m <= height_m + 0.1 + 1e-6


def test_a_kerb_is_asked_for_by_place(tmp_path: Path) -> None:
    """A two-way street with a roundabout way at its ends: the truck comes by on the bin's side, one bin at a time."""
    town = Town()
    town.street((0.0, 0.0), (400.0, 0.0))
    town.street((0.0, 0.0), (0.0, 300.0), (400.0, 300.0), (400.0, 0.0))
    roads = open_roads(RoadSettings(osm_extract=town.write(tmp_path / "town.osm")), tmp_path / "roads")
    start, left, right = position((50.0, 300.0)), position((200.0, 8.0)), position((200.0, -8.0))
    kerbs = [KerbPosition(each.lat_deg, each.lon_deg) for each in (left, right)]
    matrix = roads.matrix([start, left, right, *kerbs])
    plain, at_kerb = matrix.distance_m[0, 1:3], matrix.distance_m[0, 3:5]
    assert plain[0] == plain[1] == min(at_kerb)
    assert max(at_kerb) > plain[0] + 100


@pytest.mark.parametrize(
    ("begins_h", "ends_h", "day", "factor"),
    [
        pytest.param(10, 14, MONDAY, 1.0, id="between the rushes"),
        pytest.param(7, 9, MONDAY, 1.5, id="in the rush"),
        pytest.param(6, 14, MONDAY, (6 * 1.0 + 2 * 1.5) / 8, id="a shift with a rush in it"),
        pytest.param(6, 14, SATURDAY, 1.0, id="a day without one"),
        pytest.param(22, 32, MONDAY, (9 + 1.5) / 10, id="a night that ends in tomorrow's rush"),
        pytest.param(14, 14, MONDAY, 1.0, id="no time at all"),
    ],
)
def test_the_pace_is_the_average_of_the_hours(begins_h: int, ends_h: int, day: date, factor: float) -> None:
    """A round planned at night's pace is never driven in time by day."""
    assert factor_for(RUSH, day, begins_h * HOUR_S, ends_h * HOUR_S) == pytest.approx(factor)


def test_the_last_row_that_holds_counts() -> None:
    """A general table first, the exception after it."""
    rows = (*RUSH, TrafficHours(weekdays=("mon",), from_h=8, to_h=9, factor=2.0))
    assert factor_for(rows, MONDAY, 7 * HOUR_S, 9 * HOUR_S) == pytest.approx(1.75)


def test_the_pace_is_in_the_drives(extract: Path, tmp_path: Path) -> None:
    """Times grow, distances and what is reachable do not; the guess is slowed alike."""
    settings = RoadSettings(osm_extract=extract, traffic=RUSH)
    roads, asked = open_roads(settings, tmp_path / "roads"), ([HERE, THERE, Position(0.0, 0.0)], [TRUCK], MONDAY)
    quiet, rush = (ask_drives(roads, *asked, h * HOUR_S, (h + 1) * HOUR_S).matrices[0] for h in (11, 7))
    assert rush.duration_s[0, 1] == pytest.approx(1.5 * quiet.duration_s[0, 1], abs=1)
    assert (rush.distance_m == quiet.distance_m).all()
    assert (rush.duration_s[~rush.reachable] == quiet.duration_s[~quiet.reachable]).all()


def test_roads_without_sizes_serve_all() -> None:
    """Straight lines know no bridges."""
    drives = ask_drives(StraightLineRoads(1.3, 20.0), [HERE, THERE], [TRUCK, SMALL], MONDAY, 0, HOUR_S)
    assert (len(drives.matrices), drives.source) == (1, RoadsSource.STRAIGHT_LINE)
    assert drives.roads_of(VehicleId("V2")) is drives.roads[0]


def test_hours_turned_around_are_refused() -> None:
    """Over midnight it takes two rows; the message says so."""
    with pytest.raises(ValidationError, match="two rows over midnight"):
        TrafficHours(from_h=22, to_h=6, factor=1.2)
