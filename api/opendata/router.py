"""`/open-data`: what strangers read, with no key and no account, from any page."""

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from api.access import EVERYBODY, allow
from api.accounts.throttle import address_name
from api.guards.strict_json import StrictRoute
from api.opendata.address import base_of
from api.opendata.catalogue import catalogue
from api.opendata.files import GEOJSON, geojson, table
from api.opendata.ngsi import JSON, LD, entities
from api.opendata.window import EVERYWHERE, Make
from api.problems.model import NamedProblem, problems
from api.services import Hands, Services
from tomma.errors import NotFoundError, Refusal, StoreUnavailableError

PAGE_MAX = 5_000
ENTITIES_MAX = 1_000
OFFSET_MAX = 1_000_000


class Visit:
    """A stranger's request: let in unless there were too many from there, and answered from the window."""

    def __init__(
        self,
        request: Request,
        hands: Hands,
        accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
        if_none_match: Annotated[str, Header(description="The ETag of your copy.", max_length=1_000)] = "",
        if_modified_since: Annotated[str, Header(description="When your copy is from.", max_length=100)] = "",
    ) -> None:
        self.base = base_of(request, hands)
        self._window = hands.open_window
        self._copies = {
            "accept_encoding": accept_encoding,
            "if_none_match": if_none_match,
            "if_modified_since": if_modified_since,
        }
        _hold_back(request, hands)

    def answer(self, key: tuple[object, ...], make: Make) -> Response:
        """Return the file; a refusal may be read by pages of other sites, too."""
        try:
            return self._window.answer((self.base, *key), make, **self._copies)
        except NotFoundError as exc:
            raise NamedProblem(404, Refusal.NOT_FOUND, str(exc), headers=EVERYWHERE) from exc
        except StoreUnavailableError as exc:
            raise NamedProblem(503, Refusal.SERVICE_UNAVAILABLE, "try again later", headers=EVERYWHERE) from exc


def _hold_back(request: Request, hands: Services) -> None:
    address = hands.gate.home(request).address
    wait_s = hands.open_throttle.wait_s(address_name(address), time.monotonic())
    if wait_s:
        headers = {**EVERYWHERE, "Retry-After": str(int(wait_s) + 1)}
        detail = "too many requests from your address; a copy is good for five minutes"
        raise NamedProblem(429, Refusal.TOO_MANY_REQUESTS, detail, headers=headers)


Visiting = Annotated[Visit, Depends()]
After = Annotated[str, Query(max_length=128, description="The last id of the page before.")]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")]
router = APIRouter(prefix="/open-data", tags=["open data"], route_class=StrictRoute, dependencies=[allow(*EVERYBODY)])


def _told(media_type: str, what: str, *others: str) -> dict[int | str, dict[str, object]]:
    content = {each: {"schema": {"type": "string"} if "csv" in each else {}} for each in (media_type, *others)}
    return {
        200: {"content": content, "description": what},
        304: {"description": "Nothing changed since your copy."},
        **problems(404, 422, 429, 503),
    }


@router.get(
    "/catalogue.jsonld",
    summary="The catalogue for data portals",
    response_class=Response,
    responses=_told(LD, "DCAT-AP, as JSON-LD."),
)
def open_catalogue(visit: Visiting) -> Response:
    """Return what is open in the words of DCAT-AP(-SE), for a portal to harvest; 404 while nothing is."""
    publisher = f"{visit.base}#publisher"
    return visit.answer(("catalogue",), lambda picture: catalogue(picture, visit.base, publisher))


@router.get(
    "/bins.geojson",
    summary="The opened bins on a map",
    response_class=Response,
    responses=_told(GEOJSON, "A feature collection (RFC 7946)."),
)
def open_geojson(visit: Visiting, after: After = "", limit: Limit = PAGE_MAX) -> Response:
    """Return where the opened bins stand; more than a page holds follow at the link `next`."""
    here = f"{visit.base}/bins.geojson"
    return visit.answer(("geojson", after, limit), lambda picture: geojson(picture, here, after, limit))


@router.get(
    "/bins.csv",
    summary="The opened bins as a table",
    response_class=Response,
    responses=_told("text/csv", "UTF-8 with a byte order mark."),
)
def open_table(visit: Visiting, after: After = "", limit: Limit = PAGE_MAX) -> Response:
    """Return the same as CSV; a text that a spreadsheet would take for a formula is quoted."""
    here = f"{visit.base}/bins.csv"
    return visit.answer(("csv", after, limit), lambda picture: table(picture, here, after, limit))


@router.get(
    "/ngsi-ld/v1/entities",
    summary="The opened bins as NGSI-LD entities",
    response_class=Response,
    responses=_told(JSON, "A list of entities.", LD),
)
def open_entities(
    visit: Visiting,
    kind: Annotated[
        Literal["WasteContainer", "WasteContainerIsle"], Query(alias="type", description="Containers, or places.")
    ] = "WasteContainer",
    options: Annotated[
        Literal["normalized", "keyValues"], Query(description="`keyValues`: values alone.")
    ] = "normalized",
    offset: Annotated[int, Query(ge=0, le=OFFSET_MAX, description="How many to pass over.")] = 0,
    limit: Annotated[int, Query(ge=1, le=ENTITIES_MAX, description="How many at most.")] = ENTITIES_MAX,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Return entities of the Smart Data Models WasteContainer and WasteContainerIsle, as a context broker would."""
    is_ld, simple = LD in accept, options == "keyValues"
    return visit.answer(
        ("entities", kind, options, offset, limit, is_ld),
        lambda picture: entities(picture, kind, offset=offset, limit=limit, key_values=simple, with_context=is_ld),
    )
