"""Dragino distance sensors: LDDS20/45/75 and DDS20/45/75-LB (ultrasonic), LDDS04 and DDS04-LB (four probes),
LLDS12 and LDS12-LB (laser), LMDS200 (radar), NDDS20/75 (ultrasonic over NB-IoT).

Two layouts of one model: firmware before 1.1.4 sends 5 bytes (4 when no probe is connected), later firmware 8; the
length tells. The kind of sensor cannot be told from the bytes, so `Sensor.model` must name it. Big-endian, millivolts
and millimetres. Values checked against the maker's published examples.
"""  # noqa: D205  (the models are the summary)

import re
from collections.abc import Callable, Mapping, Sequence

from ingest import fields
from ingest.decode import dragino_nbiot
from ingest.decode.values import Draft, Values
from ingest.message import Uplink
from ingest.refusal import RefusedError, shown, unknown_format
from tomma.bounds import BoundError, Rule
from tomma.model import Alarm

type Family = Callable[[bytes, str], Sequence[Values]]

DATA_PORT, HISTORY_PORT, STATUS_PORT = 2, 3, 5
BATTERY_MASK = 0x3FFF
"""The two bits above say why the frame was sent."""
PROBE_ABSENT = b"\x00\x00"
"""What is sent for an optional temperature probe that is not connected. A true 0.0 degrees is lost with it: better
than freezing air in every bin without a probe."""
NEAREST_MM: Mapping[str, float] = {"20": 20.0, "45": 30.0, "75": 280.0}
"""Below this the maker calls the value invalid, by the number of the model; firmware writes 20 for it."""
SIGNAL_MIN, SIGNAL_DAZZLED = 100, 65535
"""A laser echo weaker than this, or this strong, is no distance: the maker's own rule."""
STATUS_BYTES = 7
HISTORY_4_BYTES = 11


def decode(uplink: Uplink, model: str = "") -> Sequence[Values]:
    """Return what the frame says; four probes in one bin give the nearest echo, the highest heap.

    Raises:
        RefusedError: UNKNOWN_FORMAT for a port, a model or a length that is none of these.
    """
    if dragino_nbiot.begins(uplink.frame):
        return dragino_nbiot.decode(uplink.frame)
    name = re.sub(r"[^A-Z0-9]", "", model.upper())
    port = DATA_PORT if uplink.port is None else uplink.port
    if port == STATUS_PORT:
        return _status(uplink.frame)
    if port == HISTORY_PORT and "DDS04" in name:
        return _history_of_four(uplink.frame)
    if port != DATA_PORT:
        bound = f"must be {DATA_PORT} (data), {HISTORY_PORT} (history) or {STATUS_PORT}"
        names = f"{DATA_PORT}, {HISTORY_PORT}, {STATUS_PORT}"
        raise unknown_format(BoundError("port", Rule.ONE_OF, bound, port, told_as="Dragino frame: port", names=names))
    for part, family in FAMILIES.items():
        if part in name:
            return family(uplink.frame, name)
    if not name and len(uplink.frame) in (4, 5, 8):
        return _ultrasonic(uplink.frame, "DDS20")  # the family's only lengths; the smallest dead zone of the three
    names, told_as = ", ".join(FAMILIES), "Dragino frame: model"
    raise unknown_format(
        BoundError("model", Rule.ONE_OF, f"must name one of {names}", shown(model), told_as=told_as, names=names)
    )


def _ultrasonic(frame: bytes, name: str) -> Sequence[Values]:
    """4 bytes: no probe. 5: battery, distance, interrupt. 8: battery, distance, interrupt, temperature, probe seen."""
    if len(frame) not in (4, 5, 8):
        raise _of_another_length("an ultrasonic frame", "4, 5, 8", frame)
    draft = Draft()
    draft.supply(_battery_v(frame))
    probe_seen = len(frame) == 5 or (len(frame) == 8 and frame[7] == 1)
    if not probe_seen:
        draft.raise_if(Alarm.SENSOR_FAULT, on=True)
        return (draft.values(),)
    distance_mm = float(int.from_bytes(frame[2:4], "big"))
    nearest_mm = next((limit for number, limit in NEAREST_MM.items() if f"DDS{number}" in name), 0.0)
    draft.hear(distance_mm if distance_mm >= nearest_mm else None)
    if len(frame) == 8:
        _feel_probe(draft, frame[5:7])
    return (draft.values(),)


