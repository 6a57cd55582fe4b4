"""`/plans/{id}/export.{format}`: a plan as a file."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.access import OFFICE, allow
from api.exports.geojson import as_geojson
from api.exports.gpx import as_gpx
from api.exports.table import as_csv
from api.exports.told import Told, told
from api.exports.words import Words
from api.guards.strict_json import StrictRoute
from api.problems.model import problems
from api.schema import Name
from api.services import Hands
from routing.roads.guidance import Language
from tomma.model import PlanId

router = APIRouter(prefix="/plans", tags=["plans"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])


class Format(StrEnum):
    """What a plan can be written as."""

    PDF = "pdf"
    GPX = "gpx"
    CSV = "csv"
    GEOJSON = "geojson"


@dataclass(frozen=True, slots=True)
class _Writer:
    media_type: str
    write: Callable[[Told], bytes]


def _as_pdf(told: Told) -> bytes:
    from api.exports.paper import as_pdf  # ReportLab takes a third of a second, which no start should wait for

    return as_pdf(told)


WRITERS: Mapping[Format, _Writer] = {
    Format.PDF: _Writer("application/pdf", _as_pdf),
    Format.GPX: _Writer("application/gpx+xml", as_gpx),
    Format.CSV: _Writer("text/csv; charset=utf-8", as_csv),
    Format.GEOJSON: _Writer("application/geo+json", as_geojson),
}


@router.get(
    "/{plan_id}/export.{format}",
    summary="A plan as a file",
    response_class=Response,
    responses={
        200: {"content": {each.media_type.split(";")[0]: {} for each in WRITERS.values()}, "description": "The file."},
        **problems(404, 409, 422, 503),
    },
)
def export_plan(
    hands: Hands,
    plan_id: Annotated[Name, Path(description="The plan's id.")],
    format: Annotated[Format, Path(description="How it is written.")],  # noqa: A002  (the name in the address)
    vehicle_id: Annotated[Name | None, Query(description="Only this truck's route; all if left out.")] = None,
    lang: Annotated[Language, Query(description="What the words are in.")] = Language.SV,
) -> Response:
    """Return the plan for paper (PDF), navigators (GPX 1.1), spreadsheets (CSV) or maps (GeoJSON).

    With `vehicle_id` it is one driver's sheet: the truck's stops without the bins that were left out.
    """
    city, writer = hands.city.current(), WRITERS[format]
    plan = hands.context.plans.get(PlanId(plan_id))
    content = writer.write(told(plan, city, Words(lang, city.organisation), vehicle_id))
    parts = ["plan", plan.day.isoformat(), *([vehicle_id] if vehicle_id else [])]
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", "-".join(parts))
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"', "Cache-Control": "no-store"}
    return Response(content, media_type=writer.media_type, headers=headers)
