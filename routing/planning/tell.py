"""From a solution back to the city's words: a `Plan` with moments, loads, streets, and a reason for every bin."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from routing.answer import Solution, TruckRoute, Visit, VisitKind
from routing.choice.demand import Demand
from routing.daytime import WorkingDay
from routing.planning.build import Built
from routing.planning.drives import Drives
from routing.problem import RoadProfile
from routing.roads.port import Leg, Roads
from routing.truck import Truck
from tomma.city import City
from tomma.errors import RoadsUnavailableError
from tomma.model import BinId
from tomma.plan import LeftOut, Route, Stop, StopKind
from tomma.reasons import Reason, ReasonCode

KINDS = {VisitKind.COLLECT: StopKind.COLLECT, VisitKind.DISPOSE: StopKind.DISPOSE, VisitKind.BREAK: StopKind.BREAK}
TOLD_FROM_MINOR = 50.0
"""Money is written without decimals: half a krona, or half a euro, is the least that is not "0"."""


class _Load:
    """What is aboard, by compartment: a gate empties those of which it takes all that is in them."""

    def __init__(self, truck: Truck) -> None:
        parts = [part.fractions for part in truck.compartments] or [truck.fractions]
        self._inside: list[tuple[frozenset[int], dict[int, tuple[float, float]]]] = [(part, {}) for part in parts]
        for each in truck.aboard:
            self.put(each.fraction, each.volume_l, each.weight_kg)

    def put(self, fraction: int, volume_l: float, weight_kg: float) -> None:
        for streams, held in self._inside:
            if fraction in streams:
                litres, kilos = held.get(fraction, (0.0, 0.0))
                held[fraction] = (litres + volume_l, kilos + weight_kg)

    def unload(self, taken: frozenset[int]) -> None:
        for _, held in self._inside:
            if held.keys() <= taken:
                held.clear()

    @property
    def volume_l(self) -> float:
        return sum((litres for _, held in self._inside for litres, _ in held.values()), 0.0)

    @property
    def weight_kg(self) -> float:
        return sum((kilos for _, held in self._inside for _, kilos in held.values()), 0.0)


def routes_of(built: Built, solution: Solution, day: WorkingDay, drives: Drives) -> tuple[Route, ...]:
    """Return the trucks' days with their streets."""
    return tuple(
        _route(built, route, day, drives.roads_of(built.vehicle_ids[route.truck])) for route in solution.routes
    )


def _route(built: Built, route: TruckRoute, day: WorkingDay, roads: Roads) -> Route:
    truck = built.problem.trucks[route.truck]
    places = [truck.start_place, *(visit.place for visit in route.visits), truck.end_place]
    load = _Load(truck)
    streets = built.problem.roads_of(route.truck)
    stops = tuple(
        _stop(built, visit, before, load, day, streets) for before, visit in zip(places[:-2], route.visits, strict=True)
    )
    stops = tuple(_with_detour(built, route, stop, tuple(places[at : at + 3])) for at, stop in enumerate(stops))
    return Route(
        vehicle_id=built.vehicle_ids[route.truck],
        start_utc=day.after_midnight_utc(route.start_s),
        end_utc=day.after_midnight_utc(route.end_s),
        stops=stops,
        distance_m=route.distance_m,
        driving_s=route.driving_s,
        legs_lonlat=_legs(built, places, roads),
    )


def _stop(built: Built, visit: Visit, before: int, load: _Load, day: WorkingDay, streets: RoadProfile) -> Stop:
    moved = before != visit.place
    demand = built.demands[visit.index] if visit.kind is VisitKind.COLLECT else None
    if demand is not None:
        load.put(built.problem.bins[visit.index].fraction, demand.volume_l, demand.weight_kg)
    elif visit.kind is VisitKind.DISPOSE:
        load.unload(built.problem.disposals[visit.index].fractions)
    return Stop(
        kind=KINDS[visit.kind],
        arrive_utc=day.after_midnight_utc(visit.arrive_s),
        depart_utc=day.after_midnight_utc(visit.depart_s),
        leg_distance_m=int(streets.distance_m[before, visit.place]) if moved else 0,
        leg_driving_s=int(streets.duration_s[before, visit.place]) if moved else 0,
        load_after_l=load.volume_l,
        load_after_kg=load.weight_kg,
        bin_id=demand.bin_id if demand else None,
        disposal_site_id=built.points.disposal_ids[visit.index] if visit.kind is VisitKind.DISPOSE else None,
        expected_fill_fraction=demand.fill_fraction if demand else None,
        reasons=demand.reasons if demand else (),
    )


