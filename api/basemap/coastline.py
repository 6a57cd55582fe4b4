"""Cuts the sea out of a box along the coastline. Pure.

OpenStreetMap has no polygon for the sea, only lines with land on their left and water on their right. The lines and the
edge of the box divide the box into faces; each piece of coastline then says of the face beside it whether it is
land or water, and the longer say wins. That stands a line that is wrong here and there.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

BESIDE = 1e-4  # how far beside a line it is asked whose side is which, as a share of the box's width


def sea_within(box: Polygon, coastlines: Sequence[LineString], *, y_down: bool = False) -> BaseGeometry:
    """Return the part of `box` that is sea; empty where no coastline says so.

    Args:
        box: A rectangle.
        coastlines: Lines with land on the left, as they are in the file: in pieces, reaching out of the box, or
            ending inside it where the extract lacks the next point. Such an end is led to the nearest edge.
        y_down: Whether y grows to the south (then the land is on the right, as the numbers see it).
    """
    inside = [line for line in coastlines if line.intersects(box)]
    if not inside:
        return MultiPolygon()
    lines = [*inside, *_led_to_the_edge(inside, box), box.exterior]
    parts = shapely.get_parts(shapely.polygonize([shapely.unary_union(lines)]))
    faces = [face for face in parts if isinstance(face, Polygon) and box.contains(face.representative_point())]
    water = _votes(faces, inside, box, towards_water=1.0 if y_down else -1.0)
    return shapely.unary_union([face for face, vote in zip(faces, water, strict=True) if vote > 0])


def _led_to_the_edge(lines: Sequence[LineString], box: Polygon) -> list[LineString]:
    """Return a straight piece for every loose end inside the box, from it to a little beyond the edge."""
    ends: dict[tuple[float, float], int] = {}
    for line in lines:
        for place in (line.coords[0], line.coords[-1]):
            key = (place[0], place[1])
            ends[key] = ends.get(key, 0) + 1
    edge = box.exterior
    loose = [Point(place) for place, count in ends.items() if count == 1 and box.contains(Point(place))]
    nearest = [(end, edge.interpolate(edge.project(end))) for end in loose]
    return [LineString([(end.x, end.y), (2 * at.x - end.x, 2 * at.y - end.y)]) for end, at in nearest if end != at]


def _votes(
    faces: Sequence[Polygon], lines: Sequence[LineString], box: Polygon, towards_water: float
) -> NDArray[np.float64]:
    """Return for each face the length of coastline that has it as water, less the length that has it as land."""
    starts, ends = _segments(lines)
    along = ends - starts
    lengths = np.hypot(along[:, 0], along[:, 1])
    keep = lengths > 0
    starts, ends, along, lengths = starts[keep], ends[keep], along[keep], lengths[keep]
    to_the_left = np.column_stack([-along[:, 1], along[:, 0]]) / lengths[:, None]
    away = (box.bounds[2] - box.bounds[0]) * BESIDE
    tree = shapely.STRtree(faces)
    votes = np.zeros(len(faces))
    for side in (towards_water, -towards_water):
        places = shapely.points((starts + ends) / 2 + to_the_left * away * side)
        segment, face = tree.query(places, predicate="within")
        np.add.at(votes, face, lengths[segment] * (1.0 if side == towards_water else -1.0))
    return votes


def _segments(lines: Sequence[LineString]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = [np.asarray(line.coords)[:, :2] for line in lines]
    return np.concatenate([each[:-1] for each in points]), np.concatenate([each[1:] for each in points])
