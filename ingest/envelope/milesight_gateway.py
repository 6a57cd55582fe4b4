"""Milesight gateways with their own network server, over MQTT or HTTP; the topic is whatever the gateway is set to.

Much like ChirpStack v3, with a time on top. Some firmware writes the time without its dashes or colons
(`2020-0327T12:39:05.547336Z`): where every digit is there, it is repaired; anything else is refused.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from ingest import fields
from ingest.envelope.chirpstack_v3 import NAMES, devices, has_gateway_marks
from ingest.envelope.lorawan import COUNTER_MAX, PORT_MAX, any_given, data_uplink
from ingest.message import Message, Uplink
from ingest.strict_json import JsonValue, parse_object

_DIGITS_OF_TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[Tt ](\d\d):?(\d\d):?(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)", re.ASCII
)


def unwrap(message: Message) -> tuple[Uplink, ...]:
    """Return the uplink in a message of a Milesight gateway."""
    return read(message, parse_object(message.payload))


def recognises(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message has this shape."""
    return "devEUI" in body and has_gateway_marks(body)


def read(message: Message, body: Mapping[str, JsonValue]) -> tuple[Uplink, ...]:
    """Return the uplink in a parsed message."""
    if not ({"data", "object"} & body.keys()):
        raise any_given("data", "object")
    return data_uplink(
        devices(message.topic, body),
        _time(body),
        counter=fields.whole(body, "fCnt", COUNTER_MAX) or 0,
        port=fields.whole(body, "fPort", PORT_MAX),
        frame=fields.base64_bytes(body, "data"),
        decoded=fields.section(body, "object"),
        names=NAMES,
    )


def _time(body: Mapping[str, JsonValue]) -> datetime | None:
    written = fields.text(body, "time")
    found = _DIGITS_OF_TIME.fullmatch(written) if written else None
    if found is None:
        return fields.moment(body, "time")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    zone = zone if len(zone) != 5 else f"{zone[:3]}:{zone[3:]}"
    return fields.moment({"time": f"{year}-{month}-{day}T{hour}:{minute}:{second}{fraction or ''}{zone}"}, "time")
