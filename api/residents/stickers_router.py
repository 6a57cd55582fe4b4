"""`/assets/stickers.pdf`: stickers for the bins that a manager chooses."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.access import OFFICE, allow
from api.guards.strict_json import StrictRoute
from api.problems.model import NamedProblem, problems
from api.residents.choice import chosen
from api.schema import Name
from api.services import Hands
from tomma.errors import Refusal

router = APIRouter(prefix="/assets", tags=["assets"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])

STICKERS_MAX = 400
"""Fifty sheets: some two seconds of work. `tomma stickers` makes as many as there are bins."""
Label = Annotated[str, Query(max_length=100)]


@router.get(
    "/stickers.pdf",
    summary="Stickers for bins",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The sheets."}, **problems(404, 409, 422, 503)},
)
def print_stickers(
    hands: Hands,
    request: Request,
    bin_id: Annotated[list[Name], Query(max_length=STICKERS_MAX, description="These bins; all if left out.")] = [],  # noqa: B006  (FastAPI copies it)
    area: Label = "",
    fraction: Label = "",
) -> Response:
    """Return sheets of eight labels on A4, each with a code that leads a resident to the bin's page."""
    settings, city = hands.context.settings, hands.city.current()
    base = settings.server.public_url or (str(request.base_url) if settings.people.demo else "")
    if not base:
        detail = "stickers last for years: set [server] public_url to the address that residents reach this server by"
        raise NamedProblem(409, Refusal.NO_PUBLIC_URL, detail)
    from api.residents.stickers import as_stickers  # ReportLab takes a third of a second, which no start waits for

    bin_ids = chosen(city, bin_id, area, fraction)
    if len(bin_ids) > STICKERS_MAX:
        text = f"at most {STICKERS_MAX} stickers at once, got {len(bin_ids)}: name bins, an area or a waste stream"
        raise NamedProblem(422, Refusal.TOO_MANY_STICKERS, text, most=f"{STICKERS_MAX}", got=f"{len(bin_ids)}")
    headers = {"Content-Disposition": 'inline; filename="tomma-stickers.pdf"', "Cache-Control": "no-store"}
    return Response(as_stickers(city, bin_ids, base), media_type="application/pdf", headers=headers)
