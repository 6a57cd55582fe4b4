"""From a plan and a person's edits to a draft: what the API calls for every change on the planning page.

The draft is weighed as the plan was: with its demands, trucks and prices (`routing.planning.basis`) and on the drives
that are kept on disk. No engine runs, so the answer takes a fraction of a second; the checker's objections are
warnings.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from routing.planning.basis import Basis, from_bytes
from routing.planning.edit_draft import draft_of
from routing.planning.edit_layout import Made, lay_out
from routing.planning.morning import Morning, morning_of
from routing.roads.port import Roads
from tomma.city import City
from tomma.edits import Edit
from tomma.errors import ConflictError, Refusal
from tomma.model import PlanId
from tomma.plan import Plan, PlanStatus
from tomma.ports import EventLog, PlanStore

CHANGEABLE = frozenset({PlanStatus.READY, PlanStatus.DRAFT, PlanStatus.PUBLISHED})


def edit_plan(
    *,
    city: City,
    plans: PlanStore,
    events: EventLog,
    roads: Roads,
    plan_id: PlanId,
    edits: Sequence[Edit],
    draft_id: PlanId,
    now_utc: datetime,
) -> Plan:
    """Return the plan with the edits carried out in order, as a draft with the rules that it breaks.

    Args:
        city: The master data as it is now.
        plans: Where the plan is, and what it was made from.
        events: What drivers did, for a plan that changed another one on the road.
        roads: The streets.
        plan_id: A ready plan, a draft, or a published plan whose trucks have not left.
        edits: What to change.
        draft_id: The draft's identity.
        now_utc: When it is made.

    Raises:
        ConflictError: If the plan cannot be changed by hand (any more), or an edit does not fit it.
        NotFoundError: If there is no such plan.
    """
    parent = plans.get(plan_id)
    _check_changeable(parent, now_utc)
    root_id, drafted_over = parent.based_on or parent.id, _drafted_over(plans, parent)
    basis = _basis(plans, root_id)
    city = city.closed_at(basis.wishes.closed)
    made = Made(city, basis, _morning(plans, events, city, basis))
    draft = draft_of(lay_out(made, parent, edits, roads), edits, draft_id, root_id, now_utc)
    return replace(draft, drafted_over=drafted_over)


def _drafted_over(plans: PlanStore, parent: Plan) -> PlanId | None:
    """Return what was on the road when the change was begun: of a plan that changes another one, that is known."""
    if parent.status is PlanStatus.DRAFT:
        return parent.drafted_over
    if parent.status is PlanStatus.PUBLISHED:
        return parent.id
    if parent.replaces is not None:
        return parent.replaces
    heads = plans.heads(day=parent.day, drafts=False)
    return next((each.id for each in heads if each.status is PlanStatus.PUBLISHED), None)


def _basis(plans: PlanStore, root_id: PlanId) -> Basis:
    kept = plans.basis(root_id)
    if kept is None:
        raise ConflictError(
            f"what plan {root_id} was made from is no longer kept: order the plan of its day anew", Refusal.BASIS_GONE
        )
    try:
        return from_bytes(kept)
    except ValueError as exc:
        raise ConflictError(
            f"what plan {root_id} was made from cannot be read: order the day anew ({exc})", Refusal.BASIS_GONE
        ) from exc


def _check_changeable(plan: Plan, now_utc: datetime) -> None:
    if plan.status not in CHANGEABLE:
        raise ConflictError(
            f"plan {plan.id} is {plan.status}; only a ready, drafted or published plan is changed",
            Refusal.PLAN_NOT_CHANGEABLE,
        )
    leaves_utc = min((route.start_utc for route in plan.routes), default=None)
    if plan.status is PlanStatus.PUBLISHED and leaves_utc is not None and leaves_utc <= now_utc:
        raise ConflictError(
            f"the trucks of plan {plan.id} have left: order a plan with replan_of instead", Refusal.TRUCKS_LEFT
        )


def _morning(plans: PlanStore, events: EventLog, city: City, basis: Basis) -> Morning | None:
    if basis.wishes.replan_of is None:
        return None
    then = basis.snapshot_utc
    return morning_of(plans, events, city, basis.day, then, basis.wishes, until_utc=then)
