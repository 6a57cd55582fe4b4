"""Frozen next stops: a truck's locked first bins are driven before any engine is asked, and put back afterwards.

An engine then sees the truck where they leave it: on the road, loaded, later. What an engine cannot reorder it
cannot get wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from routing.answer import Order, VisitKind
from routing.engines.bins import Bins
from routing.engines.schedule import NEVER, done_by_breaks, timed
from routing.problem import Problem
from routing.truck import Load, Truck
from tomma.reasons import ReasonCode


@dataclass(frozen=True)
class Unlocked:
    """A problem whose trucks have their locked bins behind them; its bins are those of the problem given."""

    problem: Problem
    prefixes: Mapping[int, Order]
    """By truck; those without any are absent."""
    refused: Mapping[int, ReasonCode]
    """Locked bins that cannot come first after all."""


def unlock(problem: Problem) -> Unlocked:
    """Return the problem with every locked first bin that its truck can take driven already."""
    wanted: dict[int, list[int]] = {}
    for index, node in enumerate(problem.bins):
        if node.lock_rank is not None:
            (truck,) = node.only_trucks or (-1,)
            wanted.setdefault(truck, []).append(index)
    if not wanted:
        return Unlocked(problem, {}, {})
    bins, trucks = Bins(problem), list(problem.trucks)
    prefixes: dict[int, Order] = {}
    refused: dict[int, ReasonCode] = {}
    for truck, locked in wanted.items():
        allowed = bins.allowed(problem, truck)
        refused |= {index: ReasonCode.ITS_VEHICLE_CANNOT for index in locked if not allowed[index]}
        ranked = sorted((index for index in locked if allowed[index]), key=lambda at: problem.bins[at].lock_rank or 0)
        kept, moved = _driven(problem, truck, ranked)
        refused |= dict.fromkeys(ranked[len(kept) :], ReasonCode.NO_TIME_WINDOW)
        if kept:
            prefixes[truck], trucks[truck] = tuple((VisitKind.COLLECT, index) for index in kept), moved
    return Unlocked(replace(problem, trucks=tuple(trucks)), prefixes, refused)


def _driven(problem: Problem, truck: int, ranked: Sequence[int]) -> tuple[Sequence[int], Truck]:
    """Return as many of the bins as the truck can begin with and still come home empty, and the truck after them."""
    for count in range(len(ranked), 0, -1):
        chosen = ranked[:count]
        if not _fits(problem, problem.trucks[truck], chosen):
            continue
        done = done_by_breaks(problem, truck, tuple((VisitKind.COLLECT, index) for index in chosen)) or []
        for taken, done_s in enumerate(done):
            if done_s < NEVER:
                after = _after(problem, truck, chosen, done_s, taken)
                if _comes_home(problem, truck, after):
                    return chosen, after
    return (), problem.trucks[truck]


def _fits(problem: Problem, truck: Truck, chosen: Sequence[int]) -> bool:
    nodes = [problem.bins[index] for index in chosen]
    bodies = [(truck.fractions, truck.capacity_l, truck.capacity_kg)]
    bodies += [(part.fractions, part.capacity_l, part.capacity_kg) for part in truck.compartments]
    for streams, most_l, most_kg in bodies:
        inside = [(node.volume_l, node.weight_kg) for node in nodes if node.fraction in streams]
        inside += [(load.volume_l, load.weight_kg) for load in truck.aboard if load.fraction in streams]
        if sum(litres for litres, _ in inside) > most_l or sum(kilos for _, kilos in inside) > most_kg:
            return False
    left = _limits_left(truck, problem, chosen)
    return all(each is None or each >= 0 for each in left)


def _limits_left(truck: Truck, problem: Problem, chosen: Sequence[int]) -> tuple[int | None, int | None, int | None]:
    litres = sum(problem.bins[index].volume_l for index in chosen)
    kilos = sum(problem.bins[index].weight_kg for index in chosen)
    return (
        None if truck.daily_limit_l is None else truck.daily_limit_l - litres,
        None if truck.daily_limit_kg is None else truck.daily_limit_kg - kilos,
        None if truck.daily_limit_bins is None else truck.daily_limit_bins - len(chosen),
    )


def _after(problem: Problem, truck_index: int, chosen: Sequence[int], done_s: int, breaks_taken: int) -> Truck:
    truck = problem.trucks[truck_index]
    limit_l, limit_kg, limit_bins = _limits_left(truck, problem, chosen)
    aboard: dict[int, tuple[int, int]] = {load.fraction: (load.volume_l, load.weight_kg) for load in truck.aboard}
    for node in (problem.bins[index] for index in chosen):
        litres, kilos = aboard.get(node.fraction, (0, 0))
        aboard[node.fraction] = (litres + node.volume_l, kilos + node.weight_kg)
    shift_end_s = max(truck.shift_end_s, done_s)
    return replace(
        truck,
        start_place=problem.bins[chosen[-1]].place,
        shift_start_s=done_s,
        shift_end_s=shift_end_s,
        overtime_s=max(0, truck.latest_home_s - shift_end_s),
        fixed_minor=0,
        breaks=truck.breaks[breaks_taken:],
        daily_limit_l=limit_l,
        daily_limit_kg=limit_kg,
        daily_limit_bins=limit_bins,
        on_road=True,
        aboard=tuple(Load(fraction, *load) for fraction, load in sorted(aboard.items())),
    )


def _comes_home(problem: Problem, truck_index: int, after: Truck) -> bool:
    """Whether some disposal site lets it come home empty and in time."""
    trucks = (*problem.trucks[:truck_index], after, *problem.trucks[truck_index + 1 :])
    moved = replace(problem, trucks=trucks)
    return any(
        timed(moved, truck_index, ((VisitKind.DISPOSE, site),)) is not None
        for site in moved.disposals_of_truck[truck_index]
    )
