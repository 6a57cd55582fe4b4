"""Rules beyond the plain day: every engine keeps them, and makes the best of them."""

from dataclasses import replace

from hypothesis import given, settings

from routing.check import violations
from routing.engines.finish import orders_of, settle
from routing.engines.hopeless import reduce
from routing.problem import Problem, Solution, VisitKind
from routing.solve import solve_in_child
from tests.routing.planning.small_days import a_street, a_truck, any_ruled_problem

COLLECT, DISPOSE, BREAK = VisitKind.COLLECT, VisitKind.DISPOSE, VisitKind.BREAK


def collected(solution: Solution) -> set[int]:
    """Return the bins on routes."""
    return {visit.index for route in solution.routes for visit in route.visits if visit.kind is COLLECT}


@given(any_ruled_problem())
@settings(max_examples=150, deadline=None)
def test_what_insertion_makes_of_any_rules_is_sound(problem: Problem) -> None:
    """Whatever is asked of trucks, bins and gates: a plan, and one the judge lets pass."""
    reduced = reduce(problem)
    solution = reduced.restore(settle(reduced.problem, {}))
    assert violations(problem, solution) == ()


def test_a_new_plan_begins_with_the_one_that_is_there() -> None:
    """Two trucks have their ends of the street: greedily one would take it all, and both drivers would be told anew."""
    problem = a_street([300, 600, 5_000, 5_300], bins=[{"volume_l": 300}] * 4, trucks=[a_truck(), a_truck()])
    now = {0: ((COLLECT, 2), (COLLECT, 3), (DISPOSE, 0)), 1: ((COLLECT, 0), (COLLECT, 1), (DISPOSE, 0))}
    kept = [replace(node, kept_truck=1 if index < 2 else 0) for index, node in enumerate(problem.bins)]
    problem = replace(problem, bins=tuple(kept), change_minor=50_000)
    solved = solve_in_child(
        problem, budget_s=10.0, memory_limit_mb=1_024, seed=0, engines=("greedy",), iterations=5, workers=1, warm=now
    )
    assert solved.solution.change_minor == 0
    assert orders_of(solved.solution) == now
