"""Cheapest insertion: what engines start from and what completes their answers."""

from collections.abc import Iterable, Mapping, Sequence

from routing.answer import Orders
from routing.engines.arcs import Arcs
from routing.engines.bins import Bins
from routing.engines.tour import Found, Tour
from routing.engines.ways import NO_WAY, at_least_minor, cheapest
from routing.problem import Problem


def tours_of(problem: Problem, arcs: Arcs, orders: Orders, trucks: Iterable[int] | None = None) -> list[Tour]:
    """Return a tour for every truck (of `trucks`, or of all), with its order if it has one."""
    bins = Bins(problem)
    chosen = range(len(problem.trucks)) if trucks is None else trucks
    return [Tour(problem, arcs, bins, truck, list(orders.get(truck, ()))) for truck in chosen]


def insert_all(
    tours: Sequence[Tour], wanted: Iterable[int], worth_minor: Mapping[int, int] | None = None
) -> dict[int, bool]:
    """Insert each bin at its cheapest place, in the order given; return the others, and whether they had a place.

    A bin in `worth_minor` is inserted only where it costs less than that; others wherever they fit. Of like trucks
    that have nothing to do yet only the first is asked.
    """
    failed: dict[int, bool] = {}
    limits = worth_minor or {}
    group_of = _groups(tours)
    for index in wanted:
        best: tuple[Found, Tour] | None = None
        best_minor = NO_WAY
        for least_minor, tour in _nearest_first(tours, group_of, index):
            if best is not None and least_minor >= best_minor:
                break
            found = cheapest(tour, index)
            if found is not None and found.cost_minor - tour.kept_minor(index) < best_minor:
                best, best_minor = (found, tour), found.cost_minor - tour.kept_minor(index)
        if best is None or best_minor >= limits.get(index, NO_WAY):
            failed[index] = best is not None
        else:
            best[1].insert(best[0])
    return failed


def _nearest_first(tours: Sequence[Tour], group_of: Mapping[int, int], index: int) -> list[tuple[int, Tour]]:
    """Return the tours that may take the bin with what it costs there at the least, the cheapest first.

    Ways over a disposal site are taken for no shorter than those without: where streets are no metric, a bargain may
    be missed, never a bin.
    """
    asked: set[int] = set()
    near = []
    for tour in tours:
        if not tour.takes(index):
            continue
        if not tour.order:
            if group_of[tour.truck] in asked:
                continue
            asked.add(group_of[tour.truck])
        near.append((at_least_minor(tour, index) - tour.kept_minor(index), tour))
    return sorted(near, key=lambda each: each[0])


def _groups(tours: Sequence[Tour]) -> dict[int, int]:
    if not tours:
        return {}
    return {truck: group[0] for group in tours[0].problem.like_trucks for truck in group}
