"""What becomes of one record of a message that is not rejected: heard, as a reading or as a status of the device."""

from datetime import datetime
from typing import NamedTuple

from tomma.model import BinId, Measurement, Reading


class Heard(NamedTuple):
    """A sensor that hangs in a bin was heard. Without a level (battery, alarm, no echo) there is no reading in it."""

    measurement: Measurement
    bin_id: BinId
    measured_utc: datetime
    """When it was so, by the best clock there is."""
    received_utc: datetime
    reading: Reading | None = None
    is_implausible: bool = False
    """Its level is one that no bin can have as its sensor is registered."""
