"""From orders to a solution: mended, completed, timed, and with a reason for every bin left out."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from routing.answer import Order, Orders, Solution, TruckRoute, VisitKind
from routing.engines.arcs import Arcs, arcs
from routing.engines.bins import is_wanted
from routing.engines.insertion import insert_all, tours_of
from routing.engines.schedule import homebound, timed
from routing.engines.screening import screen
from routing.engines.tour import COLLECT, DISPOSE, Tour
from routing.engines.ways import cheapest
from routing.problem import Problem
from tomma.reasons import ReasonCode

AT_ONCE = 200
"""Bins screened together: what earlier ones took up is seen by later ones."""


def settle(
    problem: Problem, orders: Orders, priced: Arcs | None = None, trucks: Iterable[int] | None = None
) -> Solution:
    """Return a feasible solution near the orders: what breaks a rule is taken off, what fits and pays is put on.

    Bins that an engine listed twice stay where they come first; a truck's last trip gets its unloading.
    With `trucks` only those drive, and those that are on the road already go home.
    """
    tours = tours_of(problem, priced or arcs(problem), _sane(problem, orders), trucks)
    for tour in tours:
        _cap(tour)
        mend(tour)
    return account(problem, tours, complete(problem, tours))


def orders_of(solution: Solution) -> dict[int, Order]:
    """Return what the trucks do in which order: where an engine may begin."""
    return {
        route.truck: tuple((visit.kind, visit.index) for visit in route.visits if visit.kind is not VisitKind.BREAK)
        for route in solution.routes
    }


def complete(problem: Problem, tours: Sequence[Tour]) -> dict[int, bool]:
    """Insert what is missing: must bins wherever they fit, optional ones where they pay.

    Returns the bins that stay out, and whether there was a place for them.
    """
    on_route = {index for tour in tours for kind, index in tour.order if kind is COLLECT}
    missing = [index for index in range(len(problem.bins)) if index not in on_route]
    musts = [index for index in missing if problem.bins[index].must]
    out = insert_all(tours, sorted(musts, key=lambda index: _hardest_first(problem, tours, index)))
    paying = [index for index in missing if not problem.bins[index].must and is_wanted(problem, index)]
    paying.sort(key=lambda index: -problem.bins[index].prize_minor)
    for begin in range(0, len(paying), AT_ONCE):
        out |= _insert_paying(problem, tours, paying[begin : begin + AT_ONCE])
    return {index: fits for index, fits in out.items() if fits or not _send_alone(problem, tours, index)}


def _send_alone(problem: Problem, tours: Sequence[Tour], index: int) -> bool:
    """Send an idle truck to a bin without a place, timed exactly; return whether one goes.

    Deadlines shrunk for breaks do not see that a break may fit into the wait before a gate.
    """
    if not is_wanted(problem, index):
        return False
    node, idle = problem.bins[index], {tour.truck: tour for tour in tours if not tour.order}
    for group in problem.like_trucks:
        tour = next((idle[truck] for truck in group if truck in idle), None)
        if tour is None or not problem.trucks[tour.truck].breaks or not tour.takes_alone(index):
            continue
        ways: list[Order] = [((COLLECT, index), (DISPOSE, site)) for site in tour.sites]
        timely = [(route.cost_minor, way) for way in ways if (route := timed(problem, tour.truck, way)) is not None]
        if timely and (node.must or min(timely)[0] - tour.kept_minor(index) < node.prize_minor):
            tour.order = list(min(timely)[1])
            tour.refresh()
            return True
    return False


def _insert_paying(problem: Problem, tours: Sequence[Tour], bins: Sequence[int]) -> dict[int, bool]:
    """Insert where it pays; bins that fit nowhere by the clock, or nowhere cheaply enough, are not asked for."""
    screened = screen(tours, bins)
    worth = {index: problem.bins[index].prize_minor for index in bins}
    # What may be cheaper than it looks: a bin collected by its truck of before saves the price of change.
    may_pay = [
        bool(in_time) and int(cost) - problem.change_minor < worth[index]
        for index, in_time, cost in zip(bins, screened.in_time, screened.at_least_minor, strict=True)
    ]
    out = {
        index: bool(in_time) for index, pays, in_time in zip(bins, may_pay, screened.in_time, strict=True) if not pays
    }
    return out | insert_all(tours, [index for index, pays in zip(bins, may_pay, strict=True) if pays], worth)


def _hardest_first(problem: Problem, tours: Sequence[Tour], index: int) -> tuple[int, int]:
    """Few trucks that may take it, then far away: far ones open the tours that near ones fill."""
    place = problem.bins[index].place
    takers = [tour for tour in tours if tour.takes(index)]
    away_s = min((int(tour.arcs.duration_s[tour.place[0], place]) for tour in takers), default=0)
    return (len(takers), -away_s)


def account(problem: Problem, tours: Sequence[Tour], had_place: Mapping[int, bool]) -> Solution:
    """Return the timed solution of the tours, mended where a break or a window does not hold after all.

    `had_place` tells of bins left out whether they had fitted (`complete`); others are tried again.
    """
    routes = [route for tour in tours if (route := mend(tour)) is not None]
    routes += _others_home(problem, tours)
    truck_of = {visit.index: route.truck for route in routes for visit in route.visits if visit.kind is COLLECT}
    absent = [index for index in range(len(problem.bins)) if index not in truck_of]
    return Solution(
        routes=tuple(sorted(routes, key=lambda route: route.truck)),
        unvisited={index: _why_left(problem, tours, index, had_place) for index in absent},
        cost_minor=sum(route.cost_minor for route in routes),
        lost_prize_minor=sum(problem.bins[index].prize_minor for index in absent),
        must_missed=sum(problem.bins[index].must for index in absent),
        change_minor=changes_minor(problem, truck_of),
    )


def changes_minor(problem: Problem, truck_of: Mapping[int, int]) -> int:
    """Return the price of all bins that are not with their truck of the plan before."""
    moved = sum(
        node.kept_truck is not None and truck_of.get(index) != node.kept_truck
        for index, node in enumerate(problem.bins)
    )
    return moved * problem.change_minor


def _others_home(problem: Problem, tours: Sequence[Tour]) -> list[TruckRoute]:
    """Trucks on the road that were given nothing to do."""
    busy = {tour.truck for tour in tours}
    out = [index for index, truck in enumerate(problem.trucks) if truck.on_road and index not in busy]
    return [route for index in out if (route := homebound(problem, index)) is not None]


def _why_left(problem: Problem, tours: Sequence[Tour], index: int, had_place: Mapping[int, bool]) -> ReasonCode:
    """An optional bin that would fit was not worth it; any other had no room; the hopeless never come here."""
    if not is_wanted(problem, index):
        return ReasonCode.NOT_WORTH_THE_DETOUR
    fits = had_place.get(index)
    if fits is None:
        fits = any(cheapest(tour, index) is not None for tour in tours)
    if fits:
        return ReasonCode.NO_CAPACITY if problem.bins[index].must else ReasonCode.NOT_WORTH_THE_DETOUR
    limited = [tour for tour in tours if problem.trucks[tour.truck].has_daily_limit]
    if any(cheapest(tour, index, any_day=True) is not None for tour in limited):
        return ReasonCode.DAILY_LIMIT
    return ReasonCode.NO_CAPACITY


def mend(tour: Tour) -> TruckRoute | None:
    """Take visits off until windows, breaks and shift hold, the least missed bin first; return what is left, timed."""
    while any(kind is COLLECT for kind, _ in tour.order):
        route = timed(tour.problem, tour.truck, tuple(tour.order))
        if route is not None:
            return route
        if not _other_site(tour):
            _take_off_one(tour)
    return homebound(tour.problem, tour.truck) if tour.problem.trucks[tour.truck].on_road else None


def _other_site(tour: Tour) -> bool:
    """Try another disposal site at each unloading; return whether that gave a timetable."""
    for at, (kind, index) in enumerate(tour.order):
        for site in tour.sites if kind is DISPOSE else ():
            order = (*tour.order[:at], (DISPOSE, site), *tour.order[at + 1 :])
            if site != index and timed(tour.problem, tour.truck, order) is not None:
                tour.order = list(order)
                tour.refresh()
                return True
    return False


def _take_off_one(tour: Tour) -> None:
    bins = tour.problem.bins
    at = min(
        (at for at, (kind, _) in enumerate(tour.order) if kind is COLLECT),
        key=lambda at: (bins[tour.order[at][1]].must, bins[tour.order[at][1]].prize_minor, -at),
    )
    del tour.order[at]
    tour.tidy()


def _cap(tour: Tour) -> None:
    """Drop bins the truck may not take or has no room for, and unloadings too many, in the order of driving."""
    most = tour.problem.trucks[tour.truck].max_unloads
    given, last = tour.order, len(tour.order) - 1
    kept: list[tuple[VisitKind, int]] = []
    load, unloads = [room.at_start for room in tour.rooms], 1
    day = _Day(tour)
    for at, (kind, index) in enumerate(given):
        if kind is DISPOSE:
            if most is None or unloads < most or at == last:
                load, unloads = [0] * len(load), unloads + 1
                kept.append((kind, index))
            continue
        after = [held + int(room.amount[index]) for held, room in zip(load, tour.rooms, strict=True)]
        fits = all(held <= room.capacity for held, room in zip(after, tour.rooms, strict=True))
        if fits and tour.takes(index) and day.take(index):
            load = after
            kept.append((kind, index))
    tour.order = kept
    tour.tidy()


class _Day:
    """What a truck has collected against its limits of the day."""

    def __init__(self, tour: Tour) -> None:
        truck, bins = tour.problem.trucks[tour.truck], tour.bins
        ones = np.ones_like(bins.volume_l)
        limits = (
            (bins.volume_l, truck.daily_limit_l),
            (bins.weight_kg, truck.daily_limit_kg),
            (ones, truck.daily_limit_bins),
        )
        self._left = [(amount, most) for amount, most in limits if most is not None]

    def take(self, index: int) -> bool:
        """Count the bin in if every limit leaves room for it."""
        left = [(amount, most - int(amount[index])) for amount, most in self._left]
        if any(most < 0 for _, most in left):
            return False
        self._left = left
        return True


def _sane(problem: Problem, orders: Orders) -> dict[int, Order]:
    """Return the orders without what does not exist or comes twice."""
    seen: set[int] = set()
    sane: dict[int, Order] = {}
    for truck in sorted(orders):
        if not 0 <= truck < len(problem.trucks) or not problem.disposals_of_truck[truck]:
            continue
        order: list[tuple[VisitKind, int]] = []
        for kind, index in orders[truck]:
            if kind is DISPOSE:
                order.append((kind, index))
            elif kind is COLLECT and 0 <= index < len(problem.bins) and index not in seen:
                seen.add(index)
                order.append((kind, index))
        sane[truck] = tuple(order)
    return sane
