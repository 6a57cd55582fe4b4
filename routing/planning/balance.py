"""Days of equal length: who asked for balance gets trucks that work about as long as each other. Pure.

Engines know no such wish. So the day is solved as it is, and then again with every truck's hours capped a little
above their average: what does not fit on the long days moves to the short ones. That costs some kilometres; it is kept
only if no bin is lost by it that must be emptied.
"""

from dataclasses import replace

from routing.answer import Solution, TruckRoute, VisitKind
from routing.problem import Problem

ROOMS = (1.08, 1.25)
"""How far above the average a day may be, tried in turn: the trucks share the bins, and each has its own way there."""


def work_s(route: TruckRoute) -> int:
    """Return how long a truck works, rests taken off."""
    rests = sum(visit.depart_s - visit.begin_s for visit in route.visits if visit.kind is VisitKind.BREAK)
    return route.end_s - route.start_s - rests


def spread_s(solution: Solution) -> int:
    """Return how much longer the longest day is than the shortest."""
    days = [work_s(route) for route in solution.routes]
    return max(days) - min(days) if days else 0


def evened(problem: Problem, solution: Solution, room: float) -> Problem | None:
    """Return the problem with days of at most `room` times their average; None where there is nothing to even out.

    Trucks that are on the road already keep their hours: their day is half over.
    """
    days = [work_s(route) for route in solution.routes if not problem.trucks[route.truck].on_road]
    if len(days) < 2:
        return None
    most_s = round(sum(days) / len(days) * room)
    trucks = []
    for truck in problem.trucks:
        rests_s = sum(rest.duration_s for rest in truck.breaks)
        end_s = truck.shift_start_s + most_s + rests_s
        capped = not truck.on_road and end_s < truck.latest_home_s
        trucks.append(replace(truck, shift_end_s=min(end_s, truck.shift_end_s), overtime_s=0) if capped else truck)
    return replace(problem, trucks=tuple(trucks))


def is_better(before: Solution, after: Solution) -> bool:
    """Return whether the days are more alike and nothing that must be emptied was lost."""
    return after.must_missed <= before.must_missed and spread_s(after) < spread_s(before)
