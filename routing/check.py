"""The independent judge: what is wrong with a solution, in plain sentences. Runs on every plan in production.

It replays each route from the problem alone (`routing.replay`) and shares no code with the engines or with what
builds timetables, so a fault there cannot hide here. Cost is linear in the number of visits.
"""

from collections import Counter

from routing.answer import Solution, VisitKind
from routing.problem import Problem
from routing.replay import Replay, trucks_out
from tomma.reasons import ReasonCode


def violations(problem: Problem, solution: Solution) -> tuple[str, ...]:
    """Return one sentence per broken rule; empty when the solution may be driven."""
    faults: list[str] = []
    faults += _account(problem, solution)
    faults += trucks_out(problem, solution.routes)
    for route in solution.routes:
        if 0 <= route.truck < len(problem.trucks):
            faults += [each.text for each in Replay(problem, route).faults()]
    faults += _totals(problem, solution)
    return tuple(faults)


def _account(problem: Problem, solution: Solution) -> list[str]:
    """Every bin exactly once: on a route, or left out with a reason."""
    faults: list[str] = []
    seen = Counter(
        visit.index for route in solution.routes for visit in route.visits if visit.kind is VisitKind.COLLECT
    )
    for index, node in enumerate(problem.bins):
        if seen[index] > 1:
            faults.append(f"bin {index} is collected {seen[index]} times")
        if seen[index] and index in solution.unvisited:
            faults.append(f"bin {index} is collected and listed as left out")
        if not seen[index] and index not in solution.unvisited:
            faults.append(f"{'must ' if node.must else ''}bin {index} is missing without a reason")
    for index, code in solution.unvisited.items():
        if not 0 <= index < len(problem.bins):
            faults.append(f"unknown bin {index} is listed as left out")
        elif not isinstance(code, ReasonCode):
            faults.append(f"bin {index} is left out for {code!r}, which is no reason code")
    return faults


def _totals(problem: Problem, solution: Solution) -> list[str]:
    collected = {visit.index for route in solution.routes for visit in route.visits if visit.kind is VisitKind.COLLECT}
    absent = [node for index, node in enumerate(problem.bins) if index not in collected]
    kept = {
        visit.index
        for route in solution.routes
        for visit in route.visits
        if visit.kind is VisitKind.COLLECT
        and 0 <= visit.index < len(problem.bins)
        and problem.bins[visit.index].kept_truck == route.truck
    }
    moved = [index for index, node in enumerate(problem.bins) if node.kept_truck is not None and index not in kept]
    expected = {
        "cost_minor": sum(route.cost_minor for route in solution.routes),
        "lost_prize_minor": sum(node.prize_minor for node in absent),
        "must_missed": sum(node.must for node in absent),
        "change_minor": problem.change_minor * len(moved),
    }
    return [
        f"{name} of the solution is {getattr(solution, name)}, the sum is {value}"
        for name, value in expected.items()
        if getattr(solution, name) != value
    ]
