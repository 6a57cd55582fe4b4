"""SenML (RFC 8428) over any topic, and LwM2M's filling level (object 3435) in SenML JSON or LwM2M's own JSON.

A name says device and quantity: the longest ending that is a quantity we know (`distance`, `fill_pct`, `temperature`,
..., after `:`, `/`, `.`, `_` or `-`) is the quantity, what stands before it the device. Where the pack names no
device (LwM2M paths), any level of the topic that is a sensor does. A level needs a unit (m, cm, mm; %, /100, /), or a
name that has it in it. Numbers may come as text (`vs`), as some networks send them. Records of one device at one time
are one measurement. How packs are resolved is told in `senml_pack`, what object 3435 says in `lwm2m`.
"""

import re
from collections.abc import Mapping, Sequence

from ingest.envelope.lwm2m import Resource, read_resources, resource_in
from ingest.envelope.senml_pack import KEYS, Resolved, resolve
from ingest.fields import wrong
from ingest.identity import spellings
from ingest.message import Message, Record, Uplink
from ingest.refusal import RefusedError, no_reading, shown
from ingest.strict_json import JsonValue, parse
from tomma.bounds import BoundError, Rule

type Measured = dict[str, JsonValue]

DISTANCE_MM: Mapping[str, float] = {"m": 1000.0, "cm": 10.0, "mm": 1.0}
FILL: Mapping[str, float] = {"/": 1.0, "%": 0.01, "/100": 0.01}
DISTANCE_NAMES = frozenset({"distance", "dist", "range"})
FILL_NAMES = frozenset({"fill", "filling", "level", "filllevel", "fillinglevel", "fillinglevelpercentage"})
TEMPERATURE_NAMES = frozenset({"temperature", "temp"})
BATTERY_NAMES = frozenset({"battery", "batterylevel", "batt", "bat", "batteryvoltage"})
OUR_NAMES: Mapping[str, str] = {
    "distancemm": "distance_mm",
    "fillpct": "fill_pct",
    "fillfraction": "fill_fraction",
    "temperaturec": "temperature_c",
    "batteryv": "battery_v",
    "batterypct": "battery_pct",
}
QUANTITIES = DISTANCE_NAMES | FILL_NAMES | TEMPERATURE_NAMES | BATTERY_NAMES | OUR_NAMES.keys()
KELVIN_0_C = -273.15
TOPIC_LEVELS_MAX = 16
"""How many levels, from the last, may name the device: a topic is a stranger's text too."""
_SEPARATOR = re.compile(r"[:/._-]")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.ASCII)


def unwrap(message: Message) -> Sequence[Record]:
    """Return the uplinks in a SenML pack, one per device and time."""
    return read(message, parse(message.payload))


def recognises(body: JsonValue) -> bool:
    """Return whether the message has this shape: a list of records, or LwM2M's object with a list `e`."""
    if isinstance(body, dict):
        return isinstance(body.get("e"), list)
    return isinstance(body, list) and any(isinstance(each, dict) and KEYS & each.keys() for each in body)


def read(message: Message, body: JsonValue) -> Sequence[Record]:
    """Return the uplinks in a parsed pack, then its bad records.

    Raises:
        RefusedError: If the pack as a whole is wrong, or nothing in it is a quantity we know.
    """
    found: dict[tuple[tuple[str, ...], object], list[Resolved]] = {}
    bad: list[RefusedError] = []
    for record in resolve(_pack(body), message.received_utc):
        if isinstance(record, RefusedError):
            bad.append(record)
        else:
            found.setdefault((_devices(record, message.topic), record.measured_utc), []).append(record)
    uplinks = [uplink for (names, _), records in found.items() if (uplink := _uplink(names, records)) is not None]
    if not uplinks and not bad:
        bound = "must say a distance, fill, temperature or battery in a unit we know"
        raise no_reading(BoundError("pack", Rule.NO_LEVEL, bound, told_as="a record of the pack"))
    return [*uplinks, *bad]


