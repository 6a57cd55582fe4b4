"""Places beside a street that connects with nothing: a made-up town with yards, islands and the edge of the map."""

import pytest

from routing.roads.osrm_roads import OsrmRoads
from routing.roads.prepare import PreparedRoads, prepare
from tests.routing.roads.made_up_town import Town, position
from tests.routing.roads.reach import cut_off_from

SQUARES = 5
SQUARE_M = 200.0
TOWN_HALL = position((400.0, 400.0))
YARD_DEPOT = position((1_040.0, 410.0))
FAR_ISLAND = position((3_000.0, 400.0))
EXIT_DEPOT = position((410.0, 1_100.0))
MARKET = position((200.0, 200.0))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedRoads:
    """Return a grid of streets with what is cut off from it."""
    town = Town()
    for line in range(SQUARES):
        at = line * SQUARE_M
        steps = [step * SQUARE_M for step in range(SQUARES)]
        town.street(*[(at, step) for step in steps])
        town.street(*[(step, at) for step in steps])
    edge = (SQUARES - 1) * SQUARE_M
    town.street((1_000.0, 380.0), (1_000.0, 440.0), highway="service")  # a yard, mapped but joined to nothing
    town.street((3_000.0, 300.0), (3_000.0, 500.0))  # a real island
    town.street((400.0, edge), (400.0, 1_300.0), oneway="yes")  # leads out of the map, and nothing back
    folder = tmp_path_factory.mktemp("islands")
    return prepare(town.write(folder / "islands.osm"), folder / "roads")


@pytest.fixture(scope="module")
def roads(prepared: PreparedRoads) -> OsrmRoads:
    """Return the town's streets."""
    return OsrmRoads.of(prepared)


def test_a_depot_on_an_unconnected_yard_uses_the_street_beside_it(roads: OsrmRoads) -> None:
    """Its nearest street leads nowhere: taken at its word, every bin of the city would be unreachable."""
    matrix = roads.matrix([YARD_DEPOT, TOWN_HALL, MARKET])
    assert matrix.reachable.all()
    assert matrix.distance_m[0, 1] == pytest.approx(400, abs=20)


def test_a_depot_on_a_street_that_leaves_the_map_uses_one_that_comes_back(roads: OsrmRoads) -> None:
    """An extract is cut somewhere; a one-way street over its edge would let no truck return."""
    matrix = roads.matrix([EXIT_DEPOT, TOWN_HALL])
    assert not matrix.reachable.all()  # 300 m from the town: too far to move
    near = position((410.0, 950.0))
    assert roads.matrix([near, TOWN_HALL]).reachable.all()


def test_a_true_island_stays_cut_off_and_is_named(roads: OsrmRoads) -> None:
    """No road leads there: the plan leaves it out and says so, rather than inventing a bridge."""
    matrix = roads.matrix([TOWN_HALL, FAR_ISLAND, MARKET])
    assert matrix.off_road == ()
    assert cut_off_from(matrix, 0) == (1,)
    assert cut_off_from(matrix, 1) == (0, 2)


def test_a_line_begins_where_the_matrix_counted_from(roads: OsrmRoads) -> None:
    """A moved depot is moved for the map too."""
    (leg,) = roads.legs([YARD_DEPOT, TOWN_HALL])
    street_lon_deg = position((800.0, 410.0)).lon_deg
    assert leg[0][0] == pytest.approx(street_lon_deg, abs=1e-4)


def test_the_share_of_connected_streets_is_told(prepared: PreparedRoads) -> None:
    """Seven of ten and less means: get a larger extract."""
    assert 0.8 < prepared.connected_share < 1.0
