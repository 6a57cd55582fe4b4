"""Bins' fill as a distribution over time: `forecast_city` is the door, `CityForecast` the answer."""

from routing.forecast.city_forecast import BinForecast, CityForecast
from routing.forecast.history import NOTHING_KNOWN, BinHistory, Feedback, Word
from routing.forecast.influences import ORDINARY, Influence, Influences
from routing.forecast.kept import from_bytes, to_bytes
from routing.forecast.looks import Looks, levels_of, looks_of, resets_of
from routing.forecast.memory import ForecastMemory, Recalled, recall
from routing.forecast.run import forecast_city, forecast_from
from routing.forecast.state import SensorState

__all__ = [
    "NOTHING_KNOWN",
    "ORDINARY",
    "BinForecast",
    "BinHistory",
    "CityForecast",
    "Feedback",
    "ForecastMemory",
    "Influence",
    "Influences",
    "Looks",
    "Recalled",
    "SensorState",
    "Word",
    "forecast_city",
    "forecast_from",
    "from_bytes",
    "levels_of",
    "looks_of",
    "recall",
    "resets_of",
    "to_bytes",
]
