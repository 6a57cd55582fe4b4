"""A made-up town, written as an OpenStreetMap file: streets by places in metres."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tomma.city import Position

ORIGIN = Position(59.0, 15.0)
METRES_PER_DEGREE_NORTH = 111_195.0
METRES_PER_DEGREE_EAST = METRES_PER_DEGREE_NORTH * 0.5150  # cos(59 degrees)

type Tags = Mapping[str, str]
type Place = tuple[float, float]
"""Metres east and north of ORIGIN."""


def position(place: Place) -> Position:
    """Return where a place of the made-up town is on the globe."""
    east_m, north_m = place
    return Position(
        round(ORIGIN.lat_deg + north_m / METRES_PER_DEGREE_NORTH, 7),
        round(ORIGIN.lon_deg + east_m / METRES_PER_DEGREE_EAST, 7),
    )


@dataclass
class Town:
    """Streets by places in metres; streets that share a place cross there."""

    ways: list[tuple[Sequence[Place], Tags]] = field(default_factory=list)
    node_tags: dict[Place, Tags] = field(default_factory=dict)

    def street(self, *places: Place, **tags: str) -> None:
        """Add a street; a residential one unless `tags` say otherwise. In a key, `__` stands for a colon."""
        spelled = {key.replace("__", ":"): value for key, value in tags.items()}
        self.ways.append((places, {"highway": "residential", **spelled}))

    def write(self, path: Path) -> Path:
        """Write the town as an .osm file."""
        numbers: dict[Place, int] = {}
        for places, _ in self.ways:
            for place in places:
                numbers.setdefault(place, len(numbers) + 1)
        lines = ['<?xml version="1.0"?>', '<osm version="0.6">']
        for place, number in numbers.items():
            at = position(place)
            lines.append(f'<node id="{number}" version="1" lat="{at.lat_deg}" lon="{at.lon_deg}">')
            lines += [*_tag_lines(self.node_tags.get(place, {})), "</node>"]
        for number, (places, tags) in enumerate(self.ways, start=1):
            lines.append(f'<way id="{number}" version="1">')
            lines += [f'<nd ref="{numbers[place]}"/>' for place in places]
            lines += [*_tag_lines(tags), "</way>"]
        path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
        return path


def _tag_lines(tags: Tags) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]
