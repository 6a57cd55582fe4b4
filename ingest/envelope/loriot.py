"""LORIOT, over its websocket, HTTP or MQTT outputs, as JSON.

One uplink is told twice where gateway information is switched on: `rx` at once, then `gw` with every gateway. Both
carry the same `ts` and frame counter, so both are the same reading and it is stored once; either alone is enough.
A payload still encrypted (`encdata`) cannot be read: the device's AppSKey must be given to LORIOT.
"""

from collections.abc import Mapping

from ingest import fields
from ingest.envelope.lorawan import COUNTER_MAX, PORT_MAX, data_uplink, only
from ingest.identity import spellings
from ingest.message import Message, Uplink
from ingest.refusal import shown
from ingest.strict_json import JsonValue, parse_object
from tomma.bounds import BoundError, Rule

NAMES = ("port", "data", "decoded")
UPLINKS = ("rx", "gw")
TIME_MAX_MS = 2.5e14
"""The last year that Python counts; beyond it no calendar helps."""


def unwrap(message: Message) -> tuple[Uplink, ...]:
    """Return the uplink in a message of LORIOT."""
    return read(message, parse_object(message.payload))


def recognises(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message has this shape."""
    return "cmd" in body and "EUI" in body


def read(message: Message, body: Mapping[str, JsonValue]) -> tuple[Uplink, ...]:  # noqa: ARG001  (topics name no device)
    """Return the uplink in a parsed message."""
    command = fields.text(body, "cmd")
    if command not in UPLINKS:
        raise only(", ".join(UPLINKS), "cmd", shown(command))
    frame = fields.hex_bytes(body, "data")
    if not frame and "encdata" in body:
        bound = "must be readable, got encdata only: give the device's AppSKey to LORIOT"
        raise fields.wrong(BoundError("data", Rule.UNLOCKED, bound))
    names = spellings(fields.text(body, "EUI"))
    if not names:
        raise fields.missing("EUI")
    ts_ms = fields.bounded(body, "ts", (0.0, TIME_MAX_MS))
    decoded = fields.section(body, "decoded")
    return data_uplink(
        names,
        None if ts_ms is None else fields.epoch(ts_ms, "ts", per_s=1000.0),
        counter=fields.whole(body, "fcnt", COUNTER_MAX),
        port=fields.whole(body, "port", PORT_MAX),
        frame=frame,
        decoded=fields.section(decoded, "data") or decoded,
        names=NAMES,
    )
