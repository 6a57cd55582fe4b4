"""What a re-plan costs in time: a day under way, something happens, and a checked plan must be there at once.

The day is cut at a moment: what was done by then is gone, each truck stands where its next stop is and has aboard
what it collected, and that stop is frozen. The rest of the plan is the warm start of the next.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from routing.answer import Order, Solution, TruckRoute, Visit, VisitKind
from routing.check import violations
from routing.integers import HORIZON_S
from routing.problem import Problem
from routing.solve import solve_in_child
from routing.truck import BreakRule, Load, Truck

HOUR_S = 3600
SKIPPED_FOR_S = 2 * HOUR_S
"""A car stands before the bin: it is tried again later."""
CHANGE_MINOR = 2_000
"""What it is worth that a driver keeps a bin that is already on the tablet."""

BUDGET_S = 20.0
"""Far more than a re-plan takes; it ends with the first checked plan."""


@dataclass(frozen=True)
class Moment:
    """A day at some moment: what is left of the problem, and of the plan."""

    problem: Problem
    left: Mapping[int, Order]
    """By truck, in the numbers of `problem`; the frozen stop first."""


@dataclass(frozen=True, slots=True)
class Replanned:
    """How a re-plan went."""

    event: str
    seconds: float
    """From the event to the first plan that the checker lets pass."""
    checked: bool
    moved: int
    """Bins whose truck is another than before, apart from those of a broken one."""


def at(problem: Problem, solution: Solution, now_s: int) -> Moment:
    """Return the day as it stands at `now_s`; trucks that are home by then have done their work."""
    done: set[int] = set()
    trucks = list(problem.trucks)
    left: dict[int, tuple[Visit, ...]] = {}
    for route in solution.routes:
        behind = tuple(visit for visit in route.visits if visit.begin_s <= now_s)
        ahead = tuple(visit for visit in route.visits if visit.begin_s > now_s)
        done |= {visit.index for visit in behind if visit.kind is VisitKind.COLLECT}
        if behind and (ahead or route.end_s > now_s):
            trucks[route.truck] = _under_way(problem, route, behind, now_s)
        elif behind:
            trucks[route.truck] = replace(trucks[route.truck], shift_start_s=trucks[route.truck].shift_end_s)
        left[route.truck] = ahead
    kept = [index for index in range(len(problem.bins)) if index not in done]
    new_of = {old: new for new, old in enumerate(kept)}
    truck_of = {visit.index: truck for truck, ahead in left.items() for visit in ahead if _collects(visit)}
    bins = [replace(problem.bins[old], kept_truck=truck_of.get(old)) for old in kept]
    orders = {truck: _order(ahead, new_of) for truck, ahead in left.items() if any(map(_collects, ahead))}
    for truck, order in orders.items():
        if trucks[truck].on_road and order[0][0] is VisitKind.COLLECT:
            first = order[0][1]
            bins[first] = replace(bins[first], only_trucks=frozenset({truck}), lock_rank=0)
    cut = replace(problem, bins=tuple(bins), trucks=tuple(trucks), change_minor=CHANGE_MINOR)
    return Moment(cut, orders)


def _collects(visit: Visit) -> bool:
    return visit.kind is VisitKind.COLLECT


def _order(visits: tuple[Visit, ...], new_of: Mapping[int, int]) -> Order:
    return tuple(
        (visit.kind, new_of[visit.index] if _collects(visit) else visit.index)
        for visit in visits
        if visit.kind is not VisitKind.BREAK
    )


def _under_way(problem: Problem, route: TruckRoute, behind: tuple[Visit, ...], now_s: int) -> Truck:
    """The truck leaves its last place when done there, with what it holds and the breaks it has not had."""
    truck = problem.trucks[route.truck]
    trip: list[Visit] = []
    for visit in behind:
        trip = [] if visit.kind is VisitKind.DISPOSE else [*trip, visit]
    loads: dict[int, tuple[int, int]] = {}
    for node in (problem.bins[visit.index] for visit in trip if _collects(visit)):
        volume_l, weight_kg = loads.get(node.fraction, (0, 0))
        loads[node.fraction] = (volume_l + node.volume_l, weight_kg + node.weight_kg)
    rested = {visit.index for visit in behind if visit.kind is VisitKind.BREAK}
    return replace(
        truck,
        start_place=behind[-1].place,
        shift_start_s=max(now_s, behind[-1].depart_s),
        fixed_minor=0,
        breaks=_due(truck.breaks, rested),
        on_road=True,
        aboard=tuple(Load(fraction, *amount) for fraction, amount in sorted(loads.items())),
    )


def _due(breaks: tuple[BreakRule, ...], rested: set[int]) -> tuple[BreakRule, ...]:
    return tuple(rule for index, rule in enumerate(breaks) if index not in rested)


def truck_breaks_down(moment: Moment) -> Moment:
    """The busiest truck stays where it is: the others take over what they can, nothing of it is frozen."""
    busiest = max(moment.left, key=lambda truck: len(moment.left[truck]))
    bins = tuple(
        replace(node, kept_truck=None, only_trucks=None, lock_rank=None) if node.kept_truck == busiest else node
        for node in moment.problem.bins
    )
    trucks = list(moment.problem.trucks)
    trucks[busiest] = replace(trucks[busiest], fractions=frozenset(), aboard=(), on_road=False, breaks=())
    trucks[busiest] = replace(trucks[busiest], start_place=trucks[busiest].end_place)
    left = {truck: order for truck, order in moment.left.items() if truck != busiest}
    return Moment(replace(moment.problem, bins=bins, trucks=tuple(trucks)), left)


def a_bin_fills_up(moment: Moment) -> Moment:
    """A bin that was left out must be emptied today; without one, the day is as it was."""
    bins = list(moment.problem.bins)
    for index, node in enumerate(bins):
        if node.kept_truck is None:
            bins[index] = replace(node, must=True)
            break
    return replace(moment, problem=replace(moment.problem, bins=tuple(bins)))


def a_stop_is_skipped(moment: Moment) -> Moment:
    """The driver cannot reach the next bin: it is tried again in two hours."""
    truck = min(moment.left, key=lambda each: moment.problem.trucks[each].shift_start_s)
    skipped = next(index for kind, index in moment.left[truck] if kind is VisitKind.COLLECT)
    bins = list(moment.problem.bins)
    opens_s = min(HORIZON_S, moment.problem.trucks[truck].shift_start_s + SKIPPED_FOR_S)
    bins[skipped] = replace(bins[skipped], only_trucks=None, lock_rank=None, open_s=max(bins[skipped].open_s, opens_s))
    rest = tuple(each for each in moment.left[truck] if each != (VisitKind.COLLECT, skipped))
    return Moment(replace(moment.problem, bins=tuple(bins)), {**moment.left, truck: rest})


EVENTS: Mapping[str, Callable[[Moment], Moment]] = {
    "truck_broken": truck_breaks_down,
    "new_full_bin": a_bin_fills_up,
    "skipped_stop": a_stop_is_skipped,
}


def half_way(solution: Solution) -> int:
    """Return when half of the bins are emptied; midnight of a plan without any."""
    begins = sorted(visit.begin_s for route in solution.routes for visit in route.visits if _collects(visit))
    return begins[len(begins) // 2] - 1 if begins else 0


def after_events(problem: Problem, solution: Solution, memory_limit_mb: int) -> list[Replanned]:
    """Plan anew after each event, half-way through the day; nothing when there is no day."""
    moment = at(problem, solution, half_way(solution))
    return [replan(moment, event, BUDGET_S, memory_limit_mb) for event in EVENTS] if moment.left else []


def replan(moment: Moment, event: str, budget_s: float, memory_limit_mb: int) -> Replanned:
    """Return how long the first checked plan after the event takes, from the event on."""
    stop = threading.Event()
    began_at = time.perf_counter()
    after = EVENTS[event](moment)
    made_s = time.perf_counter() - began_at
    solved = solve_in_child(
        after.problem,
        budget_s=budget_s,
        memory_limit_mb=memory_limit_mb,
        seed=0,
        warm=after.left,
        stop=stop,
        on_progress=lambda *_: stop.set(),
    )
    return Replanned(
        event,
        round(made_s + solved.first_s, 3),
        checked=not violations(after.problem, solved.solution),
        moved=_moved(after.problem, solved.solution),
    )


def _moved(problem: Problem, solution: Solution) -> int:
    now = {visit.index: route.truck for route in solution.routes for visit in route.visits if _collects(visit)}
    return sum(
        now.get(index) != node.kept_truck for index, node in enumerate(problem.bins) if node.kept_truck is not None
    )
