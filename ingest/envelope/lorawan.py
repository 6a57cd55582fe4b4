"""What the envelopes of all LoRaWAN network servers share: only names and spellings of fields differ among them.

The server's time of receipt is the time of measurement: a device transmits when it has measured, and class A devices
have no clock to trust. Where a frame brings history with times of its own, the decoder lets those win.
"""

from collections.abc import Mapping
from datetime import datetime

from ingest import fields
from ingest.identity import same_device
from ingest.message import Uplink
from ingest.refusal import RefusedError, no_reading, shown
from ingest.strict_json import JsonValue
from tomma.bounds import BoundError, Rule

COUNTER_MAX = 2**32 - 1
PORT_MAX = 255


def data_uplink(
    device_ids: tuple[str, ...],
    measured_utc: datetime | None,
    *,
    counter: int | None,
    port: int | None,
    frame: bytes,
    decoded: Mapping[str, JsonValue],
    names: tuple[str, str, str],
) -> tuple[Uplink, ...]:
    """Return the uplink; none for a frame of network commands alone, which every device sends now and then.

    Args:
        device_ids: Every name of the device.
        measured_utc: When the server received it.
        counter: The frame counter.
        port: 0 for network commands, also where the server omits zeros; None where it did not say.
        frame: The device's payload.
        decoded: What the server's own decoder made of it.
        names: How this server calls port, frame and decoded payload, for the sentence of a refusal.

    Raises:
        RefusedError: NO_READING for a frame without data, WRONG_FIELD for one without a port.
    """
    if port is None and not decoded:
        raise fields.missing(names[0])
    if not (port or decoded):
        return ()
    if not frame and not decoded:
        raise any_given(names[1], names[2])
    return (Uplink(device_ids, measured_utc, counter, decoded, frame, port or 0),)


RSSI_DBM, SNR_DB = (-160.0, 20.0), (-40.0, 40.0)
"""What a receiver can say; anything else is no signal."""


def with_signal(uplinks: tuple[Uplink, ...], receptions: object, rssi: str, snr: str) -> tuple[Uplink, ...]:
    """Return the uplinks with the signal at the gateway that heard them best; a side value: nothing in it is refused.

    Args:
        uplinks: What the message carries.
        receptions: The list of gateways, as it came.
        rssi: How this server calls the strength.
        snr: And the distance from the noise.
    """
    heard = [
        (strength, _within(each.get(snr), SNR_DB))
        for each in (receptions if isinstance(receptions, list) else ())
        if isinstance(each, dict) and (strength := _within(each.get(rssi), RSSI_DBM)) is not None
    ]
    if not heard:
        return uplinks
    strength, distance = max(heard, key=lambda pair: pair[0])
    return tuple(each._replace(rssi_dbm=strength, snr_db=distance) for each in uplinks)


def _within(value: object, bounds: tuple[float, float]) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not bounds[0] <= value <= bounds[1]:
        return None
    return float(value)


def device_in_topic(topic: str, after: str) -> str | None:
    """Return the topic level behind the level `after`, None when the topic is of another form."""
    levels = topic.split("/")
    place = levels.index(after) + 1 if after in levels else len(levels)
    return levels[place] if place < len(levels) and levels[place] else None


def check_topic(named: str | None, claimed: str | None, what: str) -> None:
    """Refuse a payload that speaks for another device: a broker's access rules hang on the topic.

    Raises:
        RefusedError: FOREIGN_TOPIC unless both name the same device, or only one names any.
    """
    if named and claimed and not same_device(named, claimed):
        raise fields.foreign(what, named, claimed)


def any_given(*names: str) -> RefusedError:
    """Return the error for an uplink without any of what could carry a level."""
    bound = f"must carry {' or '.join(names)}"
    return no_reading(BoundError("uplink", Rule.ANY_GIVEN, bound, None, told_as="the uplink", names=", ".join(names)))


def only(names: str, field: str, got: str = "", what: str = "") -> RefusedError:
    """Return the error for a message of another kind than those that carry a reading; `what` tells the technician."""
    bound = f"must be {' or '.join(names.rsplit(', ', 1))}: nothing else carries a reading"
    bound += f", and this is {what}" if what else ""
    return no_reading(BoundError(field, Rule.ONLY_THESE, bound, got, names=names))


def other_keys(body: Mapping[str, JsonValue], known: tuple[str, ...]) -> str:
    """Return, for a sentence, what the message is instead of an uplink."""
    return ", ".join(shown(key) for key in body if key not in known)[:200] or "none"
