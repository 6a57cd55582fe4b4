"""A made-up town whose truth is known: compound Poisson deposits, good and bad days, noisy sensors, trucks that come.

It is not the simulator: that plays a town over MQTT. This one only has to be quick and to know the answer.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from routing.forecast import BinHistory, Looks, levels_of, resets_of
from tomma.city import Bin, City, Fraction, Organisation, Position, Site
from tomma.containers import ContainerType
from tomma.model import BinId, ContainerTypeId, Emptying, EmptyingSource, FractionCode, Reading, SensorId, SiteId

FloatArray = NDArray[np.float64]

BY_HOUR = np.array(
    [0.15] * 6 + [0.7, 1.0, 1.0, 1.2, 1.4, 1.6, 2.0, 1.9, 1.7, 1.7, 1.8, 1.6, 1.4, 1.2, 0.9, 0.7, 0.5, 0.3]
)
BY_DAY = np.array([0.94, 0.96, 0.88, 1.0, 1.09, 1.16, 0.98])  # Edinburgh's, Monday to Sunday
TRUCK_HOUR = 8
WINDOW_DAYS = 28
START_UTC = datetime(2026, 9, 1, tzinfo=UTC)
FRACTION = FractionCode("residual")


@dataclass(frozen=True)
class TownSettings:
    """What the town is like. Two kinds of container take turns; the second is twice as large."""

    bins: int = 400
    days: int = 40
    seed: int = 0
    timezone: str = "Europe/Stockholm"
    fills_per_day: tuple[float, float] = (0.3, 0.2)
    """Mean of each kind; single bins vary around it as Edinburgh's sites do (gamma of shape 3.70)."""
    deposit_fraction: tuple[float, float] = (0.03, 0.015)
    """Mean of one deposit, exponentially spread."""
    day_cv: float = 0.25
    noise_sd: float = 0.015
    heap_sd: float = 0.02
    """How far a heap's surface lies beside its mean, from one emptying to the next."""
    drift_a_day: float = 0.0
    """How far each bin's rate wanders in a day, as a fraction of it."""
    reading_gap_h: int = 1
    lost_share: float = 0.2
    silent_share: float = 0.0
    """Sensors that stopped half a day to six days before each look."""


@dataclass(frozen=True)
class Town:
    """The truth, hour by hour: `level[bin, hour]` at its start and `deposit[bin, hour]` within it."""

    settings: TownSettings
    level: FloatArray = field(repr=False)
    deposit: FloatArray = field(repr=False)
    emptied: NDArray[np.bool_] = field(repr=False)

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

    def seen(self, hour: int, window_days: int = WINDOW_DAYS) -> FloatArray:
        """Return what the sensors had told of each of the `window_days` before `hour` and of it; NaN for nothing.

        Shape [bins, hours].
        """
        told, rng = self.settings, np.random.default_rng((self.settings.seed, hour))
        hours = np.arange(hour - 24 * window_days, hour + 1)
        shape = (told.bins, len(hours))
        speaks = (hours + rng.integers(told.reading_gap_h, size=told.bins)[:, None]) % told.reading_gap_h == 0
        dead = rng.random(told.bins) < told.silent_share
        speaks &= ~(dead[:, None] & (hours >= hour - rng.uniform(12, 150, told.bins)[:, None]))
        speaks &= (rng.random(shape) >= told.lost_share) & (hours >= 0)
        level = self.level[:, np.maximum(hours, 0)]
        # A heap is no plane: what one sensor sees of it is off by the same until the bin is emptied.
        cycle = np.cumsum(self.emptied, axis=1)[:, np.maximum(hours, 0)]
        heap = np.random.default_rng((told.seed, 1)).normal(0.0, told.heap_sd, (told.bins, int(cycle.max()) + 1))
        level = level + np.take_along_axis(heap, cycle, axis=1) * np.minimum(5.0 * level, 1.0)
        return np.where(speaks, np.clip(level + rng.normal(0.0, told.noise_sd, shape), 0.0, 1.0), np.nan)

    def looks(self, hour: int, window_days: int = WINDOW_DAYS) -> Looks:
        """Return the same, and the emptyings, as a forecast takes them."""
        seen, first = self.seen(hour, window_days), hour - 24 * window_days
        row, column = np.nonzero(np.isfinite(seen))
        bin_of, at = np.nonzero(self.emptied[:, max(first, 0) : hour + 1])
        return Looks(
            levels_of(row, self._time_s(column + first), seen[row, column]),
            resets_of(bin_of, self._time_s(at + max(first, 0))),
        )

    def histories(self, hour: int, window_days: int = WINDOW_DAYS) -> dict[BinId, BinHistory]:
        """Return the same bin by bin, as the stores tell it."""
        looks, ids = self.looks(hour, window_days), self.bin_ids
        readings: list[list[Reading]] = [[] for _ in ids]
        emptyings: list[list[Emptying]] = [[] for _ in ids]
        for row, time_s, fill in zip(looks.levels.bin_of, looks.levels.time_s, looks.levels.fill, strict=True):
            at = datetime.fromtimestamp(float(time_s), UTC)
            readings[row].append(Reading(ids[row], SensorId(ids[row]), at, at, float(fill)))
        for row, time_s in zip(looks.resets.bin_of, looks.resets.time_s, strict=True):
            at = datetime.fromtimestamp(float(time_s), UTC)
            emptyings[row].append(Emptying(ids[row], at, EmptyingSource.CONFIRMED))
        return {each: BinHistory(seen, emptied) for each, seen, emptied in zip(ids, readings, emptyings, strict=True)}

    def _time_s(self, hours: NDArray[np.int_]) -> FloatArray:
        return np.asarray(START_UTC.timestamp() + 3600.0 * hours, dtype=np.float64)


def build_town(settings: TownSettings) -> Town:
    """Return the town's whole life, the same for the same seed."""
    rng = np.random.default_rng(settings.seed)
    bins, hours = settings.bins, settings.days * 24
    kind = np.arange(bins) % 2
    rate = np.array(settings.fills_per_day)[kind] / 24 * rng.gamma(3.70, 1 / 3.70, bins)
    size = np.array(settings.deposit_fraction)[kind]
    good_days = np.exp(rng.normal(0, settings.day_cv, (bins, settings.days)) - settings.day_cv**2 / 2)
    if settings.drift_a_day:
        good_days *= np.exp(np.cumsum(rng.normal(0, settings.drift_a_day, (bins, settings.days)), axis=1))
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
