"""ThingPark (Actility): `mqtt/things/{DevEUI}/uplink`, or any topic of a connection, as JSON.

Everything lies inside `DevEUI_uplink`; the payload is hex. Numbers are numbers, in older installations texts. With a
driver, ThingPark X adds its decoded `payload` and the same as `points` with units.
Locations, sent downlinks and reports lie inside other `DevEUI_...` objects and carry no reading.
"""

from collections.abc import Mapping

from ingest import fields
from ingest.envelope.lorawan import COUNTER_MAX, PORT_MAX, check_topic, data_uplink, device_in_topic, only
from ingest.identity import spellings
from ingest.message import Message, Uplink
from ingest.refusal import shown
from ingest.strict_json import JsonValue, parse_object

NAMES = ("FPort", "payload_hex", "payload")
UPLINK, FAMILY = "DevEUI_uplink", "DevEUI_"


def unwrap(message: Message) -> tuple[Uplink, ...]:
    """Return the uplink in a message of ThingPark."""
    return read(message, parse_object(message.payload))


def recognises(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message has this shape."""
    return any(key.startswith(FAMILY) for key in body)


def read(message: Message, body: Mapping[str, JsonValue]) -> tuple[Uplink, ...]:
    """Return the uplink in a parsed message."""
    if UPLINK not in body:
        instead = ", ".join(shown(key) for key in body)[:200] or "none"
        raise only(UPLINK, "message", instead)
    uplink = fields.section(body, UPLINK)
    eui, named = fields.text(uplink, "DevEUI"), device_in_topic(message.topic, "things")
    check_topic(named, eui, "DevEUI")
    names = spellings(eui or named)
    if not names:
        raise fields.missing("DevEUI")
    return data_uplink(
        names,
        fields.moment(uplink, "Time"),
        counter=fields.count(uplink, "FCntUp", COUNTER_MAX),
        port=fields.count(uplink, "FPort", PORT_MAX),
        frame=fields.hex_bytes(uplink, "payload_hex"),
        decoded={**fields.section(uplink, "payload"), **fields.section(uplink, "points")},
        names=NAMES,
    )
