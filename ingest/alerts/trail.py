"""What is the matter with one sensor, as a function of its last signs in order of time.

A sign is put into its place, whenever it comes. What follows from the signs in order is told; what had followed before
a late one came, and no longer does, is withdrawn. So any order of arrival, and any repetition, ends with the alerts
that the right order would have brought, as long as it falls into the window.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple, Protocol

from ingest.alerts.signs import (
    BATTERY_FALLING,
    BATTERY_LOW,
    BLOCKED,
    FAULT,
    FIRE,
    IMPOSSIBLE,
    KINDS,
    NO_VALUES,
    OVERFLOW,
    STUCK,
    TAMPER,
    TILT,
    WARM,
    Sign,
    remembered_sign,
)
from ingest.memory import SensorMemory
from tomma.model import Alert, AlertKind, BinId, SensorId

SIGNS_MAX = 24
IN_A_ROW: Mapping[int, tuple[int, int]] = {
    FIRE: (1, 1),
    TILT: (2, 1),  # an emptying tilts every container, for one message
    TAMPER: (1, 1),
    FAULT: (3, 1),  # one echo is lost now and then
    BATTERY_LOW: (2, 3),  # a frosty night is no empty battery
    STUCK: (1, 1),
    BLOCKED: (1, 1),
    IMPOSSIBLE: (3, 3),
    OVERFLOW: (2, 2),
}
"""How many signs in a row raise an alert, and how many end it."""
RISE_C = 15.0
RISE_WITHIN = timedelta(minutes=30)
"""A rise-of-heat detector answers to less (EN 54-5, class R); a lid that the sun reaches needs an hour for it."""
FALL_FRACTION, FALL_ENDS_FRACTION = 0.10, 0.04
"""Over the window, a day of hourly readings: such a battery is flat within ten days."""
FALL_SIGNS = 9
FALL_WITHIN = timedelta(days=10)
_ALERTS = (1 << 10) - 1


class Trail(NamedTuple):
    """The newest signs of one sensor, oldest first."""

    before: int = 0
    """Bits of the alerts that were active before the first of them."""
    signs: tuple[Sign, ...] = ()

    @property
    def active(self) -> int:
        """Bits of the alerts that are active now."""
        return self.signs[-1].after if self.signs else self.before


EMPTY = Trail()


class Change(NamedTuple):
    """One alert raised or ended by a sign."""

    bit: int
    sign: Sign
    active: bool

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes it the same change."""
        return self.bit, self.sign.measured_utc, self.active


class Followed(NamedTuple):
    """The trail with one more sign, and what that changed."""

    trail: Trail
    told: tuple[Change, ...] = ()
    withdrawn: tuple[Change, ...] = ()


def follow(trail: Trail, sign: Sign) -> Followed:
    """Put the sign into its place and return what follows."""
    before, signs = trail
    if not signs or sign.measured_utc > signs[-1].measured_utc:
        return _append(trail, sign)
    place = bisect_left(signs, sign[:2], key=_order)
    if place < len(signs) and signs[place][:2] == sign[:2]:
        return Followed(trail)  # told before
    if place == 0 and len(signs) == SIGNS_MAX:
        return Followed(trail)  # older than all we remember
    new = Trail(before, _refolded(before, (*signs[:place], sign, *signs[place:]), place))
    if not (before or any(each.after for each in (*signs, *new.signs))):
        return Followed(_shortened(new))
    old_changes = {each.identity: each for each in changes(trail)}
    new_changes = {each.identity: each for each in changes(new)}
    told = tuple(each for key, each in new_changes.items() if key not in old_changes)
    withdrawn = tuple(each for key, each in old_changes.items() if key not in new_changes)
    return Followed(_shortened(new), told, withdrawn)


def _shortened(trail: Trail) -> Trail:
    return Trail(trail.signs[0].after, trail.signs[1:]) if len(trail.signs) > SIGNS_MAX else trail


def _order(sign: Sign) -> tuple[datetime, int]:
    return sign[:2]


def _append(trail: Trail, sign: Sign) -> Followed:
    """Nearly always: the newest one, with nothing odd in it and nothing the matter."""
    before, signs = trail
    active = signs[-1].after if signs else before
    if len(signs) >= SIGNS_MAX:
        before, signs = signs[0].after, signs[1:]
    after = active
    if sign.odd or active or _falls(signs, sign):
        after = _after(active, (*signs, sign), len(signs))
        sign = sign._replace(after=after)
    new = Trail(before, signs + (sign,))  # noqa: RUF005  (each message: unpacking makes a list on the way)
    if after == active:
        return Followed(new)
    return Followed(new, tuple(_between(active, sign)))


def _falls(signs: tuple[Sign, ...], sign: Sign) -> bool:
    """Cheap first look: nearly every battery is what it was."""
    level = sign.battery_fraction
    if level is None or not signs:
        return False
    first = signs[0].battery_fraction
    return first is not None and first - level >= FALL_FRACTION / 2


