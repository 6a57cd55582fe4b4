"""Where the trucks are in the middle of the day: the plan they drive and what their drivers tapped. Pure.

Taps are the truth; the plan fills in what nobody taps. A truck is where its last tap was, it carries what the plan
expected in the bins emptied since the last unloading, and what it is on its way to is not taken from it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tomma.city import City
from tomma.events import Event, EventKind
from tomma.fold import SETTLING, DayState, StopState, by_our_clock
from tomma.loads import Visit, visits_of
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
    earlier: tuple[Stop, ...]
    """What it did before at bins that the plan has once more."""
    ahead: tuple[Stop, ...]
    """What the plan still has for it."""
    next_stop: BinId | None
    """Where it is heading."""


def standing_of(plan: Plan, state: DayState, city: City, now_utc: datetime) -> Mapping[VehicleId, Standing]:
    """Return where each truck of the plan is, what it did, and what lies ahead of it."""
    return {route.vehicle_id: _standing(route, state, city, now_utc) for route in plan.routes}


def _standing(route: Route, state: DayState, city: City, now_utc: datetime) -> Standing:
    own = [event for event in state.standing if event.vehicle_id == route.vehicle_id]
    visits, breaks_had = _visits(route, own, state, city, now_utc)
    ahead = _ahead(route, own, breaks_had, state)
    place, free_utc = _last_place([each.stop for each in visits], route, city)
    aboard, collected = _aboard(visits, _streams(route, visits, city)), _collected(visits)
    loaded = tuple(zip(_loaded(visits), visits, strict=True))
    done = tuple(stop for stop, each in loaded if not each.is_earlier)
    earlier = tuple(stop for stop, each in loaded if each.is_earlier)
    started = bool(visits) or now_utc >= route.start_utc
    out = started and (bool(ahead) or bool(aboard) or now_utc < route.end_utc)
    is_shut_out = out and bool(ahead) and _is_closed(ahead[0].disposal_site_id, city)
    if is_shut_out:
        ahead = ahead[1:]
    elif out and ahead and ahead[0].kind is StopKind.DISPOSE:
        unloading = _shifted(ahead[0], free_utc, now_utc)
        done, ahead = (*done, unloading), ahead[1:]
        place, free_utc, aboard = unloading.disposal_site_id, unloading.depart_utc, {}
        collected = replace(collected, unloads=collected.unloads + 1)
    is_heading = out and not is_shut_out  # whoever was on the way to a closed gate is free to turn to another one
    heading = next((stop.bin_id for stop in ahead if stop.kind is not StopKind.BREAK), None) if is_heading else None
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
        earlier=earlier,
        ahead=ahead,
        next_stop=heading,
    )


def _is_closed(site_id: DisposalSiteId | None, city: City) -> bool:
    """Return whether it is a disposal site that takes nothing now, or is no more: what is aboard stays aboard."""
    site = city.disposal_sites.get(site_id) if site_id is not None else None
    return site_id is not None and (site is None or not site.fractions)


@dataclass(frozen=True, slots=True)
class _Visit:
    """One thing that was done."""

    stop: Stop
    took: Waste | None = None
    """Of a bin that was emptied."""
    is_earlier: bool = False
    """The plan has the bin once more."""


def _visits(
    route: Route, own: Sequence[Event], state: DayState, city: City, now_utc: datetime
) -> tuple[tuple[_Visit, ...], int]:
    """Return what taps tell of, in the order of the taps, and how many breaks are among it."""
    bins = _visits_to_bins(route, own, state, city)
    others = {
        kind: iter([stop for stop in route.stops if stop.kind is kind]) for kind in (StopKind.DISPOSE, StopKind.BREAK)
    }
    unloadings = []
    for event in own:
        if event.kind is EventKind.UNLOADED:
            stop = next(others[StopKind.DISPOSE], None)
            site = event.disposal_site_id or (stop.disposal_site_id if stop else None)
            if site is not None:
                unloadings.append(_Visit(_at(_unloading(stop, site, event), by_our_clock(event))))
    rests = pauses(own)
    had = [_Visit(_rested(next(others[StopKind.BREAK], None), rest, now_utc)) for rest in rests]
    return tuple(sorted((*bins, *unloadings, *had), key=lambda each: each.stop.depart_utc)), len(rests)


def _visits_to_bins(route: Route, own: Sequence[Event], state: DayState, city: City) -> Iterator[_Visit]:
    """Yield each visit to a bin, at its first tap: a second tablet, or a second finger, empties nothing."""
    emptied = {event.bin_id for event in own if event.kind is EventKind.EMPTIED and event.key not in state.earlier}
    emptied_before = {event.bin_id for event in own if event.kind is EventKind.EMPTIED and event.key in state.earlier}
    planned = {each.stop.bin_id: each for each in visits_of(route) if not each.is_earlier}
    earlier = {
        bin_id: iter([each for each in visits_of(route) if each.is_earlier and each.stop.bin_id == bin_id])
        for bin_id in {stop.bin_id for stop in route.earlier}
    }
    seen = set[BinId]()
    for event in own:
        if event.bin_id is None or event.kind not in SETTLING:
            continue
        if event.key in state.earlier:
            before = next(earlier.get(event.bin_id, iter(())), None)
            if before is not None:
                took = _waste(before) if event.bin_id in emptied_before else None
                yield _Visit(_at(before.stop, by_our_clock(event)), took, is_earlier=True)
        elif event.bin_id not in seen:
            known = planned.get(event.bin_id)
            stop = known.stop if known else _unplanned(event, city)
            if stop is not None:
                seen.add(event.bin_id)
                held = _waste(known) if known else _guessed(city, event.bin_id)
                yield _Visit(_at(stop, by_our_clock(event)), held if event.bin_id in emptied else None)


def _waste(visit: Visit) -> Waste:
    return Waste(visit.grown_l, visit.grown_kg)


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


def _streams(route: Route, visits: Sequence[_Visit], city: City) -> Mapping[BinId, FractionCode]:
    """Return the stream of every bin of the day; of one that the city gave up since, the one most of the others are of.

    Its waste is aboard all the same, and a truck without any other bin has one of its own streams there.
    """
    done = (each.stop for each in visits)
    bins = dict.fromkeys(stop.bin_id for stop in (*route.stops, *done) if stop.bin_id is not None)
    known = {bin_id: city.bins[bin_id].fraction_code for bin_id in bins if bin_id in city.bins}
    vehicle = city.vehicles.get(route.vehicle_id)
    likely = Counter(known.values()).most_common(1) or [
        (code, 0) for code in sorted(vehicle.fractions if vehicle else ())
    ]
    return known | {bin_id: likely[0][0] for bin_id in bins if bin_id not in known and likely}


def _aboard(visits: Sequence[_Visit], streams: Mapping[BinId, FractionCode]) -> Mapping[FractionCode, Waste]:
    aboard: dict[FractionCode, Waste] = {}
    for each in visits:
        if each.stop.kind is StopKind.DISPOSE:
            aboard.clear()
        elif each.took is not None and each.stop.bin_id is not None and each.stop.bin_id in streams:
            code = streams[each.stop.bin_id]
            had = aboard.get(code, Waste(0.0, 0.0))
            aboard[code] = Waste(had.volume_l + each.took.volume_l, had.weight_kg + each.took.weight_kg)
    return aboard


def _loaded(visits: Sequence[_Visit]) -> Iterator[Stop]:
    """Yield the stops with what was aboard after each: the plan's own figures are of the plan's order.

    The next change of the plan reads from them what each bin held.
    """
    volume_l = weight_kg = 0.0
    for each in visits:
        if each.stop.kind is StopKind.DISPOSE:
            volume_l = weight_kg = 0.0
        elif each.took is not None:
            volume_l += each.took.volume_l
            weight_kg += each.took.weight_kg
        yield replace(each.stop, load_after_l=volume_l, load_after_kg=weight_kg)


def _collected(visits: Sequence[_Visit]) -> Taken:
    taken = [each.took for each in visits if each.took is not None]
    return Taken(
        bins=len(taken),
        volume_l=sum(each.volume_l for each in taken),
        weight_kg=sum(each.weight_kg for each in taken),
        unloads=sum(each.stop.kind is StopKind.DISPOSE for each in visits),
    )


def _guessed(city: City, bin_id: BinId) -> Waste:
    container = city.container_type_of(bin_id)
    volume_l = GUESSED_FILL * container.volume_l
    return Waste(volume_l, min(volume_l * city.fraction_of(bin_id).density_kg_per_l, container.max_kg))
