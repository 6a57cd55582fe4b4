"""`/plans/{plan_id}`: what a person does to a plan while it is made and once it is there."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Response

from api.access import OFFICE, Role, allow
from api.guards.strict_json import StrictRoute
from api.live.topics import CITY
from api.plans.compared_schemas import ComparisonOut
from api.plans.order_schemas import EditIn, EditsIn, PlanOrdered
from api.plans.schemas import PlanOut
from api.plans.view import plan_out
from api.problems.model import bound_refused, problems
from api.schema import Name
from api.services import Hands
from tomma.edits import Edit, EditKind
from tomma.errors import ConflictError, Refusal
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import Plan

router = APIRouter(prefix="/plans", tags=["plans"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])

PlanPath = Annotated[Name, Path(description="The plan's id.")]
DRAFTS_KEPT = 50
"""Of one plan: so many steps can be undone."""


@router.post(
    "/{plan_id}/stop",
    status_code=202,
    summary="Stop and use the best so far",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(403, 404, 409, 503),
)
def stop_plan(hands: Hands, plan_id: PlanPath) -> PlanOrdered:
    """Let the solver end now; the plan becomes ready with the best answer it has, checked as any other.

    One that has no answer yet takes its first one. Follow it as before: the last `progress` event tells the outcome.
    """
    plan = hands.context.plans.get(PlanId(plan_id))
    if not hands.desk.stop_early(plan.id):
        raise ConflictError(
            f"plan {plan_id} is {plan.status}: only a plan that is being made can be stopped", Refusal.NOT_BEING_MADE
        )
    return PlanOrdered(id=plan.id, status=plan.status.value, day=plan.day)


@router.post(
    "/{plan_id}/edits",
    status_code=201,
    summary="Change a plan by hand",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(400, 403, 404, 409, 413, 415, 503),
)
def edit_plan(hands: Hands, response: Response, plan_id: PlanPath, asked: Annotated[EditsIn, Body()]) -> PlanOut:
    """Carry out the changes in order and return a new draft, costed anew on the same drives; no solver runs.

    The plan itself stays as it is: `edited_from` leads back to it, which undoes the step. What a change breaks is in
    `warnings`, by code and numbers. A published plan may be changed until its first truck leaves.
    """
    draft = hands.context.editor(
        city=hands.city.current(),
        plan_id=PlanId(plan_id),
        edits=[_edit(each) for each in asked.edits],
        draft_id=hands.context.make_plan_id(),
        now_utc=hands.context.clock.now_utc(),
    )
    _keep(hands, draft)
    response.headers["Location"] = f"/api/v1/plans/{draft.id}"
    return plan_out(draft, hands.city.current())


@router.get("/{plan_id}/comparison", summary="A plan beside others", responses=problems(404, 409, 503))
def compare_plan(hands: Hands, plan_id: PlanPath) -> ComparisonOut:
    """Return the plan beside the last one driven, and beside fixed rounds and a threshold on the same streets.

    The rules are computed in the background after the first look, from the readings that the plan was made from;
    `rules` tells how far that is, a `comparison` event of the live stream that it is done.
    """
    return hands.comparisons.of(PlanId(plan_id))


def _keep(hands: Hands, draft: Plan) -> None:
    plans = hands.context.plans
    plans.save(draft)
    if draft.based_on is not None:
        plans.forget_drafts(draft.based_on, DRAFTS_KEPT)
    hands.hub.tell(CITY, "plan", {"id": draft.id, "status": draft.status.value})


def _edit(told: EditIn) -> Edit:
    vehicle_id = VehicleId(told.vehicle_id) if told.vehicle_id is not None else None
    try:
        return Edit(EditKind(told.kind), BinId(told.bin_id), vehicle_id, told.position)
    except ValueError as exc:
        raise bound_refused(exc, told.model_dump()) from exc
