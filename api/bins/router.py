"""`GET /bins` and its children."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from api.access import OFFICE, Asking, Role, allow
from api.bins.areas import OwnBin, own_bins
from api.bins.requests import ask, requests_of, withdraw
from api.bins.schemas import BinDetailOut, BinsOut, ForecastOut, HistoryOut, RequestIn, RequestOut, RequestsOut
from api.bins.view import bin_detail_out, forecast_out, history_out
from api.guards.strict_json import StrictRoute
from api.problems.model import field_refused, problems
from api.schema import Name, UtcTime
from api.services import Hands
from tomma.bounds import Rule
from tomma.errors import NotFoundError
from tomma.model import BinId

router = APIRouter(
    prefix="/bins",
    tags=["bins"],
    route_class=StrictRoute,
    dependencies=[allow(*OFFICE, Role.INSTALLER, Role.CONTRACTOR), OwnBin],
)

HISTORY_DAYS = 14
HISTORY_DAYS_MAX = 400
BinPath = Annotated[Name, Path(description="The bin's id.", examples=["B0042"])]


@router.get(
    "",
    summary="Every bin, its fill and its forecast",
    response_model=BinsOut,
    responses={304: {"description": "Nothing changed since the ETag you named."}, **problems(404, 503)},
)
def list_bins(
    hands: Hands,
    who: Asking,
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
    if_none_match: Annotated[str, Header(description="The ETag of your copy.")] = "",
) -> Response:
    """Return all bins at once, as of the last half second; send the ETag back and an unchanged city costs nothing."""
    encoded = hands.board.encoded()
    if encoded is None:
        hands.watch.look()
        encoded = hands.board.encoded()
    if encoded is None:
        raise NotFoundError("there is no city yet; bring one with `tomma import FILE`")
    return own_bins(encoded, hands.city.current(), who).answer(accept_encoding, if_none_match)


@router.get("/{bin_id}", summary="One bin with everything known of it", responses=problems(404, 503))
def get_bin(hands: Hands, bin_id: BinPath) -> BinDetailOut:
    """Return the bin, its container and sensors, and why it is on today's plan or not."""
    return bin_detail_out(hands, BinId(bin_id))


@router.get("/{bin_id}/history", summary="Readings and emptyings of a bin", responses=problems(404, 503))
def get_history(
    hands: Hands,
    bin_id: BinPath,
    from_utc: Annotated[
        UtcTime | None, Query(description="Begin, included; 14 days before the end if left out.")
    ] = None,
    to_utc: Annotated[UtcTime | None, Query(description="End, excluded; now if left out.")] = None,
) -> HistoryOut:
    """Return what was measured and when the bin was emptied, oldest first; at most 400 days and 20,000 readings."""
    end = to_utc or hands.context.clock.now_utc() + timedelta(seconds=1)
    begin = from_utc or end - timedelta(days=HISTORY_DAYS)
    _check_span(begin, end)
    return history_out(hands, BinId(bin_id), begin, end)


@router.get("/{bin_id}/forecast", summary="How the bin is expected to fill", responses=problems(404, 503))
def get_forecast(
    hands: Hands,
    bin_id: BinPath,
    hours: Annotated[int, Query(ge=1, le=72, description="How far ahead. [h]")] = 72,
) -> ForecastOut:
    """Return the fill to expect hour by hour, with its spread and the risk of overflow, if nobody empties the bin."""
    return forecast_out(hands, BinId(bin_id), hours)


@router.post(
    "/{bin_id}/requests",
    status_code=201,
    summary="Ask for a bin to be emptied",
    dependencies=[allow(Role.MANAGER, Role.CONTRACTOR)],
    responses=problems(400, 403, 404, 409, 413, 415, 503),
)
def post_request(hands: Hands, bin_id: BinPath, request: RequestIn) -> RequestOut:
    """Make the bin a must of every plan until it is emptied, or the request is withdrawn."""
    return ask(hands, BinId(bin_id), request)


@router.get("/{bin_id}/requests", summary="What was asked for", responses=problems(404, 503))
def list_requests(hands: Hands, bin_id: BinPath) -> RequestsOut:
    """Return the bin's newest requests and what became of each."""
    return requests_of(hands, BinId(bin_id))


@router.delete(
    "/{bin_id}/requests/{request_id}",
    summary="Withdraw a request",
    dependencies=[allow(Role.MANAGER, Role.CONTRACTOR)],
    responses=problems(403, 404, 503),
)
def delete_request(
    hands: Hands, bin_id: BinPath, request_id: Annotated[Name, Path(description="The request's id.")]
) -> RequestOut:
    """Take the request back: it stays known and asks for nothing any more."""
    return withdraw(hands, BinId(bin_id), request_id)


def _check_span(begin: datetime, end: datetime) -> None:
    if not begin < end:
        raise field_refused("to_utc", Rule.AFTER, "must be after from_utc", end.isoformat(), other="from_utc")
    if end - begin > timedelta(days=HISTORY_DAYS_MAX):
        bound = f"must be at most {HISTORY_DAYS_MAX} days after from_utc"
        raise field_refused("to_utc", Rule.DAYS_APART, bound, end.isoformat(), most=HISTORY_DAYS_MAX)
