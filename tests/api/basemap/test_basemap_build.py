"""The demo city's map: what a person who knows Helsinki expects to see."""

import json
from pathlib import Path

import pytest
from shapely import LineString, MultiPolygon, Polygon
from typer.testing import CliRunner

from api.basemap.build import Built, build_basemap
from api.basemap.cli import app
from api.basemap.schema import MAX_ZOOM, MIN_ZOOM, Layer
from api.basemap.tiles import TileArchive
from tests.api.basemap.reading import EXTENT, covering, features, tile_at
from tomma.errors import ImportRefusedError

HELSINKI = Path(__file__).parents[3] / "simulator" / "cities" / "helsinki.osm.pbf"
RAILWAY_SQUARE = (60.1712, 24.9440)
KAISANIEMI_BAY = (60.1775, 24.9455)
KAISANIEMI_PARK = (60.1748, 24.9440)
BUFFER = 64


def test_the_streets_carry_their_real_names(helsinki_map: Path) -> None:
    """The driver reads the sign and the map: both languages of the city are there."""
    with TileArchive(helsinki_map) as archive:
        z, x, y, _ = tile_at(*RAILWAY_SQUARE, 15)
        roads = {each.said.get("name"): each.said for each in features(archive.tile(z, x, y)) if each.layer == "roads"}
    assert roads["Kaivokatu"]["name_sv"] == "Brunngatan"
    assert roads["Kaivokatu"]["class"] in ("primary", "secondary", "tertiary")


def test_every_promised_layer_is_there_and_no_other(helsinki_map: Path) -> None:
    """SCHEMA.md, metadata.json and the tiles say the same, or the style paints into the void."""
    with TileArchive(helsinki_map) as archive:
        promised = {layer["id"]: set(layer["fields"]) for layer in archive.metadata["vector_layers"]}
        seen: dict[str, set[str]] = {}
        for z in range(MIN_ZOOM, MAX_ZOOM + 1):
            for each in features(archive.tile(*tile_at(*KAISANIEMI_PARK, z)[:3])):
                seen.setdefault(each.layer, set()).update(each.said)
    assert set(promised) == {layer.value for layer in Layer}
    assert set(seen) == set(promised) - ({"waterway"} - set(seen))
    assert all(fields <= promised[layer] for layer, fields in seen.items())


@pytest.mark.parametrize("z", [11, 13, 15])
def test_the_sea_is_water_and_the_land_is_not(helsinki_map: Path, z: int) -> None:
    """The sea is no polygon in OpenStreetMap: wrongly cut, it floods the city."""
    with TileArchive(helsinki_map) as archive:
        assert "water ocean" in covering(archive, *KAISANIEMI_BAY, z)
        for place in (RAILWAY_SQUARE, KAISANIEMI_PARK, (60.1694, 24.9518), (60.1655, 24.9395)):
            assert not any(kind.startswith("water") for kind in covering(archive, *place, z))


def test_parks_and_houses_cover_what_they_cover(helsinki_map: Path) -> None:
    """Kaisaniemi is a park, the Ateneum is a building."""
    with TileArchive(helsinki_map) as archive:
        assert "landuse park" in covering(archive, *KAISANIEMI_PARK, 14)
        assert "buildings" in covering(archive, 60.1702, 24.9442, 14)


def test_every_shape_is_one_a_map_library_can_draw(helsinki_map: Path) -> None:
    """Whole tile units inside the buffer, outlines that turn as the standard says, none degenerate."""
    with TileArchive(helsinki_map) as archive:
        for z in range(MIN_ZOOM, MAX_ZOOM + 1):
            for each in features(archive.tile(*tile_at(*RAILWAY_SQUARE, z)[:3])):
                left, top, right, bottom = each.geometry.bounds
                assert -BUFFER <= left <= right <= EXTENT + BUFFER
                assert -BUFFER <= top <= bottom <= EXTENT + BUFFER
                parts = each.geometry.geoms if isinstance(each.geometry, MultiPolygon) else [each.geometry]
                for part in parts:
                    if isinstance(part, Polygon):
                        assert part.exterior.is_ccw  # with y to the south: clockwise to the eye
                        assert part.area > 0
                        assert not any(hole.is_ccw for hole in part.interiors)
                    elif isinstance(part, LineString):
                        assert part.length > 0


