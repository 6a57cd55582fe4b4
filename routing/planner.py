"""The whole way from readings to a plan: what the API and the command line call.

What a person who presses "plan" gets, by the time of the press (local time, shift 06:00-14:00):

* 05:30 for today: trucks leave at 06:00.
* 10:00 for today: trucks leave their depots, empty, ten minutes later (`LEAD_S`, time to publish and to read it) and
  work until the shift ends. A break whose latest start has passed is taken to have been had.
* 18:00 without a day: the next day, from 06:00 (`default_day`): nobody can still do an hour's work today.

A day that is over, or too far ahead to say anything, is refused with ConflictError.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from routing.build import Built, build_problem, points_of, wanted
from routing.check import violations
from routing.daytime import WorkingDay, local_day
from routing.demand import Demand, demands
from routing.drives import Drives, ask_drives
from routing.forecast import forecast_city
from routing.histories import load_histories, unemptied_since
from routing.problem import Solution
from routing.roads.port import Roads
from routing.solve import Solved, solve_in_child
from routing.tell import left_out_of, routes_of
from tomma.city import City, Vehicle
from tomma.errors import ConflictError
from tomma.model import PlanId, VehicleId
from tomma.plan import Plan, PlanProgress, PlanStatus
from tomma.ports import EventLog, ProgressSink, ReadingStore
from tomma.settings import PlanningSettings

log = logging.getLogger(__name__)

LEAD_S = 600
"""Between pressing the button and leaving the depot when the shift has begun."""
WORTH_LEAVING_S = 3600
"""With less of every shift left, `default_day` is tomorrow."""
MAX_DAYS_AHEAD = 31


def default_day(city: City, now_utc: datetime) -> date:
    """Return the first local day on which some truck has an hour of its shift left."""
    today = local_day(now_utc, city.organisation.timezone)
    working_day = WorkingDay(today, city.organisation.timezone)
    leave_s = working_day.since_midnight_s(now_utc) + LEAD_S
    ends = [working_day.elapsed_s(each.shift.end_s) for each in city.vehicles.values()]
    return today if any(end_s - leave_s >= WORTH_LEAVING_S for end_s in ends) else today + timedelta(days=1)


def make_plan(
    *,
    city: City,
    readings: ReadingStore,
    events: EventLog,
    roads: Roads,
    settings: PlanningSettings,
    day: date,
    now_utc: datetime,
    plan_id: PlanId,
    on_progress: ProgressSink = lambda progress: None,  # noqa: ARG005  (nobody listens)
    vehicle_ids: Sequence[VehicleId] | None = None,
    iterations: int | None = None,
    stop: threading.Event | None = None,
) -> Plan:
    """Return the plan of `day`: every bin of the city is on a route, or left out with its reasons.

    Args:
        city: One snapshot of the master data.
        readings: Where the fill levels are.
        events: What drivers did.
        roads: The streets.
        settings: What a visit is worth, what it costs, and how long to think.
        day: Local date.
        now_utc: Readings after this are not looked at, and no truck leaves before.
        plan_id: The new plan's identity.
        on_progress: Told each stage and each better solution.
        vehicle_ids: The trucks to use; None means all.
        iterations: With this and an ample budget, the same input and seed give the same plan.
        stop: When set, the best plan so far is returned.

    Raises:
        ConflictError: If the day is over, or more than `MAX_DAYS_AHEAD` days ahead.
    """
    working_day = WorkingDay(day, city.organisation.timezone)
    not_before_s = _not_before_s(working_day, now_utc)
    vehicles = _vehicles(city, vehicle_ids)
    tell = partial(_tell, on_progress, plan_id, time.monotonic())
    tell("forecast")
    asked = _demands(city, readings, events, settings, working_day, now_utc, not_before_s, vehicles)
    chosen = wanted(asked)
    tell("roads", detail=f"{len(chosen)} bins to choose from")
    points = points_of(city, chosen, vehicles)
    begins_s, ends_s = _hours(vehicles, working_day, not_before_s)
    drives = ask_drives(roads, points.positions, vehicles, day, begins_s, ends_s)
    built = build_problem(
        city,
        chosen,
        drives.matrices[0],
        points,
        vehicles,
        working_day,
        settings,
        not_before_s=not_before_s,
        further=drives.matrices[1:],
        profile_of=drives.profile_of,
    )
    tell("solve")
    solved = _solve(built, settings, iterations, stop, tell)
    tell("streets", solved.solution)
    plan = _plan(plan_id, city, asked, built, solved, working_day, drives, now_utc, settings.seed)
    tell("done", solved.solution)
    return plan


def _not_before_s(day: WorkingDay, now_utc: datetime) -> int:
    today = local_day(now_utc, day.timezone)
    if day.day < today:
        raise ConflictError(f"{day.day} is over (it is {today}): choose today or a later day")
    if (day.day - today).days > MAX_DAYS_AHEAD:
        raise ConflictError(f"{day.day} is more than {MAX_DAYS_AHEAD} days ahead of {today}: choose an earlier day")
    if day.day > today:
        return 0
    leave_s = max(0, day.since_midnight_s(now_utc)) + LEAD_S
    return -(-leave_s // 60) * 60  # a whole minute, as people say it


def _vehicles(city: City, vehicle_ids: Sequence[VehicleId] | None) -> list[Vehicle]:
    asked = set(city.vehicles if vehicle_ids is None else vehicle_ids)
    return [city.vehicles[each] for each in sorted(asked & set(city.vehicles))]


def _demands(
    city: City,
    readings: ReadingStore,
    events: EventLog,
    settings: PlanningSettings,
    day: WorkingDay,
    now_utc: datetime,
    not_before_s: int,
    vehicles: Sequence[Vehicle],
) -> tuple[Demand, ...]:
    """What every bin wants in the middle of the work: on average that is when a truck comes."""
    histories = load_histories(city, readings, events, now_utc)
    forecast = forecast_city(city, histories, now_utc)
    at_utc = max(now_utc, day.after_midnight_utc(sum(_hours(vehicles, day, not_before_s)) // 2))
    return demands(city, forecast, settings, at_utc, unemptied_since(histories))


def _hours(vehicles: Sequence[Vehicle], day: WorkingDay, not_before_s: int) -> tuple[int, int]:
    """Return when the first truck leaves and the last one is home, in seconds after midnight."""
    begins_s = min((day.elapsed_s(each.shift.start_s) for each in vehicles), default=6 * 3600)
    ends_s = max((day.elapsed_s(each.shift.end_s) for each in vehicles), default=14 * 3600)
    return max(begins_s, not_before_s), max(ends_s, not_before_s)


def _solve(
    built: Built,
    settings: PlanningSettings,
    iterations: int | None,
    stop: threading.Event | None,
    tell: Callable[..., None],
) -> Solved:
    solved = solve_in_child(
        built.problem,
        budget_s=settings.budget_s,
        memory_limit_mb=settings.memory_limit_mb,
        seed=settings.seed,
        on_progress=lambda stage, solution, _: tell(stage, solution),
        iterations=iterations,
        stop=stop,
    )
    log.info(
        "problem solved engine=%s bins=%d trucks=%d routes=%d unvisited=%d cost_minor=%d first_s=%.2f took_s=%.2f",
        solved.engine,
        len(built.problem.bins),
        len(built.problem.trucks),
        len(solved.solution.routes),
        len(solved.solution.unvisited),
        solved.solution.cost_minor,
        solved.first_s,
        solved.elapsed_s,
    )
    return solved


def _plan(
    plan_id: PlanId,
    city: City,
    asked: Sequence[Demand],
    built: Built,
    solved: Solved,
    day: WorkingDay,
    drives: Drives,
    now_utc: datetime,
    seed: int,
) -> Plan:
    solution = solved.solution
    routes = routes_of(built, solution, day, drives)
    collected = frozenset(stop.bin_id for route in routes for stop in route.stops if stop.bin_id is not None)
    left_out = left_out_of(city, asked, built, solution, collected)
    faults = (*violations(built.problem, solution), *_unaccounted(city, collected, len(left_out)))
    return Plan(
        id=plan_id,
        day=day.day,
        created_utc=now_utc,
        snapshot_utc=now_utc,
        status=PlanStatus.FAILED if faults else PlanStatus.READY,
        engine=solved.engine,
        roads_source=drives.source,
        routes=routes,
        left_out=left_out,
        cost_minor=solution.cost_minor,
        lost_prize_minor=solution.lost_prize_minor,
        violations=faults,
        seed=seed,
        detail=f"the checker refused it: {faults[0]}" if faults else "",
    )


def _unaccounted(city: City, collected: frozenset[str], left_out: int) -> tuple[str, ...]:
    told = len(collected) + left_out
    return () if told == len(city.bins) else (f"the plan tells of {told} bins, the city has {len(city.bins)}",)


def _tell(
    sink: ProgressSink,
    plan_id: PlanId,
    began_at: float,
    stage: str,
    solution: Solution | None = None,
    detail: str = "",
) -> None:
    """Pass a stage on; money and stops once there is a solution."""
    stops = None if solution is None else sum(len(route.visits) for route in solution.routes)
    cost = None if solution is None else solution.cost_minor
    elapsed_s = time.monotonic() - began_at
    sink(PlanProgress(plan_id, PlanStatus.SOLVING, stage, elapsed_s, cost, stops, detail))