def _pack(body: JsonValue) -> Sequence[JsonValue]:
    """Return the records; LwM2M's own JSON spells text and truth otherwise."""
    if isinstance(body, list):
        return body
    entries = body.get("e") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(entries, list):
        told = BoundError("pack", Rule.LIST, "must be a list of records, got another value", told_as="a SenML pack")
        raise wrong(told)
    base: JsonValue = {key: body[key] for key in ("bn", "bt") if key in body}
    spelled = {"sv": "vs", "bv": "vb"}
    return [base, *(_respelled(each, spelled) if isinstance(each, dict) else each for each in entries)]


def _respelled(record: Mapping[str, JsonValue], names: Mapping[str, str]) -> JsonValue:
    return {names.get(key, key): value for key, value in record.items()}


def _devices(record: Resolved, topic: str) -> tuple[str, ...]:
    """Return the names of the device a record is of."""
    resource = resource_in(record.name)
    device = resource.device if resource else _split(record)[0]
    if device:
        names = [device]
        if device.startswith("urn:"):
            names.append(device.split(":", 3)[-1] if device.startswith("urn:dev:") else device.rsplit(":", 1)[-1])
    else:
        names = [level for level in reversed(topic.split("/")[-TOPIC_LEVELS_MAX:]) if level]
    if resource and resource.instance:
        names = [f"{name}/{resource.instance}" for name in names]  # one device that watches several containers
    if not names:
        bound, got = "must name the device, or the topic must", shown(record.name)
        raise wrong(BoundError("n", Rule.GIVEN, bound, got, told_as="name"))
    return spellings(*names)


def _split(record: Resolved) -> tuple[str, str]:
    """Return device and quantity."""
    name = record.name
    if _plain(name) in QUANTITIES:
        return "", _plain(name)
    for separator in _SEPARATOR.finditer(name):
        quantity = _plain(name[separator.end() :])
        if quantity in QUANTITIES:
            return name[: separator.start()].rstrip(":/._-"), quantity
    if record.base_name and record.own_name:
        return record.base_name.rstrip(":/._-"), _plain(record.own_name)
    return name, ""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _uplink(names: tuple[str, ...], records: Sequence[Resolved]) -> Uplink | None:
    """Return what the records of one device at one time say, None when it is nothing we know."""
    measured: Measured = {}
    resources: list[Resource] = []
    for record in records:
        resource = resource_in(record.name)
        if resource is None:
            measured.update(_quantity(_split(record)[1], record.unit, _number(record)))
        else:
            value = record.truth if record.truth is not None else _number(record)
            resources.append(resource._replace(value=value))
    told = read_resources(resources)
    measured.update(told.fields)
    moment = told.measured_utc or records[0].measured_utc
    return Uplink(names, moment, fields=measured) if measured else None


def _number(record: Resolved) -> float | None:
    if record.number is None and record.words is not None and _NUMBER.fullmatch(record.words):
        return float(record.words)
    return record.number


def _quantity(name: str, unit: str, value: float | None) -> Measured:
    """Return the value under our own name and in our unit, empty when name and unit do not make a certain quantity."""
    if value is None:
        return {}
    if name in OUR_NAMES:
        return {OUR_NAMES[name]: value}
    if unit in DISTANCE_MM and name in DISTANCE_NAMES | {""}:
        return {"distance_mm": value * DISTANCE_MM[unit]}
    if unit in FILL and name in FILL_NAMES:
        return {"fill_fraction": value * FILL[unit]}
    if unit in ("Cel", "K") and name in TEMPERATURE_NAMES | {""}:
        return {"temperature_c": value if unit == "Cel" else value + KELVIN_0_C}
    if unit == "%EL" or (unit in ("%", "/100") and name in BATTERY_NAMES):
        return {"battery_pct": value}
    if unit in ("V", "mV") and name in BATTERY_NAMES:
        return {"battery_v": value if unit == "V" else value / 1000.0}
    return {}
