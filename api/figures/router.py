"""`/figures`: what finished days came to, what was saved, and the file with which to doubt it."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access import OFFICE, allow
from api.figures.schemas import FiguresOut, PeriodOut, SavingOut
from api.figures.table import as_csv
from api.guards.strict_json import StrictRoute
from api.problems.model import field_refused, problems
from api.schema import Day
from api.services import Hands, Services
from routing.saving.file import audit_document
from routing.saving.summary import Span, periods, savings, seal
from routing.saving.told import as_plain
from tomma.bounds import Rule
from tomma.errors import NotFoundError
from tomma.saving import DayFigures

router = APIRouter(prefix="/figures", tags=["figures"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])

USUAL_DAYS = 28
MOST_DAYS = 1_100
"""Three years, to lay this one beside the last."""
CSV = {200: {"content": {"text/csv": {}}, "description": "UTF-8 with a byte order mark."}}
FILE = {200: {"content": {"application/json": {}}, "description": "For `tomma saving recompute`: docs/saving.md."}}

FromDay = Annotated[
    Day | None, Query(alias="from", description="First local day; four weeks before the last one if left out.")
]
ToDay = Annotated[Day | None, Query(alias="to", description="Last local day; today if left out.")]


@router.get("", summary="Key figures and the saving", responses=problems(404, 422, 503))
def get_figures(hands: Hands, from_: FromDay = None, to: ToDay = None, by: Span = Span.DAY) -> FiguresOut:
    """Return finished days added up by day, week or month, for what was done and for both rules.

    A day is over at four the next morning. `saving` tells the mean daily difference on the days that count, with its
    95 % interval; all numbers are those that `tomma saving recompute` prints from the audit file.
    """
    first, last = _range(hands, from_, to)
    digests, days = _days(hands, first, last)
    city = hands.city.current()
    return FiguresOut(
        from_day=first,
        to_day=last,
        by=by,
        currency=city.organisation.currency,
        timezone=city.organisation.timezone,
        seal=seal(digests),
        first_published=hands.context.saving.first_published(),
        threshold_fraction=hands.context.settings.saving.threshold_fraction,
        own_rounds=sum(bool(each.fixed_rounds) for each in city.bins.values()),
        bins=len(city.bins),
        periods=[PeriodOut.model_validate(as_plain(each)) for each in periods(days, by)],
        saving=[SavingOut.model_validate(as_plain(each)) for each in savings(days)],
    )


@router.get(
    "/table.csv",
    summary="Key figures as a file",
    response_class=Response,
    responses={**CSV, **problems(404, 422, 503)},  # type: ignore[dict-item]
)
def get_table(hands: Hands, from_: FromDay = None, to: ToDay = None, by: Span = Span.DAY) -> Response:
    """Return a row for each period and side, in whole units: metres, seconds, decilitres, grams, minor units."""
    first, last = _range(hands, from_, to)
    _, days = _days(hands, first, last)
    return _file(as_csv(periods(days, by)), f"figures-{first}-{last}.csv", "text/csv; charset=utf-8")


@router.get(
    "/audit.json",
    summary="The saving with all it is computed from",
    response_class=Response,
    responses={**FILE, **problems(404, 422, 503)},  # type: ignore[dict-item]
)
def get_audit(hands: Hands, from_: FromDay = None, to: ToDay = None) -> Response:
    """Return one file that needs nothing else: `tomma saving recompute FILE` computes every figure anew from it."""
    first, last = _range(hands, from_, to)
    if not hands.context.saving.figures(first, last):
        raise NotFoundError(f"no day from {first} to {last} has been computed yet")
    name = hands.city.current().organisation.name
    body = audit_document(hands.context.saving, name, first, last)
    return _file(body, f"saving-{first}-{last}.json", "application/json")


def _range(hands: Services, from_: date | None, to: date | None) -> tuple[date, date]:
    last = to or hands.today.day()
    first = from_ or last - timedelta(days=USUAL_DAYS - 1)
    if not first <= last < first + timedelta(days=MOST_DAYS):
        bound = f"must be within {MOST_DAYS} days from {first}"
        raise field_refused("to", Rule.DAYS_APART, bound, f"{last}", most=MOST_DAYS)
    return first, last


def _days(hands: Services, first: date, last: date) -> tuple[list[str], list[DayFigures]]:
    kept = hands.context.saving.figures(first, last)
    return [digest for digest, _ in kept], [each for _, each in kept]


def _file(body: bytes, name: str, kind: str) -> Response:
    return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
