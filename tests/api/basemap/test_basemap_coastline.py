"""Land on the left, water on the right: the sea of a made-up coast."""

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from api.basemap.coastline import sea_within

BOX = shapely.box(0, 0, 10, 10)
NORTHWARD = LineString([(4, -1), (4, 5), (4, 11)])  # land to the west, sea to the east


def ring(x: float, y: float, radius: float) -> LineString:
    """Return an island: a closed line with land inside, so it turns to the left."""
    return LineString(shapely.orient_polygons(Point(x, y).buffer(radius)).exterior.coords)


def test_the_sea_lies_to_the_right_of_its_coast() -> None:
    """Going north along a western coast, the sea is in the east."""
    assert sea_within(BOX, [NORTHWARD]).equals(shapely.box(4, 0, 10, 10))
    assert sea_within(BOX, [NORTHWARD.reverse()]).equals(shapely.box(0, 0, 4, 10))


def test_a_coast_in_pieces_is_one_coast() -> None:
    """A mapper cuts it where a quay begins."""
    pieces = [LineString([(4, -1), (4, 5)]), LineString([(4, 5), (4, 11)])]
    assert sea_within(BOX, pieces).area == pytest.approx(60)


def test_a_coast_that_ends_inside_is_led_to_the_nearest_edge() -> None:
    """A hard-cut extract lacks the point beyond the edge, and with it the last stretch."""
    assert sea_within(BOX, [LineString([(4, 0.5), (4, 9.5)])]).area == pytest.approx(60, abs=0.01)


def test_an_island_is_land_in_the_sea() -> None:
    """And a lake drawn as coast is sea in the land."""
    island = ring(7, 5, 1)
    assert sea_within(BOX, [NORTHWARD, island]).area == pytest.approx(60 - shapely.Polygon(island).area)
    assert sea_within(BOX, [island]).area == pytest.approx(100 - shapely.Polygon(island).area)
    assert sea_within(BOX, [island.reverse()]).area == pytest.approx(shapely.Polygon(island).area)


def test_without_a_coast_there_is_no_sea() -> None:
    """An inland town must not drown; a coast outside the box says nothing about it."""
    assert sea_within(BOX, []).is_empty
    assert sea_within(BOX, [LineString([(20, 0), (20, 10)])]).is_empty


def test_a_short_stretch_turned_round_does_not_flood_the_land() -> None:
    """Somebody reversed one way; the longer coast wins until it is mended."""
    coast = [LineString([(4, -1), (4, 6)]), LineString([(4, 7), (4, 6)]), LineString([(4, 7), (4, 11)])]
    assert sea_within(BOX, coast).area == pytest.approx(60)


def test_with_y_to_the_south_left_is_the_other_hand() -> None:
    """Tiles count y downwards; the land stays land."""
    flipped = LineString([(x, 10 - y) for x, y in NORTHWARD.coords])
    assert sea_within(BOX, [flipped], y_down=True).equals(shapely.box(4, 0, 10, 10))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), unique=True, max_size=8))
@settings(max_examples=50, deadline=None)
def test_an_archipelago_leaves_exactly_the_water_between(centres: list[tuple[int, int]]) -> None:
    """However many islands: what is not island is sea, and only then."""
    islands = [ring(x, y, 0.4) for x, y in centres]
    land = shapely.unary_union([shapely.Polygon(island) for island in islands])
    expected = 100 - land.area if islands else 0
    assert sea_within(BOX, islands).area == pytest.approx(expected)
