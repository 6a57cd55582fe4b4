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

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

from routing.ahead.days_ahead import look_ahead, taken_early
from routing.ahead.outlook import Foresight, city_outlook
from routing.answer import Orders, Solution
from routing.check import violations
from routing.choice.asked import standing_requests
from routing.choice.demand import Demand, demands
from routing.choice.nearby import Streets
from routing.daytime import WorkingDay, hours_of, local_day
from routing.planning.basis import Basis
from routing.planning.bill import co2_kg, cost_minor_of, expected_overflows
from routing.planning.build import Built, Points, build_problem, points_of, wanted
from routing.planning.drives import Drives, ask_drives
from routing.planning.replan import (
    Morning,
    locked_in,
    named,
    on_the_road,
    still_on_duty,
    still_open,
    warm_orders,
    wished,
    with_places,
)
from routing.planning.replan_history import spent_minor, told_apart, with_history
from routing.planning.search import Search
from routing.planning.standing import standing_of
from routing.planning.tell import left_out_of, routes_of
from routing.planning.yesterday import last_driven, orders_of_plan
from routing.roads.port import Roads
from routing.solve import Solved, StopSign
from tomma.city import City
from tomma.errors import ConflictError, Refusal
from tomma.fold import fold, tried_again
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import Plan, PlanProgress, PlanStatus, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.ports import EventLog, PlanStore, ProgressSink, ReadingStore, RequestBook
from tomma.trucks import Vehicle

LEAD_S = 600
"""Between pressing the button and leaving the depot when the shift has begun."""
WORTH_LEAVING_S = 3600
"""With less of every shift left, `default_day` is tomorrow."""
MAX_DAYS_AHEAD = 31
NO_WISHES = Wishes()
KeepBasis = Callable[[PlanId, Basis], None]
DRIVEN = frozenset({PlanStatus.PUBLISHED, PlanStatus.SUPERSEDED})


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
    task = _Task(city, working_day, now_utc, settings, _not_before_s(working_day, now_utc), wishes, foresight)
    task.morning = morning_of(plans, events, city, day, now_utc, wishes) if wishes.replan_of else None
    task.vehicles = _vehicles(task, vehicle_ids)
    tell = partial(_tell, on_progress, plan_id, time.monotonic(), settings)
    tell("forecast")
    wants = task.wants(readings, events, requests)
    by_line = wants()
    chosen = wanted(task.open(by_line))
    tell("roads", detail=f"{len(chosen)} bins to choose from")
    points = points_of(city, chosen, task.vehicles)
    if task.morning is not None:
        points = with_places(points, city, task.morning.standings)
    drives = ask_drives(roads, points.positions, task.vehicles, day, *task.hours)
    asked = _weighed(by_line, wants(Streets(drives.matrices[0], points.site_row)), chosen)
    built = task.built(asked, frozenset(each.bin_id for each in chosen), points, drives)
    tell("solve")
    warm = _begin_with(built, task.morning, None if plans is None else last_driven(plans, day))
    solved = Search(settings, wishes.balanced, tell, iterations, stop).solve(built.problem, warm)
    tell("streets", solved.solution)
    plan = _plan(plan_id, task, asked, built, solved, drives)
    keep_basis(plan_id, _basis(task, asked, built))
    tell("done", solved.solution)
    return plan


def _basis(task: "_Task", asked: Sequence[Demand], built: Built) -> Basis:
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


class _Wants(Protocol):
    def __call__(self, streets: Streets | None = None) -> tuple[Demand, ...]:
        """Return every bin's demand, weighed with straight lines or streets."""


