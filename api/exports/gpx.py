"""GPX 1.1 (topografix.com/GPX/1/1): each truck's stops as a route, and its way on the streets as a track.

A navigator that knows trucks makes its own way through the route's points; the track is ours, to look at or to follow.
The schema fixes the order of the elements, so each function writes them in that order.
"""

import re
from xml.etree import ElementTree as ET

from api.exports.geojson import DIGITS, way_points
from api.exports.told import Told
from api.plans.schemas import RouteOut, StopOut

NAMESPACE = "http://www.topografix.com/GPX/1/1"
SCHEMA = "http://www.topografix.com/GPX/1/1/gpx.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""All but the characters of XML 1.0, section 2.2."""


def as_gpx(told: Told) -> bytes:
    """Return the document."""
    ET.register_namespace("xsi", XSI)
    root = ET.Element("gpx", {
        "xmlns": NAMESPACE, "version": "1.1", "creator": "tomma", f"{{{XSI}}}schemaLocation": f"{NAMESPACE} {SCHEMA}",
    })  # fmt: skip
    metadata = ET.SubElement(root, "metadata")
    _text(metadata, "name", told.words("print.title", day=told.words.day(told.plan.day)))
    _text(metadata, "time", told.plan.created_utc.isoformat(timespec="seconds").replace("+00:00", "Z"))
    for route in told.plan.routes:
        _route(told, root, route)
    for route in told.plan.routes:
        _track(root, route)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _route(told: Told, root: ET.Element, route: RouteOut) -> None:
    element = ET.SubElement(root, "rte")
    _text(element, "name", route.vehicle_name)
    for number, stop in enumerate(route.stops, start=1):
        if stop.lat_deg is not None and stop.lon_deg is not None:
            _stop(told, element, number, stop, (stop.lon_deg, stop.lat_deg))


def _stop(told: Told, route: ET.Element, number: int, stop: StopOut, lonlat: tuple[float, float]) -> None:
    point = _point(route, "rtept", lonlat)
    _text(point, "time", stop.arrive_utc.isoformat(timespec="seconds").replace("+00:00", "Z"))
    _text(point, "name", f"{number} {told.place(stop)}")
    _text(point, "desc", " · ".join(filter(None, [stop.bin_id, told.fraction_name(stop.fraction), stop.access_note])))
    _text(point, "type", stop.kind)


def _track(root: ET.Element, route: RouteOut) -> None:
    element = ET.SubElement(root, "trk")
    _text(element, "name", route.vehicle_name)
    segment = ET.SubElement(element, "trkseg")
    for lonlat in way_points(route):
        _point(segment, "trkpt", lonlat)


def _point(parent: ET.Element, tag: str, lonlat: tuple[float, float]) -> ET.Element:
    lon_deg, lat_deg = lonlat
    return ET.SubElement(parent, tag, {"lat": f"{lat_deg:.{DIGITS}f}", "lon": f"{lon_deg:.{DIGITS}f}"})


def _text(parent: ET.Element, tag: str, text: str) -> None:
    """Add an element; nothing for an empty text. What XML 1.0 cannot hold is left out of it."""
    kept = NO_XML.sub("", text)
    if kept:
        ET.SubElement(parent, tag).text = kept
