"""From the stores to what a forecast reads: one call, every bin."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from routing.forecast import BinHistory
from tomma.city import City
from tomma.model import BinId, Emptying, EmptyingSource, Event, EventKind, Reading
from tomma.ports import EventLog, ReadingStore

WINDOW_DAYS = 28
"""Two half-lives of the forecast's memory (`routing.forecast.rates`)."""
PAGE = 10_000


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
    for emptying in (*readings.emptyings(from_utc, to_utc), *confirmed_emptyings(events, from_utc, to_utc)):
        emptied[emptying.bin_id].append(emptying)
    return {
        bin_id: BinHistory(_or_newest(seen.get(bin_id, ()), newest.get(bin_id), to_utc), tuple(emptied.get(bin_id, ())))
        for bin_id in city.bins
    }


def _or_newest(seen: Sequence[Reading], newest: Reading | None, to_utc: datetime) -> Sequence[Reading]:
    if seen or newest is None or newest.measured_utc >= to_utc:
        return seen
    return (newest,)


def confirmed_emptyings(events: EventLog, from_utc: datetime, to_utc: datetime) -> Sequence[Emptying]:
    """Return the drivers' emptyings with from_utc <= tapped_utc < to_utc, without those they took back."""
    told = list(_all_events(events))
    undone = {event.undoes_key for event in told if event.kind is EventKind.UNDONE}
    return [
        Emptying(event.bin_id, event.tapped_utc, EmptyingSource.CONFIRMED)
        for event in told
        if event.kind is EventKind.EMPTIED
        and event.bin_id is not None
        and event.key not in undone
        and from_utc <= event.tapped_utc < to_utc
    ]


def _all_events(events: EventLog) -> Iterator[Event]:
    position, page = events.since(0, PAGE)
    while page:
        yield from page
        position, page = events.since(position, PAGE)


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
