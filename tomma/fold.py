"""Adds up what drivers did. Pure: the same set of events gives the same state, in whatever order they came.

The rules, in order:

1. An event counts once, by its key.
2. Events are ordered by when they were tapped, corrected by how far off the tablet's clock was when it sent them.
   That clock may jump; the sequence never does: a tap is not earlier than the one before it on the same tablet, nor
   later than its receipt, nor by more than a month earlier.
3. An undo cancels the event it names, on the same truck, whatever the clocks of two tablets say: who names a key
   has seen it. An undo can itself be undone, by a later one (so no circle can arise).
4. For one bin, emptied beats skipped, whichever came first: the bin cannot be both, and an empty bin is the fact.
5. What was skipped is to do again where a later plan has it once more.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from tomma.events import Event, EventKind, SkipReason
from tomma.model import BinId, Emptying, EmptyingSource, PlanId, VehicleId
from tomma.plan import Plan
from tomma.reasons import ReasonCode

SKEW_TOLD_S = 120.0
"""A clock further off is corrected for, and shown to the office."""
KEPT_MAX = timedelta(days=31)
"""No tablet is without a network for longer while its plan is driven."""
AGAIN = ReasonCode.EMPTIED_AGAIN
SETTLING = frozenset({EventKind.EMPTIED, EventKind.SKIPPED})
"""After one of these the bin is no longer to do."""


class StopState(StrEnum):
    """What became of a stop."""

    TODO = "todo"
    EMPTIED = "emptied"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one bin today, and the event that says so."""

    bin_id: BinId
    state: StopState
    event_key: str
    at_utc: datetime
    vehicle_id: VehicleId
    plan_id: PlanId
    received_utc: datetime
    skip_reason: SkipReason | None = None
    contradicted: bool = False
    """One tablet said emptied, another skipped, by the same plan: a later one may have it tried again."""


@dataclass(frozen=True, slots=True)
class DayState:
    """What the drivers of one day did so far, after every undo."""

    outcomes: Mapping[BinId, Outcome]
    """One per bin that was emptied or skipped, on the plan or not."""
    standing: tuple[Event, ...]
    """Every event that was not undone, in order; undos themselves left out."""
    earlier: frozenset[str] = frozenset()
    """Keys of what was said of bins before a plan that has them anew was made: their earlier visits."""

    def state_of(self, bin_id: BinId) -> StopState:
        """Return the bin's state; TODO when nobody has been there."""
        outcome = self.outcomes.get(bin_id)
        return outcome.state if outcome else StopState.TODO


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """Where an event stands among the others."""

    at_utc: datetime
    device_id: str
    sequence: int
    key: str


def fold(events: Iterable[Event]) -> DayState:
    """Return what these events of one day add up to."""
    placed = _in_order(events)
    standing = _without_undone(placed)
    by_bin: dict[BinId, list[tuple[datetime, Event]]] = {}
    for place, event in standing:
        if event.bin_id is not None and event.kind in SETTLING:
            by_bin.setdefault(event.bin_id, []).append((place.at_utc, event))
    outcomes = {bin_id: _outcome(bin_id, said) for bin_id, said in by_bin.items()}
    return DayState(outcomes=outcomes, standing=tuple(event for _, event in standing))


def tried_again(state: DayState, plan: Plan) -> DayState:
    """Return the day as the plan has it: what was known when it was made, and is on it anew, is to do.

    That is a bin that was skipped, and one that was emptied if the plan says so (`ReasonCode.EMPTIED_AGAIN`). What came
    in later stands, whenever it was tapped: nobody decided to drive there twice. Of a bin that had been emptied for
    the second time already, the second is told.
    """
    anew = _anew(state, plan)
    said: dict[BinId, list[Event]] = {bin_id: [] for bin_id in anew}
    for event in state.standing:
        if event.bin_id in said and event.kind in SETTLING:
            said[event.bin_id].append(event)
    outcomes, earlier = dict(state.outcomes), set[str]()
    for bin_id, is_ahead in anew.items():
        own = said[bin_id]
        since = [each for each in own if not _was_known(each, plan)] if is_ahead else own[-1:]
        earlier |= {each.key for each in own} - {each.key for each in since}
        del outcomes[bin_id]
        if since:
            outcomes[bin_id] = _outcome(bin_id, [(by_our_clock(each), each) for each in since])
    return replace(state, outcomes=outcomes, earlier=frozenset(earlier))


