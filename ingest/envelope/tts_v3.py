"""The Things Stack v3: `v3/{application}@{tenant}/devices/{device}/up`, as JSON.

Only `uplink_message` carries a reading. Joins, downlink events, locations, service data and frames of network commands
alone are let go; the console's simulated uplinks are refused, so that whoever tries one out sees what became of it.
The server omits every field that is zero, false or empty: no f_port means port 0 (network commands, no data), no
f_cnt means 0, no frm_payload means an empty frame.
"""

from collections.abc import Mapping

from ingest import fields
from ingest.envelope.lorawan import (
    COUNTER_MAX,
    PORT_MAX,
    check_topic,
    data_uplink,
    device_in_topic,
    only,
    other_keys,
    with_signal,
)
from ingest.identity import spellings
from ingest.message import Message, Uplink
from ingest.refusal import no_reading
from ingest.strict_json import JsonValue, parse_object
from tomma.bounds import BoundError, Rule

NAMES = ("f_port", "frm_payload", "decoded_payload")
OTHER_EVENTS = frozenset({"join_accept", "location_solved", "service_data"})
DOWNLINK = "downlink_"
"""What was sent down, and what became of it: `downlink_sent`, `downlink_ack`, `downlink_failed`, ..."""


def unwrap(message: Message) -> tuple[Uplink, ...]:
    """Return the uplink in a message of The Things Stack."""
    return read(message, parse_object(message.payload))


def recognises(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message has this shape."""
    return "end_device_ids" in body


def read(message: Message, body: Mapping[str, JsonValue]) -> tuple[Uplink, ...]:
    """Return the uplink in a parsed message; nothing of another event or of network commands."""
    if "uplink_message" not in body:
        if OTHER_EVENTS & body.keys() or any(key.startswith(DOWNLINK) for key in body):
            return ()
        instead = other_keys(body, ("end_device_ids", "correlation_ids", "received_at", "simulated"))
        raise only("uplink_message", "message", instead)
    if body.get("simulated") is True:
        bound = "must not be simulated in the console"
        raise no_reading(BoundError("uplink", Rule.NOT_SIMULATED, bound, told_as="an uplink"))
    uplink = fields.section(body, "uplink_message")
    uplinks = data_uplink(
        _devices(message.topic, fields.section(body, "end_device_ids")),
        fields.moment(uplink, "received_at") or fields.moment(body, "received_at"),
        counter=fields.whole(uplink, "f_cnt", COUNTER_MAX) or 0,
        port=fields.whole(uplink, "f_port", PORT_MAX) or 0,
        frame=fields.base64_bytes(uplink, "frm_payload"),
        decoded=fields.section(uplink, "decoded_payload"),
        names=NAMES,
    )
    return with_signal(uplinks, uplink.get("rx_metadata"), "rssi", "snr")


def _devices(topic: str, ids: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Return the device's names: its id, and its EUI in every spelling; the id must be the topic's."""
    device_id, eui = fields.text(ids, "device_id"), fields.text(ids, "dev_eui")
    named = device_in_topic(topic, "devices")
    check_topic(named, device_id, "device_id")
    names = spellings(device_id or named, eui)
    if not names:
        bound, given = "must name device_id or dev_eui", "device_id, dev_eui"
        raise fields.wrong(BoundError("end_device_ids", Rule.ANY_GIVEN, bound, None, names=given))
    return names
