"""ChirpStack v3 (and LoRa Server before it): `application/{application}/device/{EUI}/event/up`, as JSON.

The EUI is hex, or base64 where the server writes protobuf's JSON; the decoded payload is an object, or JSON inside a
text (`objectJSON`). The time is the first gateway's that knows one, else that of publishing. What the server tells
beside uplinks is let go: over HTTP it pushes every event, asked for or not.
"""

import base64
from collections.abc import Mapping
from datetime import datetime

from ingest import fields
from ingest.envelope.lorawan import COUNTER_MAX, PORT_MAX, check_topic, data_uplink, device_in_topic, only, with_signal
from ingest.identity import eui_of, spellings
from ingest.message import Message, Uplink
from ingest.strict_json import JsonValue, parse_object

NAMES = ("fPort", "data", "object")
EUI_BYTES = 8
OTHER_EVENTS = frozenset({"acknowledged", "margin", "error", "location", "integrationName", "gatewayID"})
"""Keys on top that only an ack, a status, an error, a location, another integration and a txack have."""


def unwrap(message: Message) -> tuple[Uplink, ...]:
    """Return the uplink in a message of ChirpStack v3."""
    return read(message, parse_object(message.payload))


def recognises(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message has this shape; Milesight's gateways write nearly the same, with a time on top."""
    return "devEUI" in body and ("applicationID" in body or "rxInfo" in body) and not has_gateway_marks(body)


def has_gateway_marks(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message has what only Milesight's gateways write: a time on top, or gateways by `mac`."""
    return "time" in body or any("mac" in gateway for gateway in gateways(body))


def gateways(body: Mapping[str, JsonValue]) -> list[Mapping[str, JsonValue]]:
    """Return the gateways that heard the frame."""
    listed = body.get("rxInfo")
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def read(message: Message, body: Mapping[str, JsonValue]) -> tuple[Uplink, ...]:
    """Return the uplink in a parsed message; nothing of another event or of network commands."""
    if OTHER_EVENTS & body.keys() or _is_join(body):
        return ()
    if not ({"data", "object", "objectJSON", "rxInfo"} & body.keys()):
        raise only("up", "event", what="one without data and object")
    uplinks = data_uplink(
        devices(message.topic, body),
        _time(body),
        counter=fields.whole(body, "fCnt", COUNTER_MAX) or 0,
        port=fields.whole(body, "fPort", PORT_MAX) or 0,
        frame=b"" if body.get("data") is None else fields.base64_bytes(body, "data"),  # null where it is empty
        decoded=_decoded(body),
        names=NAMES,
    )
    return with_signal(uplinks, body.get("rxInfo"), "rssi", "loRaSNR")


def _is_join(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message tells of an address and of no frame; a join has the gateways of an uplink, too."""
    return "devAddr" in body and not {"fCnt", "fPort", "data", "object", "objectJSON"} & body.keys()


def devices(topic: str, body: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Return the device's names: its EUI in every spelling, then the name it was given; the EUI must be the topic's."""
    eui, named = _eui(body), device_in_topic(topic, "device")
    check_topic(named, eui, "devEUI")
    names = spellings(eui or named, fields.text(body, "deviceName"))
    if not names:
        raise fields.missing("devEUI", "must be given where no deviceName is")
    return names


def _eui(body: Mapping[str, JsonValue]) -> str | None:
    written = fields.text(body, "devEUI")
    if written is None or eui_of(written) is not None:
        return written
    try:
        decoded = base64.b64decode(written, validate=True)
    except ValueError:
        return written
    return decoded.hex() if len(decoded) == EUI_BYTES else written


def _time(body: Mapping[str, JsonValue]) -> datetime | None:
    for gateway in gateways(body):
        if gateway.get("time") is not None:
            return fields.moment(gateway, "time")
    return fields.moment(body, "publishedAt")


def _decoded(body: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    inside = fields.text(body, "objectJSON")
    return fields.section(body, "object") if inside is None else parse_object(inside.encode())
