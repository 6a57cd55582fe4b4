"""The whole way from readings to a plan: what the API and the command line call.

What a person who presses "plan" gets, by the time of the press (local time, shift 06:00-14:00):

* 05:30 for today: trucks leave at 06:00.
* 10:00 for today: trucks leave their depots, empty, ten minutes later (`LEAD_S`, time to publish and to read it) and
  work until the shift ends. A break whose latest start has passed is taken to have been had.
* 18:00 without a day: the next day, from 06:00 (`default_day`): nobody can still do an hour's work today.
* 10:00 for a plan on the road (`Wishes.replan_of`): its trucks go on from where they are, with what they carry. A break
  that the plan had and nobody tapped is had within the hour, also when its time has passed.

A day that is over, or too far ahead to say anything, is refused with ConflictError.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from routing.ahead.outlook import Foresight
from routing.answer import Orders
from routing.choice.demand import Demand
from routing.choice.nearby import Streets
from routing.daytime import WorkingDay
from routing.planning.account import account
from routing.planning.basis import Basis
from routing.planning.build import Built, points_of, wanted
from routing.planning.drives import ask_drives
from routing.planning.leaving import not_before_s
from routing.planning.morning import Morning, morning_of
from routing.planning.progress import Telling
from routing.planning.replan import warm_orders, with_places
from routing.planning.search import Search
from routing.planning.task import Task, on_duty, weighed
from routing.planning.wishes import told_closed
from routing.planning.yesterday import last_driven, orders_of_plan
from routing.roads.port import Roads
from routing.solve_run import StopSign
from tomma.city import City
from tomma.model import PlanId, VehicleId
from tomma.plan import Plan, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.ports import EventLog, PlanStore, ProgressSink, ReadingStore, RequestBook

NO_WISHES = Wishes()
KeepBasis = Callable[[PlanId, Basis], None]


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
    stop: StopSign | None = None,
    wishes: Wishes = NO_WISHES,
    plans: PlanStore | None = None,
    requests: RequestBook | None = None,
    foresight: Foresight | None = None,
    keep_basis: KeepBasis = lambda plan_id, basis: None,  # noqa: ARG005  (nobody will change the plan by hand)
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
        wishes: What a person decided; with `replan_of` the rest of the day of a plan on the road is made anew.
        plans: Where that plan is, needed with `replan_of`; without it the search begins with the last one driven.
        requests: What people asked for; None means nothing.
        foresight: What the forecast may use besides the stores; None means nothing.
        keep_basis: Told what the plan was made from, once it is made.

    Raises:
        ConflictError: If the day is over, or more than `MAX_DAYS_AHEAD` days ahead, or the plan to change is not on
            the road.
    """
    working_day = WorkingDay(day, city.organisation.timezone)
    shut_streams, city = city.taken_only_at(wishes.closed), city.closed_at(wishes.closed)
    leave_s = not_before_s(working_day, now_utc, is_on_road=wishes.replan_of is not None)
    task = Task(city, working_day, now_utc, settings, leave_s, wishes, foresight)
    task.morning = morning_of(plans, events, city, day, now_utc, wishes) if wishes.replan_of else None
    task.vehicles = on_duty(task, vehicle_ids)
    tell = Telling(on_progress, plan_id, settings)
    tell("forecast")
    wants = task.wants(readings, events, requests)
    by_line = wants()
    chosen = wanted(task.open(by_line))
    tell("roads", detail=f"{len(chosen)} bins to choose from")
    points = points_of(city, chosen, task.vehicles)
    if task.morning is not None:
        points = with_places(points, city, task.morning.standings)
    drives = ask_drives(roads, points.positions, task.vehicles, day, *task.hours)
    asked = weighed(by_line, wants(Streets(drives.matrices[0], points.site_row)), chosen)
    built = task.built(asked, frozenset(each.bin_id for each in chosen), points, drives)
    tell("solve")
    warm = _begin_with(built, task.morning, None if plans is None else last_driven(plans, day))
    solved = Search(settings, wishes.balanced, tell, iterations, stop).solve(built.problem, warm)
    tell("streets", solved.solution)
    plan = account(plan_id, task, asked, built, solved, drives)
    plan = replace(plan, left_out=told_closed(plan.left_out, shut_streams, city))
    keep_basis(plan_id, _basis(task, asked, built))
    tell("done", solved.solution)
    return plan


def _basis(task: Task, asked: Sequence[Demand], built: Built) -> Basis:
    codes = sorted(task.city.fractions)
    trucks = zip(built.vehicle_ids, built.problem.trucks, strict=True)
    return Basis(
        day=task.day.day,
        snapshot_utc=task.now_utc,
        not_before_s=task.not_before_s,
        settings=task.settings,
        wishes=task.wishes,
        vehicles=tuple(task.vehicles),
        carried={id_: frozenset(codes[index] for index in truck.fractions) for id_, truck in trucks},
        asked=tuple(asked),
    )


def _begin_with(built: Built, morning: Morning | None, former: Plan | None) -> Orders | None:
    if morning is not None:
        return warm_orders(built, morning)
    return None if former is None else orders_of_plan(built, former)
