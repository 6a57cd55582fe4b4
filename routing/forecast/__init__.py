"""Bins' fill as a distribution over time: `forecast_city` is the door, `CityForecast` the answer."""

from routing.forecast.city_forecast import BinForecast, CityForecast
from routing.forecast.history import NOTHING_KNOWN, BinHistory
from routing.forecast.run import forecast_city
from routing.forecast.state import SensorState

__all__ = ["NOTHING_KNOWN", "BinForecast", "BinHistory", "CityForecast", "SensorState", "forecast_city"]
