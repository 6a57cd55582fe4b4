"""From orders to a solution: mended, completed, timed, and with a reason for every bin left out."""

from collections.abc import Iterable, Mapping, Sequence

from routing.engines.arcs import Arcs, arcs
from routing.engines.insertion import COLLECT, DISPOSE, Tour, insert_all, tours_of
from routing.engines.schedule import timed
from routing.problem import Order, Orders, Problem, Solution, TruckRoute, VisitKind
from tomma.model import ReasonCode


def settle(
    problem: Problem, orders: Orders, priced: Arcs | None = None, trucks: Iterable[int] | None = None
) -> Solution:
    """Return a feasible solution near the orders: what breaks a rule is taken off, what fits and pays is put on.

    Bins that an engine listed twice stay where they come first; a truck's last trip gets its unloading.
    With `trucks` only those drive.
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
    worth = {index: problem.bins[index].prize_minor for index in missing if not problem.bins[index].must}
    paying = [index for index in worth if worth[index] > problem.handling_minor(problem.bins[index].service_s)]
    return out | insert_all(tours, sorted(paying, key=lambda index: -worth[index]), worth)


def _hardest_first(problem: Problem, tours: Sequence[Tour], index: int) -> tuple[int, int]:
    """Few trucks for its fraction, then far away: far ones open the tours that near ones fill."""
    node = problem.bins[index]
    takers = [tour.truck for tour in tours if node.fraction in problem.trucks[tour.truck].fractions]
    away_s = min(
        (int(problem.duration_s[problem.trucks[truck].start_place, node.place]) for truck in takers), default=0
    )
    return (len(takers), -away_s)


def account(problem: Problem, tours: Sequence[Tour], had_place: Mapping[int, bool]) -> Solution:
    """Return the timed solution of the tours, mended where a break or a window does not hold after all.

    `had_place` tells of bins left out whether they had fitted (`complete`); others are tried again.
    """
    routes = [route for tour in tours if (route := mend(tour)) is not None]
    collected = {visit.index for route in routes for visit in route.visits if visit.kind is COLLECT}
    absent = [index for index in range(len(problem.bins)) if index not in collected]
    return Solution(
        routes=tuple(sorted(routes, key=lambda route: route.truck)),
        unvisited={index: _why_left(problem, tours, index, had_place) for index in absent},
        cost_minor=sum(route.cost_minor for route in routes),
        lost_prize_minor=sum(problem.bins[index].prize_minor for index in absent),
        must_missed=sum(problem.bins[index].must for index in absent),
    )


def _why_left(problem: Problem, tours: Iterable[Tour], index: int, had_place: Mapping[int, bool]) -> ReasonCode:
    """An optional bin that would fit was not worth it; any other had no room; the hopeless never come here."""
    if problem.bins[index].must:
        return ReasonCode.NO_CAPACITY
    node = problem.bins[index]
    fits = node.prize_minor <= problem.handling_minor(node.service_s) or had_place.get(index)
    if fits is None:
        fits = any(tour.cheapest(index) is not None for tour in tours)
    return ReasonCode.NOT_WORTH_THE_DETOUR if fits else ReasonCode.NO_CAPACITY


def mend(tour: Tour) -> TruckRoute | None:
    """Take visits off until windows, breaks and shift hold, the least missed bin first; return what is left, timed."""
    while tour.order:
        route = timed(tour.problem, tour.truck, tuple(tour.order))
        if route is not None:
            return route
        if not _other_site(tour):
            _take_off_one(tour)
    return None


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
    """Drop bins the truck does not take, and those over its capacity, in the order of driving."""
    truck = tour.problem.trucks[tour.truck]
    kept: list[tuple[VisitKind, int]] = []
    volume_l = weight_kg = 0
    for kind, index in tour.order:
        if kind is DISPOSE:
            volume_l = weight_kg = 0
            kept.append((kind, index))
            continue
        node = tour.problem.bins[index]
        fits = volume_l + node.volume_l <= truck.capacity_l and weight_kg + node.weight_kg <= truck.capacity_kg
        if fits and tour.takes(index):
            volume_l, weight_kg = volume_l + node.volume_l, weight_kg + node.weight_kg
            kept.append((kind, index))
    tour.order = kept
    tour.tidy()


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
