"""How a sensor is, beside what it measures: its battery, how well it is heard, how restless its level is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tomma.bounds import check_utc
from tomma.model import SensorId

BATTERY_DAYS_KEPT = 120
EMPTY_FRACTION = 0.05
"""Below this most devices stop to send."""
SPAN_MIN_DAYS = 14
"""A gauge in steps of a per cent says nothing of its slope in less."""
POINTS_MIN = 7
DAYS_LEFT_MAX = 3_650.0


@dataclass(frozen=True, slots=True)
class Vital:
    """A sensor when it was last heard of; None is what it did not say, as far as we ever heard."""

    sensor_id: SensorId
    heard_utc: datetime
    battery_fraction: float | None = None
    battery_v: float | None = None
    rssi_dbm: float | None = None
    """Strength at the gateway that heard it best."""
    snr_db: float | None = None
    noise_fraction: float | None = None
    """Running mean of how far a level lies from the straight line between the one before and the one after."""

    def __post_init__(self) -> None:
        """Refuse a time without UTC."""
        check_utc("heard_utc", self.heard_utc)


@dataclass(frozen=True, slots=True)
class BatteryDay:
    """The last a sensor said of its battery on a day (UTC)."""

    sensor_id: SensorId
    day: date
    battery_fraction: float


def battery_days_left(days: Sequence[BatteryDay]) -> float | None:
    """Return in how many days the battery will be empty, by a straight line through what it said; None: nobody knows.

    Ordinary least squares. Only what came since the last change of battery counts: a rise by a tenth is one.

    >>> battery_days_left([BatteryDay(SensorId("H"), date(2026, 11, n), 0.5 - n / 100) for n in range(1, 22)])
    24.0
    """
    since = max((n for n in range(1, len(days)) if _is_new_battery(days[n - 1], days[n])), default=0)
    own = days[since:]
    if len(own) < POINTS_MIN or (own[-1].day - own[0].day).days < SPAN_MIN_DAYS:
        return None
    at_days = [(each.day - own[-1].day).days for each in own]
    levels = [each.battery_fraction for each in own]
    mean_day, mean_level = sum(at_days) / len(own), sum(levels) / len(own)
    spread = sum((at - mean_day) ** 2 for at in at_days)
    slope = sum((at - mean_day) * (level - mean_level) for at, level in zip(at_days, levels, strict=True)) / spread
    level_now = mean_level - slope * mean_day
    if slope >= 0.0:
        return None
    left = (level_now - EMPTY_FRACTION) / -slope
    return None if left > DAYS_LEFT_MAX else round(max(0.0, left), 1)


def _is_new_battery(before: BatteryDay, after: BatteryDay) -> bool:
    return after.battery_fraction - before.battery_fraction >= 0.1
