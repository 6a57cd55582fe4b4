"""The values that every decoder returns."""

from dataclasses import dataclass
from datetime import datetime

from tomma.model import Alarm


@dataclass(frozen=True, slots=True)
class Values:
    """What one measurement of a device says, in our units; without a level it is a status of the device."""

    distance_mm: float | None = None
    fill_fraction: float | None = None
    battery_v: float | None = None
    battery_fraction: float | None = None
    temperature_c: float | None = None
    alarms: frozenset[Alarm] = frozenset()
    no_echo: bool = False
    """The device listened and heard nothing; there is no level then."""
    measured_utc: datetime | None = None
    """When, if the frame itself says it (a history record); None: when the uplink was sent."""
