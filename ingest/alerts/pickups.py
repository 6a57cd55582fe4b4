"""Pick-ups that left no trace, and emptyings that nobody planned. Pure functions over emptyings and readings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from ingest.alerts.scene import Scene
from tomma.model import UNTRUSTED, Alert, AlertKind, BinId, Emptying, Reading
from tomma.mornings import local_day
from tomma.plan import StopKind

LOOK_BACK = timedelta(days=2)
"""Older pick-ups are not judged: what was not known by then helps nobody."""
BEFORE_WITHIN = timedelta(hours=26)
AFTER_DELAY = timedelta(minutes=10)
"""Tap and truck are minutes apart; a reading from in between says nothing."""
READINGS_AFTER = 2
WORTH_FRACTION = 0.4
"""A bin that held less may have been emptied without a sensor seeing a difference: what jams and freezes stays (in the
demo a driver was accused of 26 % that fell to 19), and left as it was it is nobody's business today."""
FELL_FRACTION = 0.10
SAME = timedelta(hours=6)
"""A tap and the drop it belongs to; a sensor may speak only four times a day."""
PLAN_GRACE = timedelta(hours=3)
"""After a stop's time: trucks are late."""
SAME_VISIT = timedelta(hours=12)
"""A driver's word and the stop that it is of: a shift, not a date, for some drive over midnight."""
TOLD_FOR = timedelta(hours=24)
"""An unplanned emptying is over by itself: somebody reads of it or not."""
_UNTRUSTED = int(UNTRUSTED)


@dataclass(frozen=True, slots=True)
class Pickup:
    """A bin that should be empty since `at_utc`: by a driver's word, or only by the plan."""

    bin_id: BinId
    at_utc: datetime
    confirmed: bool


def expected_pickups(scene: Scene) -> list[Pickup]:
    """Return what drivers confirmed, and what was planned, not passed with a reason and not confirmed, oldest first."""
    said = [Pickup(each.bin_id, each.at_utc, confirmed=True) for each in scene.confirmed]
    told_utc: dict[BinId, list[datetime]] = {}
    for bin_id, at_utc in [*((each.bin_id, each.at_utc) for each in scene.confirmed), *scene.skipped]:
        told_utc.setdefault(bin_id, []).append(at_utc)
    planned = [
        Pickup(stop.bin_id, stop.depart_utc + PLAN_GRACE, confirmed=False)
        for plan in scene.plans
        for route in plan.routes
        for stop in route.stops
        if stop.kind is StopKind.COLLECT and stop.bin_id is not None
    ]
    silent = [
        each
        for each in planned
        if each.at_utc <= scene.now_utc
        and not any(abs(at_utc + PLAN_GRACE - each.at_utc) <= SAME_VISIT for at_utc in told_utc.get(each.bin_id, ()))
    ]
    return sorted([*said, *silent], key=lambda each: (each.at_utc, each.bin_id))


def missed(pickup: Pickup, readings: Sequence[Reading], detected: Iterable[Emptying]) -> Alert | bool | None:
    """Return the alert when the level did not fall, True when it did, None as long as nobody can tell.

    Args:
        pickup: When the bin should have been emptied.
        readings: The bin's, from before it until now, oldest first.
        detected: What the sensors showed.
    """
    since = pickup.at_utc - (PLAN_GRACE + SAME if not pickup.confirmed else SAME)
    if any(each.bin_id == pickup.bin_id and since <= each.at_utc <= pickup.at_utc + SAME for each in detected):
        return True
    trusted = [each for each in readings if not int(each.quality) & _UNTRUSTED]
    before_utc = since if not pickup.confirmed else pickup.at_utc
    before = [each.fill_fraction for each in trusted if before_utc - BEFORE_WITHIN <= each.measured_utc < before_utc][
        -3:
    ]
    after = [each.fill_fraction for each in trusted if each.measured_utc >= pickup.at_utc + AFTER_DELAY]
    after = after[:3]
    if not before or len(after) < READINGS_AFTER:
        return None
    high, low = median(before), min(after)
    if high < WORTH_FRACTION or high - low >= FELL_FRACTION:
        return True
    numbers = {
        "fill_before_fraction": round(high, 4),
        "fill_after_fraction": round(low, 4),
        "confirmed": float(pickup.confirmed),
    }
    return Alert(AlertKind.PICKUP_MISSED, pickup.at_utc, active=True, bin_id=pickup.bin_id, values=numbers)


def made_good(scene: Scene) -> Iterator[Alert]:
    """Yield the end of each missed pick-up that was made good since: the bin's level fell."""
    newest: Mapping[BinId, datetime] = {each.bin_id: each.at_utc for each in scene.detected}
    for alert in scene.raised(AlertKind.PICKUP_MISSED):
        at_utc = newest.get(alert.bin_id) if alert.bin_id is not None else None
        if at_utc is not None and at_utc > alert.at_utc:
            yield Alert(AlertKind.PICKUP_MISSED, at_utc, active=False, bin_id=alert.bin_id)


def unplanned(scene: Scene) -> Iterator[Alert]:
    """Yield emptyings of bins that were on no plan and that no driver confirmed, on days that had a plan at all."""
    days = {plan.day for plan in scene.plans}
    on_plan = {(bin_id, plan.day) for plan in scene.plans for bin_id in plan.bins_collected}
    for each in scene.detected:
        day = local_day(each.at_utc, scene.city.organisation.timezone)
        if scene.standing(AlertKind.EMPTIED_UNPLANNED, (None, each.bin_id)) is not None:
            continue
        near = any(
            one.bin_id == each.bin_id and abs(one.at_utc - each.at_utc) <= SAME + PLAN_GRACE for one in scene.confirmed
        )
        if day in days and (each.bin_id, day) not in on_plan and not near and scene.now_utc < each.at_utc + TOLD_FOR:
            yield Alert(AlertKind.EMPTIED_UNPLANNED, each.at_utc, True, None, each.bin_id, _levels(each))
    for alert in scene.raised(AlertKind.EMPTIED_UNPLANNED):
        if scene.now_utc >= alert.at_utc + TOLD_FOR:
            ends_utc = alert.at_utc + TOLD_FOR
            yield Alert(AlertKind.EMPTIED_UNPLANNED, ends_utc, active=False, bin_id=alert.bin_id)


def _levels(each: Emptying) -> Mapping[str, float]:
    found = {"fill_before_fraction": each.fill_before_fraction, "fill_after_fraction": each.fill_after_fraction}
    return {name: value for name, value in found.items() if value is not None}
