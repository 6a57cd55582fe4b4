"""What LwM2M's objects say that we know: 3435 filling level, 3303 temperature, 3 the device's battery.

Numbers of objects and resources are those of the OMA registry. Percentages are 0 to 100, heights centimetres.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ingest import fields
from ingest.strict_json import JsonValue

FILLING_LEVEL, TEMPERATURE, DEVICE = 3435, 3303, 3
CONTAINER_HEIGHT_CM, FILLING_PCT, CONTENT_HEIGHT_CM = 1, 2, 3
OUT_OF_LOCATION, OUT_OF_POSITION, COVER_OPEN, TEMPERATURE_ALARM = 12, 13, 21, 22
TIMESTAMP_S, QUALITY_INDICATOR, QUALITY_LEVEL = 5518, 6042, 6049
REJECTED_QUALITY = (1.0, 2.0)
"""Rejected with certainty, and with probability."""
SENSOR_VALUE, BATTERY_PCT, POWER_MV = 5700, 9, 7
TIME_MAX_S = 2.5e11
_PATH = re.compile(r"(?:^|(?P<device>.*?)[:/]?/)(?P<path>\d{1,5}/\d{1,5}/\d{1,5})(?:/\d{1,5})?", re.ASCII)


class Resource(NamedTuple):
    """A path `/object/instance/resource` behind the device's name, with its value."""

    device: str
    object_id: int
    instance: int
    resource_id: int
    value: float | bool | None = None


class Told(NamedTuple):
    """What the resources of one instance say, under our own names."""

    fields: Mapping[str, JsonValue]
    measured_utc: datetime | None


def resource_in(name: str) -> Resource | None:
    """Return the resource a name points to, None when it is no such path or an object we do not know.

    >>> resource_in("urn:imei:490154203237518/3435/0/2")[:4]
    ('urn:imei:490154203237518', 3435, 0, 2)
    """
    found = _PATH.fullmatch(name)
    if found is None:
        return None
    object_id, instance, resource_id = (int(number) for number in found["path"].split("/"))
    if object_id not in (FILLING_LEVEL, TEMPERATURE, DEVICE):
        return None
    watched = instance if object_id == FILLING_LEVEL else 0
    return Resource((found["device"] or "").rstrip(":/"), object_id, watched, resource_id)


def read_resources(resources: Sequence[Resource]) -> Told:
    """Return what they say; a level that the device itself doubts, or measured under an open cover, is none."""
    values = {(each.object_id, each.resource_id): each.value for each in resources}

    def number(resource_id: int, object_id: int = FILLING_LEVEL) -> float | None:
        value = values.get((object_id, resource_id))
        return None if value is None or isinstance(value, bool) else value

    side_values = {
        "temperature_c": number(SENSOR_VALUE, TEMPERATURE),
        "battery_pct": number(BATTERY_PCT, DEVICE),
        "battery_mv": number(POWER_MV, DEVICE),
    }
    told: dict[str, JsonValue] = {name: value for name, value in side_values.items() if value is not None}
    doubtful = number(QUALITY_INDICATOR) in REJECTED_QUALITY or number(QUALITY_LEVEL) == 0.0
    fill_pct = _fill_pct(number)
    if fill_pct is not None:
        told["fill_pct"] = fill_pct
        if doubtful or values.get((FILLING_LEVEL, COVER_OPEN)) is True:
            told["valid"] = False
    for name, resource_id in (("fire", TEMPERATURE_ALARM), ("tilt", OUT_OF_POSITION), ("tamper", OUT_OF_LOCATION)):
        if values.get((FILLING_LEVEL, resource_id)) is True:
            told[name] = True
    return Told(told, _time(number(TIMESTAMP_S)))


def _fill_pct(number: Callable[[int], float | None]) -> float | None:
    """Return the percentage, or what content and container height make of it."""
    fill_pct, content_cm, container_cm = (
        number(each) for each in (FILLING_PCT, CONTENT_HEIGHT_CM, CONTAINER_HEIGHT_CM)
    )
    if fill_pct is None and content_cm is not None and container_cm:
        return 100.0 * content_cm / container_cm
    return fill_pct


def _time(seconds: float | None) -> datetime | None:
    if not seconds:
        return None
    fields.check_bounds("Timestamp (5518)", seconds, (0.0, TIME_MAX_S))
    return fields.epoch(seconds, "Timestamp (5518)")
