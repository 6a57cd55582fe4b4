"""From the stores to what a forecast reads: one call, every bin."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from routing.forecast import BinHistory, Feedback, Word
from tomma.city import City
from tomma.events import Event, EventKind, ReportKind, SkipReason
from tomma.fold import by_our_clock, confirmed_emptyings, fold
from tomma.model import BinId, Emptying, Reading
from tomma.ports import EventLog, ReadingStore

WINDOW_DAYS = 28
"""What a forecast without a memory learns from; one that remembers knows more (`routing.forecast.foretold`)."""
BEFORE_THE_TAP = timedelta(seconds=1)
"""What a driver saw of a bin that he then emptied he saw before."""
OF_THE_LIFT = timedelta(minutes=15)
"""What is reported within so long after a lift was seen at it: the form is filled in with gloves off."""


def load_histories(
    city: City, readings: ReadingStore, events: EventLog, now_utc: datetime, *, window_days: int = WINDOW_DAYS
) -> Mapping[BinId, BinHistory]:
    """Return every bin's readings, emptyings and feedback of the last `window_days` up to and with `now_utc`.

    Emptyings are those the sensors showed and those the drivers confirmed and did not take back. A bin that was
    silent for the whole window has its newest reading, however old: silence makes urgent, not forgotten.
    """
    from_utc = now_utc - timedelta(days=window_days)
    return load_news(city, readings, events, now_utc, readings_from=from_utc, events_from=from_utc)


def load_news(
    city: City,
    readings: ReadingStore,
    events: EventLog,
    now_utc: datetime,
    *,
    readings_from: datetime,
    events_from: datetime,
) -> Mapping[BinId, BinHistory]:
    """Return what `load_histories` does, of readings and of everything else from two moments on."""
    to_utc = now_utc + timedelta(microseconds=1)
    seen = readings.range_all(readings_from, to_utc)
    newest = readings.latest()
    told = events.received_since(events_from)
    emptied: dict[BinId, list[Emptying]] = defaultdict(list)
    confirmed = [each for each in confirmed_emptyings(told) if events_from <= each.at_utc < to_utc]
    for emptying in (*readings.emptyings(events_from, to_utc), *confirmed):
        emptied[emptying.bin_id].append(emptying)
    said = feedback_of(told)
    return {
        bin_id: BinHistory(
            _or_newest(seen.get(bin_id, ()), newest.get(bin_id), to_utc),
            tuple(emptied.get(bin_id, ())),
            [each for each in said.get(bin_id, ()) if events_from <= each.at_utc < to_utc],
        )
        for bin_id in city.bins
    }


def _or_newest(seen: Sequence[Reading], newest: Reading | None, to_utc: datetime) -> Sequence[Reading]:
    if seen or newest is None or newest.measured_utc >= to_utc:
        return seen
    return (newest,)


def feedback_of(events: Iterable[Event]) -> Mapping[BinId, Sequence[Feedback]]:
    """Return what drivers saw in the bins they emptied or left, but for what they took back."""
    said: dict[BinId, list[Feedback]] = defaultdict(list)
    lifted_utc: dict[BinId, datetime] = {}
    for event in fold(events).standing:
        word, at_utc = _word(event), by_our_clock(event)
        if event.bin_id is None:
            continue
        if event.kind is EventKind.EMPTIED:
            lifted_utc[event.bin_id] = at_utc
        elif event.kind is EventKind.REPORTED and event.bin_id in lifted_utc:
            before_utc = lifted_utc[event.bin_id]
            at_utc = before_utc if at_utc - before_utc <= OF_THE_LIFT else at_utc
        if word is not None:
            said[event.bin_id].append(Feedback(at_utc - BEFORE_THE_TAP, word))
    return said


def _word(event: Event) -> Word | None:
    heaped = event.overflowing or event.skip_reason is SkipReason.OVERLOADED
    if heaped or (event.kind is EventKind.REPORTED and event.report is ReportKind.OVERFLOWING):
        return Word.FULL
    return Word.EMPTY if event.skip_reason is SkipReason.ALREADY_EMPTY else None


def last_emptied(histories: Mapping[BinId, BinHistory]) -> Mapping[BinId, datetime]:
    """Return when each bin was last emptied, as far as the histories know."""
    return {bin_id: max(each.at_utc for each in had.emptyings) for bin_id, had in histories.items() if had.emptyings}


def unemptied_since(histories: Mapping[BinId, BinHistory]) -> Mapping[BinId, datetime]:
    """Return since when each bin has certainly not been emptied: its last emptying, else its first reading.

    This is what a hygiene interval counts from (`last_emptied` of `routing.choice.demand.demands`): a bin that was
    watched for three weeks without an emptying is due although nobody knows when it was emptied before.
    """
    watched = {
        bin_id: min(each.measured_utc for each in had.readings) for bin_id, had in histories.items() if had.readings
    }
    return {**watched, **last_emptied(histories)}
