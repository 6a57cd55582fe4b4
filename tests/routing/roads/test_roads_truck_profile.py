"""Which streets a waste truck takes, on a made-up town.

In each row lies a street of 200 m with one peculiarity, and round it a plain one of 400 m. A drive from 25 m before
it to 25 m beyond tells by its length which of them the truck took.
"""

from dataclasses import dataclass, field

import pytest

from routing.roads.osrm_roads import OsrmRoads
from routing.roads.prepare import prepare
from tests.routing.roads.made_up_town import Place, Tags, Town, position

STREET_M = 200.0
STRAIGHT_M = 250
ROUND_M = 450
TO_THE_MIDDLE_M = 125
ROW_M = 700  # farther than anything snaps: each row is a world of its own


@dataclass(frozen=True)
class Row:
    """A street from A to B with one peculiarity, and the plain way round it."""

    id: str
    tags: Tags
    there_m: int = STRAIGHT_M
    back_m: int = STRAIGHT_M
    middle_m: int | None = None
    """How far it is from A to a bin half way, where that matters."""
    middle_tags: Tags = field(default_factory=dict)


ROWS = (
    Row("a plain street is driven", {}),
    Row("a street for pedestrians only is not driven", {"highway": "pedestrian"}, ROUND_M, ROUND_M),
    Row("a footway is not driven", {"highway": "footway"}, ROUND_M, ROUND_M),
    Row("a field track of unknown firmness is not driven", {"highway": "track"}, ROUND_M, ROUND_M),
    Row("a street under construction is not driven", {"highway": "construction"}, ROUND_M, ROUND_M),
    Row("a one-way street is driven one way", {"oneway": "yes"}, STRAIGHT_M, ROUND_M),
    Row("a one-way street drawn backwards is driven the other way", {"oneway": "-1"}, ROUND_M, STRAIGHT_M),
    Row("a street closed to motors is not driven", {"motor_vehicle": "no"}, ROUND_M, ROUND_M),
    Row("a tag for lorries wins over one for all", {"motor_vehicle": "no", "hgv": "yes"}),
    Row("a street open to goods vehicles is driven", {"motor_vehicle": "no", "goods": "yes"}),
    Row("a street closed to lorries is served, not cut through", {"hgv": "no"}, ROUND_M, ROUND_M, TO_THE_MIDDLE_M),
    Row("a private street is served, not cut through", {"access": "private"}, ROUND_M, ROUND_M, TO_THE_MIDDLE_M),
    Row("a delivery street is served, not cut through", {"access": "delivery"}, ROUND_M, ROUND_M, TO_THE_MIDDLE_M),
    Row(
        "a pedestrian street that lets delivery in is served, not cut through",
        {"highway": "pedestrian", "motor_vehicle": "delivery"},
        ROUND_M,
        ROUND_M,
        TO_THE_MIDDLE_M,
    ),
    Row("a bridge too weak is not driven", {"maxweight": "12"}, ROUND_M, ROUND_M),
    Row("a bridge strong enough is driven", {"maxweight": "30"}),
    Row("a passage too low is not driven", {"maxheight": "3.5"}, ROUND_M, ROUND_M),
    Row("a passage high enough is driven", {"maxheight": "4.2 m"}),
    Row("a passage too narrow is not driven", {"maxwidth": "2.3"}, ROUND_M, ROUND_M),
    Row("an axle load too small is respected", {"maxaxleload": "8"}, ROUND_M, ROUND_M),
    Row("a bollard stops the truck", {}, ROUND_M, ROUND_M, middle_tags={"barrier": "bollard"}),
    Row("a bollard that sinks does not stop it", {}, middle_tags={"barrier": "bollard", "bollard": "rising"}),
    Row("a block nobody described stops the truck", {}, ROUND_M, ROUND_M, middle_tags={"barrier": "block"}),
    Row("a gate is opened", {}, middle_tags={"barrier": "gate"}),
    Row("a locked gate the crew has the key of is opened", {}, middle_tags={"barrier": "gate", "access": "private"}),
    Row(
        "a gate nobody may pass stops the truck", {}, ROUND_M, ROUND_M, middle_tags={"barrier": "gate", "access": "no"}
    ),
    Row(
        "a height bar too low stops it",
        {},
        ROUND_M,
        ROUND_M,
        middle_tags={"barrier": "height_restrictor", "maxheight": "2.5"},
    ),
    Row("a tunnel is driven", {"tunnel": "yes"}),
)


