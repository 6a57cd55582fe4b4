"""The forecast of `routing` as the pages ask for it: computed whole, so that no page ever waits for a figure."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from api.context import BinOutlook, CityAhead, ForecastStep
from routing.ahead.outlook import Foresight, city_outlook
from routing.forecast import CityForecast
from tomma.city import City
from tomma.model import BinId
from tomma.ports import EventLog, ReadingStore

SHORTLY = timedelta(hours=24)


class WholeForecast:
    """A `CityForecast` in plain figures; keeps the promise of `api.context.ForecastView`.

    It holds no engine, only results, and may be sent from one process to another: 3 kB a bin.
    """

    def __init__(self, forecast: CityForecast) -> None:
        self._as_of_utc = forecast.as_of_utc
        self._steps_utc = forecast.steps_utc
        self._rows = {bin_id: row for row, bin_id in enumerate(forecast.bin_ids)}
        self._bands = np.stack(
            [forecast.p10, forecast.p50, forecast.p90, forecast.p_overflow_steps], axis=-1, dtype=np.float32
        )
        hours = forecast.hours_to_full.tolist()
        p_overflow = forecast.p_overflow_at(forecast.as_of_utc + SHORTLY).tolist()
        self._outlook = [
            BinOutlook(p, h if h != float("inf") else None, state.value)
            for p, h, state in zip(p_overflow, hours, forecast.sensor_states, strict=True)
        ]

    @property
    def as_of_utc(self) -> datetime:
        """The moment whose readings it was made from."""
        return self._as_of_utc

    def outlook(self, bin_id: BinId) -> BinOutlook | None:
        """Return the bin's forecast in short; None for a bin it does not know."""
        row = self._rows.get(bin_id)
        return None if row is None else self._outlook[row]

    def steps(self, bin_id: BinId, hours: int) -> Sequence[ForecastStep]:
        """Return the bin's steps within so many hours; empty for a bin it does not know."""
        row = self._rows.get(bin_id)
        if row is None:
            return ()
        end = self._as_of_utc + timedelta(hours=hours)
        return [
            ForecastStep(at_utc, *values)
            for at_utc, values in zip(self._steps_utc, self._bands[row].tolist(), strict=True)
            if at_utc <= end
        ]

    def ahead(self, hours: Sequence[int]) -> CityAhead:
        """Return every bin at so many hours from `as_of_utc`."""
        moments = [self._as_of_utc + timedelta(hours=hour) for hour in hours]
        columns = [max(bisect_right(self._steps_utc, moment) - 1, 0) for moment in moments]
        at_hours = self._bands[:, columns, :]
        return CityAhead(tuple(self._rows), at_hours[..., 1], at_hours[..., 3])


def whole_forecast(
    city: City, readings: ReadingStore, events: EventLog, now_utc: datetime, foresight: Foresight | None = None
) -> WholeForecast:
    """Return how every bin is expected to fill, from what is stored now."""
    return WholeForecast(city_outlook(city, readings, events, now_utc, foresight).forecast)
