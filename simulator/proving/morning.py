"""What a planner may know at five in the morning: the office's knowledge, and nothing of the truth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing.choice.demand import Demand
from routing.daytime import WorkingDay
from routing.forecast import CityForecast
from simulator.proving.town import ProvingTown
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings
from tomma.trucks import Vehicle

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Morning:
    """One day's question: which bins?"""

    town: ProvingTown
    day: WorkingDay
    number: int
    """Days since the evaluation's first."""
    now_utc: datetime
    at_utc: datetime
    """The middle of the shift: when a truck comes, on average."""
    planning: PlanningSettings
    """With the hours to the next opportunity as the calendar has them."""
    vehicles: tuple[Vehicle, ...]
    """On duty today."""
    last_emptied: Mapping[BinId, datetime]
    newest_fraction: FloatArray
    """The last level each sensor told; NaN for none."""
    deposits_since: FloatArray
    """Openings of each bin since its last emptying, as an access lock counts them."""
    make_forecast: Callable[[], CityForecast]

    @cached_property
    def forecast(self) -> CityForecast:
        """The city's forecast, made when first asked for."""
        return self.make_forecast()


Choice = tuple[Demand, ...]
Policy = Callable[[Morning], Choice]
"""Chooses: bins that must be emptied today, bins that are worth a prize, and the others left out."""
