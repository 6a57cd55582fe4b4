"""When a measurement was made, and in which bin its sensor hung then."""

from datetime import timedelta
from typing import NamedTuple

from ingest.message import Message
from ingest.refusal import StrangerError, shown
from ingest.times import EARLIEST_UTC, When, when
from tomma.bounds import BoundError, Rule
from tomma.city import City, Installation, Sensor
from tomma.model import Measurement, RejectReason

SHELF = timedelta(days=60)
"""A device's clock that says a time so long before it was first hung anywhere says no true time."""


class Setting(NamedTuple):
    """By which sensor, when and where one measurement was made."""

    sensor: Sensor
    clock: When
    hung: Installation
    is_lone: bool
    """Whether its record has no other."""


def setting_of(message: Message, measurement: Measurement, sensor: Sensor, city: City, *, is_lone: bool) -> Setting:
    """Return the setting of one measurement; StrangerError when its sensor hung nowhere then."""
    clock = when(message, measurement)
    hung = city.installation_of_sensor(sensor.id, clock.measured_utc)
    if hung is None and (periods := city.installations_of_sensor.get(sensor.id)):
        clock = when(message, measurement, not_before_utc=max(EARLIEST_UTC, periods[0].from_utc - SHELF))
        hung = city.installation_of_sensor(sensor.id, clock.measured_utc)
    if hung is None:
        moment = f"{clock.measured_utc:%Y-%m-%dT%H:%M:%SZ}"
        bound, told_as = f"must be installed in a bin at {moment}", f"sensor {shown(sensor.id)}"
        told = BoundError(sensor.id, Rule.HUNG_AT, bound, None, told_as=told_as, at_utc=moment)
        raise StrangerError(RejectReason.NOT_INSTALLED, told, (sensor.id,))
    return Setting(sensor, clock, hung, is_lone)
