"""Sees to it that every day that is over is computed and kept, in the background and one at a time."""

import logging

from api.city.keeper import CityKeeper
from api.context import Saver
from api.live.hub import Hub
from api.live.topics import CITY
from api.turns import TurnTaker
from tomma.clock import Clock
from tomma.errors import NotFoundError, TommaError

log = logging.getLogger(__name__)

AGAIN_S = 20.0
"""Between two looks whether a day is over; of the wall, so a demo's fast days wait a little."""
AFTER_FAULT_S = 300.0


class SavingKeeper(TurnTaker):
    """A thread that asks for the next day until there is none. What it has done is in the store: it knows nothing."""

    def __init__(self, *, saver: Saver, city: CityKeeper, hub: Hub, clock: Clock) -> None:
        super().__init__("saving-keeper", log, every_s=AFTER_FAULT_S)
        self._saver, self._city, self._hub, self._clock = saver, city, hub, clock

    def _turn(self) -> float:
        """Do the next day."""
        try:
            day = self._saver(city=self._city.current(), now_utc=self._clock.now_utc())
        except NotFoundError:  # there is no city yet
            return AGAIN_S
        except TommaError as exc:
            if not self._leaving.is_set():
                log.warning("saving not computed: %s", exc)
            return AFTER_FAULT_S
        if day is None:
            return AGAIN_S
        self._hub.tell(CITY, "figures", {"day": day.isoformat()})
        return 0.0
