"""From an order to times: the earliest schedule with every break placed, by a small dynamic programme.

State: how many of the truck's breaks have been taken. A break may be taken at the place before a leg or at the
place after it. For each state only the earliest time matters, since waiting is always allowed.

The earliest time puts a break as early as its window allows, be it before anything was done: while the window is open
as the day begins, or in the wait before the first gate. A day begins with work where rules and overtime allow it, and a
break whose window closes before the truck has to leave its depot is had there, as that of a truck which is home again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from routing.answer import Order, TruckRoute, Visit, VisitKind
from routing.integers import Gaps, begin_by
from routing.problem import Problem
from routing.truck import BreakRule, Truck

NEVER = 2**62
WORK_FIRST_S = 3600
"""Between the beginning of a day and a break: less is nothing to rest from."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One visit of the order, or the return home, as the programme sees it."""

    kind: VisitKind
    index: int
    place: int
    drive_s: int
    halt_s: int
    open_s: int
    latest_s: int
    work_s: int
    shut_s: Gaps = ()


@dataclass(frozen=True, slots=True)
class _Way:
    """How a truck's breaks may lie."""

    breaks: tuple[BreakRule, ...]
    had: int = 0
    """So many first ones at the depot, before it has to leave."""
    work_first: bool = False
    """None before the first visit is done."""


@dataclass(slots=True)
class _Stage:
    """Times by number of breaks taken: ready to leave the place before, arrived, done."""

    ready_s: list[int]
    rested_before: list[bool]
    arrive_s: list[int]
    rested_after: list[bool]
    done_s: list[int]


def timed(problem: Problem, truck_index: int, order: Order) -> TruckRoute | None:
    """Return the order with times and breaks, or None when no timetable keeps windows, breaks and shift."""
    tasks = _tasks(problem, truck_index, order)
    if tasks is None:
        return None
    truck = problem.trucks[truck_index]
    found = [(way, table) for way in _ways(tasks, truck) if (table := _timetable(tasks, truck, way)) is not None]
    best = min(found, key=lambda each: _price(truck, *each), default=None)
    return None if best is None else _route(problem, truck_index, *best[1], order)


def _ways(tasks: list[_Task], truck: Truck) -> Iterator[_Way]:
    """Yield how the breaks may lie; the usual day, on which work comes before any break is due, has one way."""
    if truck.on_road or not truck.breaks:  # who is out has worked already
        yield _Way(truck.breaks)
        return
    leave_s = _leave_s(tasks[0], truck)
    had = sum(rule.latest_s < leave_s for rule in truck.breaks)
    yield _Way(truck.breaks, had, work_first=True)
    if had == len(truck.breaks):
        return
    if (after_work := _after_work(truck.breaks, had, leave_s)) is not None:
        yield _Way(after_work, had, work_first=True)
    if truck.breaks[had].earliest_s < _finish(leave_s + tasks[0].drive_s, tasks[0]):
        yield _Way(truck.breaks)


def _leave_s(first: _Task, truck: Truck) -> int:
    """Return when the truck need not leave its depot before."""
    park_s = first.drive_s + first.halt_s
    return begin_by(truck.shift_start_s + park_s, first.open_s, first.shut_s) - park_s


def _price(truck: Truck, way: _Way, table: tuple[list[Visit], int]) -> tuple[int, bool, int, bool]:
    """Return what is to be least: overtime, a rest before work, a late end, and work for less than an hour."""
    end_s = table[1]
    return truck.overtime_minor(end_s), not way.work_first, end_s, way.breaks is truck.breaks


def _timetable(tasks: list[_Task], truck: Truck, way: _Way) -> tuple[list[Visit], int] | None:
    """Return the visits and when the truck is home, with the breaks so."""
    truck = replace(truck, breaks=way.breaks) if way.breaks is not truck.breaks else truck
    stages = _forward(tasks, truck, way)
    taken = _breaks_at_end(stages[-1].done_s, way.breaks) if stages else None
    if stages is None or taken is None:
        return None
    return _backward(tasks, stages, truck, taken), stages[-1].done_s[taken]


