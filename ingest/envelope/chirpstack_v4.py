"""ChirpStack v4: `application/{application}/device/{EUI}/event/{kind}`, as JSON.

`up` carries a reading. `status` tells the battery the network asked for: a status of the device. Joins, acknowledged
and sent downlinks, logs, locations and integrations carry none. The server omits every field that is zero, false or
empty, as The Things Stack does.
"""

from collections.abc import Mapping

from ingest import fields
from ingest.envelope.lorawan import COUNTER_MAX, PORT_MAX, check_topic, data_uplink, device_in_topic, only, with_signal
from ingest.identity import spellings
from ingest.message import Message, Uplink
from ingest.strict_json import JsonValue, parse_object
from tomma.bounds import BoundError, Rule

NAMES = ("fPort", "data", "object")
OTHER_EVENTS: Mapping[str, str] = {
    "queueItemId": "a downlink was sent or acknowledged",
    "integrationName": "another integration spoke",
    "location": "a location",
    "description": "a log line",
}
"""By a key that only this kind has."""


def unwrap(message: Message) -> tuple[Uplink]:
    """Return the uplink in a message of ChirpStack v4."""
    return read(message, parse_object(message.payload))


def recognises(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message has this shape."""
    return "deviceInfo" in body


def read(message: Message, body: Mapping[str, JsonValue]) -> tuple[Uplink]:
    """Return the uplink, or the battery status, in a parsed message."""
    for key, what in OTHER_EVENTS.items():
        if key in body:
            raise only("up", "event", key, what)
    device_ids = _devices(message.topic, fields.section(body, "deviceInfo"))
    measured_utc = fields.moment(body, "time")
    if "margin" in body or "batteryLevel" in body:
        return (Uplink(device_ids, measured_utc, fields=_status(body)),)
    if not ({"data", "object", "fPort", "rxInfo"} & body.keys()):
        raise only("up", "event", what="a join or an event we do not know")
    uplinks = data_uplink(
        device_ids,
        measured_utc,
        counter=fields.whole(body, "fCnt", COUNTER_MAX) or 0,
        port=fields.whole(body, "fPort", PORT_MAX),
        frame=fields.base64_bytes(body, "data"),
        decoded=fields.section(body, "object"),
        names=NAMES,
    )
    return with_signal(uplinks, body.get("rxInfo"), "rssi", "snr")


def _status(body: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Return the battery in per cent; plugged-in devices and those that cannot tell have none."""
    level_pct = fields.bounded(body, "batteryLevel", (0.0, 100.0))
    if level_pct is None or body.get("batteryLevelUnavailable") is True:
        raise only("up", "event", what="a status without a battery level")
    return {"battery_pct": level_pct}


def _devices(topic: str, info: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Return the device's names: its EUI in every spelling, then the name it was given; the EUI must be the topic's."""
    eui, named = fields.text(info, "devEui"), device_in_topic(topic, "device")
    check_topic(named, eui, "devEui")
    names = spellings(eui or named, fields.text(info, "deviceName"))
    if not names:
        bound, given = "must name devEui or a deviceName", "devEui, deviceName"
        raise fields.wrong(BoundError("deviceInfo", Rule.ANY_GIVEN, bound, None, names=given))
    return names
