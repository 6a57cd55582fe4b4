"""The streets of one city as the planner sees them: a network per truck size, and a guess to fall back on."""

import logging
from collections.abc import Callable, Sequence
from datetime import date
from threading import Lock

from routing.roads.port import Leg, Matrix, Roads
from routing.roads.traffic import factor_for
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize
from tomma.city import Position
from tomma.errors import RoadsUnavailableError
from tomma.plan import RoadsSource
from tomma.planning_settings import TrafficHours

log = logging.getLogger(__name__)


class CityStreets:
    """Keeps the promise of `StreetNetwork`.

    Args:
        standard: The standard truck's roads.
        make: Returns another size's; called once for each.
        guess: Returns the straight lines to fall back on, as they are known now.
        traffic: The hours at which driving takes longer.
    """

    def __init__(
        self,
        standard: Roads,
        make: Callable[[TruckSize], Roads],
        guess: Callable[[], Roads],
        traffic: Sequence[TrafficHours] = (),
    ) -> None:
        self._made: dict[TruckSize, Roads] = {STANDARD_TRUCK: standard}
        self._make = make
        self._guess = guess
        self._traffic = traffic
        self._lock = Lock()

    @property
    def source(self) -> RoadsSource:
        """That of the standard truck's roads."""
        return self._made[STANDARD_TRUCK].source

    @property
    def fallback(self) -> Roads:
        """What to guess with."""
        return self._guess()

    def matrix(self, points: Sequence[Position]) -> Matrix:
        """Return the standard truck's drives."""
        return self._made[STANDARD_TRUCK].matrix(points)

    def legs(self, points: Sequence[Position]) -> tuple[Leg, ...]:
        """Return the lines of the standard truck's drives."""
        return self._made[STANDARD_TRUCK].legs(points)

    def pace(self, day: date, begins_s: int, ends_s: int) -> float:
        """Return how many times as long driving takes as the matrix says, on average over a day's hours."""
        return factor_for(self._traffic, day, begins_s, ends_s)

    def sized(self, truck: TruckSize) -> Roads:
        """Return the roads as a truck of that size may drive them.

        Where its network cannot be had, a truck no larger than the standard one drives by that one's: it then avoids
        more than it need. A larger one must not.
        """
        with self._lock:
            if truck not in self._made:
                self._made[truck] = self._found(truck)
            return self._made[truck]

    def _found(self, truck: TruckSize) -> Roads:
        try:
            return self._make(truck)
        except RoadsUnavailableError as exc:
            if not truck.fits_where(STANDARD_TRUCK):
                raise
            log.warning("roads of the standard truck serve %s reason=%s", truck.name, exc)
            return self._made[STANDARD_TRUCK]
