"""A city as a file: complete, comparable, and refused with everything that is wrong with it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tomma.city import City
from tomma.containers import ContainerType, Shape, VolumePoint
from tomma.errors import ImportRefusedError
from tomma.model import BinId, ContainerTypeId, SiteId
from tomma.stores.books.registry import SqlRegistry
from tomma.stores.files.city_file import city_document, parse_city, read_city, write_city


@given(name=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_city_that_was_written_is_read_back(city: City, name: str, tmp_path: Path) -> None:
    """Every field of every row, whatever the names are."""
    named = replace(city, sites={SiteId("torg"): replace(city.sites[SiteId("torg")], name=name)})
    write_city(named, tmp_path / "city.json")

    assert read_city(tmp_path / "city.json") == named


def test_a_row_is_a_line_so_that_two_versions_compare_well(city: City) -> None:
    """A municipality keeps its master data under version control."""
    before = city_document(city).splitlines()
    site = replace(city.sites[SiteId("torg")], service_s=30)
    after = city_document(replace(city, sites={site.id: site})).splitlines()

    assert sum(1 for old, new in zip(before, after, strict=True) if old != new) == 1


def _changed(city: City, change: Callable[[dict[str, Any]], object]) -> bytes:
    document = msgspec.json.decode(city_document(city))
    change(document)
    return msgspec.json.encode(document)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(
            lambda d: d["container_types"][0].update(full_mm=1500),
            "container_types[0]: full_mm must be below empty_mm (1100), got 1500",
            id="container upside down",
        ),
        pytest.param(
            lambda d: d["sites"][0]["access"][0].update(weekdays=[0, 6]),
            "sites[0]: access: weekdays must be some of 1 (Monday) to 7 (Sunday), got [0, 6]",
            id="a day that no week has",
        ),
        pytest.param(
            lambda d: d["vehicles"][0]["compartments"].pop(),
            "vehicles[0]: every one of a truck's fractions must have exactly one compartment",
            id="a stream without a compartment",
        ),
        pytest.param(
            lambda d: d["vehicles"][0].update(end_depot_id="D9"),
            "vehicles[V1].end_depot_id must name what is there, got 'D9'",
            id="a truck that ends nowhere",
        ),
        pytest.param(
            lambda d: d["bins"][0].update(skills=[" crane"]),
            "bins[0]: a skill must have 1 to 40 letters and no blank around, got ' crane'",
            id="a skill with a blank",
        ),
        pytest.param(
            lambda d: d["sites"][0]["position"].update(lat_deg=593.0),
            "sites[0]: lat_deg must be within [-90, 90], got 593",
            id="not on the globe",
        ),
        pytest.param(
            lambda d: d["vehicles"][0].update(capacity_kg="7500"),
            "vehicles[0]: capacity_kg: Expected `float`, got `str`, got '7500'",
            id="number as text",
        ),
        pytest.param(lambda d: d["bins"][1].pop("site_id"), "bins[1]: site_id is missing", id="bin without a site"),
        pytest.param(
            lambda d: d["bins"][1].update(adress="x"), "bins[1]: 'adress' is not a field", id="misspelt field"
        ),
        pytest.param(
            lambda d: d["vehicles"][0]["shift"]["breaks"][1].update(latest_s=0),
            "latest_s must be within [39600, 86400], got 0",
            id="break turned around",
        ),
        pytest.param(
            lambda d: d["vehicles"][0]["shift"].update(lunch=1), "vehicles[0]: shift: 'lunch'", id="unknown part inside"
        ),
        pytest.param(lambda d: d["bins"].append(d["bins"][0]), "bins[2]: 'B1' is there already", id="bin twice"),
        pytest.param(lambda d: d["sensors"].append({"id": ""}), "sensors[2]: the key must not be empty", id="no name"),
        pytest.param(lambda d: d["sites"].clear(), "bins[B1].site_id must name what", id="site is missing"),
        pytest.param(lambda d: d.update(sites={}), "sites must be a list, got dict", id="no list"),
        pytest.param(lambda d: d["depots"].append(7), "depots[2]: must be an object, got 7", id="row that is none"),
        pytest.param(lambda d: d.update(trucks=[]), "'trucks' is not part of a city", id="unknown list"),
        pytest.param(lambda d: d.pop("organisation"), "organisation: must be an object", id="nobody's city"),
        pytest.param(lambda d: d.update(version=2), "version must be 1, got 2", id="another version"),
        pytest.param(lambda d: d.pop("format"), "not a city file", id="another document"),
        pytest.param(
            lambda d: d["installations"][0].update(from_utc="2026-08-04T05:30:00"), "from_utc must be", id="local time"
        ),
    ],
)
def test_a_fault_is_named_with_row_field_bound_and_value(
    city: City, change: Callable[[dict[str, Any]], object], told: str
) -> None:
    """Whoever mends the file must not have to search."""
    with pytest.raises(ImportRefusedError) as refused:
        parse_city(_changed(city, change))
    assert told in str(refused.value)


def test_all_faults_are_told_at_once(city: City) -> None:
    """Mended in one go, not one import after the other."""

    def spoil(document: dict[str, Any]) -> None:
        document["bins"][0].update(service_s=-1, extra=1)
        document["bins"][1].update(service_s="long", fraction_code=None)
        document["sites"][0]["position"] = None

    with pytest.raises(ImportRefusedError) as refused:
        parse_city(_changed(city, spoil))
    message = str(refused.value)
    assert "4 fault(s)" in message
    for told in ("bins[0]: 'extra'", "bins[1]: service_s", "bins[1]: fraction_code", "sites[0]: position"):
        assert told in message


@given(
    junk=st.binary(max_size=60) | st.sampled_from([b"[]", b'"x"', b"null", b"[" * 9_000, b"\xef\xbb\xbf{}", b"1e999"])
)
@settings(max_examples=60, deadline=None)
def test_junk_is_refused_in_one_way(junk: bytes) -> None:
    """Whatever a person picks in the file dialogue."""
    with pytest.raises(ImportRefusedError):
        parse_city(junk)


@pytest.mark.parametrize("bin_id", ["A/1", "..", "."])
def test_a_bin_that_no_address_can_name_is_refused(city: City, tmp_path: Path, bin_id: str) -> None:
    """Its sticker would lead nowhere, and no page could open it; a city that was kept with one can still be read."""
    first = city.bins[BinId("B1")]
    path = tmp_path / "city.json"
    write_city(replace(city, bins={**city.bins, BinId(bin_id): replace(first, id=BinId(bin_id))}), path)
    with pytest.raises(ImportRefusedError) as refused:
        read_city(path)
    assert f"bins[2]: id must be without / and more than dots, got {bin_id!r}" in str(refused.value)
    assert BinId(bin_id) in parse_city(path.read_bytes()).bins


def test_a_file_that_cannot_be_read_is_told_with_its_path(tmp_path: Path) -> None:
    """Not as a traceback."""
    with pytest.raises(ImportRefusedError, match=r"missing\.json"):
        read_city(tmp_path / "missing.json")


def test_the_example_in_the_manual_is_a_city() -> None:
    """Whoever starts from it must not start with a fault."""
    manual = Path(__file__).parents[3] / "docs" / "files.md"
    example = manual.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]

    assert parse_city(example.encode()).position_of(BinId("B1")).lat_deg == 59.3293


def _shaped(city: City) -> City:
    """The city with every measure of shapes and mountings."""
    kinds = [
        ContainerType(ContainerTypeId("cone"), "Kon", 900.0, 1100.0, 100.0, 250.0, Shape.TAPERED, taper_ratio=0.8),
        ContainerType(ContainerTypeId("igloo"), "Iglu", 3e3, 1500.0, 100.0, 900.0, Shape.IGLOO, diameter_mm=3000.0),
        ContainerType(
            ContainerTypeId("deep"), "Djup", 5e3, 2700.0, 100.0, 9e2, Shape.UNDERGROUND, shaft_mm=900.0, shaft_ratio=0.3
        ),
        ContainerType(
            ContainerTypeId("odd"), "Uppmätt", 900.0, 1100.0, 100.0, 250.0, Shape.TABLE,
            volume_table=(VolumePoint(0.0, 0.0), VolumePoint(400.5, 600.0), VolumePoint(1000.0, 900.0)),
        ),
    ]  # fmt: skip
    return replace(
        city,
        container_types={**city.container_types, **{each.id: each for each in kinds}},
        sensors={each.id: replace(each, dead_zone_mm=250.0, sound_reference_c=20.0) for each in city.sensors.values()},
        installations=tuple(replace(each, offset_mm=-40.0, tilt_deg=12.5) for each in city.installations),
    )


def test_shapes_and_mountings_survive_the_file_and_the_registry(city: City, engine: sa.Engine) -> None:
    """What a fitter has measured is measured once."""
    shaped = _shaped(city)
    SqlRegistry(engine).save(city)
    SqlRegistry(engine).save(shaped)

    assert parse_city(city_document(shaped)) == shaped
    assert SqlRegistry(engine).load() == shaped


def test_a_city_file_of_an_older_version_means_what_it_always_meant(city: City) -> None:
    """Whoever keeps the city in a file need not touch it: straight walls, hung plumb, no dead zone."""
    document = msgspec.json.decode(city_document(_shaped(city)))
    document["container_types"] = [{k: document["container_types"][0][k] for k in OLD_CONTAINER_FIELDS}]
    document["sensors"] = [{key: each[key] for key in ("id", "make", "model")} for each in document["sensors"]]
    for each in document["installations"]:
        del each["offset_mm"], each["tilt_deg"]
    old = parse_city(msgspec.json.encode(document))

    (container,) = old.container_types.values()
    assert container == replace(city.container_types[container.id], skills=frozenset())
    assert {each.dead_zone_mm for each in old.sensors.values()} == {0.0}
    assert {(each.offset_mm, each.tilt_deg) for each in old.installations} == {(0.0, 0.0)}


def test_a_city_file_from_before_the_rules_has_none(city: City) -> None:
    """One body, no skill, no limit, always open: what it meant when nobody could say more."""
    document = msgspec.json.decode(city_document(city))
    for name, fields in (("vehicles", OLD_VEHICLE_FIELDS), ("sites", OLD_SITE_FIELDS)):
        document[name] = [{key: each[key] for key in fields} for each in document[name]]
    old = parse_city(msgspec.json.encode(document))

    (truck,), (site,) = old.vehicles.values(), old.sites.values()
    assert (truck.compartments, truck.skills, truck.overtime_s, truck.max_bins_per_day) == ((), frozenset(), 0, None)
    assert (site.access, site.kerb, site.area) == ((), False, "")


OLD_VEHICLE_FIELDS = ("id", "name", "depot_id", "capacity_l", "capacity_kg", "fractions", "shift")
OLD_SITE_FIELDS = ("id", "name", "position")
OLD_CONTAINER_FIELDS = ("id", "name", "volume_l", "empty_mm", "full_mm", "max_kg", "shape")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"shape": "cone"}, "shape", id="a shape nobody knows"),
        pytest.param({"shape": "tapered"}, "taper_ratio must be given for the shape tapered", id="a measure missing"),
        pytest.param({"taper_ratio": 0.5}, "taper_ratio belongs to the shape tapered", id="a measure too many"),
        pytest.param({"shape": "table", "volume_table": [{"height_mm": 5}]}, "volume_l", id="half a point"),
    ],
)
def test_a_wrong_geometry_is_named_with_its_row(city: City, changes: dict[str, Any], says: str) -> None:
    """A person mends the file by these words."""
    document = msgspec.json.decode(city_document(city))
    document["container_types"][0] |= changes

    with pytest.raises(ImportRefusedError, match=rf"container_types\[0\].*{says}"):
        parse_city(msgspec.json.encode(document))
