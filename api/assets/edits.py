"""From a form to a change of the city: which fields are refused and why, and whether somebody was there before."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from api.problems.model import NamedProblem, bound_refused, field_refused
from api.schema import Told
from tomma.assets import (
    ADDRESSABLE,
    Asset,
    AssetKind,
    Edited,
    find,
    hang,
    is_addressable,
    members,
    put,
    retire,
    take_down,
)
from tomma.bounds import Rule
from tomma.city import Bin, City, Installation, Position, Sensor, Site
from tomma.codec import to_json
from tomma.containers import ContainerType, Shape, VolumePoint
from tomma.errors import ConflictError, Refusal
from tomma.hangings import Hangings
from tomma.model import BinId, SensorId

KINDS: Mapping[str, AssetKind] = {
    "sites": AssetKind.SITE,
    "bins": AssetKind.BIN,
    "container-types": AssetKind.CONTAINER_TYPE,
    "sensors": AssetKind.SENSOR,
}
_CLASSES: Mapping[AssetKind, Callable[..., Asset]] = {
    AssetKind.SITE: Site,
    AssetKind.BIN: Bin,
    AssetKind.CONTAINER_TYPE: ContainerType,
    AssetKind.SENSOR: Sensor,
}
_LEADS_TO: Mapping[str, AssetKind] = {"site_id": AssetKind.SITE, "container_type_id": AssetKind.CONTAINER_TYPE}


def etag_of(value: Asset) -> str:
    """Return the mark of a thing as it is now: what `If-Match` must say to change it."""
    return f'"{hashlib.blake2b(to_json(value), digest_size=12).hexdigest()}"'


def created(city: City, kind: AssetKind, told: Told) -> Edited:
    """Return the city with a new thing in it; 409 when there is one of that id."""
    values = told.model_dump(exclude_unset=True, exclude_none=True)
    asset_id = values.get("id")
    if not asset_id:
        raise field_refused("id", Rule.GIVEN, "must be given")
    if asset_id in members(city, kind):
        raise ConflictError(f"there is a {kind.value} {asset_id} already", Refusal.ASSET_EXISTS, asset_id=asset_id)
    if kind is AssetKind.BIN and not is_addressable(asset_id):
        raise field_refused("id", Rule.ADDRESSABLE, ADDRESSABLE, asset_id)
    return Edited(put(city, kind, _built(city, kind, None, values)))


def changed(city: City, kind: AssetKind, asset_id: str, told: Told, if_match: str) -> Edited:
    """Return the city with what the form says; what it does not speak of stays."""
    before = find(city, kind, asset_id)
    check_match(before, if_match)
    values = told.model_dump(exclude_unset=True)
    if values.pop("id", asset_id) != asset_id:
        bound = "must stay as it is: history belongs to it"
        raise field_refused("id", Rule.STAY, bound, told.model_dump().get("id"))
    return Edited(put(city, kind, _built(city, kind, before, values)))


def retired(city: City, kind: AssetKind, asset_id: str, if_match: str, now_utc: datetime) -> Edited:
    """Return the city without the thing."""
    check_match(find(city, kind, asset_id), if_match)
    return retire(city, kind, asset_id, now_utc)


def check_match(value: Asset, if_match: str) -> None:
    """Refuse who has not seen the thing as it is now: the later of two people would undo the earlier."""
    if not if_match:
        raise NamedProblem(428, Refusal.IF_MATCH_REQUIRED, "If-Match must say which version you saw: its ETag")
    if etag_of(value) not in [part.strip().removeprefix("W/") for part in if_match.split(",")] and if_match != "*":
        raise NamedProblem(412, Refusal.CHANGED_MEANWHILE, "somebody changed it meanwhile; load it again and look")


def _built(city: City, kind: AssetKind, before: Asset | None, values: dict[str, Any]) -> Asset:
    for name, there in _LEADS_TO.items():
        if kind is AssetKind.BIN and name in values and values[name] not in members(city, there):
            raise field_refused(name, Rule.KNOWN, f"must be a known {there.value.replace('_', ' ')}", values[name])
    if kind is AssetKind.BIN and "fraction_code" in values and values["fraction_code"] not in city.fractions:
        names = ", ".join(city.fractions)
        raise field_refused(
            "fraction_code", Rule.ONE_OF, f"must be one of {names}", values["fraction_code"], names=names
        )
    given = _domain(kind, before, values)
    try:
        return replace(before, **given) if before is not None else _CLASSES[kind](**given)
    except ValueError as exc:
        raise bound_refused(exc, values) from exc
    except TypeError as exc:
        missing = str(exc).rpartition(": ")[2].split("'")[1::2]
        raise field_refused((missing or ["id"])[0], Rule.GIVEN, "must be given") from exc


def _domain(kind: AssetKind, before: Asset | None, values: dict[str, Any]) -> dict[str, Any]:
    """Return the fields as the domain has them."""
    given = dict(values)
    if "skills" in given:
        given["skills"] = frozenset(given["skills"] or ())
    if given.get("volume_table") is not None:
        given["volume_table"] = tuple(VolumePoint(**point) for point in given["volume_table"])
    if "shape" in given:
        try:
            given["shape"] = Shape(given["shape"])
        except ValueError as exc:
            names = ", ".join(Shape)
            raise field_refused("shape", Rule.ONE_OF, f"must be one of {names}", given["shape"], names=names) from exc
    optional = {"taper_ratio", "diameter_mm", "shaft_mm", "shaft_ratio", "sound_reference_c"}
    for name in [name for name, value in given.items() if value is None and name not in optional]:
        raise field_refused(name, Rule.GIVEN, "must be given")
    if kind is AssetKind.SITE:
        given = _with_position(before, given)
    return given


def _with_position(before: Asset | None, given: dict[str, Any]) -> dict[str, Any]:
    if before is not None and not {"lat_deg", "lon_deg"} & given.keys():
        return given
    here = before.position if isinstance(before, Site) else None
    lat_deg = given.pop("lat_deg", here.lat_deg if here else None)
    lon_deg = given.pop("lon_deg", here.lon_deg if here else None)
    for name, value in (("lat_deg", lat_deg), ("lon_deg", lon_deg)):
        if value is None:
            raise field_refused(name, Rule.GIVEN, "must be given")
    try:
        return given | {"position": Position(lat_deg, lon_deg)}
    except ValueError as exc:
        raise bound_refused(exc, {"lat_deg": lat_deg, "lon_deg": lon_deg}) from exc


def hung(city: City, bin_id: str, told: Any, now_utc: datetime) -> Edited:
    """Return the city with the sensor in the bin; one that the city does not know becomes known."""
    find(city, AssetKind.BIN, bin_id)
    there = Hangings(city.installations).in_bin(BinId(bin_id))
    seen = there.sensor_id if there else None
    if seen != told.replaces_sensor_id and seen != told.sensor_id:
        raise ConflictError(
            f"in {bin_id} hangs {seen or 'nothing'}, and not {told.replaces_sensor_id or 'nothing'}",
            Refusal.OTHER_SENSOR_HANGS,
            bin_id=bin_id,
        )
    at_utc = told.at_utc or now_utc
    if at_utc > now_utc:
        bound = f"must not lie after {now_utc:%Y-%m-%dT%H:%M:%SZ}"
        raise field_refused("at_utc", Rule.NOT_AHEAD, bound, at_utc.isoformat())
    known = city.sensors.get(SensorId(told.sensor_id)) or Sensor(SensorId(told.sensor_id))
    sensor = replace(
        known, **{name: getattr(told, name) for name in ("make", "model") if getattr(told, name) is not None}
    )
    mounting = {name: getattr(told, name) for name in ("offset_mm", "tilt_deg", "empty_mm", "full_mm")}
    try:
        new = Installation(sensor.id, BinId(bin_id), at_utc, **mounting)
    except ValueError as exc:
        raise bound_refused(exc, mounting) from exc
    return Edited(hang(put(city, AssetKind.SENSOR, sensor), new))


def taken_down(city: City, bin_id: str, sensor_id: str, at_utc: datetime) -> Edited:
    """Return the city with the sensor out of the bin."""
    there = Hangings(city.installations).of_sensor(SensorId(sensor_id))
    if there is None or there.bin_id != bin_id:
        raise ConflictError(
            f"sensor {sensor_id} does not hang in {bin_id} now",
            Refusal.SENSOR_HANGS_NOT_THERE,
            sensor_id=sensor_id,
            bin_id=bin_id,
        )
    return Edited(take_down(city, SensorId(sensor_id), at_utc))
