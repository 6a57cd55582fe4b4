"""From the stores to what a forecast reads: one call, every bin."""

from collections.abc import Mapping
from datetime import datetime

from routing.forecast import BinHistory
from tomma.city import City
from tomma.model import BinId
from tomma.ports import EventLog, ReadingStore

WINDOW_DAYS = 28


def load_histories(
    city: City, readings: ReadingStore, events: EventLog, now_utc: datetime, *, window_days: int = WINDOW_DAYS
) -> Mapping[BinId, BinHistory]:
    """Return every bin's readings and emptyings of the last `window_days`; confirmed emptyings come from the events."""
    raise NotImplementedError


def last_emptied(histories: Mapping[BinId, BinHistory]) -> Mapping[BinId, datetime]:
    """Return when each bin was last emptied, as far as the histories know."""
    return {bin_id: max(each.at_utc for each in had.emptyings) for bin_id, had in histories.items() if had.emptyings}