def _four_probes(frame: bytes, _name: str) -> Sequence[Values]:
    if len(frame) != 11:
        raise _of_another_length("a frame of four probes", "11", frame)
    draft = Draft()
    draft.supply(_battery_v(frame))
    draft.hear(_nearest_mm(frame[2:10]))
    return (draft.values(),)


def _nearest_mm(frame: bytes) -> float | None:
    """Return the nearest of several distances, or None when no probe heard anything."""
    heard = [int.from_bytes(frame[place : place + 2], "big") for place in range(0, len(frame), 2)]
    return min((float(each) for each in heard if 0 < each < 0xFFFF), default=None)


def _history_of_four(frame: bytes) -> Sequence[Values]:
    """Records of 11 bytes: flags, three distances, seconds since 1970."""
    if not frame or len(frame) % HISTORY_4_BYTES:
        bound, told_as = f"must be records of {HISTORY_4_BYTES} bytes", "Dragino frame: history"
        raise unknown_format(
            BoundError("frame", Rule.BYTES_RECORDS, bound, len(frame), told_as=told_as, count=HISTORY_4_BYTES)
        )
    return [_remembered(frame[place : place + HISTORY_4_BYTES]) for place in range(0, len(frame), HISTORY_4_BYTES)]


def _remembered(record: bytes) -> Values:
    draft = Draft(measured_utc=fields.epoch(int.from_bytes(record[7:11], "big"), "history time"))
    draft.hear(_nearest_mm(record[1:7]))
    return draft.values()


def _laser(frame: bytes, _name: str) -> Sequence[Values]:
    """Battery, probe temperature, distance, echo strength, interrupt, laser temperature, kind of message."""
    if len(frame) != 11:
        raise _of_another_length("a laser frame", "11", frame)
    draft = Draft()
    draft.supply(_battery_v(frame))
    _feel_probe(draft, frame[2:4])
    signal = int.from_bytes(frame[6:8], "big")
    credible = SIGNAL_MIN < signal != SIGNAL_DAZZLED
    draft.hear(float(int.from_bytes(frame[4:6], "big")) if credible else None)
    return (draft.values(),)


def _radar(frame: bytes, _name: str) -> Sequence[Values]:
    """Battery only: no public example fixes the unit of the two distances, and a guess may be off by ten."""
    if len(frame) != 7:
        raise _of_another_length("a radar frame", "7", frame)
    draft = Draft()
    draft.supply(int.from_bytes(frame[:2], "big") / 1000.0)
    return (draft.values(),)


def _status(frame: bytes) -> Sequence[Values]:
    """Model, firmware, radio band, battery: sent after joining."""
    if len(frame) != STATUS_BYTES:
        raise _of_another_length("a status frame", f"{STATUS_BYTES}", frame)
    draft = Draft()
    draft.supply(int.from_bytes(frame[5:7], "big") / 1000.0)
    return (draft.values(),)


def _battery_v(frame: bytes) -> float:
    return (int.from_bytes(frame[:2], "big") & BATTERY_MASK) / 1000.0


def _feel_probe(draft: Draft, data: bytes) -> None:
    if data != PROBE_ABSENT:
        draft.feel(int.from_bytes(data, "big", signed=True) / 10.0)


FAMILIES: Mapping[str, Family] = {
    "DDS04": _four_probes,
    "DDS20": _ultrasonic,
    "DDS45": _ultrasonic,
    "DDS75": _ultrasonic,
    "LDS12": _laser,
    "MDS200": _radar,
}
"""By a part of the model's name without dashes: LDDS75, DDS75-LB and "ldds75 (fw 1.1.4)" are one family."""


def _of_another_length(kind: str, count: str, frame: bytes) -> RefusedError:
    bound, told_as = f"must have {' or '.join(count.rsplit(', ', 1))} bytes", f"Dragino frame: {kind}"
    return unknown_format(BoundError("frame", Rule.BYTES_EXACT, bound, len(frame), told_as=told_as, count=count))
