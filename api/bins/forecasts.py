"""Keeps a fresh forecast without anybody waiting for it."""

import logging
import time

from api.city.keeper import CityKeeper
from api.context import Forecaster, ForecastView, Pace
from api.turns import TurnTaker
from tomma.clock import Clock
from tomma.errors import NotFoundError, TommaError

log = logging.getLogger(__name__)

DUTY = 4.0
"""A forecast that takes a second is made at most every fifth: the pages need the machine too."""


class Forecasts(TurnTaker):
    """The newest forecast, renewed in a thread of its own."""

    def __init__(
        self,
        *,
        forecaster: Forecaster,
        city: CityKeeper,
        clock: Clock,
        pace: Pace,
    ) -> None:
        super().__init__("forecasts", log, every_s=pace.forecast_pause_min_s)
        self._forecaster = forecaster
        self._city = city
        self._clock = clock
        self._pace = pace
        self._current: ForecastView | None = None
        self._failure = ""

    @property
    def current(self) -> ForecastView | None:
        """The newest forecast; None before the first."""
        return self._current

    @property
    def failure(self) -> str:
        """Why the last attempt failed; empty when it did not."""
        return self._failure

    def renew(self) -> None:
        """Make one forecast from what is stored now.

        Raises:
            NotFoundError: Before the first import of a city.
        """
        self._current = self._forecaster(
            city=self._city.current(),
            now_utc=self._clock.now_utc(),
        )
        self._failure = ""

    def _turn(self) -> float:
        began_s = time.monotonic()
        try:
            self.renew()
        except NotFoundError:
            return self._pace.poll_s  # there is no city yet: look again soon
        except TommaError as exc:
            if self._leaving.is_set():
                return 0.0
            self._failure = str(exc)
            log.warning("forecast failed reason=%s", exc)
        except Exception as exc:  # how long it took bounds the pause, also after a fault
            self._failure = f"{type(exc).__name__}: see the log"
            log.exception("forecast crashed")
        return self._pause_s(time.monotonic() - began_s)

    def _pause_s(self, took_s: float) -> float:
        log.info("forecast made took_s=%.2f failed=%s", took_s, bool(self._failure))
        wanted_s = 0.0 if self._failure else self._clock.real_seconds(self._pace.forecast_every_clock_s)
        return max(wanted_s, took_s * DUTY, self._pace.forecast_pause_min_s)
