"""GeoJSON (RFC 7946): a line for each truck's way, a point for each stop and for each bin left out."""

from typing import Any

import msgspec

from api.exports.told import Told
from api.plans.schemas import LeftOutOut, RouteOut, StopOut

DIGITS = 6
"""A tenth of a metre: more would only pretend (RFC 7946, 11.2)."""
LINE_POINTS_MIN = 2
Feature = dict[str, Any]


def as_geojson(told: Told) -> bytes:
    """Return a FeatureCollection; positions are [lon_deg, lat_deg] in WGS 84, as the RFC wants them."""
    features: list[Feature] = []
    for route in told.plan.routes:
        features.append(_way(told, route))
        features += [_stop(told, route, number, stop) for number, stop in enumerate(route.stops, start=1)]
    features += [_left(told, left) for left in told.plan.left_out]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def _feature(geometry: dict[str, Any] | None, **properties: object) -> Feature:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _position(lon_deg: float, lat_deg: float) -> list[float]:
    return [round(lon_deg, DIGITS), round(lat_deg, DIGITS)]


def _point(lon_deg: float | None, lat_deg: float | None) -> dict[str, Any] | None:
    """Return where it is; a break is nowhere, which the RFC calls an unlocated feature."""
    if lon_deg is None or lat_deg is None:
        return None
    return {"type": "Point", "coordinates": _position(lon_deg, lat_deg)}


def way_points(route: RouteOut) -> list[tuple[float, float]]:
    """Return the whole way as one line of (lon_deg, lat_deg), the joints between its legs once."""
    line: list[tuple[float, float]] = []
    for leg in route.legs:
        for point in leg:
            if not line or line[-1] != point:
                line.append(point)
    return line


def _way(told: Told, route: RouteOut) -> Feature:
    line = way_points(route)
    positions = [_position(*point) for point in line]
    geometry = {"type": "LineString", "coordinates": positions} if len(line) >= LINE_POINTS_MIN else None
    local = told.words.local
    return _feature(
        geometry,
        kind="route",
        plan_id=told.plan.id,
        day=told.plan.day.isoformat(),
        vehicle_id=route.vehicle_id,
        vehicle_name=route.vehicle_name,
        start_local=local(route.start_utc).isoformat(timespec="seconds"),
        end_local=local(route.end_utc).isoformat(timespec="seconds"),
        distance_m=route.distance_m,
        driving_s=route.driving_s,
    )


def _stop(told: Told, route: RouteOut, number: int, stop: StopOut) -> Feature:
    local = told.words.local
    return _feature(
        _point(stop.lon_deg, stop.lat_deg),
        kind=stop.kind,
        vehicle_id=route.vehicle_id,
        stop_number=number,
        bin_id=stop.bin_id,
        name=told.place(stop),
        access_note=stop.access_note,
        fraction=stop.fraction,
        arrive_local=local(stop.arrive_utc).isoformat(timespec="seconds"),
        depart_local=local(stop.depart_utc).isoformat(timespec="seconds"),
        load_after_l=round(stop.load_after_l),
        load_after_kg=round(stop.load_after_kg),
        expected_fill_fraction=stop.expected_fill_fraction,
        reasons=told.why(stop),
    )


def _left(told: Told, left: LeftOutOut) -> Feature:
    found = told.bin_and_site(left.bin_id)
    geometry = _point(found[1].position.lon_deg, found[1].position.lat_deg) if found else None
    return _feature(
        geometry,
        kind="left_out",
        bin_id=left.bin_id,
        name=found[1].name if found else left.bin_id,
        fraction=found[0].fraction_code if found else None,
        reasons=told.why(left),
    )
