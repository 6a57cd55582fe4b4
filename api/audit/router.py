"""`/audit`: who did what, for admins and auditors. Nothing here changes anything."""

import json
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.access import Role, allow
from api.audit.schemas import AuditOut, RecordOut
from api.guards.strict_json import StrictRoute
from api.problems.model import problems
from api.schema import EARLIEST, LATEST, UtcTime
from api.services import Hands
from tomma.audit import Outcome, Record, Search, Span

router = APIRouter(
    prefix="/audit", tags=["audit"], route_class=StrictRoute, dependencies=[allow(Role.ADMIN, Role.AUDITOR)]
)

PAGE_MAX = 500
Exact = Annotated[str, Query(max_length=300, description="Only this one, to the letter.")]
FromUtc = Annotated[UtcTime | None, Query(description="Not before.")]
ToUtc = Annotated[UtcTime | None, Query(description="Before.")]


@router.get("", summary="Who did what", responses=problems(401, 403, 422, 503))
def list_audit(
    hands: Hands,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="Only records with a smaller number.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
    actor: Exact = "",
    action: Exact = "",
    target: Exact = "",
    outcome: Outcome | None = None,
    request_id: Exact = "",
    from_utc: FromUtc = None,
    to_utc: ToUtc = None,
) -> AuditOut:
    """Return the records that fit, newest first. `tomma audit verify` proves that they are all there and unchanged."""
    search = Search(actor, action, target, outcome or "", request_id, _span(from_utc, to_utc))
    found = hands.context.audit.page(limit + 1, before, search)
    shown = found[:limit]
    more = len(found) > limit
    return AuditOut(records=[_out(each) for each in shown], next_before=shown[-1].number if more else None)


def _span(from_utc: datetime | None, to_utc: datetime | None) -> Span | None:
    return Span(from_utc or EARLIEST, to_utc or LATEST) if from_utc or to_utc else None


def _out(record: Record) -> RecordOut:
    return RecordOut(
        number=record.number,
        at_utc=record.at_utc,
        actor=record.actor,
        action=record.action,
        target=record.target,
        outcome=record.outcome,
        request_id=record.request_id,
        facts=_facts(record.facts),
        mac=record.mac,
    )


def _facts(text: str) -> dict[str, str | int | bool | list[str]]:
    """Return the facts; those of a record that somebody touched are shown as the text they are."""
    try:
        found = json.loads(text)
    except ValueError:
        return {"unreadable": text}
    return found if isinstance(found, dict) else {"unreadable": text}
