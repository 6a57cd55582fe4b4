"""`/followup`: today on the road, the days before it in figures, and what a new plan would change."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path

from api.access import OFFICE, Role, allow
from api.driver.promises import DRIVEN, promises_of
from api.followup.changes import changes_out
from api.followup.day import RoadDay
from api.followup.missed import asked_again, missed_of, take_back
from api.followup.schemas import ChangesOut, DaySumsOut, FollowUpOut, MissedIn, TakenBackOut
from api.followup.view import followup_out, no_sums, sums_out
from api.guards.strict_json import StrictRoute
from api.problems.model import field_refused, problems
from api.schema import Day, Name
from api.services import Hands, Services
from tomma.bounds import Rule
from tomma.errors import ConflictError, Refusal
from tomma.model import BinId, PlanId
from tomma.plan import Plan

router = APIRouter(prefix="/followup", tags=["followup"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])


@router.get(
    "",
    summary="Today, planned beside done",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(404, 503),
)
def get_followup(hands: Hands) -> FollowUpOut:
    """Return each truck's stops with what became of them and when the rest will be done, and what strays, by weight.

    Positions of trucks are not in it: nobody keeps them. Days before today are told in sums: `/followup/days/{day}`.
    """
    plan = hands.today.published()
    if plan is None:
        return _nothing(hands)
    day, forecast = _road_day(hands, plan), hands.forecasts.current
    asked = asked_again(day, hands.context.requests)
    return followup_out(day, forecast, missed_of(day, forecast), asked)


@router.get("/days/{day}", summary="A day in sums", responses=problems(404, 422, 503))
def get_day_sums(hands: Hands, day: Annotated[Day, Path(description="Local day, today at the latest.")]) -> DaySumsOut:
    """Return the whole fleet's day in figures; once a day is over, this is all there is of it.

    Of a day without a plan on the road, `plan_id` is null.
    """
    if day > hands.today.day():
        last = hands.today.day()
        raise field_refused("day", Rule.NOT_AFTER_TODAY, f"must be today ({last}) or before", f"{day}")
    plan = hands.context.plans.published(day)
    return sums_out(_road_day(hands, plan)) if plan is not None else no_sums(day)


@router.post(
    "/missed",
    summary="Take missed bins into the next plan",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(400, 403, 404, 409, 413, 415, 422, 503),
)
def take_missed_back(hands: Hands, told: MissedIn) -> TakenBackOut:
    """Ask for these bins: the next plan has them, and a re-plan of today tries skipped ones once more.

    Each becomes a request of the office, to be withdrawn at `/bins/{id}/requests/{request_id}`; asking twice changes
    nothing.
    """
    plan = _published(hands)
    day = _road_day(hands, plan)
    bin_ids = [BinId(each) for each in told.bin_ids]
    return TakenBackOut(request_ids=dict(take_back(day, bin_ids, hands.context.requests)))


@router.get(
    "/changes/{plan_id}",
    summary="What a new plan changes from now on",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(404, 409, 503),
)
def get_changes(hands: Hands, plan_id: Annotated[Name, Path(description="The proposed plan's id.")]) -> ChangesOut:
    """Return who gets and loses which stops; kilometres, hours, arrivals, expected overflows before and after."""
    proposed = hands.context.plans.get(PlanId(plan_id))
    if proposed.replaces is None:
        text = f"plan {plan_id} changes no plan on the road; order one with `replan_of`"
        raise ConflictError(text, Refusal.PLAN_CHANGES_NONE)
    former = hands.context.plans.get(proposed.replaces)
    return changes_out(
        _road_day(hands, former), _road_day(hands, proposed), hands.forecasts.current, hands.today.published()
    )


def _published(hands: Services) -> Plan:
    plan = hands.today.published()
    if plan is None:
        raise ConflictError(f"no plan is published for {hands.today.day()}", Refusal.NO_PLAN_TODAY)
    return plan


def _road_day(hands: Services, plan: Plan) -> RoadDay:
    on_road = hands.today.published()
    promises = hands.promises.of(plan) if on_road is not None and plan.id == on_road.id else promises_of([plan])
    if plan.day != hands.today.day():
        promises = promises_of(_versions(hands, plan.day))
    return RoadDay.of(plan, promises, hands.ledger.day(plan.day), hands.city.current(), hands.context.clock.now_utc())


def _versions(hands: Services, day: date) -> Sequence[Plan]:
    return hands.context.plans.of_day(day, DRIVEN)


def _nothing(hands: Services) -> FollowUpOut:
    sums = no_sums(hands.today.day())
    return FollowUpOut(
        day=sums.day,
        now_utc=hands.context.clock.now_utc(),
        plan_id=None,
        closed_disposal_site_ids=[],
        sums=sums,
        late=0,
        expected_end_utc=None,
        planned_end_utc=None,
        routes=[],
        deviations=[],
        missed=[],
    )