def _with_detour(built: Built, route: TruckRoute, stop: Stop, around: tuple[int, ...]) -> Stop:
    """Return the stop with what its detour came to, where it is on the route for being near.

    A detour that saves nothing is told only where nothing else is: somebody who put the bin there is reason enough.
    """
    if not any(each.code is ReasonCode.WORTH_THE_DETOUR for each in stop.reasons):
        return stop
    before, here, after = around
    streets, rates = built.problem.roads_of(route.truck), built.problem.rates_of(route.truck)

    def leg_minor(start: int, end: int) -> int:
        metres, seconds = streets.distance_m[start, end], streets.duration_s[start, end]
        return rates.leg_minor(int(metres), int(seconds)) if start != end else 0

    handling_s = int((stop.depart_utc - stop.arrive_utc).total_seconds())
    detour = leg_minor(before, here) + leg_minor(here, after) - leg_minor(before, after)
    nearest_m = min(int(streets.distance_m[before, here]), int(streets.distance_m[here, after]))
    alone = here not in (before, after)

    def told(reason: Reason) -> Reason:
        if reason.code is not ReasonCode.WORTH_THE_DETOUR:
            return reason
        saves = reason.values["prize_minor"] - detour - rates.handling_minor(handling_s)
        found = {"passes_m": float(nearest_m) if alone else 0.0, "saves_minor": max(saves, 0.0)}
        code = reason.code if saves >= TOLD_FROM_MINOR else ReasonCode.ON_THE_WAY
        return Reason(code, {**reason.values, **found})

    reasons = tuple(told(each) for each in stop.reasons)
    return replace(stop, reasons=tuple(each for each in reasons if each.code is not ReasonCode.ON_THE_WAY) or reasons)


def _legs(built: Built, places: Sequence[int], roads: Roads) -> tuple[Leg, ...]:
    """Return the line of each leg; empty where the truck stands still."""
    moving = [places[0], *(there for here, there in pairwise(places) if here != there)]
    points = [built.points.positions[place] for place in moving]
    try:
        lines = iter(roads.legs(points))
    except RoadsUnavailableError:  # times and distances stand; the map shows straight lines
        ends = [(point.lon_deg, point.lat_deg) for point in points]
        lines = iter(tuple(pairwise(ends)))
    return tuple(next(lines) if here != there else () for here, there in pairwise(places))


def left_out_of(
    city: City, demands: Sequence[Demand], built: Built, solution: Solution, collected: frozenset[BinId]
) -> tuple[LeftOut, ...]:
    """Return every bin of the city that is not collected, with what kept it off the plan."""
    code_of = {built.bin_ids[index]: _code(built, index, code) for index, code in solution.unvisited.items()}
    demand_of: Mapping[BinId, Demand] = {each.bin_id: each for each in demands}
    return tuple(
        LeftOut(bin_id, _reasons(demand_of.get(bin_id), code_of.get(bin_id)))
        for bin_id in city.bins
        if bin_id not in collected
    )


def _code(built: Built, index: int, code: ReasonCode) -> ReasonCode:
    """Tell a place with no street near it, whose position is wrong as a rule, from one to which no road leads."""
    place = built.problem.bins[index].place
    off_road = not any(each.reachable[place, place] for each in built.problem.profiles)
    return ReasonCode.OFF_ROAD if code is ReasonCode.UNREACHABLE and off_road else code


def _reasons(demand: Demand | None, code: ReasonCode | None) -> tuple[Reason, ...]:
    """What hindered it comes first, then why it was wanted."""
    if demand is None:
        return (Reason(ReasonCode.NO_DATA),)
    if code is None:
        return demand.reasons
    if code is ReasonCode.NOT_WORTH_THE_DETOUR and demand.reasons_if_left:
        return demand.reasons_if_left
    values = {}
    if code is ReasonCode.TOO_BIG_FOR_ANY_TRUCK:
        values = {"volume_l": demand.volume_l, "weight_kg": demand.weight_kg}
    elif code is ReasonCode.NOT_WORTH_THE_DETOUR:
        values = {"prize_minor": float(demand.prize_minor)}
    return (Reason(code, values), *demand.reasons)
