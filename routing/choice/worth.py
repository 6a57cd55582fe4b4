"""What an optional visit is worth today, in money: what not visiting costs, and the trip that it saves.

    prize = what waiting costs (`routing.choice.renewal`) - the lift

Waiting for the next opportunity risks the overflow until then, and puts off a visit that has to be made anyway: what
that is worth depends on how full the bin is, how fast and how evenly it fills, and on what its later visit will cost.
All of that is weighed over the cycles to come, so there is no threshold to set: a bin is taken when its prize pays the
detour.

What the visit would cost otherwise is service at the place and the bin, and driving on the day it will be made: half
by the town, half by the bin's own surroundings (`OWN_SHARE`). By the town it is a typical leg: with n visits a day in
an area A a tour's leg is 0.7124 sqrt(A / n) on average (Beardwood, Halton and Hammersley 1959), or out and back along
the town where it is a line or the visits are few. By its surroundings it is the way there and back from the nearest
stand that will be collected on that day too, by how likely each neighbour is: a bin whose neighbours all come due with
it will be passed by then as well and can wait; one that nobody else brings a truck to is worth taking when a truck is
near today. A later visit is made on the day that suits best, so only `LEG_SHARE` of that driving counts. Today's own
detour is not in the prize: the engine weighs it, stop by stop. A prize that no company at the stop could make pay is
no prize, so it does not burden the problem.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.choice.nearby import (
    STREET_DETOUR,
    STREET_SPEED_KMH,
    Nearby,
    Streets,
    nearby,
    per_km_minor,
    per_lift_minor,
)
from routing.choice.overflow_cost import expected_overflow_minor
from routing.choice.renewal import waiting_minor
from routing.forecast import CityForecast
from tomma.city import City
from tomma.earth import M_PER_DEG
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings

FloatArray = NDArray[np.float64]

TOUR_CONSTANT = 0.7124
LEG_SHARE = 0.4
"""Measured in closed loop, flat from 0.3 to 0.7: docs/benchmarks/evaluate.md."""
OWN_SHARE = 0.5
DETOUR_OF_TRIP = 0.7
"""Passing by costs less than there and back: the truck goes on to somewhere near."""
BEYOND = 1.5
"""The nearest truck is so much farther off than the last neighbour when none of the neighbours brings one."""
USUAL_SHARE = 0.3
"""How much of its usual visits a neighbour that is due on another day still makes on this one."""


@dataclass(frozen=True)
class Worth:
    """What today's visits are worth, and the numbers behind it, by bin."""

    prize_minor: NDArray[np.int64]
    """0 for a must and for a bin not worth its service."""
    later_minor: FloatArray
    """What the visit would cost on the day the bin becomes due: service, lift and driving."""
    left_h: FloatArray
    """How long after today's visit it becomes due; infinite beyond 90 days."""
    lasts_h: FloatArray
    """How long one emptying lasts."""
    overflow_minor: FloatArray
    """What overflowing is expected to cost before the next opportunity."""


def worth(
    city: City,
    forecast: CityForecast,
    planning: PlanningSettings,
    at_utc: datetime,
    must: frozenset[BinId],
    streets: Streets | None = None,
) -> Worth:
    """Return what a visit at `at_utc` is worth, in the order of `forecast.bin_ids`.

    Args:
        city: The snapshot the forecast was made from.
        forecast: Every bin's fill.
        planning: What things cost and what risk is accepted.
        at_utc: When the truck would come.
        must: The bins that are emptied today whatever it costs.
        streets: The drives between (some of) the sites; straight lines stand in for the rest.
    """
    alpha, step_h = planning.accepted_overflow_probability, planning.next_opportunity_h
    lasts_h = np.maximum(forecast.hours_from_empty(alpha), 1.0)
    left_h = np.maximum(forecast.hours_until(alpha) - (at_utc - forecast.as_of_utc) / timedelta(hours=1), 0.0)
    musts = np.array([each in must for each in forecast.bin_ids], dtype=np.bool_)
    service = _service_minor(city, forecast.bin_ids, planning)
    town = _leg_minor(city, forecast.bin_ids, planning, float((24.0 / lasts_h).sum()))
    due = np.where(musts, 0.0, np.maximum(left_h / step_h, 1.0))
    around = nearby(city, planning, streets)
    own = _own_leg_minor(around, due, np.minimum(step_h / lasts_h, 1.0), town)
    leg = LEG_SHARE * (OWN_SHARE * own + (1.0 - OWN_SHARE) * town)
    avoided = expected_overflow_minor(forecast, planning, at_utc, at_utc + timedelta(hours=step_h))
    lift = per_lift_minor(planning)
    later = service + lift + leg
    prize = waiting_minor(forecast, planning, at_utc, later) - lift
    pays = _could_pay(city, forecast.bin_ids, planning, prize, musts, around.stand_of) & ~musts
    return Worth(
        prize_minor=np.where(pays, np.rint(prize), 0.0).astype(np.int64),
        later_minor=later,
        left_h=left_h,
        lasts_h=lasts_h,
        overflow_minor=avoided,
    )


