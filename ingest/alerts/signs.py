"""What one message says for or against each alert, by itself: nothing here knows what came before.

Each alert has two thresholds, far enough apart that a value between them is a sign of nothing: it neither raises nor
ends. Figures with their sources: docs/decisions/0010-quality-emptyings-alerts.md.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ingest.memory import Seen
from ingest.outcome import Heard
from tomma.model import Alarm, AlertKind, Measurement, Quality, Reading

FIRE_C, FIRE_ENDS_C = 60.0, 50.0
"""EN 54-5, class A2: a heat detector answers from 54 to 70 degrees; a lid in the sun stays below 55."""
WARM_C = 40.0
"""From here on a fast rise counts; below it is the morning sun."""
BATTERY_LOW_FRACTION, BATTERY_FINE_FRACTION = 0.15, 0.25
BATTERY_LOW_V, BATTERY_FINE_V = 2.6, 2.8
"""One lithium cell, or two of 1.5 V, at the end of its curve."""
BATTERY_CELL_V = 3.6
BATTERY_ONE_CELL_MAX_V = 4.3
"""Above is a pack or a solar panel, of which a voltage alone tells nothing."""
OVERFLOW_FRACTION, OVERFLOW_ENDS_FRACTION = 0.97, 0.85

FIRE, TILT, TAMPER, FAULT, BATTERY_LOW, BATTERY_FALLING, STUCK, BLOCKED, IMPOSSIBLE, OVERFLOW = (
    1 << place for place in range(10)
)
WARM = 1 << 10
"""No alert: asks for a look at how fast it became warm."""
KINDS: Mapping[int, AlertKind] = {
    FIRE: AlertKind.FIRE,
    TILT: AlertKind.TILT,
    TAMPER: AlertKind.TAMPER,
    FAULT: AlertKind.SENSOR_FAULT,
    BATTERY_LOW: AlertKind.BATTERY_LOW,
    BATTERY_FALLING: AlertKind.BATTERY_FALLING,
    STUCK: AlertKind.STUCK,
    BLOCKED: AlertKind.BLOCKED,
    IMPOSSIBLE: AlertKind.IMPOSSIBLE_VALUES,
    OVERFLOW: AlertKind.OVERFLOW,
}
BITS: Mapping[AlertKind, int] = {kind: bit for bit, kind in KINDS.items()}
SAID: Mapping[Alarm, int] = {
    Alarm.FIRE: FIRE,
    Alarm.TILT: TILT,
    Alarm.TAMPER: TAMPER,
    Alarm.SENSOR_FAULT: FAULT,
    Alarm.BATTERY_LOW: BATTERY_LOW,
}
MECHANICAL = TILT | TAMPER | FAULT
"""A level without these alarms says that they are over: who measures hangs and works."""
_STUCK, _BLOCKED, _OUT_OF_RANGE, _LATE = (
    int(flag) for flag in (Quality.STUCK, Quality.BLOCKED, Quality.OUT_OF_RANGE, Quality.LATE)
)
NO_VALUES: Mapping[str, float] = {}


class Sign(NamedTuple):
    """One message as the alerts see it; (measured_utc, rank) is its identity, and its place in order."""

    measured_utc: datetime
    rank: int
    """0 for a reading, of which there is one at a time; a status is told from others by what it says."""
    odd: int
    """Bits of the alerts that it speaks for."""
    fine: int
    """Bits of the alerts that it speaks against."""
    after: int = 0
    """Bits of the alerts that are active after it; set by `ingest.alerts.trail`."""
    temperature_c: float | None = None
    battery_fraction: float | None = None
    values: Mapping[str, float] = NO_VALUES
    """The numbers worth telling, when anything is odd."""


def sign_of(heard: Heard) -> Sign:  # noqa: C901  (once for every message: each helper would cost a tenth of it)
    """Return what was heard as a sign."""
    said, reading = heard.measurement, heard.reading
    odd = fine = 0
    celsius = said.temperature_c
    if celsius is not None:
        if celsius < FIRE_ENDS_C:
            fine = FIRE
        if celsius >= WARM_C:
            odd = FIRE if celsius >= FIRE_C else WARM
    battery = said.battery_fraction
    if battery is None and said.battery_v is not None:
        odd, fine, battery = _by_volts(said.battery_v, odd, fine)
    elif battery is not None:
        if battery > BATTERY_FINE_FRACTION:
            fine |= BATTERY_LOW
        elif battery < BATTERY_LOW_FRACTION:
            odd |= BATTERY_LOW
    if reading is not None:
        level = reading.fill_fraction
        fine |= MECHANICAL
        if level < OVERFLOW_ENDS_FRACTION:
            fine |= OVERFLOW
        elif level >= OVERFLOW_FRACTION:
            odd |= OVERFLOW
        if reading.quality is Quality.GOOD:
            fine |= STUCK | BLOCKED | IMPOSSIBLE
        else:
            odd, fine = _by_flags(int(reading.quality), odd, fine)
            odd |= IMPOSSIBLE if heard.is_implausible else 0
    if said.alarms or said.no_echo:
        odd, fine = _by_device(said, odd, fine)
    values = _values(said, reading) if odd else NO_VALUES
    rank = 0 if reading is not None else 1 + (odd << len(KINDS) + 1 | fine)
    return Sign(heard.measured_utc, rank, odd, fine, 0, celsius, battery, values)


def _by_volts(volts: float, odd: int, fine: int) -> tuple[int, int, float | None]:
    if volts > BATTERY_ONE_CELL_MAX_V:
        return odd, fine, None
    if volts >= BATTERY_FINE_V:
        fine |= BATTERY_LOW
    elif volts < BATTERY_LOW_V:
        odd |= BATTERY_LOW
    return odd, fine, volts / BATTERY_CELL_V


def _by_flags(flags: int, odd: int, fine: int) -> tuple[int, int]:
    if not flags & _OUT_OF_RANGE:  # beyond the container's ends by a little is cold, or a heap: a sign of nothing
        fine |= IMPOSSIBLE
    if flags & _LATE:  # nobody looked whether it is stuck or blocked
        return odd, fine
    if flags & _STUCK:
        odd |= STUCK
    else:
        fine |= STUCK
    return (odd | BLOCKED, fine) if flags & _BLOCKED else (odd, fine | BLOCKED)


def _by_device(said: Measurement, odd: int, fine: int) -> tuple[int, int]:
    for alarm in said.alarms:
        odd |= SAID[alarm]
    if said.no_echo:
        odd |= FAULT
    return odd, fine & ~odd


def _values(said: Measurement, reading: Reading | None) -> Mapping[str, float]:
    found = {
        "temperature_c": said.temperature_c,
        "battery_fraction": said.battery_fraction,
        "battery_v": said.battery_v,
        "distance_mm": said.distance_mm,
        "fill_fraction": None if reading is None else reading.fill_fraction,
    }
    return {name: value for name, value in found.items() if value is not None}


def remembered_sign(seen: Seen, active: int) -> Sign:
    """Return the sign that a remembered reading was, as far as it can be told from what is kept of it."""
    odd, fine = 0, MECHANICAL | IMPOSSIBLE
    if seen.temperature_c is not None:
        fine |= FIRE if seen.temperature_c < FIRE_ENDS_C else 0
        odd |= FIRE if seen.temperature_c >= FIRE_C else 0
    if seen.fill_fraction < OVERFLOW_ENDS_FRACTION:
        fine |= OVERFLOW
    elif seen.fill_fraction >= OVERFLOW_FRACTION:
        odd |= OVERFLOW
    if not seen.is_held:
        fine |= STUCK | BLOCKED
    return Sign(seen.measured_utc, 0, odd, fine, active, seen.temperature_c)
