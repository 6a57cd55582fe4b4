"""What drivers said last of bins that nobody has emptied since: where it decides, the plan tells it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from routing.ahead.histories import feedback_of
from routing.forecast import Feedback
from tomma.model import BinId
from tomma.ports import EventLog

TOLD_FOR = timedelta(hours=72)
"""What is older has been looked at by a later plan; and a city's whole log would be read for each."""
SAME_MOMENT = timedelta(milliseconds=500)
"""An emptying that is known from the word itself is told of the same moment, but for rounding."""


def seen_by_drivers(
    events: EventLog, last_emptied: Mapping[BinId, datetime], now_utc: datetime
) -> Mapping[BinId, Feedback]:
    """Return the last word on each bin, unless it was emptied since."""
    found: dict[BinId, Feedback] = {}
    for bin_id, words in feedback_of(events.received_since(now_utc - TOLD_FOR)).items():
        known = [each for each in words if each.at_utc <= now_utc]
        emptied_utc = last_emptied.get(bin_id)
        if known:
            last = max(known, key=lambda each: each.at_utc)
            if emptied_utc is None or emptied_utc <= last.at_utc + SAME_MOMENT:
                found[bin_id] = last
    return found