def _own_leg_minor(around: Nearby, due: FloatArray, usual: FloatArray, town_minor: float) -> FloatArray:
    """Return each bin's expected detour on its due day from the nearest stand that is collected then too.

    Args:
        around: The stands.
        due: Opportunities from today on which each bin is due; 0 is today.
        usual: Share of opportunities on which each bin is emptied.
        town_minor: The typical leg, for a bin with no neighbour.
    """
    stand_due = np.full(around.stands, np.inf)
    np.minimum.at(stand_due, around.stand_of, due)
    stand_usual = np.zeros(around.stands)
    np.maximum.at(stand_usual, around.stand_of, usual)
    near, trips = around.near[around.stand_of], around.trip_minor[around.stand_of]
    there = np.isfinite(trips)
    with np.errstate(invalid="ignore"):  # two bins that are never due come due together at no time
        apart = np.abs(stand_due[near] - due[:, None])
    together = np.clip(1.0 - np.nan_to_num(apart, nan=np.inf), USUAL_SHARE * stand_usual[near], 0.97)
    together = np.where(there, together, 0.0)
    none_nearer = np.cumprod(1.0 - together, axis=1)
    nearest = together * np.concatenate([np.ones((len(due), 1)), none_nearer[:, :-1]], axis=1)
    known = np.where(there, trips, 0.0)
    expected = (nearest * known).sum(axis=1) + none_nearer[:, -1] * BEYOND * known.max(axis=1, initial=0.0)
    alone = np.where(there.any(axis=1), DETOUR_OF_TRIP * expected, town_minor)
    return alone / _company(around.stand_of, due)


def _company(stand_of: NDArray[np.int64], due: FloatArray) -> FloatArray:
    """Return among how many bins of one stand, due on the same day, the way there is shared."""
    day = np.floor(np.minimum(due, 1e6))
    _, which, count = np.unique(np.stack([stand_of, day], axis=1), axis=0, return_inverse=True, return_counts=True)
    return np.asarray(count[which.ravel()], dtype=np.float64)


def _service_minor(city: City, bin_ids: Sequence[BinId], planning: PlanningSettings) -> FloatArray:
    seconds = [city.bins[each].service_s + city.sites[city.bins[each].site_id].service_s for each in bin_ids]
    return np.array(seconds, dtype=np.float64) * planning.cost_per_h_minor / 3600.0


def _could_pay(
    city: City,
    bin_ids: Sequence[BinId],
    planning: PlanningSettings,
    prize: FloatArray,
    musts: NDArray[np.bool_],
    stand_of: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Return which prizes could pay for the work if the way there cost nothing.

    A bin's own emptying at least; and where nobody must halt anyway, all that a truck could collect there in one halt
    must pay for the halt together.
    """
    per_s = planning.cost_per_h_minor / 3600.0
    own = np.array([city.bins[each].service_s for each in bin_ids]) * per_s
    halt = np.array([city.sites[city.bins[each].site_id].service_s for each in bin_ids]) * per_s
    gain = np.where(musts, np.inf, np.maximum(prize - own, 0.0))
    together = np.zeros(len(bin_ids))
    np.add.at(together, stand_of, gain)
    return np.asarray((prize >= np.maximum(own, 1.0)) & (together[stand_of] >= halt))


def _leg_minor(city: City, bin_ids: Sequence[BinId], planning: PlanningSettings, visits_a_day: float) -> float:
    """Return what a typical leg costs in driving and time."""
    if not bin_ids:
        return 0.0
    at = np.array([(position.lat_deg, position.lon_deg) for position in map(city.position_of, bin_ids)])
    low, high = np.quantile(at, (0.1, 0.9), axis=0)  # one swapped coordinate must not make the town a continent
    span_deg = (high - low) / 0.8
    height_m, width_m = span_deg * M_PER_DEG * (1.0, np.cos(np.radians(at[:, 0].mean())))
    by_area_m = TOUR_CONSTANT * np.sqrt(height_m * width_m / max(visits_a_day, 1.0))
    by_length_m = 2.0 * np.hypot(height_m, width_m) / (visits_a_day + 1.0)
    leg_m = STREET_DETOUR * float(max(by_area_m, by_length_m))
    hours = leg_m / 1000.0 / STREET_SPEED_KMH
    return leg_m / 1000.0 * per_km_minor(planning) + hours * planning.cost_per_h_minor