def test_lower_zooms_show_less(helsinki_map: Path) -> None:
    """A city at zoom 10 is big streets and water; houses and their numbers come when there is room."""
    with TileArchive(helsinki_map) as archive:
        kinds = {
            z: {
                f"{each.layer} {each.said.get('class', '')}"
                for each in features(archive.tile(*tile_at(*RAILWAY_SQUARE, z)[:3]))
            }
            for z in (10, 12, 14, 15)
        }
    assert "roads primary" in kinds[10]
    assert not {"roads minor", "buildings ", "paths footway"} & kinds[10]
    assert "roads minor" in kinds[12]
    assert {"buildings ", "paths footway"} <= kinds[14]
    assert "housenumbers " in kinds[15] - kinds[14]


def test_a_street_is_one_line_and_not_its_pieces(helsinki_map: Path) -> None:
    """OpenStreetMap cuts a street at every change; a label per piece would cover the map."""
    with TileArchive(helsinki_map) as archive:
        roads = [each for each in features(archive.tile(*tile_at(*RAILWAY_SQUARE, 14)[:3])) if each.layer == "roads"]
    said = [tuple(sorted(each.said.items())) for each in roads]
    assert len(said) == len(set(said))


def test_the_map_says_where_it_is_and_whose_data_it_shows(helsinki_built: tuple[Path, Built]) -> None:
    """The licence asks for the notice; the pages ask where to look first."""
    path, built = helsinki_built
    with TileArchive(path) as archive:
        area = archive.range
        assert archive.metadata["attribution"] == "© OpenStreetMap contributors"
    assert (area.min_zoom, area.max_zoom) == (10, 15)
    assert area.bounds == pytest.approx(built.bounds_deg)
    assert area.bounds == pytest.approx((24.935, 60.164, 24.953, 60.179), abs=0.001)
    assert area.bounds[0] < area.center[0] < area.bounds[2]
    assert built.size_bytes == path.stat().st_size < 300_000


def test_the_same_extract_gives_the_same_bytes(helsinki_map: Path, tmp_path: Path) -> None:
    """Tiles keep their ETags over a rebuild, and a changed byte means a changed map."""
    build_basemap(HELSINKI, tmp_path / "again.pmtiles")
    assert (tmp_path / "again.pmtiles").read_bytes() == helsinki_map.read_bytes()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("town.osm.pbf", b"no map at all", id="a file that is none"),
        pytest.param("town.osm", b"<osm version='0.6'><node id='1' lat='59' lon='15'/></osm>", id="nothing to draw"),
    ],
)
def test_an_extract_without_a_map_is_refused_and_the_old_map_stays(tmp_path: Path, name: str, content: bytes) -> None:
    """A wrong download must not take the city's map away."""
    source, target = tmp_path / name, tmp_path / "basemap.pmtiles"
    source.write_bytes(content)
    target.write_bytes(b"the old map")
    with pytest.raises(ImportRefusedError, match=name):
        build_basemap(source, target)
    assert target.read_bytes() == b"the old map"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["basemap.pmtiles", name]


def test_the_command_makes_the_map_the_server_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without -o it lands where `tomma serve` looks."""
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / "data"))
    done = CliRunner().invoke(app, ["build", str(HELSINKI), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["tiles"] > 10
    assert (tmp_path / "data" / "basemap.pmtiles").exists()
    shown = json.loads(CliRunner().invoke(app, ["show", "--json"]).stdout)
    assert shown["max_zoom"] == 15
    assert "roads" in shown["layers"]
