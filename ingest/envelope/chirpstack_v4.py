"""ChirpStack v4: `application/{application}/device/{EUI}/event/{kind}`, as JSON.

`up` carries a reading. `status` tells the battery the network asked for: a status of the device. Joins, acknowledged
and sent downlinks, logs, locations, integrations and frames of network commands alone carry none and are let go: over
HTTP the server pushes all of them, asked for or not. It omits every field that is zero, false or empty, as The Things
Stack does.
"""

from collections.abc import Mapping

from ingest import fields
from ingest.envelope.lorawan import COUNTER_MAX, PORT_MAX, check_topic, data_uplink, device_in_topic, only, with_signal
from ingest.identity import spellings
from ingest.message import Message, Uplink
from ingest.strict_json import JsonValue, parse_object
from tomma.bounds import BoundError, Rule

NAMES = ("fPort", "data", "object")
OTHER_EVENTS = frozenset({"queueItemId", "integrationName", "location", "description"})
"""Keys that only a downlink sent or acknowledged, another integration, a location and a log line have."""


def unwrap(message: Message) -> tuple[Uplink, ...]:
    """Return the uplink in a message of ChirpStack v4."""
    return read(message, parse_object(message.payload))


def recognises(body: Mapping[str, JsonValue]) -> bool:
    """Return whether the message has this shape."""
    return "deviceInfo" in body


def read(message: Message, body: Mapping[str, JsonValue]) -> tuple[Uplink, ...]:
    """Return the uplink or the battery status in a parsed message; nothing of another event or of network commands."""
    if OTHER_EVENTS & body.keys():
        return ()
    device_ids = _devices(message.topic, fields.section(body, "deviceInfo"))
    measured_utc = fields.moment(body, "time")
    if "margin" in body or "batteryLevel" in body:
        level_pct = _battery_pct(body)
        return () if level_pct is None else (Uplink(device_ids, measured_utc, fields={"battery_pct": level_pct}),)
    if not ({"data", "object", "fPort", "rxInfo"} & body.keys()):
        if "devAddr" in body:  # a join
            return ()
        raise only("up", "event", what="an event we do not know")
    uplinks = data_uplink(
        device_ids,
        measured_utc,
        counter=fields.whole(body, "fCnt", COUNTER_MAX) or 0,
        port=fields.whole(body, "fPort", PORT_MAX) or 0,
        frame=fields.base64_bytes(body, "data"),
        decoded=fields.section(body, "object"),
        names=NAMES,
    )
    return with_signal(uplinks, body.get("rxInfo"), "rssi", "snr")


def _battery_pct(body: Mapping[str, JsonValue]) -> float | None:
    """Return what a status says of the battery; plugged-in devices and those that cannot tell have none."""
    level_pct = fields.bounded(body, "batteryLevel", (0.0, 100.0))
    return None if body.get("batteryLevelUnavailable") is True else level_pct


def _devices(topic: str, info: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Return the device's names: its EUI in every spelling, then the name it was given; the EUI must be the topic's."""
    eui, named = fields.text(info, "devEui"), device_in_topic(topic, "device")
    check_topic(named, eui, "devEui")
    names = spellings(eui or named, fields.text(info, "deviceName"))
    if not names:
        bound, given = "must name devEui or a deviceName", "devEui, deviceName"
        raise fields.wrong(BoundError("deviceInfo", Rule.ANY_GIVEN, bound, None, names=given))
    return names
