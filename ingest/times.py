"""When a reading was measured: by the device's clock if it can be believed, else by the network's, else by ours.

A device clock that was never set says 1970, one that lost its battery 2000, a unit mistaken for another the year
33658, an overflow 2106. The level beside it is as good as any, so it is stored under the best time we have and marked
(`Quality.CLOCK_REPAIRED`); which sensors do so is counted from the marks.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ingest.message import Message
from ingest.refusal import RefusedError
from tomma.bounds import BoundError, Rule
from tomma.model import Measurement, RejectReason

EARLIEST_UTC = datetime(2015, 1, 1, tzinfo=UTC)
"""Before any sensor of this kind: a device clock that was never set says 1970 or 2000."""
AHEAD_TOLERATED = timedelta(minutes=2)
"""Two well-kept clocks differ by less; such a time is kept as it is, since it is the reading's identity."""


class When(NamedTuple):
    """When it was measured, and how we know."""

    measured_utc: datetime
    received_utc: datetime
    is_repaired: bool = False
    """The device said a time that nobody can believe; this is a better one."""
    by_receipt: bool = False
    """It is our time of receipt, which differs when the message is sent again: no identity by itself."""


def when(message: Message, measurement: Measurement, not_before_utc: datetime = EARLIEST_UTC) -> When:
    """Return the best time there is.

    Args:
        message: Brings our time of receipt.
        measurement: Brings the device's time and the network's.
        not_before_utc: An earlier time is none that a clock can mean.

    Raises:
        RefusedError: If a retained message has no usable time: it may be of any age.
    """
    received_utc = to_the_millisecond(message.received_utc)
    latest_utc = received_utc + AHEAD_TOLERATED
    said, network = measurement.measured_utc, measurement.network_utc
    if said is not None and not_before_utc <= said <= latest_utc:
        return When(to_the_millisecond(said), received_utc)
    is_repaired = said is not None
    if network is not None and not_before_utc <= network <= latest_utc:
        return When(to_the_millisecond(network), received_utc, is_repaired)
    if message.retained:
        bound = "must be a usable time in a retained message"
        told = BoundError("measured_utc", Rule.BELIEVABLE, bound, said.isoformat() if said else None)
        raise RefusedError(RejectReason.IMPLAUSIBLE_TIME, told)
    return When(received_utc, received_utc, is_repaired, by_receipt=True)


def to_the_millisecond(moment: datetime) -> datetime:
    """Return the moment as stores keep it: a reading must have the same identity before and after a restart."""
    beyond = moment.microsecond % 1000
    return moment.replace(microsecond=moment.microsecond - beyond) if beyond else moment
