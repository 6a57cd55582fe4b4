"""FIWARE WasteContainer (Smart Data Models), as a context broker notifies or a client posts it.

NGSI-v2 and NGSI-LD, key-values, normalised and concise, one entity, a list of them, or a notification with `data`;
GeoJSON features too. `fillingLevel` is 0 to 1 (unitCode P1: per cent). The time is the level's own (`observedAt`,
`TimeInstant`), else the entity's. The device is the first of `refDevice` that is a sensor, else the container's id.
`status` tells of fire and of containers that were moved, thrown over or broken.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ingest import fields
from ingest.identity import spellings
from ingest.message import Message, Record, Uplink
from ingest.refusal import RefusedError, no_reading, shown
from ingest.strict_json import JsonValue, parse
from tomma.bounds import Advice, BoundError, Rule

type Json = Mapping[str, JsonValue]

TYPE = "WasteContainer"
TIMES_OF_LEVEL = ("observedAt", "TimeInstant", "timeInstant", "timestamp", "dateObserved")
TIMES_OF_ENTITY = ("timeInstant", "TimeInstant", "dateObserved", "observedAt", "modifiedAt", "dateModified")
ALARMS: Mapping[str, str] = {"burning": "fire", "dropped": "tilt", "moved": "tamper", "vandalized": "tamper"}
PERCENT = "P1"
NOT_AN_ATTRIBUTE = frozenset({"id", "type", "@context"})


def unwrap(message: Message) -> Sequence[Record]:
    """Return the containers in a message of a context broker."""
    return read(message, parse(message.payload))


def recognises(body: JsonValue) -> bool:
    """Return whether the message has this shape: entities with id and type, or a notification of them."""
    return any(isinstance(each, dict) and "id" in each and "type" in each for each in _entities(body))


def read(message: Message, body: JsonValue) -> Sequence[Record]:  # noqa: ARG001  (topics name no device)
    """Return the containers in a parsed message, a bad one among them as its error.

    Raises:
        RefusedError: If there is no entity at all.
    """
    found: list[Record] = []
    for entity in _entities(body):
        try:
            found.append(_uplink(entity))
        except RefusedError as exc:
            found.append(exc)
    if not found:
        bound, told_as = f"must carry entities of type {TYPE}", "the message"
        raise no_reading(BoundError("type", Rule.ONLY_THESE, bound, None, told_as=told_as, names=TYPE))
    return found


def _entities(body: JsonValue) -> Sequence[JsonValue]:
    if isinstance(body, list):
        return body
    if isinstance(body, dict):
        data = body.get("data")
        return data if isinstance(data, list) else (body,)
    return ()


def _uplink(entity: JsonValue) -> Uplink:
    if not isinstance(entity, dict):
        got = shown(entity)
        raise fields.wrong(BoundError("entity", Rule.OBJECT, "must be an object", got, told_as="an entity"))
    if entity.get("type") == "Feature":
        entity = {**fields.section(entity, "properties"), "id": entity.get("id")}
    kind = _plain(entity.get("type"))
    if not isinstance(kind, str) or kind.rsplit("/", 1)[-1] != TYPE:
        raise no_reading(BoundError("type", Rule.ONLY_THESE, f"must be {TYPE}", shown(kind), names=TYPE))
    plain = {name: value if name in NOT_AN_ATTRIBUTE else _plain(value) for name, value in entity.items()}
    names = _devices(plain)
    told: dict[str, JsonValue] = {}
    level = _level(entity, plain)
    if level is not None:
        told["fill_fraction"] = level
    temperature_c = fields.number(plain, "temperature") if plain.get("temperature") is not None else None
    if temperature_c is not None:
        told["temperature_c"] = temperature_c
    alarm = ALARMS.get(str(plain.get("status")))
    if alarm is not None:
        told[alarm] = True
    if not told:
        bound = "must have a fillingLevel, a temperature or an alarming status"
        wanted, told_as = "fillingLevel, temperature, status", "the container"
        raise no_reading(BoundError("entity", Rule.ANY_GIVEN, bound, None, told_as=told_as, names=wanted))
    return Uplink(names, _time(entity, plain), fields=told)


def _level(entity: Json, plain: Json) -> float | None:
    """Return fillingLevel as a fraction; a null is how brokers say that it was never measured."""
    if plain.get("fillingLevel") is None:
        return None
    attribute = entity["fillingLevel"]
    if isinstance(attribute, dict) and _plain(attribute.get("unitCode")) == PERCENT:
        pct = fields.bounded(plain, "fillingLevel", (0.0, 100.0), slack=100.0 * fields.FILL_TOLERANCE)
        return None if pct is None else pct / 100.0
    return fields.bounded(plain, "fillingLevel", fields.FILL_FRACTION, Advice.PER_CENT, slack=fields.FILL_TOLERANCE)


def _plain(value: JsonValue) -> JsonValue:
    """Return the value inside an attribute: bare, under `value`, `object` (a relationship) or `@value` (a date)."""
    for key in ("value", "object", "@value"):
        if isinstance(value, dict) and key in value:
            value = value[key]
    return value


def _time(entity: Json, plain: Json) -> datetime | None:
    level = entity.get("fillingLevel")
    if isinstance(level, dict):
        metadata = level.get("metadata")
        told = {**level, **metadata} if isinstance(metadata, dict) else level
        for name in TIMES_OF_LEVEL:
            if told.get(name) is not None:
                return fields.moment({name: _plain(told[name])}, name)
    for name in TIMES_OF_ENTITY:
        if plain.get(name) is not None:
            return fields.moment(plain, name)
    return None


def _devices(plain: Json) -> tuple[str, ...]:
    """Return the names: the devices of the container, then the container's own id, each with and without its urn."""
    devices = plain.get("refDevice")
    listed = devices if isinstance(devices, list) else [devices]
    named = [each for each in (*listed, plain.get("id")) if isinstance(each, str) and each]
    if not named:
        raise fields.missing("id")
    short = [each.split(":", 3)[-1] if each.startswith("urn:ngsi-ld:") else "" for each in named]
    return spellings(*(name for pair in zip(named, short, strict=True) for name in pair))
