"""Where the trucks are in the middle of the day: the plan they drive and what their drivers tapped. Pure.

Taps are the truth; the plan fills in what nobody taps. A truck is where its last tap was, it carries what the plan
expected in the bins emptied since the last unloading, and what it is on its way to is not taken from it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from tomma.city import City
from tomma.events import Event, EventKind
from tomma.fold import AGAIN, DayState, StopState, by_our_clock
from tomma.model import BinId, DisposalSiteId, FractionCode, SiteId, VehicleId
from tomma.plan import Plan, Route, Stop, StopKind
from tomma.rests import Pause, pauses

GUESSED_FILL = 0.5
"""Of a bin that was emptied though no plan expected it."""


@dataclass(frozen=True, slots=True)
class Waste:
    """Something aboard."""

    volume_l: float
    weight_kg: float


@dataclass(frozen=True, slots=True)
class Taken:
    """What a truck has collected today, unloaded since or not: limits of a day count it."""

    bins: int
    volume_l: float
    weight_kg: float
    unloads: int


@dataclass(frozen=True, slots=True)
class Standing:
    """One truck of the plan, now."""

    vehicle_id: VehicleId
    out: bool
    """It has left its depot and is not back."""
    started: bool
    """It has been out today: its fixed cost is spent."""
    place: SiteId | DisposalSiteId | None
    """Where it was last, or will be once it has unloaded; None: its depot."""
    free_utc: datetime
    """When it is done there; may lie in the past, when it is on its way to `next_stop`."""
    aboard: Mapping[FractionCode, Waste]
    collected: Taken
    breaks_had: int
    done: tuple[Stop, ...]
    """In the order they were done, at the times of the taps; an unloading under way is the last."""
    ahead: tuple[Stop, ...]
    """What the plan still has for it."""
    next_stop: BinId | None
    """Where it is heading."""


def standing_of(plan: Plan, state: DayState, city: City, now_utc: datetime) -> Mapping[VehicleId, Standing]:
    """Return where each truck of the plan is, what it did, and what lies ahead of it."""
    return {route.vehicle_id: _standing(route, state, city, now_utc) for route in plan.routes}


def _standing(route: Route, state: DayState, city: City, now_utc: datetime) -> Standing:
    own = [event for event in state.standing if event.vehicle_id == route.vehicle_id]
    done, breaks_had = _done(route, own, city, now_utc)
    ahead = _ahead(route, own, breaks_had, state)
    place, free_utc = _last_place(done, route, city)
    streams = _streams(route, done, city)
    taken = _taken(done, _expected(route), own, city, streams)
    aboard, collected = _aboard(done, taken, streams), _collected(done, taken)
    done = tuple(_loaded(done, taken))
    started = bool(done) or now_utc >= route.start_utc
    out = started and (bool(ahead) or bool(aboard) or now_utc < route.end_utc)
    if out and ahead and ahead[0].kind is StopKind.DISPOSE:
        unloading = _shifted(ahead[0], free_utc, now_utc)
        done, ahead = (*done, unloading), ahead[1:]
        place, free_utc, aboard = unloading.disposal_site_id, unloading.depart_utc, {}
        collected = replace(collected, unloads=collected.unloads + 1)
    heading = next((stop.bin_id for stop in ahead if stop.kind is not StopKind.BREAK), None) if out else None
    return Standing(
        vehicle_id=route.vehicle_id,
        out=out,
        started=started,
        place=place if out else None,
        free_utc=free_utc,
        aboard=aboard,
        collected=collected,
        breaks_had=breaks_had,
        done=done,
        ahead=ahead,
        next_stop=heading,
    )


def _expected(route: Route) -> Mapping[BinId, Waste]:
    """Return what the plan expected in each bin: by how much the load grew there."""
    loads = [(0.0, 0.0), *((stop.load_after_l, stop.load_after_kg) for stop in route.stops)]
    return {
        stop.bin_id: Waste(max(after[0] - before[0], 0.0), max(after[1] - before[1], 0.0))
        for stop, (before, after) in zip(route.stops, pairwise(loads), strict=True)
        if stop.bin_id is not None
    }


def _done(route: Route, own: Sequence[Event], city: City, now_utc: datetime) -> tuple[tuple[Stop, ...], int]:
    """Return the stops that taps tell of, in the order of the taps, and how many of them are breaks."""
    planned = {stop.bin_id: stop for stop in route.stops if stop.bin_id is not None}
    others = {
        kind: iter([stop for stop in route.stops if stop.kind is kind]) for kind in (StopKind.DISPOSE, StopKind.BREAK)
    }
    again = {stop.bin_id for stop in planned.values() if any(why.code is AGAIN for why in stop.reasons)}
    done: dict[object, Stop] = {}
    for number, event in enumerate(own):
        if event.bin_id is not None and event.kind in (EventKind.EMPTIED, EventKind.SKIPPED):
            stop = planned.get(event.bin_id) or _unplanned(event, city)
            # Of a bin that was emptied twice the last time tells where the truck is; what it took before is a basket.
            if stop is not None and (event.bin_id not in done or event.bin_id in again):
                done[event.bin_id] = _at(stop, by_our_clock(event))
        elif event.kind is EventKind.UNLOADED:
            stop = next(others[StopKind.DISPOSE], None)
            site = event.disposal_site_id or (stop.disposal_site_id if stop else None)
            if site is not None:
                done[number] = _at(_unloading(stop, site, event), by_our_clock(event))
    rests = pauses(own)
    for at, rest in enumerate(rests):
        done["break", at] = _rested(next(others[StopKind.BREAK], None), rest, now_utc)
    return tuple(sorted(done.values(), key=lambda stop: stop.depart_utc)), len(rests)


def _rested(planned: Stop | None, rest: Pause, now_utc: datetime) -> Stop:
    """Return the break as it was had, planned or not; one that goes on lasts as planned, and until now if longer."""
    begun_utc = by_our_clock(rest.first)
    stop = planned or Stop(StopKind.BREAK, begun_utc, begun_utc, 0, 0, 0.0, 0.0)
    if rest.goes_on:
        return replace(
            stop, arrive_utc=begun_utc, depart_utc=max(begun_utc + (stop.depart_utc - stop.arrive_utc), now_utc)
        )
    ended_utc = by_our_clock(rest.ended) if rest.ended is not None else begun_utc
    return replace(stop, arrive_utc=begun_utc, depart_utc=max(begun_utc, ended_utc))


def _unplanned(event: Event, city: City) -> Stop | None:
    """Return a stop for a bin that was emptied on the way; a skipped one nobody had planned was no stop."""
    if event.kind is not EventKind.EMPTIED or event.bin_id not in city.bins:
        return None
    at_utc = by_our_clock(event)
    return Stop(StopKind.COLLECT, at_utc, at_utc, 0, 0, 0.0, 0.0, bin_id=event.bin_id)


def _unloading(stop: Stop | None, site: DisposalSiteId, event: Event) -> Stop:
    if stop is not None:
        return replace(stop, disposal_site_id=site, load_after_l=0.0, load_after_kg=0.0)
    at_utc = by_our_clock(event)
    return Stop(StopKind.DISPOSE, at_utc, at_utc, 0, 0, 0.0, 0.0, disposal_site_id=site)


def _at(stop: Stop, tapped_utc: datetime) -> Stop:
    """Return the stop as it was done: it ended at the tap."""
    return replace(stop, arrive_utc=tapped_utc - (stop.depart_utc - stop.arrive_utc), depart_utc=tapped_utc)


def _shifted(stop: Stop, free_utc: datetime, now_utc: datetime) -> Stop:
    """Return the stop as it will be when the truck leaves its last place at `free_utc`."""
    arrive_utc = max(free_utc + timedelta(seconds=stop.leg_driving_s), now_utc)
    return replace(stop, arrive_utc=arrive_utc, depart_utc=arrive_utc + (stop.depart_utc - stop.arrive_utc))


def _ahead(route: Route, own: Sequence[Event], breaks_had: int, state: DayState) -> tuple[Stop, ...]:
    left = {
        StopKind.DISPOSE: sum(event.kind is EventKind.UNLOADED for event in own),
        StopKind.BREAK: breaks_had,
    }
    ahead = []
    for stop in route.stops:
        if stop.bin_id is not None:
            if state.state_of(stop.bin_id) is StopState.TODO:
                ahead.append(stop)
        elif left[stop.kind]:
            left[stop.kind] -= 1
        else:
            ahead.append(stop)
    return tuple(ahead)


def _last_place(done: Sequence[Stop], route: Route, city: City) -> tuple[SiteId | DisposalSiteId | None, datetime]:
    """Return the last place it was at that the city knows, and when it was done there; a break is had anywhere."""
    place: SiteId | DisposalSiteId | None = None
    free_utc = route.start_utc
    for stop in done:
        free_utc = max(free_utc, stop.depart_utc)
        place = _site_of(stop.bin_id or stop.disposal_site_id, city) or place
    return place, free_utc


def _site_of(place: BinId | DisposalSiteId | None, city: City) -> SiteId | DisposalSiteId | None:
    """Return the site of a bin, or the disposal site; None for what the city no longer knows."""
    own = city.bins.get(BinId(place)) if place is not None else None
    if own is not None:
        return own.site_id
    return DisposalSiteId(place) if place is not None and place in city.disposal_sites else None


def _streams(route: Route, done: Sequence[Stop], city: City) -> Mapping[BinId, FractionCode]:
    """Return the stream of every bin of the day; of one that the city gave up since, the one most of the others are of.

    Its waste is aboard all the same, and a truck without any other bin has one of its own streams there.
    """
    bins = dict.fromkeys(stop.bin_id for stop in (*route.stops, *done) if stop.bin_id is not None)
    known = {bin_id: city.bins[bin_id].fraction_code for bin_id in bins if bin_id in city.bins}
    vehicle = city.vehicles.get(route.vehicle_id)
    likely = Counter(known.values()).most_common(1) or [
        (code, 0) for code in sorted(vehicle.fractions if vehicle else ())
    ]
    return known | {bin_id: likely[0][0] for bin_id in bins if bin_id not in known and likely}


def _taken(
    done: Sequence[Stop],
    expected: Mapping[BinId, Waste],
    own: Sequence[Event],
    city: City,
    streams: Mapping[BinId, FractionCode],
) -> Mapping[BinId, Waste]:
    """Return what came out of each bin that the driver emptied."""
    emptied = {event.bin_id for event in own if event.kind is EventKind.EMPTIED}
    return {
        stop.bin_id: expected.get(stop.bin_id) or _guessed(city, stop.bin_id)
        for stop in done
        if stop.bin_id is not None and stop.bin_id in emptied and stop.bin_id in streams
    }


def _aboard(
    done: Sequence[Stop], taken: Mapping[BinId, Waste], streams: Mapping[BinId, FractionCode]
) -> Mapping[FractionCode, Waste]:
    aboard: dict[FractionCode, Waste] = {}
    for stop in done:
        if stop.kind is StopKind.DISPOSE:
            aboard.clear()
        elif stop.bin_id is not None and stop.bin_id in taken:
            more, code = taken[stop.bin_id], streams[stop.bin_id]
            had = aboard.get(code, Waste(0.0, 0.0))
            aboard[code] = Waste(had.volume_l + more.volume_l, had.weight_kg + more.weight_kg)
    return aboard


def _loaded(done: Sequence[Stop], taken: Mapping[BinId, Waste]) -> Iterator[Stop]:
    """Yield the stops with what was aboard after each: the plan's own figures are of the plan's order.

    The next change of the plan reads from them what each bin held.
    """
    volume_l = weight_kg = 0.0
    for stop in done:
        if stop.kind is StopKind.DISPOSE:
            volume_l = weight_kg = 0.0
        elif stop.bin_id is not None and stop.bin_id in taken:
            volume_l += taken[stop.bin_id].volume_l
            weight_kg += taken[stop.bin_id].weight_kg
        yield replace(stop, load_after_l=volume_l, load_after_kg=weight_kg)


def _collected(done: Sequence[Stop], taken: Mapping[BinId, Waste]) -> Taken:
    return Taken(
        bins=len(taken),
        volume_l=sum(each.volume_l for each in taken.values()),
        weight_kg=sum(each.weight_kg for each in taken.values()),
        unloads=sum(stop.kind is StopKind.DISPOSE for stop in done),
    )


def _guessed(city: City, bin_id: BinId) -> Waste:
    container = city.container_type_of(bin_id)
    volume_l = GUESSED_FILL * container.volume_l
    return Waste(volume_l, min(volume_l * city.fraction_of(bin_id).density_kg_per_l, container.max_kg))
