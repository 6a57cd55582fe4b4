"""`GET /map/places`, `/map/levels`, `/map/ahead`, `/map/figures` and `/map/table.csv`."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Header, Response

from api.access import OFFICE, allow
from api.citymap.choice import Choice, chosen
from api.citymap.schemas import AheadOut, FiguresOut, LevelsOut, PlacesOut
from api.citymap.table import COLUMNS, table_row
from api.csv_answer import csv_answer
from api.guards.strict_json import StrictRoute
from api.problems.model import problems
from api.services import Hands

router = APIRouter(prefix="/map", tags=["map"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])

ANSWERS = {304: {"description": "Nothing changed since the ETag you named."}, **problems(404, 503)}
AcceptEncoding = Annotated[str, Header(include_in_schema=False)]
IfNoneMatch = Annotated[str, Header(description="The ETag of your copy.")]


@router.get("/places", summary="Where every bin stands", response_model=PlacesOut, responses=ANSWERS)
def map_places(hands: Hands, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = "") -> Response:
    """Return names and positions of all bins in columns; they change with the registry only."""
    return hands.atlas.places().answer(accept_encoding, if_none_match)


@router.get("/levels", summary="How full every bin is", response_model=LevelsOut, responses=ANSWERS)
def map_levels(hands: Hands, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = "") -> Response:
    """Return every bin's level, as of the last half second, in the order of the places."""
    return hands.atlas.levels().answer(accept_encoding, if_none_match)


@router.get("/ahead", summary="Where every bin is heading", response_model=AheadOut, responses=ANSWERS)
def map_ahead(hands: Hands, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = "") -> Response:
    """Return when each bin passes each band within 72 h, and when overflow becomes likely, if nobody empties it."""
    return hands.atlas.ahead().answer(accept_encoding, if_none_match)


@router.get("/figures", summary="What a table shows besides", response_model=FiguresOut, responses=ANSWERS)
def map_figures(hands: Hands, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = "") -> Response:
    """Return the age of each reading and the figures of its forecast, in the order of the places."""
    return hands.atlas.figures().answer(accept_encoding, if_none_match)


@router.get(
    "/table.csv",
    summary="The table as a file",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {}}, "description": "UTF-8 with a byte order mark."},
        **problems(404, 503),
    },
)
def map_table(hands: Hands, choice: Annotated[Choice, Depends()]) -> Response:
    """Return the bins that the filters let through; a text that a spreadsheet would take for a formula is quoted."""
    seen = hands.atlas.seen()
    zone = ZoneInfo(seen.scene.city.organisation.timezone)
    rows = [table_row(row, band, choice.hour, zone) for row, band in chosen(seen, choice)]
    return csv_answer(f"bins-{seen.as_of_utc.astimezone(zone):%Y-%m-%d-%H%M}.csv", COLUMNS, rows)
