"""What goes wrong or is not as usual: markets, holidays, a truck in the workshop. The same for every policy."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from simulator.draws import Draw, generator
from simulator.proving.tape import Surge
from simulator.proving.town import ProvingTown
from tomma.city import City
from tomma.trucks import Vehicle

EVENT_EVERY_DAYS = 9.0
EVENT_LASTS_H = (6, 30)
EVENT_FACTOR = (2.0, 4.0)
EVENT_SITES_SHARE = 0.06
"""A market, a match: the sites nearest to one of them. All figures of events are assumed."""
HOLIDAYS = {(4, 3), (4, 6), (5, 1), (5, 14), (6, 19), (12, 24), (12, 25), (12, 26), (1, 1), (1, 6)}
"""Month and day of Sweden's days off that fall on working days of 2026: nobody drives."""
WORKSHOP_DAYS = 5


@dataclass(frozen=True, slots=True)
class Happenings:
    """Which of them are switched on."""

    events: bool = False
    holidays: bool = False
    """And Sundays: nobody drives then."""
    broken_truck: bool = False


def surges_of(what: Happenings, town: ProvingTown, seed: int, first_hour: int, hours: int) -> tuple[Surge, ...]:
    """Return the events of the whole time."""
    if not what.events:
        return ()
    rng = generator(seed, Draw.SURGES)
    at = np.asarray([(each.lat_deg, each.lon_deg) for each in map(town.city.position_of, town.bin_ids)])
    found: list[Surge] = []
    for begins in np.sort(rng.uniform(0.0, hours, rng.poisson(hours / 24.0 / EVENT_EVERY_DAYS))):
        middle = at[rng.integers(len(at))]
        away = np.hypot(at[:, 0] - middle[0], (at[:, 1] - middle[1]) * np.cos(np.radians(middle[0])))
        bins = away <= np.quantile(away, EVENT_SITES_SHARE)
        from_hour = first_hour + int(begins)
        lasts = int(rng.integers(*EVENT_LASTS_H))
        found.append(Surge(from_hour, from_hour + lasts, bins, float(rng.uniform(*EVENT_FACTOR))))
    return tuple(found)


def workshop(what: Happenings, city: City, seed: int, days: int) -> Callable[[int, Vehicle], bool]:
    """Return who tells whether a truck is in the workshop: one of them, for a working week somewhere in the time."""
    if not what.broken_truck:
        return lambda number, vehicle: False  # noqa: ARG005
    rng = generator(seed, Draw.WORKSHOP)
    names = sorted({each.name for each in city.vehicles.values()})
    broken = names[int(rng.integers(len(names)))]
    from_day = int(rng.integers(max(1, days - WORKSHOP_DAYS)))
    return lambda number, vehicle: vehicle.name == broken and from_day <= number < from_day + WORKSHOP_DAYS


def off_duty(what: Happenings) -> Callable[[date], bool]:
    """Return who tells on which days nobody drives."""
    if not what.holidays:
        return lambda day: False  # noqa: ARG005
    return lambda day: day.weekday() == 6 or (day.month, day.day) in HOLIDAYS
