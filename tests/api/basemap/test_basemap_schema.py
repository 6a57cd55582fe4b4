"""What of OpenStreetMap is drawn as what."""

from typing import Any

import pytest

from api.basemap.schema import Entry, area_entries, line_entries, point_entries


def said(entries: list[Entry]) -> list[tuple[str, int, dict[str, Any]]]:
    """Return entries as layer, zoom and attributes."""
    return [(entry.layer.value, entry.min_zoom, dict(entry.attributes)) for entry in entries]


LINES = [
    pytest.param(
        {"highway": "primary_link", "oneway": "yes", "ref": "4"},
        [("roads", 10, {"class": "primary", "link": 1, "ref": "4", "oneway": 1})],
        id="a slip road is its road's link",
    ),
    pytest.param(
        {"highway": "residential", "name": "Brunnsgatan", "name:sv": "Brunnsgatan", "name:en": "Well Street"},
        [("roads", 12, {"class": "minor", "name": "Brunnsgatan", "name_en": "Well Street"})],
        id="a name is repeated only where it differs",
    ),
    pytest.param(
        {"highway": "service", "service": "driveway", "access": "private"},
        [("roads", 14, {"class": "service", "private": 1})],
        id="a driveway comes late and says it is private",
    ),
    pytest.param(
        {"highway": "unclassified", "junction": "roundabout"},
        [("roads", 12, {"class": "minor", "oneway": 1})],
        id="a roundabout is one-way unsaid",
    ),
    pytest.param(
        {"highway": "trunk", "oneway": "no", "tunnel": "yes", "layer": "-1"},
        [("roads", 10, {"class": "trunk", "tunnel": 1, "layer": -1})],
        id="a tunnel says so",
    ),
    pytest.param({"highway": "steps"}, [("paths", 14, {"class": "steps"})], id="steps are a path"),
    pytest.param({"highway": "footway", "indoor": "yes"}, [], id="a corridor is not"),
    pytest.param({"highway": "construction"}, [], id="a road that is not there yet"),
    pytest.param({"highway": "pedestrian", "area": "yes"}, [], id="the rim of a square is no path"),
    pytest.param(
        {"railway": "tram", "highway": "tertiary"},
        [("roads", 12, {"class": "tertiary"}), ("rail", 13, {"class": "tram"})],
        id="a street with rails is both",
    ),
    pytest.param({"railway": "rail", "service": "yard"}, [("rail", 14, {"class": "rail", "yard": 1})], id="a yard"),
    pytest.param({"railway": "abandoned"}, [], id="a railway of old"),
    pytest.param({"waterway": "stream"}, [("waterway", 13, {"class": "stream"})], id="a stream"),
    pytest.param(
        {"boundary": "administrative", "admin_level": "7"}, [("boundary", 10, {"admin_level": 7})], id="a municipality"
    ),
    pytest.param({"boundary": "administrative", "admin_level": "x"}, [], id="a boundary of nobody knows what"),
]
AREAS = [
    pytest.param({"building": "yes"}, [("buildings", 13, {})], id="a building"),
    pytest.param({"building": "no"}, [], id="not a building"),
    pytest.param({"building": "yes", "building:levels": "5"}, [("buildings", 13, {"height_m": 15})], id="five levels"),
    pytest.param({"building": "yes", "height": "21.6 m"}, [("buildings", 13, {"height_m": 22})], id="a height"),
    pytest.param({"building": "yes", "height": "tall"}, [("buildings", 13, {})], id="a height nobody can read"),
    pytest.param(
        {"leisure": "park", "name": "Esplanadi"},
        [("landuse", 10, {"class": "park"}), ("places", 13, {"class": "park", "name": "Esplanadi", "rank": 6})],
        id="a park and its label",
    ),
    pytest.param({"natural": "water", "water": "river"}, [("water", 10, {"class": "river"})], id="a river's area"),
    pytest.param({"natural": "water", "tunnel": "yes"}, [], id="water nobody sees"),
    pytest.param({"landuse": "forest"}, [("landuse", 10, {"class": "wood"})], id="a forest"),
    pytest.param(
        {"highway": "pedestrian", "area": "yes"}, [("landuse", 13, {"class": "square"})], id="a square of stone"
    ),
    pytest.param({"landuse": "military"}, [], id="an area the map is silent about"),
]
POINTS = [
    pytest.param(
        {"place": "city", "name": "Helsinki", "name:sv": "Helsingfors"},
        [("places", 10, {"class": "city", "name": "Helsinki", "name_sv": "Helsingfors", "rank": 1})],
        id="a city in both languages",
    ),
    pytest.param({"place": "city"}, [], id="a city without a name"),
    pytest.param({"addr:housenumber": "12b"}, [("housenumbers", 15, {"number": "12b"})], id="a house number"),
]


@pytest.mark.parametrize(("tags", "expected"), LINES)
def test_a_line_is_drawn_as(tags: dict[str, str], expected: list[object]) -> None:
    """As SCHEMA.md promises to those who draw the style."""
    assert said(line_entries(tags, closed=False)) == expected


@pytest.mark.parametrize(("tags", "expected"), AREAS)
def test_an_area_is_drawn_as(tags: dict[str, str], expected: list[object]) -> None:
    """As SCHEMA.md promises to those who draw the style."""
    assert said(area_entries(tags)) == expected


@pytest.mark.parametrize(("tags", "expected"), POINTS)
def test_a_point_is_drawn_as(tags: dict[str, str], expected: list[object]) -> None:
    """As SCHEMA.md promises to those who draw the style."""
    assert said(point_entries(tags)) == expected


def test_a_pier_is_a_line_or_an_area_never_both() -> None:
    """A closed one would else be drawn twice."""
    pier = {"man_made": "pier"}
    assert said(line_entries(pier, closed=False)) == [("paths", 14, {"class": "pier"})]
    assert line_entries(pier, closed=True) == []
    assert said(area_entries(pier)) == [("landuse", 10, {"class": "pier"})]
