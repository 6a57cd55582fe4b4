"""`/plans`: order, list, read, follow, publish."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response
from starlette.concurrency import run_in_threadpool

from api.access import OFFICE, Role, allow
from api.guards.strict_json import StrictRoute
from api.live.hub import News
from api.live.sse import EventStream, sse_responses
from api.live.topics import CITY, plan_topic
from api.plans.ahead_schemas import CurveOut, OutlookOut, PointOut
from api.plans.compared_schemas import DifferenceOut
from api.plans.desk import final_progress
from api.plans.order_schemas import OrderedOut, PlanOrder, PlanOrdered, PublishIn
from api.plans.ordered import ordered_out
from api.plans.orders import decided
from api.plans.schemas import PlanOut, PlansOut, PlanSummaryOut
from api.plans.view import difference_out, outlook_out, plan_out, summary_out
from api.problems.model import problems
from api.schema import Day, Name
from api.services import Hands, Services
from routing.ahead.horizon import MAX_DAYS
from routing.planning.leaving import default_day
from tomma.errors import ConflictError, Refusal
from tomma.model import PlanId
from tomma.plan import UNFINISHED, PlanProgress

router = APIRouter(prefix="/plans", tags=["plans"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])

PlanPath = Annotated[Name, Path(description="The plan's id.")]


@router.post(
    "",
    status_code=202,
    summary="Order a plan",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(400, 403, 404, 409, 413, 415, 503),
)
def create_plan(hands: Hands, response: Response, order: Annotated[PlanOrder | None, Body()] = None) -> PlanOrdered:
    """Begin to make a plan and return at once; while a day's plan is being made, the same job is returned.

    With `replan_of` the rest of a published plan's day is made anew: what was done stays, trucks go on from where
    they are, the next stop of each is kept, and bins change trucks only where that is worth it.
    """
    plan = hands.desk.order(decided(hands, order or PlanOrder()))
    response.headers["Location"] = f"/api/v1/plans/{plan.id}"
    return PlanOrdered(id=plan.id, status=plan.status.value, day=plan.day)


@router.get("", summary="The newest plans", responses=problems(503))
def list_plans(
    hands: Hands,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    day: Annotated[Day | None, Query(description="Only this local day's.")] = None,
    drafts: Annotated[bool, Query(description="Whether to tell the drafts of changes by hand, too.")] = False,
) -> PlansOut:
    """Return plans in figures, newest first, whatever became of them."""
    heads = hands.context.plans.heads(day=day, limit=limit, drafts=drafts)
    return PlansOut(plans=list(hands.summaries.of(heads)))


@router.get("/outlook", summary="What the coming days hold", responses=problems(404, 422, 503))
def get_outlook(
    hands: Hands,
    days: Annotated[int, Query(ge=1, le=MAX_DAYS, description="How many, today's or the next working day first.")] = 7,
) -> OutlookOut:
    """Return which bins fall due on which day, how much work that is, and what no truck has time for.

    The work is levelled: what a full day cannot do is shown on a day before it. Takes seconds for a large city.
    """
    city, now_utc = hands.city.current(), hands.context.clock.now_utc()
    planning = hands.context.planning(city)
    first_day = default_day(city, now_utc)
    return outlook_out(
        hands.context.lookout(city=city, settings=planning, first_day=first_day, days=days, now_utc=now_utc)
    )


@router.get("/pareto", summary="The curve behind the risk knob", responses=problems(404, 503))
def get_curve(hands: Hands) -> CurveOut:
    """Return what settings of the risk knob come to: overflowing bins against kilometres, both a week.

    Computed in the background from the first look on; `pareto` events of the live stream tell when there is more. A
    fortnight is lived through in drawn futures of the forecast, with the planner's own choice each morning and routes
    by insertion alone; its second week is told. The figures compare settings; a solver's plans drive somewhat less.
    """
    curve, points = hands.curve.look()
    return CurveOut(
        status=curve.status,
        as_of_utc=curve.as_of_utc,
        draws=curve.draws,
        detail=curve.detail,
        points=[PointOut(**asdict(each)) for each in points],
    )


@router.get("/{plan_id}", summary="A whole plan", responses=problems(404, 503))
def get_plan(hands: Hands, plan_id: PlanPath) -> PlanOut:
    """Return routes with stops on the streets, and every bin that was left out with its reason."""
    return plan_out(hands.context.plans.get(PlanId(plan_id)), hands.city.current())


@router.get("/{plan_id}/ordered", summary="What a plan's day was ordered with", responses=problems(404, 503))
def get_ordered(hands: Hands, plan_id: PlanPath) -> OrderedOut:
    """Return the trucks, hours, crews, areas and risk that a change of this plan keeps unless it names others."""
    return ordered_out(hands, PlanId(plan_id))


@router.get(
    "/{plan_id}/progress",
    summary="Follow a plan being made",
    response_class=EventStream,
    status_code=200,
    responses={**sse_responses("`progress` events with the stage and best cost so far"), **problems(404, 503)},
)
def follow_plan(hands: Hands, plan_id: PlanPath) -> Response:
    """Send a `progress` event for each step; the last one carries the final status, then the stream ends."""
    hands.context.plans.get(PlanId(plan_id))
    hands.hub.check_room()
    return EventStream(_follow(hands, PlanId(plan_id)))


@router.get("/{plan_id}/difference", summary="What a plan changes", responses=problems(404, 409, 503))
def get_difference(
    hands: Hands,
    plan_id: PlanPath,
    since: Annotated[
        Name | None, Query(description="The plan to compare with; if left out, the one it replaces.")
    ] = None,
) -> DifferenceOut:
    """Return which bins were added, removed or given to another truck, and which drivers that concerns."""
    later = hands.context.plans.get(PlanId(plan_id))
    former_id = PlanId(since) if since is not None else later.replaces
    if former_id is None:
        text = f"plan {plan_id} changes no other plan: name one to compare with in `since`"
        raise ConflictError(text, Refusal.PLAN_CHANGES_NONE)
    return difference_out(hands.context.plans.get(former_id), later)


@router.post(
    "/{plan_id}/publish",
    summary="Send a plan to the trucks",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(403, 404, 409, 503),
)
def publish_plan(hands: Hands, plan_id: PlanPath, how: Annotated[PublishIn | None, Body()] = None) -> PlanSummaryOut:
    """Make this ready plan or draft the one the trucks drive on its day; the day's former plan is superseded.

    A draft that breaks rules is refused unless the body says `accept_warnings`.
    """
    plan = hands.context.plans.get(PlanId(plan_id))
    if plan.warnings and not (how is not None and how.accept_warnings):
        codes = ", ".join(dict.fromkeys(each.code.value for each in plan.warnings))
        raise ConflictError(
            f"plan {plan_id} breaks rules ({codes}): look at them, then publish with accept_warnings",
            Refusal.RULES_BROKEN,
        )
    published = hands.context.plans.publish(plan.id)
    if published.day == hands.today.day():
        hands.watch.nudge()  # it tells the pages, as it does for a plan published elsewhere
    else:
        hands.hub.tell(CITY, "plan", {"id": published.id, "status": published.status.value})
    return summary_out(published)


@router.post(
    "/{plan_id}/discard",
    summary="Put a ready plan aside",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(403, 404, 409, 503),
)
def discard_plan(hands: Hands, plan_id: PlanPath) -> PlanSummaryOut:
    """Keep this ready plan from being published; the one the trucks drive stays as it is. Again changes nothing."""
    discarded = hands.context.plans.discard(PlanId(plan_id))
    hands.hub.tell(CITY, "plan", {"id": discarded.id, "status": discarded.status.value})
    return summary_out(discarded)


async def _follow(hands: Services, plan_id: PlanId) -> AsyncIterator[News | None]:
    with hands.hub.listen(plan_topic(plan_id)) as listener:
        now = await run_in_threadpool(_progress_now, hands, plan_id)
        yield News("progress", now)
        if now.status not in UNFINISHED:
            return
        async for heard in listener.news(hands.context.pace.heartbeat_s):
            item = heard or await run_in_threadpool(_end_of, hands, plan_id)
            yield item
            if item is not None and item.body.status not in UNFINISHED:
                return


def _end_of(hands: Services, plan_id: PlanId) -> News | None:
    """Return how the plan ended, if it did: the end of one that another server makes is told by the store alone."""
    now = _progress_now(hands, plan_id)
    return News("progress", now) if now.status not in UNFINISHED else None


def _progress_now(hands: Services, plan_id: PlanId) -> PlanProgress:
    return hands.desk.progress(plan_id) or final_progress(hands.context.plans.get(plan_id))
