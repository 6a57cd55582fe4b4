"""`/assets/import` and `/assets/export.csv`: the registry as a spreadsheet."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.access import OFFICE, Role, allow
from api.assets.schemas import ImportChangeOut, ImportFaultOut, ImportOut
from api.audit.trail import tell
from api.guards.strict_json import StrictRoute
from api.problems.model import NamedProblem, problems
from api.services import Hands, Services
from tomma.assets import Edited
from tomma.city import City
from tomma.codec import to_plain
from tomma.errors import Refusal
from tomma.stores.files.asset_csv import BYTES_MAX, Table, read_table, write_table
from tomma.stores.files.asset_import import Change, ImportPlan, plan_import

router = APIRouter(prefix="/assets", tags=["assets"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])

CHANGES_SHOWN = 500
DryRun = Annotated[bool, Query(description="Tell what would happen, store nothing.")]
RemoveMissing = Annotated[bool, Query(description="The file is the whole registry: a bin it does not have is retired.")]
IfMatch = Annotated[str, Header(max_length=60, description="The revision that the dry run told.")]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "description": f"CSV of at most {BYTES_MAX} bytes: UTF-8, UTF-16 or Windows-1252; commas, semicolons or tabs.",
    }
}


class _OnlyLookedError(Exception):
    """Ends the transaction of a file that may not be carried out."""


@router.get(
    "/export.csv", summary="The registry as a spreadsheet", response_class=Response, responses=problems(404, 503)
)
def export_assets(
    hands: Hands, form: Annotated[Literal["plain", "excel"], Query(description="excel: as a click opens it.")] = "plain"
) -> Response:
    """Return one row a bin, with its place and its sensor; sent back, it changes nothing."""
    data = write_table(hands.city.current(), for_excel=form == "excel")
    headers = {"Content-Disposition": 'attachment; filename="tomma-registry.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


@router.post(
    "/import",
    summary="Import a spreadsheet",
    responses=problems(403, 404, 412, 413, 422, 428, 503),
    dependencies=[allow(Role.MANAGER)],
    openapi_extra=BODY,
)
async def import_assets(
    hands: Hands,
    request: Request,
    dry_run: DryRun = True,
    remove_missing: RemoveMissing = False,
    if_match: IfMatch = "",
) -> ImportOut:
    """Tell what the file would add, change and remove, with every fault; or, with If-Match, carry it out."""
    data = await request.body()
    tell(dry_run=dry_run)
    return await run_in_threadpool(_import, hands, data, dry_run, remove_missing, if_match)


def _import(hands: Services, data: bytes, dry_run: bool, remove_missing: bool, if_match: str) -> ImportOut:
    table, now_utc = read_table(data), hands.context.clock.now_utc()
    registry = hands.context.registry
    revision = registry.revision()
    if dry_run:
        plan = plan_import(registry.load(), table, now_utc, remove_missing=remove_missing)
        return _out(plan, table, revision, dry_run=True)
    if not if_match:
        raise NamedProblem(428, Refusal.IF_MATCH_REQUIRED, "If-Match must say the revision that the dry run told")
    found: list[ImportPlan] = []

    def change(city: City) -> Edited:
        if if_match.strip('" ') != str(registry.revision()):
            raise NamedProblem(
                412, Refusal.CHANGED_MEANWHILE, "the registry was changed meanwhile; look at a dry run again"
            )
        found.append(plan_import(city, table, now_utc, remove_missing=remove_missing))
        if found[0].edited is None:
            raise _OnlyLookedError
        return found[0].edited

    try:
        hands.context.assets.edit(change)
    except _OnlyLookedError:
        return _out(found[0], table, revision, dry_run=True)
    return _out(found[0], table, registry.revision(), dry_run=False)


def _out(plan: ImportPlan, table: Table, revision: int, *, dry_run: bool) -> ImportOut:
    return ImportOut(
        dry_run=dry_run,
        rows=plan.rows,
        encoding=table.encoding,
        delimiter=table.delimiter,
        added=plan.count("add"),
        changed=plan.count("change"),
        removed=plan.count("remove"),
        faults=[
            ImportFaultOut(
                line=each.line,
                column=each.column,
                bound=each.bound,
                value=each.value,
                rule=each.rule,
                values=dict(each.values),
            )
            for each in plan.faults
        ],
        changes=[_change(each) for each in plan.changes[:CHANGES_SHOWN]],
        revision=revision,
    )


def _change(each: Change) -> ImportChangeOut:
    return ImportChangeOut.model_validate(to_plain(each))
