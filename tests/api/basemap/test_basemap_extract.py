"""What becomes of an extract that was cut, mistagged or drawn backwards."""

from pathlib import Path
from typing import Any

import pytest
import shapely

from api.basemap.extract import Extract, read_extract

PLACES = {1: (15.0, 59.0), 2: (15.01, 59.0), 3: (15.01, 59.01), 4: (15.0, 59.01)}
INNER = {11: (15.003, 59.003), 12: (15.006, 59.003), 13: (15.006, 59.006), 14: (15.003, 59.006)}
GONE = 99  # a point that lies outside the extract and is not in it


def way(number: int, nodes: tuple[int, ...], **tags: str) -> str:
    """Return a way as the file has it."""
    inside = "".join(f'<nd ref="{node}"/>' for node in nodes)
    return f'<way id="{number}" version="1">{inside}{_tags(tags)}</way>'


def multipolygon(number: int, members: dict[int, str], **tags: str) -> str:
    """Return an area made of ways: role by way."""
    inside = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members.items())
    return f'<relation id="{number}" version="1">{inside}{_tags({"type": "multipolygon", **tags})}</relation>'


def _tags(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())


@pytest.fixture
def read(tmp_path: Path) -> "Reader":
    """Return a reader of made-up extracts."""
    return Reader(tmp_path / "made_up.osm")


class Reader:
    """Writes an extract and reads it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, *things: str, header: str = "") -> Extract:
        """Return what is drawn of `things`."""
        nodes = "".join(
            f'<node id="{number}" version="1" lon="{lon}" lat="{lat}"/>'
            for number, (lon, lat) in {**PLACES, **INNER}.items()
        )
        text = f'<?xml version="1.0"?><osm version="0.6">{header}{nodes}{"".join(things)}</osm>'
        self._path.write_text(text, encoding="utf-8")
        return read_extract(self._path)


def shapes(extract: Extract, layer: str) -> list[Any]:
    """Return the geometries of one layer."""
    return [
        shape for entry, shape in zip(extract.entries, extract.geometries, strict=True) if entry.layer.value == layer
    ]


def test_a_one_way_street_drawn_backwards_is_turned_round(read: Reader) -> None:
    """Arrows along it show the direction of travel."""
    street, backwards = (1, 2), way(2, (3, 4), highway="residential", oneway="-1")
    extract = read(way(1, street, highway="residential", oneway="yes"), backwards)
    east, also_east = shapes(extract, "roads")
    assert east.coords[0][0] < east.coords[-1][0]
    assert also_east.coords[0][0] < also_east.coords[-1][0]


def test_a_street_that_leaves_the_extract_is_drawn_as_far_as_it_goes(read: Reader) -> None:
    """The points beyond the edge are missing; those before it are not."""
    extract = read(way(1, (1, 2, GONE, 3, 4), highway="residential"), way(2, (1, GONE, 4), highway="residential"))
    assert [len(line.coords) for line in shapes(extract, "roads")] == [2, 2]


def test_a_park_cut_by_the_edge_is_closed_across_the_gap(read: Reader) -> None:
    """Better a straight edge than no park."""
    (park,) = shapes(read(way(1, (1, 2, 3, GONE, 4, 1), leisure="park")), "landuse")
    assert park.area > 0


def test_an_area_with_a_hole_keeps_it(read: Reader) -> None:
    """A wood round a lake."""
    rings = way(1, (1, 2, 3, 4, 1)), way(2, (11, 12, 13, 14, 11))
    extract = read(*rings, multipolygon(7, {1: "outer", 2: "inner"}, natural="wood"))
    (wood,) = shapes(extract, "landuse")
    assert sum(len(part.interiors) for part in shapely.get_parts(wood)) == 1
    assert extract.incomplete_areas == 0


def test_an_area_with_missing_parts_is_left_out_and_counted(read: Reader) -> None:
    """Guessing the missing shore would flood a town; the operator is told how many there are."""
    road = way(3, (1, 2), highway="residential")
    extract = read(way(1, (1, 2, 3)), road, multipolygon(7, {1: "outer", 555: "outer"}, natural="water"))
    assert shapes(extract, "water") == []
    assert extract.incomplete_areas == 1


def test_a_twisted_area_is_untwisted(read: Reader) -> None:
    """Mappers slip; the tiles must still be valid."""
    (grass,) = shapes(read(way(1, (1, 3, 2, 4, GONE, 1), landuse="grass")), "landuse")
    assert grass.is_valid


def test_the_sea_ends_at_the_extracts_stated_box(read: Reader) -> None:
    """The header says what was cut out; the coast is only known inside."""
    box = '<bounds minlat="59.0001" minlon="14.99" maxlat="59.0099" maxlon="15.02"/>'
    extract = read(way(1, (1, 4), natural="coastline"), way(2, (2, 3), highway="residential"), header=box)
    (sea,) = shapes(extract, "water")
    assert shapely.box(*extract.bounds).contains_properly(sea.centroid)
    assert sea.area == pytest.approx(shapely.box(*extract.bounds).area * 2 / 3, rel=0.03)


def test_an_outlying_boundary_does_not_stretch_the_map(read: Reader) -> None:
    """A county's border leads a hundred kilometres away; the map ends with the streets."""
    street = way(1, (11, 12), highway="residential")
    extract = read(street, way(2, (1, 2, 3), boundary="administrative", admin_level="4"))
    assert extract.bounds[2] - extract.bounds[0] == pytest.approx(0.003 / 360, rel=0.01)
