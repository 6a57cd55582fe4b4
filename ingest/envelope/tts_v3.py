"""The Things Stack v3: `v3/{application}@{tenant}/devices/{device}/up`, as JSON.

Only `uplink_message` carries a reading; joins, downlink events, locations and the console's simulated uplinks do not.
The server omits every field that is zero, false or empty: no f_port means port 0 (network commands, no data), no
f_cnt means 0, no frm_payload means an empty frame. Its own time of receipt is the time of measurement: a device
transmits when it has measured, and class A devices have no clock to trust.
"""

import base64
import binascii
from collections.abc import Mapping

from ingest import fields
from ingest.message import Message, Uplink
from ingest.refusal import RefusedError, shown
from ingest.strict_json import JsonValue, parse_object
from tomma.model import RejectReason

COUNTER_MAX = 2**32 - 1
PORT_MAX = 255


def unwrap(message: Message) -> tuple[Uplink]:
    """Return the uplink in a message of The Things Stack."""
    body = parse_object(message.payload)
    if "uplink_message" not in body:
        raise _no_reading(f"only uplink_message carries a reading, got {_event(body)}")
    if body.get("simulated") is True:
        raise _no_reading("an uplink simulated in the console is not a reading")
    uplink = fields.section(body, "uplink_message")
    decoded = fields.section(uplink, "decoded_payload")
    frame = _frame(uplink)
    port = fields.whole(uplink, "f_port", PORT_MAX) or 0
    if not (port or decoded):
        raise _no_reading("f_port must be 1 or more for data, got 0: a network command")
    if not frame and not decoded:
        raise _no_reading("the uplink must carry frm_payload or decoded_payload, got neither")
    return (
        Uplink(
            device_ids=_devices(message.topic, fields.section(body, "end_device_ids")),
            measured_utc=fields.moment(uplink, "received_at") or fields.moment(body, "received_at"),
            counter=fields.whole(uplink, "f_cnt", COUNTER_MAX) or 0,
            fields=decoded,
            frame=frame,
            port=port,
        ),
    )


def _event(body: Mapping[str, JsonValue]) -> str:
    """Return what the message is instead of an uplink."""
    known = ("end_device_ids", "correlation_ids", "received_at", "simulated")
    return ", ".join(shown(key) for key in body if key not in known)[:200] or "none"


def _frame(uplink: Mapping[str, JsonValue]) -> bytes:
    encoded = fields.text(uplink, "frm_payload")
    if encoded is None:
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise fields.wrong(f"frm_payload must be base64, got {shown(encoded)}") from exc


def _devices(topic: str, ids: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Return the device's names: its id, and its EUI in both spellings; the id must be the topic's."""
    device_id = fields.text(ids, "device_id")
    eui = fields.text(ids, "dev_eui")
    levels = topic.split("/")
    place = levels.index("devices") + 1 if "devices" in levels else len(levels)
    named = levels[place] if place < len(levels) else None
    if device_id and named and device_id != named:
        raise RefusedError(
            RejectReason.FOREIGN_TOPIC, f"device_id must be the topic's ({shown(named)}), got {shown(device_id)}"
        )
    names = [each for each in (device_id or named, eui, eui and eui.lower(), eui and eui.upper()) if each]
    if not names:
        raise fields.wrong("end_device_ids must name device_id or dev_eui, got neither")
    return tuple(dict.fromkeys(names))


def _no_reading(detail: str) -> RefusedError:
    return RefusedError(RejectReason.NO_READING, detail)