def _after_work(breaks: tuple[BreakRule, ...], had: int, leave_s: int) -> tuple[BreakRule, ...] | None:
    """Return the breaks, the first after an hour or half of the time until its latest; None if it is no earlier."""
    first = breaks[had]
    later_s = min(leave_s + WORK_FIRST_S, (leave_s + first.latest_s) // 2)
    if later_s <= first.earliest_s:
        return None
    return (*breaks[:had], replace(first, earliest_s=later_s), *breaks[had + 1 :])


def done_by_breaks(problem: Problem, truck_index: int, order: Order) -> list[int] | None:
    """Return when the order is done, by the number of breaks taken on the way; `NEVER` where that cannot be."""
    tasks = _tasks(problem, truck_index, order)
    truck = problem.trucks[truck_index]
    stages = _forward(tasks[:-1], truck, _Way(truck.breaks)) if tasks else None
    return stages[-1].done_s if stages else None


def homebound(problem: Problem, truck_index: int) -> TruckRoute | None:
    """Return the way home of a truck that is out, by a disposal site if it has a load; late if it must be.

    None when no road leads home.
    """
    truck = problem.trucks[truck_index]
    aboard = {load.fraction for load in truck.aboard}
    sites = [
        index
        for index, site in enumerate(problem.disposals)
        if aboard and aboard <= site.fractions and site.skills <= truck.skills
    ]
    orders: list[Order] = [((VisitKind.DISPOSE, index),) for index in sites] if aboard else [()]
    in_time = [route for order in orders if (route := timed(problem, truck_index, order)) is not None]
    if in_time:
        return min(in_time, key=lambda route: route.cost_minor)
    late = [route for order in orders if (route := _late(problem, truck_index, order)) is not None]
    if not late:  # no gate can be reached before it closes: home with the load, or nowhere
        return _late(problem, truck_index, ())
    return min(late, key=lambda route: (route.end_s, route.cost_minor))


def _late(problem: Problem, truck_index: int, order: Order) -> TruckRoute | None:
    """Return the timetable without regard to shift and breaks; None if there is no road, or a gate is passed late."""
    tasks = _tasks(problem, truck_index, order)
    if tasks is None:
        return None
    now_s, visits = problem.trucks[truck_index].shift_start_s, []
    for task in tasks[:-1]:
        arrive_s = now_s + task.drive_s
        if arrive_s > task.latest_s:
            return None
        begin_s = begin_by(arrive_s, task.open_s, task.shut_s)
        now_s = begin_s + task.work_s
        visits.append(Visit(task.kind, task.index, task.place, arrive_s, begin_s, now_s))
    return _route(problem, truck_index, visits, now_s + tasks[-1].drive_s, order)


def _tasks(problem: Problem, truck_index: int, order: Order) -> list[_Task] | None:
    """Return the legs to drive, ending at home; None when a leg has no road."""
    truck, roads = problem.trucks[truck_index], problem.roads_of(truck_index)
    tasks: list[_Task] = []
    here = truck.start_place
    for kind, index in order:
        node = problem.bins[index] if kind is VisitKind.COLLECT else problem.disposals[index]
        if here != node.place and not roads.reachable[here, node.place]:
            return None
        drive_s = int(roads.duration_s[here, node.place]) if here != node.place else 0
        halts = kind is VisitKind.COLLECT and here != node.place
        halt_s = int(problem.halt_s[node.place]) if halts else 0
        work_s = problem.bins[index].service_s if kind is VisitKind.COLLECT else problem.disposals[index].unload_s
        tasks.append(_Task(kind, index, node.place, drive_s, halt_s, node.open_s, node.latest_s, work_s, node.shut_s))
        here = node.place
    if here != truck.end_place and not roads.reachable[here, truck.end_place]:
        return None
    home_s = int(roads.duration_s[here, truck.end_place]) if here != truck.end_place else 0
    tasks.append(_Task(VisitKind.DISPOSE, -1, truck.end_place, home_s, 0, 0, truck.latest_home_s, 0))
    return tasks


def _forward(tasks: list[_Task], truck: Truck, way: _Way) -> list[_Stage] | None:
    states = len(truck.breaks) + 1
    none = [False] * states
    done = [NEVER] * way.had + [truck.shift_start_s] + [NEVER] * (states - 1 - way.had)
    stages: list[_Stage] = []
    for at, task in enumerate(tasks):
        works = at > 0 or not way.work_first
        ready, before = _rest(done, truck.breaks) if works else (done, none)
        arrive = [time + task.drive_s if time < NEVER else NEVER for time in ready]
        # At home no break is needed: who is back in time rests at the depot, who is late cannot begin it.
        arrive, after = _rest(arrive, truck.breaks) if works and task.index >= 0 else (arrive, none)
        done = [_finish(time, task) for time in arrive]
        if min(done) >= NEVER:
            return None
        stages.append(_Stage(ready, before, arrive, after, done))
    return stages


def _rest(times: list[int], breaks: tuple[BreakRule, ...]) -> tuple[list[int], list[bool]]:
    """Return the times if a break may be taken right now, and in which states it was."""
    out, rested = list(times), [False] * len(times)
    for taken, rule in enumerate(breaks):
        begin = max(out[taken], rule.earliest_s)
        if begin <= rule.latest_s and begin + rule.duration_s < out[taken + 1]:
            out[taken + 1] = begin + rule.duration_s
            rested[taken + 1] = True
    return out, rested


def _finish(arrive_s: int, task: _Task) -> int:
    begin = begin_by(arrive_s + task.halt_s, task.open_s, task.shut_s)
    return begin + task.work_s if begin <= task.latest_s else NEVER


def _breaks_at_end(end_s: list[int], breaks: tuple[BreakRule, ...]) -> int | None:
    """Return the number of breaks with which the truck is home first; a break not yet due may be missing."""
    fits = [
        taken
        for taken, time in enumerate(end_s)
        if time < NEVER and (taken == len(breaks) or time <= breaks[taken].latest_s)
    ]
    return min(fits, key=lambda taken: end_s[taken]) if fits else None


def _backward(tasks: list[_Task], stages: list[_Stage], truck: Truck, taken: int) -> list[Visit]:
    """Walk back from the end state and write the visits down, last first."""
    visits: list[Visit] = []
    for position in range(len(tasks) - 1, -1, -1):
        task, stage = tasks[position], stages[position]
        if task.index >= 0:
            arrive = stage.arrive_s[taken]
            begin = begin_by(arrive + task.halt_s, task.open_s, task.shut_s)
            visits.append(Visit(task.kind, task.index, task.place, arrive, begin, begin + task.work_s))
        before_place = tasks[position - 1].place if position else truck.start_place
        while stage.rested_after[taken]:
            taken -= 1
            visits.append(_break_visit(truck, taken, task.place, stage.arrive_s[taken]))
        while stage.rested_before[taken]:
            taken -= 1
            visits.append(_break_visit(truck, taken, before_place, stage.ready_s[taken]))
    visits.reverse()
    return visits


def _break_visit(truck: Truck, index: int, place: int, arrive_s: int) -> Visit:
    rule = truck.breaks[index]
    begin = max(arrive_s, rule.earliest_s)
    return Visit(VisitKind.BREAK, index, place, arrive_s, begin, begin + rule.duration_s)


def _route(problem: Problem, truck_index: int, visits: list[Visit], end_s: int, order: Order) -> TruckRoute:
    truck, roads, rates = problem.trucks[truck_index], problem.roads_of(truck_index), problem.rates_of(truck_index)
    start_s, visits = _leave_late(problem, truck, visits)
    places = [truck.start_place, *(visit.place for visit in visits), truck.end_place]
    legs = [
        (int(roads.distance_m[here, there]), int(roads.duration_s[here, there]))
        for here, there in pairwise(places)
        if here != there
    ]
    handling = 0
    here = truck.start_place
    for kind, index in order:
        if kind is VisitKind.COLLECT:
            node = problem.bins[index]
            halt = rates.handling_minor(int(problem.halt_s[node.place])) if node.place != here else 0
            handling += halt + rates.handling_minor(node.service_s)
            here = node.place
        else:
            handling += rates.handling_minor(problem.disposals[index].unload_s)
            here = problem.disposals[index].place
    driving = sum(rates.leg_minor(metres, seconds) for metres, seconds in legs)
    return TruckRoute(
        truck=truck_index,
        start_s=start_s,
        end_s=end_s,
        visits=tuple(visits),
        distance_m=sum(metres for metres, _ in legs),
        driving_s=sum(seconds for _, seconds in legs),
        cost_minor=truck.fixed_minor + handling + driving + truck.overtime_minor(end_s),
    )


def _leave_late(problem: Problem, truck: Truck, visits: list[Visit]) -> tuple[int, list[Visit]]:
    """Wait at the depot rather than at the first bin's closed gate."""
    if not visits or visits[0].kind is VisitKind.BREAK or truck.on_road:
        return truck.shift_start_s, visits
    first = visits[0]
    halts = first.kind is VisitKind.COLLECT and first.place != truck.start_place
    halt_s = int(problem.halt_s[first.place]) if halts else 0
    wait_s = first.begin_s - halt_s - first.arrive_s
    arrive_s = first.arrive_s + wait_s
    moved = Visit(first.kind, first.index, first.place, arrive_s, first.begin_s, first.depart_s)
    return truck.shift_start_s + wait_s, [moved, *visits[1:]]
