"""What of OpenStreetMap is drawn, in which layer and from which zoom: tags in, layer entries out. Pure.

The outcome is described for the people who draw the style in SCHEMA.md; keep both in step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MIN_ZOOM = 10
MAX_ZOOM = 15  # one unit of a tile is then 15 cm at 60 degrees north: enough to be enlarged sixteen times

Tags = Mapping[str, str]
Attributes = tuple[tuple[str, str | int], ...]


class Layer(StrEnum):
    """The layers of a tile, in the order they are painted."""

    LANDUSE = "landuse"
    WATER = "water"
    WATERWAY = "waterway"
    BOUNDARY = "boundary"
    BUILDINGS = "buildings"
    PATHS = "paths"
    ROADS = "roads"
    RAIL = "rail"
    PLACES = "places"
    HOUSENUMBERS = "housenumbers"


POLYGON_LAYERS = frozenset({Layer.LANDUSE, Layer.WATER, Layer.BUILDINGS})
POINT_LAYERS = frozenset({Layer.PLACES, Layer.HOUSENUMBERS})


@dataclass(frozen=True, slots=True)
class Entry:
    """One feature in one layer; its geometry comes along separately."""

    layer: Layer
    min_zoom: int
    attributes: Attributes = ()
    reversed: bool = False
    """Whether the line must be turned round so that it runs in the direction of travel."""
    at_centre: bool = False
    """Whether an area is drawn as one point inside it."""


ROADS: Mapping[str, tuple[str, int]] = {
    "motorway": ("motorway", 10),
    "trunk": ("trunk", 10),
    "primary": ("primary", 10),
    "secondary": ("secondary", 11),
    "tertiary": ("tertiary", 12),
    "unclassified": ("minor", 12),
    "residential": ("minor", 12),
    "living_street": ("minor", 12),
    "road": ("minor", 12),
    "service": ("service", 13),
    "track": ("track", 13),
}
PATHS: Mapping[str, tuple[str, int]] = {
    "pedestrian": ("pedestrian", 13),
    "cycleway": ("cycleway", 13),
    "footway": ("footway", 14),
    "path": ("path", 14),
    "bridleway": ("path", 14),
    "steps": ("steps", 14),
}
RAIL: Mapping[str, tuple[str, int]] = {
    "rail": ("rail", 10),
    "narrow_gauge": ("rail", 10),
    "light_rail": ("tram", 13),
    "tram": ("tram", 13),
    "subway": ("subway", 13),
}
WATERWAYS: Mapping[str, tuple[str, int]] = {
    "river": ("river", 10),
    "canal": ("canal", 10),
    "stream": ("stream", 13),
    "ditch": ("ditch", 13),
    "drain": ("ditch", 13),
}
PLACES: Mapping[str, tuple[str, int, int]] = {  # class, zoom, rank
    "city": ("city", 10, 1),
    "town": ("town", 10, 2),
    "village": ("village", 11, 4),
    "suburb": ("suburb", 11, 3),
    "quarter": ("neighbourhood", 13, 5),
    "neighbourhood": ("neighbourhood", 13, 5),
    "hamlet": ("neighbourhood", 13, 5),
    "island": ("island", 11, 4),
    "islet": ("island", 13, 6),
    "square": ("square", 14, 7),
}
NAMED_AREAS: Mapping[str, tuple[int, int]] = {"park": (13, 6), "water": (13, 6)}  # zoom, rank
LANDUSE: Mapping[tuple[str, str], str] = {
    **{("landuse", value): value for value in ("residential", "commercial", "industrial", "farmland", "railway")},
    ("landuse", "retail"): "commercial",
    ("landuse", "civil"): "commercial",
    ("landuse", "construction"): "industrial",
    ("landuse", "quarry"): "industrial",
    ("landuse", "landfill"): "industrial",
    ("landuse", "harbour"): "industrial",
    ("landuse", "farmyard"): "farmland",
    ("landuse", "orchard"): "farmland",
    ("landuse", "forest"): "wood",
    ("natural", "wood"): "wood",
    **{("landuse", value): "grass" for value in ("grass", "meadow", "village_green", "greenery", "flowerbed")},
    **{("natural", value): "grass" for value in ("scrub", "heath", "grassland", "shrubbery")},
    **{("leisure", value): "park" for value in ("park", "garden", "nature_reserve", "dog_park", "golf_course")},
    ("landuse", "recreation_ground"): "park",
    ("landuse", "allotments"): "park",
    ("landuse", "cemetery"): "cemetery",
    ("amenity", "grave_yard"): "cemetery",
    **{("leisure", value): "pitch" for value in ("pitch", "track", "stadium", "sports_centre")},
    ("leisure", "playground"): "playground",
    ("natural", "beach"): "beach",
    ("natural", "sand"): "beach",
    ("natural", "wetland"): "wetland",
    **{("natural", value): "rock" for value in ("bare_rock", "scree", "shingle", "rock")},
    ("amenity", "parking"): "parking",
    **{("amenity", value): "school" for value in ("school", "kindergarten", "university", "college")},
    ("amenity", "hospital"): "hospital",
    ("man_made", "pier"): "pier",
    ("place", "square"): "square",
}
WATER: Mapping[tuple[str, str], str] = {
    ("natural", "water"): "lake",
    ("natural", "bay"): "lake",
    ("waterway", "riverbank"): "river",
    ("waterway", "dock"): "lake",
    ("landuse", "reservoir"): "lake",
    ("landuse", "basin"): "pond",
    ("landuse", "pond"): "pond",
    ("leisure", "swimming_pool"): "pool",
}
KINDS_OF_WATER: Mapping[str, str] = {"river": "river", "canal": "river", "stream": "river", "pond": "pond"}
NO = frozenset({"", "no"})
ONEWAY = frozenset({"yes", "1", "true"})
PRIVATE = frozenset({"private", "no"})
SMALL_SERVICE = frozenset({"driveway", "parking_aisle", "drive-through", "emergency_access"})
LEVEL_M = 3
MAX_HEIGHT_M = 500

KEYS = (
    "highway",
    "railway",
    "waterway",
    "natural",
    "landuse",
    "leisure",
    "amenity",
    "building",
    "man_made",
    "place",
    "boundary",
    "addr:housenumber",
)
"""An object without any of these is never drawn: the reader skips it unseen."""


def point_entries(tags: Tags) -> list[Entry]:
    """Return what a node is drawn as."""
    entries = _housenumber(tags)
    if tags.get("place") in PLACES and tags.get("name"):
        kind, zoom, rank = PLACES[tags["place"]]
        entries.append(Entry(Layer.PLACES, zoom, _attributes(("class", kind), *_names(tags), ("rank", rank))))
    if tags.get("railway") in ("station", "halt") and tags.get("name"):
        entries.append(Entry(Layer.PLACES, 13, _attributes(("class", "station"), *_names(tags), ("rank", 6))))
    return entries


def line_entries(tags: Tags, *, closed: bool) -> list[Entry]:
    """Return what a way is drawn as, as a line; a closed pier is an area only."""
    rules = (_road, _path, _rail, _waterway, _boundary, *(() if closed else (_pier,)))
    return [entry for rule in rules if (entry := rule(tags)) is not None]


def area_entries(tags: Tags) -> list[Entry]:
    """Return what a closed way or a multipolygon is drawn as, as an area."""
    entries = _housenumber(tags)
    if tags.get("building", "no") not in NO:
        entries.append(Entry(Layer.BUILDINGS, 13, _attributes(("height_m", _height_m(tags)))))
    rules = (_water_area, _landuse)
    for rule in rules:
        entry = rule(tags)
        if entry is not None:
            return [*entries, entry, *_area_label(entry, tags)]
    return entries


def _road(tags: Tags) -> Entry | None:
    highway = tags.get("highway", "")
    trunk_name = highway.removesuffix("_link")
    if trunk_name not in ROADS or tags.get("area") == "yes":
        return None
    kind, zoom = ROADS[trunk_name]
    if kind == "service" and tags.get("service") in SMALL_SERVICE:
        zoom = 14
    oneway = tags.get("oneway", "")
    forward = oneway in ONEWAY or (oneway == "" and (kind == "motorway" or tags.get("junction") == "roundabout"))
    attributes = _attributes(
        ("class", kind),
        ("link", int(highway != trunk_name)),
        *_names(tags),
        ("ref", tags.get("ref", "")),
        ("oneway", int(forward or oneway == "-1")),
        *_levels(tags),
        ("private", int(tags.get("access", "") in PRIVATE)),
    )
    return Entry(Layer.ROADS, zoom, attributes, reversed=oneway == "-1")


def _path(tags: Tags) -> Entry | None:
    if tags.get("highway") not in PATHS or tags.get("indoor") == "yes" or tags.get("area") == "yes":
        return None
    kind, zoom = PATHS[tags["highway"]]
    return Entry(Layer.PATHS, zoom, _attributes(("class", kind), *_names(tags), *_levels(tags)))


def _pier(tags: Tags) -> Entry | None:
    if tags.get("man_made") != "pier":
        return None
    return Entry(Layer.PATHS, 14, _attributes(("class", "pier"), *_names(tags)))


def _rail(tags: Tags) -> Entry | None:
    if tags.get("railway") not in RAIL:
        return None
    kind, zoom = RAIL[tags["railway"]]
    yard = kind == "rail" and "service" in tags
    attributes = _attributes(("class", kind), ("yard", int(yard)), *_levels(tags))
    return Entry(Layer.RAIL, 14 if yard else zoom, attributes)


def _waterway(tags: Tags) -> Entry | None:
    if tags.get("waterway") not in WATERWAYS:
        return None
    kind, zoom = WATERWAYS[tags["waterway"]]
    tunnel = int(tags.get("tunnel", "no") not in NO)
    return Entry(Layer.WATERWAY, zoom, _attributes(("class", kind), *_names(tags), ("tunnel", tunnel)))


def _boundary(tags: Tags) -> Entry | None:
    level = tags.get("admin_level", "")
    if tags.get("boundary") != "administrative" or not level.isdecimal() or tags.get("maritime") == "yes":
        return None
    return Entry(Layer.BOUNDARY, 10 if int(level) <= 7 else 12, (("admin_level", int(level)),))


def _water_area(tags: Tags) -> Entry | None:
    if tags.get("tunnel", "no") not in NO or tags.get("covered", "no") not in NO:
        return None
    for (key, value), usual_kind in WATER.items():
        if tags.get(key) == value:
            kind = KINDS_OF_WATER.get(tags.get("water", ""), usual_kind)
            return Entry(Layer.WATER, MIN_ZOOM, (("class", kind),))
    return None


def _landuse(tags: Tags) -> Entry | None:
    if tags.get("highway") == "pedestrian" and tags.get("area") == "yes":
        return Entry(Layer.LANDUSE, 13, (("class", "square"),))
    for (key, value), kind in LANDUSE.items():
        if tags.get(key) == value:
            return Entry(Layer.LANDUSE, MIN_ZOOM, (("class", kind),))
    return None


def _area_label(entry: Entry, tags: Tags) -> list[Entry]:
    kind = "water" if entry.layer is Layer.WATER else dict(entry.attributes)["class"]
    if not tags.get("name") or not isinstance(kind, str):
        return []
    if tags.get("place") in PLACES:
        kind, zoom, rank = PLACES[tags["place"]]
    elif kind in NAMED_AREAS:
        zoom, rank = NAMED_AREAS[kind]
    else:
        return []
    attributes = _attributes(("class", kind), *_names(tags), ("rank", rank))
    return [Entry(Layer.PLACES, zoom, attributes, at_centre=True)]


def _housenumber(tags: Tags) -> list[Entry]:
    number = tags.get("addr:housenumber", "")
    return [Entry(Layer.HOUSENUMBERS, MAX_ZOOM, (("number", number),), at_centre=True)] if number else []


def _names(tags: Tags) -> Attributes:
    name = tags.get("name", "")
    others = ((f"name_{code}", tags.get(f"name:{code}", "")) for code in ("sv", "en"))
    return (("name", name), *((key, other) for key, other in others if name and other != name))


def _levels(tags: Tags) -> Attributes:
    return (
        ("bridge", int(tags.get("bridge", "no") not in NO)),
        ("tunnel", int(tags.get("tunnel", "no") not in NO)),
        ("layer", _whole(tags.get("layer", ""))),
    )


def _height_m(tags: Tags) -> int:
    height_m = _whole(tags.get("height", "").removesuffix("m").strip())
    return height_m or _whole(tags.get("building:levels", "")) * LEVEL_M


def _whole(text: str) -> int:
    """Return a small number as people write it, 0 for anything else."""
    try:
        value = float(text)
    except ValueError:
        return 0
    return round(value) if abs(value) <= MAX_HEIGHT_M else 0  # also refuses NaN


def _attributes(*pairs: tuple[str, str | int]) -> Attributes:
    """Return the pairs that say something."""
    return tuple((key, value) for key, value in pairs if value not in ("", 0))
