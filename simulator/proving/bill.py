"""What a day costs, in the planner's own objective: driving, time, lifts, trucks, CO2 and overflow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.choice.overflow_cost import overflow_minor
from simulator.proving.driving import Logbook
from tomma.planning_settings import PlanningSettings

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DayBill:
    """One day of one policy, in figures and in money."""

    km: float
    hours: float
    """Driving, halting, emptying and unloading, of all trucks."""
    lifts: int
    lifts_overflowing: int
    """Lifts of bins with something beside them: what Groningen's service level counts."""
    trucks: int
    unloads: int
    extra_unloads: int
    left_behind: int
    fill_before: float
    """Sum over the lifts of what was there, as a share of the bin."""
    overflow_h: float
    overflow_l: float
    overflowing_bins: int
    """Bins with something beside them at some time of the day."""
    bins: int
    driving_minor: float
    work_minor: float
    trucks_minor: float
    co2_minor: float
    overflow_minor: float

    @property
    def cost_minor(self) -> float:
        """All of it."""
        return self.driving_minor + self.work_minor + self.trucks_minor + self.co2_minor + self.overflow_minor


def bill_of(log: Logbook, over_h: FloatArray, over_l: FloatArray, bins: int, planning: PlanningSettings) -> DayBill:
    """Return the bill of a day; an overflow is counted as an event on each day it goes on."""
    km = log.distance_m / 1_000.0
    hours = (log.driving_s + log.handling_s) / 3_600.0
    overflowing = int((over_h > 0.0).sum())
    co2_kg = km * planning.co2_kg_per_km + log.lifts * planning.co2_kg_per_lift
    return DayBill(
        km=km,
        hours=hours,
        lifts=log.lifts,
        lifts_overflowing=log.lifts_overflowing,
        trucks=len(log.out),
        unloads=log.unloads,
        extra_unloads=log.extra_unloads,
        left_behind=log.left_behind,
        fill_before=float(sum(log.fill_before)),
        overflow_h=float(over_h.sum()),
        overflow_l=float(over_l.sum()),
        overflowing_bins=overflowing,
        bins=bins,
        driving_minor=km * planning.cost_per_km_minor,
        work_minor=hours * planning.cost_per_h_minor + log.lifts * planning.cost_per_lift_minor,
        trucks_minor=float(log.fixed_minor),
        co2_minor=co2_kg / 1_000.0 * planning.co2_price_per_tonne_minor,
        overflow_minor=float(overflow_minor(planning, overflowing, over_h.sum(), over_l.sum())),
    )
