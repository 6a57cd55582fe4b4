"""From the stores to what a forecast reads: one call, every bin."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from routing.forecast import BinHistory
from tomma.city import City
from tomma.fold import confirmed_emptyings
from tomma.model import BinId, Emptying, Reading
from tomma.ports import EventLog, ReadingStore

WINDOW_DAYS = 28
"""Two half-lives of the forecast's memory (`routing.forecast.rates`)."""


def load_histories(
    city: City, readings: ReadingStore, events: EventLog, now_utc: datetime, *, window_days: int = WINDOW_DAYS
) -> Mapping[BinId, BinHistory]:
    """Return every bin's readings and emptyings of the last `window_days` up to and with `now_utc`.

    Emptyings are those the sensors showed and those the drivers confirmed and did not take back. A bin that was
    silent for the whole window has its newest reading, however old: silence makes urgent, not forgotten.
    """
    from_utc, to_utc = now_utc - timedelta(days=window_days), now_utc + timedelta(microseconds=1)
    seen = readings.range_all(from_utc, to_utc)
    newest = readings.latest()
    emptied: dict[BinId, list[Emptying]] = defaultdict(list)
    confirmed = confirmed_emptyings(events.received_since(from_utc))
    in_window = [each for each in confirmed if from_utc <= each.at_utc < to_utc]
    for emptying in (*readings.emptyings(from_utc, to_utc), *in_window):
        emptied[emptying.bin_id].append(emptying)
    return {
        bin_id: BinHistory(_or_newest(seen.get(bin_id, ()), newest.get(bin_id), to_utc), tuple(emptied.get(bin_id, ())))
        for bin_id in city.bins
    }


def _or_newest(seen: Sequence[Reading], newest: Reading | None, to_utc: datetime) -> Sequence[Reading]:
    if seen or newest is None or newest.measured_utc >= to_utc:
        return seen
    return (newest,)


def last_emptied(histories: Mapping[BinId, BinHistory]) -> Mapping[BinId, datetime]:
    """Return when each bin was last emptied, as far as the histories know."""
    return {bin_id: max(each.at_utc for each in had.emptyings) for bin_id, had in histories.items() if had.emptyings}


def unemptied_since(histories: Mapping[BinId, BinHistory]) -> Mapping[BinId, datetime]:
    """Return since when each bin has certainly not been emptied: its last emptying, else its first reading.

    This is what a hygiene interval counts from (`last_emptied` of `routing.demand.demands`): a bin that was
    watched for three weeks without an emptying is due although nobody knows when it was emptied before.
    """
    watched = {
        bin_id: min(each.measured_utc for each in had.readings) for bin_id, had in histories.items() if had.readings
    }
    return {**watched, **last_emptied(histories)}
