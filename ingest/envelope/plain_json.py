"""Our own format, one JSON object per reading on `tomma/v1/{sensor_id}/reading`.

{"sensor_id": "H0001", "measured_utc": "2026-11-22T05:30:00Z", "distance_mm": 812, "counter": 17,
 "battery_v": 3.58, "temperature_c": 4.2}

Exactly one of distance_mm, fill_fraction (0 to 1) and fill_pct (0 to 100) is required, unless the device tells of
itself: "alarms": ["fire", "tilt", ...], "no_echo": true. Without measured_utc the time of receipt counts; sensor_id
may be left out, but if given must be the topic's. Any other key is refused.
"""

from collections.abc import Mapping

from ingest import fields
from ingest.decode import own_plain
from ingest.decode.own_fields import LEVELS, STATUS
from ingest.message import Message, Uplink
from ingest.refusal import RefusedError, shown
from ingest.strict_json import JsonValue, parse_object
from tomma.bounds import BoundError, Rule
from tomma.model import RejectReason

COUNTER_MAX = own_plain.COUNTER_MAX


def unwrap(message: Message) -> tuple[Uplink]:
    """Return the uplink in a message of our own format.

    One in which nothing is odd is read at once; every other is read carefully, which may also find it right.
    """
    levels = message.topic.rsplit("/", 2)
    if len(levels) == 3 and levels[1]:
        plain = own_plain.read(message.payload, levels[1])
        if plain is not None:
            return (plain,)
    return read(message, parse_object(message.payload))


def recognises(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message has this shape."""
    return any(name in body for name in (*LEVELS, *STATUS))


def read(message: Message, body: Mapping[str, JsonValue]) -> tuple[Uplink]:
    """Return the uplink in a parsed message."""
    sensor_id = _sensor_of(message.topic)
    claimed = fields.text(body, "sensor_id")
    if claimed is not None and claimed != sensor_id:
        raise fields.foreign("sensor_id", sensor_id, claimed)
    return (
        Uplink(
            device_ids=(sensor_id,),
            measured_utc=fields.moment(body, "measured_utc"),
            counter=fields.whole(body, "counter", COUNTER_MAX),
            fields=body,
            ours=True,
        ),
    )


def _sensor_of(topic: str) -> str:
    """Return the sensor in `.../{sensor_id}/reading`."""
    levels = topic.split("/")
    if len(levels) < 2 or not levels[-2]:
        bound = "must end with /{sensor_id}/reading"
        told = BoundError("topic", Rule.TOPIC_ENDS, bound, shown(topic), told_as="the topic")
        raise RefusedError(RejectReason.FOREIGN_TOPIC, told)
    return levels[-2]