def before(row: int) -> Place:
    """Return where the drive begins: 25 m before the street."""
    return (-25.0, row * ROW_M)


def middle(row: int) -> Place:
    """Return the middle of the peculiar street."""
    return (STREET_M / 2, row * ROW_M)


def beyond(row: int) -> Place:
    """Return where the drive ends: 25 m beyond the street."""
    return (STREET_M + 25.0, row * ROW_M)


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> OsrmRoads:
    """Return the town of all rows, joined by a street along their beginnings."""
    town = Town()
    for number, row in enumerate(ROWS):
        north = float(number * ROW_M)
        start, end = (0.0, north), (STREET_M, north)
        town.street((-50.0, north), start)
        town.street(start, middle(number), end, **row.tags)
        town.street(start, (0.0, north + 100), (STREET_M, north + 100), end)
        town.street(end, (STREET_M + 50, north))
        town.node_tags[middle(number)] = row.middle_tags
    town.street(*[(-50.0, float(number * ROW_M)) for number in range(len(ROWS))])
    folder = tmp_path_factory.mktemp("town")
    return OsrmRoads.of(prepare(town.write(folder / "town.osm"), folder / "roads"))


def drive_m(roads: OsrmRoads, start: Place, end: Place) -> int:
    """Return how far the truck drives."""
    matrix = roads.matrix([position(start), position(end)])
    assert matrix.reachable.all()
    return int(matrix.distance_m[0, 1])


@pytest.mark.parametrize(("number", "row"), [pytest.param(*each, id=each[1].id) for each in enumerate(ROWS)])
def test_a_truck_takes_the_streets_that_are_fit_for_it(roads: OsrmRoads, number: int, row: Row) -> None:
    """The plan is driven by people who know every low passage; one route through it and nobody trusts the rest."""
    assert drive_m(roads, before(number), beyond(number)) == pytest.approx(row.there_m, abs=8)
    assert drive_m(roads, beyond(number), before(number)) == pytest.approx(row.back_m, abs=8)
    if row.middle_m is not None:
        assert drive_m(roads, before(number), middle(number)) == pytest.approx(row.middle_m, abs=8)


def test_no_bin_is_put_in_a_tunnel(roads: OsrmRoads) -> None:
    """A park lies over it: the truck stops in a street one can climb out of, at an end of the tunnel or above."""
    number = next(number for number, row in enumerate(ROWS) if row.tags.get("tunnel"))
    assert abs(drive_m(roads, before(number), middle(number)) - TO_THE_MIDDLE_M) > 50


def driving_s(tmp_path_factory: pytest.TempPathFactory, **tags: str) -> int:
    """Return the driving time along one kilometre of such a street."""
    town = Town()
    town.street((0.0, 0.0), (1000.0, 0.0), **tags)
    folder = tmp_path_factory.mktemp("street")
    roads = OsrmRoads.of(prepare(town.write(folder / "street.osm"), folder))
    return int(roads.matrix([position((0.0, 0.0)), position((1000.0, 0.0))]).duration_s[0, 1])


def test_a_truck_is_slower_than_the_limit_and_slower_still_on_cobbles(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A kilometre at the limit of 50 takes 72 s; a round planned at that pace is never driven in time."""
    at_50 = driving_s(tmp_path_factory, highway="tertiary", maxspeed="50")
    at_30 = driving_s(tmp_path_factory, highway="tertiary", maxspeed="30")
    in_a_swedish_town = driving_s(tmp_path_factory, highway="tertiary", maxspeed="SE:urban")
    on_cobbles = driving_s(tmp_path_factory, highway="tertiary", maxspeed="50", surface="cobblestone")
    assert 72 < at_50 < at_30 < on_cobbles
    assert in_a_swedish_town == at_50
