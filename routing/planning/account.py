"""From an answer to a plan that accounts for every bin of the city, judged once more before anybody sees it."""

from collections.abc import Sequence

from routing.check import violations
from routing.choice.demand import Demand
from routing.planning.bill import co2_kg, cost_minor_of, expected_overflows
from routing.planning.build import Built
from routing.planning.drives import Drives
from routing.planning.replan_history import spent_minor, told_apart, with_history
from routing.planning.task import Task
from routing.planning.tell import left_out_of, routes_of
from routing.planning.wishes import named
from routing.solve import Solved
from tomma.city import City
from tomma.model import PlanId
from tomma.plan import Plan, PlanStatus


def account(plan_id: PlanId, task: Task, asked: Sequence[Demand], built: Built, solved: Solved, drives: Drives) -> Plan:
    """Return the plan: ready, or failed with what the checker found in the answer or which bins nobody tells of."""
    solution, city, settings = solved.solution, task.city, task.settings
    routes = routes_of(built, solution, task.day, drives)
    spent = 0
    if task.morning is not None:
        routes = with_history(routes, task.morning, city)
        spent = spent_minor(task.morning, city, settings)
    collected = frozenset(stop.bin_id for route in routes for stop in route.stops if stop.bin_id is not None)
    told = [named(each, task.wishes) for each in asked]
    left_out = left_out_of(city, told, built, solution, collected)
    faults = (*violations(built.problem, solution), *_unaccounted(city, collected, len(left_out)))
    return Plan(
        id=plan_id,
        day=task.day.day,
        created_utc=task.now_utc,
        snapshot_utc=task.now_utc,
        status=PlanStatus.FAILED if faults else PlanStatus.READY,
        engine=solved.engine,
        roads_source=drives.source,
        routes=routes,
        left_out=told_apart(left_out, task.morning, task.wishes, task.now_utc, task.city),
        cost_minor=cost_minor_of(solution, settings) + spent,
        lost_prize_minor=solution.lost_prize_minor,
        violations=faults,
        seed=settings.seed,
        detail=f"the checker refused it: {faults[0]}" if faults else "",
        replaces=task.morning.plan.id if task.morning is not None else None,
        co2_kg=co2_kg(routes, len(collected), settings),
        expected_overflows=expected_overflows(asked, collected),
        accepted_overflow_probability=settings.accepted_overflow_probability,
        locks=dict(task.wishes.locked),
        unavailable=task.wishes.unavailable,
        closed=task.wishes.closed,
    )


def _unaccounted(city: City, collected: frozenset[str], left_out: int) -> tuple[str, ...]:
    told = len(collected & city.bins.keys()) + left_out  # what was emptied and then given up stays on its route
    return () if told == len(city.bins) else (f"the plan tells of {told} bins, the city has {len(city.bins)}",)