def _anew(state: DayState, plan: Plan) -> Mapping[BinId, bool]:
    """Return the settled bins that the plan has another time, and whether that time is still ahead of it."""
    found: dict[BinId, bool] = {}
    for route in plan.routes:
        for number, stop in enumerate(route.stops):
            is_ahead = number >= route.done_stops
            if stop.bin_id is None or (settled := state.state_of(stop.bin_id)) is StopState.TODO:
                continue
            is_again = any(why.code is AGAIN for why in stop.reasons)
            if is_again if settled is StopState.EMPTIED else is_ahead:
                found[stop.bin_id] = is_ahead
    return found


def _was_known(event: Event, plan: Plan) -> bool:
    """Return whether the event had come in when the plan was made."""
    return event.plan_id != plan.id and event.received_utc < plan.created_utc


def confirmed_emptyings(events: Iterable[Event]) -> tuple[Emptying, ...]:
    """Return the emptyings that drivers confirmed and did not take back, oldest first.

    The events may span many days. A bin tapped twice on one plan, on one tablet or on two, was emptied once: at the
    first tap.
    """
    first: dict[tuple[BinId, PlanId], Emptying] = {}
    for place, event in _without_undone(_in_order(events)):
        if event.kind is EventKind.EMPTIED and event.bin_id is not None:
            emptying = Emptying(bin_id=event.bin_id, at_utc=place.at_utc, source=EmptyingSource.CONFIRMED)
            first.setdefault((event.bin_id, event.plan_id), emptying)
    return tuple(sorted(first.values(), key=lambda each: (each.at_utc, each.bin_id)))


def _in_order(events: Iterable[Event]) -> list[tuple[_Place, Event]]:
    unique: dict[str, Event] = {}
    for event in sorted(events, key=lambda each: (each.received_utc, each.tapped_utc, repr(each))):
        unique.setdefault(event.key, event)
    placed = []
    by_tablet = sorted(unique.values(), key=lambda each: (each.device_id, each.sequence, each.key))
    for device_id, taps in groupby(by_tablet, key=lambda each: each.device_id):
        latest: datetime | None = None
        for tap in taps:
            told = by_our_clock(tap)
            latest = told if latest is None else max(latest, told)
            placed.append((_Place(latest, device_id, tap.sequence, tap.key), tap))
    return sorted(placed, key=lambda pair: pair[0])


def by_our_clock(tap: Event) -> datetime:
    """Return when it was tapped; an offset of seconds is the network's, not the clock's, and left alone.

    A clock may be wrong at the tap and right again as it sends: after a power cut, until there is a network. What
    nobody can have tapped is known by its receipt.
    """
    skew_s = tap.clock_skew_s or 0.0
    told_utc = tap.tapped_utc - timedelta(seconds=skew_s) if abs(skew_s) > SKEW_TOLD_S else tap.tapped_utc
    return told_utc if timedelta() <= tap.received_utc - told_utc <= KEPT_MAX else tap.received_utc


def _without_undone(placed: list[tuple[_Place, Event]]) -> list[tuple[_Place, Event]]:
    index = {event.key: event for _, event in placed}
    undone: set[str] = set()
    for event in _undos_latest_first(placed):
        if event.key in undone:
            continue
        named = index.get(event.undoes_key or "")
        if named is not None and named.vehicle_id == event.vehicle_id:
            undone.add(named.key)
    return [pair for pair in placed if pair[1].key not in undone and pair[1].kind is not EventKind.UNDONE]


def _undos_latest_first(placed: list[tuple[_Place, Event]]) -> Iterator[Event]:
    """Yield each undo after all that name it: whoever names a key has seen it, whatever the tablets' clocks say.

    Where naming leaves a choice, the later one by the clock comes first. A circle, which only a hostile client makes,
    is entered at its latest.
    """
    left = {event.key: event for _, event in reversed(placed) if event.kind is EventKind.UNDONE}
    while left:
        named = {event.undoes_key for event in left.values()}
        free = [key for key in left if key not in named] or [next(iter(left))]
        for key in free:
            yield left.pop(key)


def _outcome(bin_id: BinId, said: list[tuple[datetime, Event]]) -> Outcome:
    emptied = [pair for pair in said if pair[1].kind is EventKind.EMPTIED]
    skipped = [pair for pair in said if pair[1].kind is EventKind.SKIPPED]
    at_utc, event = emptied[0] if emptied else skipped[-1]  # empty since the first tap; the newest reason stands
    return Outcome(
        bin_id=bin_id,
        state=StopState.EMPTIED if emptied else StopState.SKIPPED,
        event_key=event.key,
        at_utc=at_utc,
        vehicle_id=event.vehicle_id,
        plan_id=event.plan_id,
        received_utc=event.received_utc,
        skip_reason=event.skip_reason,
        contradicted=bool({each.plan_id for _, each in emptied} & {each.plan_id for _, each in skipped}),
    )
