"""The forecast of `routing` as the pages ask for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from api.context import BinOutlook, ForecastStep, ForecastView
from routing.forecast import CityForecast, forecast_city
from routing.histories import load_histories
from tomma.city import City
from tomma.model import BinId
from tomma.ports import EventLog, ReadingStore

SHORTLY = timedelta(hours=24)


class RoutingForecast:
    """A `CityForecast` with its short form made once, for every bin at a time."""

    def __init__(self, forecast: CityForecast) -> None:
        self._forecast = forecast
        p_overflow = forecast.p_overflow_at(forecast.as_of_utc + SHORTLY).tolist()
        hours = [each if each != float("inf") else None for each in forecast.hours_to_full.tolist()]
        states = (state.value for state in forecast.sensor_states)
        self._outlook = {
            bin_id: BinOutlook(p_overflow_24h=p, hours_to_full=h, sensor_state=state)
            for bin_id, p, h, state in zip(forecast.bin_ids, p_overflow, hours, states, strict=True)
        }

    @property
    def as_of_utc(self) -> datetime:
        """The moment whose readings it was made from."""
        return self._forecast.as_of_utc

    def outlook(self, bin_id: BinId) -> BinOutlook | None:
        """Return the bin's forecast in short; None for a bin it does not know."""
        return self._outlook.get(bin_id)

    def steps(self, bin_id: BinId, hours: int) -> Sequence[ForecastStep]:
        """Return the bin's steps within so many hours; empty for a bin it does not know."""
        if bin_id not in self._outlook:
            return ()
        end = self.as_of_utc + timedelta(hours=hours)
        own = self._forecast.of(bin_id)
        return [
            ForecastStep(at_utc, *values)
            for at_utc, *values in zip(own.steps_utc, own.p10, own.p50, own.p90, own.p_overflow, strict=True)
            if at_utc <= end
        ]


class RoutingForecaster:
    """Makes forecasts from the stores; keeps the promise of `api.context.Forecaster`."""

    def __init__(self, readings: ReadingStore, events: EventLog) -> None:
        self._readings = readings
        self._events = events

    def __call__(self, *, city: City, now_utc: datetime) -> ForecastView:
        """Return how every bin is expected to fill, from what is stored now."""
        return RoutingForecast(
            forecast_city(city, load_histories(city, self._readings, self._events, now_utc), now_utc)
        )