def _refolded(before: int, signs: tuple[Sign, ...], place: int) -> tuple[Sign, ...]:
    active = signs[place - 1].after if place else before
    folded = list(signs)
    for number in range(place, len(signs)):
        sign = signs[number]
        if sign.odd or active or _falls(signs, sign):
            active = _after(active, signs, number)
        if sign.after != active:
            folded[number] = sign._replace(after=active)
    return tuple(folded)


def changes(trail: Trail) -> Iterator[Change]:
    """Yield what the signs raised and ended, oldest first."""
    active = trail.before
    for sign in trail.signs:
        if sign.after != active:
            yield from _between(active, sign)
        active = sign.after


def _between(active: int, sign: Sign) -> Iterator[Change]:
    for bit in KINDS:
        if (active ^ sign.after) & bit:
            yield Change(bit, sign, bool(sign.after & bit))


def _after(active: int, signs: tuple[Sign, ...], number: int) -> int:
    """Return the alerts that are active after sign `number`, which may look back at those before it."""
    sign = signs[number]
    concerned = (sign.odd | (sign.fine & active)) & _ALERTS
    for bit, (raises, ends) in IN_A_ROW.items():
        if not concerned & bit:
            continue
        if sign.odd & bit and not active & bit and _row(signs, number, bit, raises, odd=True):
            active |= bit
        elif sign.fine & bit and active & bit and _row(signs, number, bit, ends, odd=False):
            active &= ~bit
    if sign.odd & WARM and _heats(signs, number):
        active |= FIRE
    return _with_falling(active, signs[: number + 1])


def _row(signs: tuple[Sign, ...], number: int, bit: int, needed: int, *, odd: bool) -> bool:
    """Return whether the newest `needed` signs that say anything of this alert all say the same."""
    for place in range(number, -1, -1):
        if not needed:
            break
        sign = signs[place]
        if sign.odd & bit if odd else sign.fine & bit:
            needed -= 1
        elif (sign.odd | sign.fine) & bit:
            return False
    return needed == 0


def _heats(signs: tuple[Sign, ...], number: int) -> bool:
    """Return whether it is warmer than it was within `RISE_WITHIN`, and much warmer than at the least of it."""
    now = signs[number]
    lately = [
        each.temperature_c
        for each in signs[:number]
        if each.temperature_c is not None and now.measured_utc - each.measured_utc <= RISE_WITHIN
    ]
    if not lately or now.temperature_c is None or now.temperature_c <= max(lately):
        return False
    return now.temperature_c - min(lately) >= RISE_C


def _with_falling(active: int, signs: tuple[Sign, ...]) -> int:
    newest_utc = signs[-1].measured_utc
    levels = [
        each.battery_fraction
        for each in signs
        if each.battery_fraction is not None and newest_utc - each.measured_utc <= FALL_WITHIN
    ]
    if len(levels) < FALL_SIGNS:
        return active
    fallen = median(levels[:3]) - median(levels[-3:])
    if fallen >= FALL_FRACTION:
        return active | BATTERY_FALLING
    return active & ~BATTERY_FALLING if fallen <= FALL_ENDS_FRACTION else active


def alert_of(change: Change, sensor_id: SensorId, bin_id: BinId) -> Alert:
    """Return the change as it is told; an overflow is the bin's, everything else the sensor's."""
    kind = KINDS[change.bit]
    return Alert(
        kind,
        change.sign.measured_utc,
        change.active,
        None if kind is AlertKind.OVERFLOW else sensor_id,
        bin_id,
        change.sign.values if change.active else NO_VALUES,
    )


def alerts_of(found: Iterable[Change], sensor_id: SensorId, bin_id: BinId) -> tuple[Alert, ...]:
    """Return the changes as they are told."""
    return tuple(alert_of(each, sensor_id, bin_id) for each in found)


def with_memory(trail: Trail, memory: SensorMemory) -> Trail:
    """Return an empty trail with the signs that the remembered readings were.

    They are taken to have changed nothing: what is active now was so all the time. So a late sign that refutes nothing
    tells what it would have told, and one that was told before is told again and known to the store.
    """
    signs = tuple(remembered_sign(seen, trail.before) for seen in memory.recent[-SIGNS_MAX:])
    return trail if trail.signs else Trail(trail.before, signs)


class Trails(Protocol):
    """What was followed of each sensor before."""

    def trail_of(self, sensor_id: SensorId, bin_id: BinId) -> Trail:
        """Return the trail of this sensor in this bin, empty when there is none."""


class NoTrails:
    """A start from nothing."""

    def trail_of(self, sensor_id: SensorId, bin_id: BinId) -> Trail:  # noqa: ARG002  (the protocol names them)
        """Know of none."""
        return EMPTY


NO_TRAILS: Trails = NoTrails()
