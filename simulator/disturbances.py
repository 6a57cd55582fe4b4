"""What goes wrong in front of a sensor: cardboard, a bag on the lens, ice, echoes from nowhere. Pure and addressable.

Rates are assumptions, on the high side of what fitters report, so that a filter has something to do; what they do to
the level is what makers and operators describe: a box unfolds and is pressed down hours later, a bag or a cobweb gives
a short distance that hardly moves, ice repeats one value to the millimetre for days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from simulator.draws import Draw, generator

HOUR = timedelta(hours=1)


class Fault(StrEnum):
    """What stands between a sensor and the truth."""

    CARDBOARD = "cardboard"
    BLOCKED = "blocked"
    STUCK = "stuck"
    ECHO = "echo"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """How often a fault comes and how long it stays, in hours."""

    per_bin_day: float
    lasts_h: tuple[float, float]


KINDS = {
    Fault.CARDBOARD: FaultKind(0.05, (2.0, 7.0)),
    Fault.BLOCKED: FaultKind(0.01, (12.0, 72.0)),
    Fault.STUCK: FaultKind(0.006, (96.0, 200.0)),
    Fault.ECHO: FaultKind(0.15, (0.1, 1.0)),
}


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One fault of one bin's sensor, and how it looks."""

    fault: Fault
    from_utc: datetime
    to_utc: datetime
    size: float
    """Within [0, 1): how strong it is."""

    def covers(self, moment: datetime) -> bool:
        """Return whether it lasts at that moment."""
        return self.from_utc <= moment < self.to_utc


class Disturbances:
    """Every bin's faults over some days, and what they make of a distance."""

    def __init__(self, bins: int, start_utc: datetime, days: float, seed: int, often: float = 1.0) -> None:
        """Draw them.

        Args:
            bins: How many bins the town has.
            start_utc: No fault begins before.
            days: Nor later than this after the start.
            seed: The same seed gives the same faults.
            often: A factor on every rate.
        """
        self.of_bin: Sequence[tuple[Disturbance, ...]] = [
            _drawn(generator(seed, Draw.DISTURBANCES, index), start_utc, days, often) for index in range(bins)
        ]
        self._held_mm: dict[tuple[int, datetime], float] = {}

    def seen_mm(self, index: int, moment: datetime, distance_mm: float, empty_mm: float, full_mm: float) -> float:
        """Return what the sensor of bin `index` sees where it would see `distance_mm` undisturbed."""
        for each in self.of_bin[index]:
            if each.covers(moment):
                return self._disturbed(index, each, distance_mm, empty_mm, full_mm)
        return distance_mm

    def _disturbed(self, index: int, each: Disturbance, distance_mm: float, empty_mm: float, full_mm: float) -> float:
        if each.fault is Fault.CARDBOARD:  # stands up to near the lid, however full the bin is below
            return min(distance_mm, full_mm + 0.25 * each.size * (empty_mm - full_mm))
        if each.fault is Fault.BLOCKED:  # a bag or a cobweb hangs just before it
            return min(distance_mm, full_mm - 20.0 + 10.0 * each.size)
        if each.fault is Fault.STUCK:
            return self._held_mm.setdefault((index, each.from_utc), distance_mm)
        return empty_mm - each.size * (empty_mm - full_mm)


def _drawn(rng: np.random.Generator, start_utc: datetime, days: float, often: float) -> tuple[Disturbance, ...]:
    found: list[Disturbance] = []
    for fault, kind in KINDS.items():
        for begins in rng.uniform(0.0, days * 24.0, rng.poisson(kind.per_bin_day * days * often)):
            from_utc = start_utc + float(begins) * HOUR
            lasts = float(rng.uniform(*kind.lasts_h)) * HOUR
            found.append(Disturbance(fault, from_utc, from_utc + lasts, float(rng.random())))
    kept: list[Disturbance] = []
    for each in sorted(found, key=lambda one: one.from_utc):  # one at a time: else nobody could say what was so
        if not kept or each.from_utc >= kept[-1].to_utc:
            kept.append(each)
    return tuple(kept)
