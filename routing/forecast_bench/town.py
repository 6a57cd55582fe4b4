"""A made-up town whose truth is known: compound Poisson deposits, good and bad days, noisy sensors, trucks that come.

It is not the simulator: that plays a town over MQTT. This one only has to be quick and to know the answer.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from routing.forecast import BinHistory
from tomma.city import Bin, City, ContainerType, Fraction, Organisation, Position, Site
from tomma.model import BinId, ContainerTypeId, Emptying, EmptyingSource, FractionCode, Reading, SensorId, SiteId

FloatArray = NDArray[np.float64]

BY_HOUR = np.array(
    [0.15] * 6 + [0.7, 1.0, 1.0, 1.2, 1.4, 1.6, 2.0, 1.9, 1.7, 1.7, 1.8, 1.6, 1.4, 1.2, 0.9, 0.7, 0.5, 0.3]
)
BY_DAY = np.array([0.94, 0.96, 0.88, 1.0, 1.09, 1.16, 0.98])  # Edinburgh's, Monday to Sunday
TRUCK_HOUR = 8
START_UTC = datetime(2026, 9, 1, tzinfo=UTC)
FRACTION = FractionCode("residual")


@dataclass(frozen=True)
class TownSettings:
    """What the town is like. Two kinds of container take turns; the second is twice as large."""

    bins: int = 400
    days: int = 36
    seed: int = 0
    timezone: str = "Europe/Stockholm"
    fills_per_day: tuple[float, float] = (0.3, 0.2)
    """Mean of each kind; single bins vary around it as Edinburgh's sites do (gamma of shape 3.70)."""
    deposit_fraction: tuple[float, float] = (0.03, 0.015)
    """Mean of one deposit, exponentially spread."""
    day_cv: float = 0.25
    noise_sd: float = 0.015
    reading_gap_h: int = 1
    lost_share: float = 0.2
    silent_share: float = 0.0
    """Sensors that stopped half a day to six days before each look."""


@dataclass(frozen=True)
class Town:
    """The truth, hour by hour: `level[bin, hour]` at its start and `deposit[bin, hour]` within it."""

    settings: TownSettings
    level: FloatArray
    deposit: FloatArray
    emptied: NDArray[np.bool_]

    @property
    def city(self) -> City:
        """Return the master data of the town."""
        kinds = [ContainerTypeId("small"), ContainerTypeId("large")]
        containers = {
            kind: ContainerType(kind, kind, 240.0 * (n + 1), 1100, 100, 200.0) for n, kind in enumerate(kinds)
        }
        ids = self.bin_ids
        return City(
            Organisation("town", "Town", self.settings.timezone),
            {FRACTION: Fraction(FRACTION, "Restavfall", "Residual waste", 0.1)},
            containers,
            {SiteId(each): Site(SiteId(each), each, _place(n)) for n, each in enumerate(ids)},
            {each: Bin(each, SiteId(each), kinds[n % 2], FRACTION) for n, each in enumerate(ids)},
            {},
            (),
            {},
            {},
            {},
        )

    @property
    def bin_ids(self) -> tuple[BinId, ...]:
        """Return the bins in the order of the arrays' rows."""
        return tuple(BinId(f"B{n:05d}") for n in range(self.settings.bins))

    def at(self, hour: int) -> datetime:
        """Return the time at which the hour begins."""
        return START_UTC + timedelta(hours=hour)

    def unvisited(self, hour: int, ahead_h: int) -> FloatArray:
        """Return every bin's true fill `ahead_h` after `hour` if no truck comes in between, at most 1."""
        return np.minimum(self.level[:, hour] + self.deposit[:, hour : hour + ahead_h].sum(axis=1), 1.0)

    def histories(self, hour: int, window_days: int = 28) -> dict[BinId, BinHistory]:
        """Return what sensors and drivers had told when `hour` began."""
        rng = np.random.default_rng((self.settings.seed, hour))
        first = max(0, hour - 24 * window_days)
        return {each: self._history(n, each, first, hour, rng) for n, each in enumerate(self.bin_ids)}

    def _history(self, row: int, bin_id: BinId, first: int, hour: int, rng: np.random.Generator) -> BinHistory:
        gap_h = self.settings.reading_gap_h
        hours = np.arange(first + rng.integers(gap_h), hour + 1, gap_h)
        if rng.random() < self.settings.silent_share:
            hours = hours[hours < hour - rng.uniform(12, 150)]
        hours = hours[rng.random(len(hours)) >= self.settings.lost_share]
        fill = np.clip(self.level[row, hours] + rng.normal(0, self.settings.noise_sd, len(hours)), 0.0, 1.0)
        sensor = SensorId(bin_id)
        times = [self.at(int(each)) for each in hours]
        readings = tuple(Reading(bin_id, sensor, at, at, float(y)) for at, y in zip(times, fill, strict=True))
        emptied = np.flatnonzero(self.emptied[row, first : hour + 1]) + first
        return BinHistory(
            readings, tuple(Emptying(bin_id, self.at(int(each)), EmptyingSource.CONFIRMED) for each in emptied)
        )


def build_town(settings: TownSettings) -> Town:
    """Return the town's whole life, the same for the same seed."""
    rng = np.random.default_rng(settings.seed)
    bins, hours = settings.bins, settings.days * 24
    kind = np.arange(bins) % 2
    rate = np.array(settings.fills_per_day)[kind] / 24 * rng.gamma(3.70, 1 / 3.70, bins)
    size = np.array(settings.deposit_fraction)[kind]
    good_days = np.exp(rng.normal(0, settings.day_cv, (bins, settings.days)) - settings.day_cv**2 / 2)
    local, pace = _local_hours(settings, hours)
    level, deposit = np.zeros((bins, hours)), np.zeros((bins, hours))
    emptied = np.zeros((bins, hours), dtype=np.bool_)
    now = rng.uniform(0, 0.6, bins)
    for hour in range(hours):
        if local[hour] == TRUCK_HOUR:
            emptied[:, hour] = (now > rng.uniform(0.7, 0.85, bins)) | (rng.random(bins) < 0.03)
            now = np.where(emptied[:, hour], np.minimum(now, np.abs(rng.normal(0.03, 0.05, bins))), now)
        level[:, hour] = now
        thrown = rng.poisson(rate * pace[hour] * good_days[:, hour // 24] / size)
        deposit[:, hour] = np.where(thrown > 0, rng.gamma(np.maximum(thrown, 1), size), 0.0)
        now = now + deposit[:, hour]
    return Town(settings, level, deposit, emptied)


def _local_hours(settings: TownSettings, hours: int) -> tuple[NDArray[np.int64], FloatArray]:
    zone = ZoneInfo(settings.timezone)
    local = [(START_UTC + timedelta(hours=hour)).astimezone(zone) for hour in range(hours)]
    pace = np.array([BY_DAY[each.weekday()] * BY_HOUR[each.hour] for each in local])
    return np.array([each.hour for each in local]), pace / (BY_DAY.mean() * BY_HOUR.mean())


def _place(n: int) -> Position:
    return Position(60.16 + 0.001 * (n % 50), 24.90 + 0.002 * (n // 50))