@dataclass
class _Task:
    """What one call works on."""

    city: City
    day: WorkingDay
    now_utc: datetime
    settings: PlanningSettings
    not_before_s: int
    wishes: Wishes
    foresight: Foresight | None
    vehicles: Sequence[Vehicle] = ()
    morning: Morning | None = None
    asked_since: frozenset[BinId] = frozenset()
    """Skipped today, and asked for since."""

    @property
    def hours(self) -> tuple[int, int]:
        """When the first truck leaves and the last one is home, in seconds after midnight."""
        return hours_of(self.vehicles, self.day, self.not_before_s)

    def wants(self, readings: ReadingStore, events: EventLog, requests: RequestBook | None) -> _Wants:
        """Return what tells each bin's demand in the middle of the work: on average that is when a truck comes."""
        outlook = city_outlook(self.city, readings, events, self.now_utc, self.foresight)
        forecast = outlook.forecast
        at_utc = max(self.now_utc, self.day.after_midnight_utc(sum(self.hours) // 2))
        since = outlook.unemptied_since
        asked = standing_requests(requests, outlook.last_emptied, self.now_utc)
        outcomes = self.morning.state.outcomes if self.morning is not None else {}
        self.asked_since = frozenset(
            id_ for id_, own in asked.items() if id_ in outcomes and own.asked_utc > outcomes[id_].at_utc
        )

        days = [self.day.later(at) for at in range(self.settings.horizon_days)]
        ahead = look_ahead(self.city, forecast, self.settings, days, since, asked, self.vehicles, only_if_needed=True)

        def all_of_them(streets: Streets | None = None) -> tuple[Demand, ...]:
            weighed = demands(self.city, forecast, self.settings, at_utc, since, asked, streets=streets)
            return taken_early(weighed, ahead)

        return all_of_them

    def open(self, asked: Sequence[Demand]) -> tuple[Demand, ...]:
        """Return the demands that a person and the day so far leave open."""
        free = wished(asked, self.wishes, self.city)
        if self.morning is None:
            return free
        return still_open(free, self.morning, self.city, self.settings, self.asked_since)

    def built(self, asked: Sequence[Demand], among: frozenset[BinId], points: Points, drives: Drives) -> Built:
        """Return the problem, its bins among those that the points know."""
        built = build_problem(
            self.city,
            [each for each in wanted(self.open(asked)) if each.bin_id in among],
            drives.matrices[0],
            points,
            self.vehicles,
            self.day,
            self.settings,
            not_before_s=self.not_before_s,
            further=drives.matrices[1:],
            profile_of=drives.profile_of,
        )
        built = locked_in(built, self.wishes)
        if self.morning is None:
            return built
        return on_the_road(built, self.morning, self.city, self.settings, self.day, self.now_utc)


def _weighed(by_line: Sequence[Demand], by_street: Sequence[Demand], chosen: Sequence[Demand]) -> tuple[Demand, ...]:
    """Return the demands as the streets weigh them; of bins that were out of the question, as straight lines did."""
    known = {each.bin_id for each in chosen}
    return tuple(late if late.bin_id in known else early for early, late in zip(by_line, by_street, strict=True))


def morning_of(
    plans: PlanStore | None,
    events: EventLog,
    city: City,
    day: date,
    now_utc: datetime,
    wishes: Wishes,
    until_utc: datetime | None = None,
) -> Morning:
    """Return what the day was so far under the plan to change; with `until_utc`, as far as was known then.

    Raises:
        ConflictError: If that plan is of another day, or was never sent to the trucks.
        NotFoundError: If there is none.
    """
    if plans is None or wishes.replan_of is None:
        raise ConflictError("to change a plan, the store of plans must be at hand")
    former = plans.get(wishes.replan_of)
    if former.day != day or former.status is not PlanStatus.PUBLISHED:
        raise ConflictError(
            f"plan {former.id} is {former.status} for {former.day}; only a published plan is changed",
            Refusal.PLAN_NOT_PUBLISHED,
        )
    of_day = [each.id for each in plans.heads(day=day) if each.status in DRIVEN]
    known = (event for each in of_day for event in events.of_plan(each))
    until = (event for event in known if until_utc is None or event.received_utc <= until_utc)
    state = tried_again(fold(until), former)
    return Morning(former, state, standing_of(former, state, city, now_utc))


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


def _vehicles(task: _Task, vehicle_ids: Sequence[VehicleId] | None) -> list[Vehicle]:
    city = task.city
    asked = set(city.vehicles if vehicle_ids is None else vehicle_ids) - task.wishes.unavailable
    found = [city.vehicles[each] for each in sorted(asked & set(city.vehicles))]
    if task.morning is None:
        return found
    return still_on_duty(found, task.morning, task.day, task.not_before_s)


def _plan(plan_id: PlanId, task: _Task, asked: Sequence[Demand], built: Built, solved: Solved, drives: Drives) -> Plan:
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
    )


def _unaccounted(city: City, collected: frozenset[str], left_out: int) -> tuple[str, ...]:
    told = len(collected & city.bins.keys()) + left_out  # what was emptied and then given up stays on its route
    return () if told == len(city.bins) else (f"the plan tells of {told} bins, the city has {len(city.bins)}",)


def _tell(
    sink: ProgressSink,
    plan_id: PlanId,
    began_at: float,
    settings: PlanningSettings,
    stage: str,
    solution: Solution | None = None,
    detail: str = "",
) -> None:
    """Pass a stage on; money and stops once there is a solution."""
    stops = None if solution is None else sum(len(route.visits) for route in solution.routes)
    cost = None if solution is None else cost_minor_of(solution, settings)
    elapsed_s = time.monotonic() - began_at
    sink(PlanProgress(plan_id, PlanStatus.SOLVING, stage, elapsed_s, cost, stops, detail))
