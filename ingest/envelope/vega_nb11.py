"""Vega NB-11 and modems like it: NB-IoT devices that send their own JSON over MQTT; the topic is set in the device.

`Message` says who (IMEI) and which message (num), `Telemetry` what and when, in seconds since 1970. The device's own
clock counts here: it sets it from the network and may send later than it measures.
"""

from collections.abc import Mapping

from ingest import fields
from ingest.identity import spellings
from ingest.message import Message, Uplink
from ingest.strict_json import JsonValue, parse_object

COUNTER_MAX = 2**32 - 1
UTC_MAX_S = 2.5e11
OUR_NAMES: Mapping[str, str] = {"bat": "battery_pct", "temp": "temperature_c"}


def unwrap(message: Message) -> tuple[Uplink]:
    """Return the uplink in a message of a Vega NB-11."""
    return read(message, parse_object(message.payload))


def recognises(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message has this shape."""
    return "Message" in body and "Telemetry" in body


def read(message: Message, body: Mapping[str, JsonValue]) -> tuple[Uplink]:  # noqa: ARG001  (topics name no device)
    """Return the uplink in a parsed message."""
    who, what = fields.section(body, "Message"), fields.section(body, "Telemetry")
    names = spellings(fields.text(who, "IMEI"))
    if not names:
        raise fields.missing("IMEI", "must be given in Message")
    if not what:
        raise fields.missing("Telemetry", "must be an object with values")
    utc_s = fields.bounded(what, "UTC", (0.0, UTC_MAX_S))
    return (
        Uplink(
            names,
            None if utc_s is None else fields.epoch(utc_s, "UTC"),
            counter=fields.whole(who, "num", COUNTER_MAX),
            fields={OUR_NAMES.get(name, name): value for name, value in what.items()},
        ),
    )
