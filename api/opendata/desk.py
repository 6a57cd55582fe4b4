"""`/open-data/settings`: the list of what is open, kept by a manager."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Body, Header, Request, Response

from api.access import OFFICE, Role, allow
from api.audit.trail import tell
from api.guards.strict_json import StrictRoute
from api.opendata.address import FILES, base_of
from api.opendata.schemas import AreaChoice, FractionChoice, OpenDataIn, OpenDataOut
from api.problems.model import NamedProblem, bound_refused, field_refused, problems
from api.services import Hands, Services
from tomma.bounds import Rule
from tomma.city import City
from tomma.errors import ConflictError, Refusal
from tomma.model import BinId, FractionCode
from tomma.opendata import FillShown, Licence, OpenData, opened_bins

router = APIRouter(
    prefix="/open-data/settings", tags=["open data"], route_class=StrictRoute, dependencies=[allow(*OFFICE)]
)
CHANGED = 412


@router.get("", summary="What is open to everybody", responses=problems(404, 503))
def get_open_data(hands: Hands, request: Request, response: Response) -> OpenDataOut:
    """Return the list of what strangers may know, what else could be in it, and how many bins it comes to."""
    return _shown(hands, hands.context.open_data.opened(), request, response)


@router.put(
    "",
    summary="Open or shut data",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(400, 403, 404, 412, 413, 415, 422, 503),
)
def set_open_data(
    hands: Hands,
    asked: Annotated[OpenDataIn, Body()],
    request: Request,
    response: Response,
    if_match: Annotated[str, Header(max_length=100, description="The `ETag` that was read.")] = "",
) -> OpenDataOut:
    """Open what the lists name and shut everything else, at once; others' copies are gone within five minutes."""
    book, city = hands.context.open_data, hands.city.current()
    before = book.opened()
    if if_match not in ("", "*", _etag(before)):
        raise NamedProblem(CHANGED, Refusal.CHANGED_MEANWHILE, "what is open was changed since; read it again")
    opened = _opened(asked, city, hands)
    try:
        kept = book.open_up(opened, before.revision)
    except ConflictError as exc:
        raise NamedProblem(CHANGED, exc.kind, str(exc)) from exc
    tell("open-data", fill=kept.fill.value, licence=kept.licence.value, streams=sorted(kept.fractions),
         bins=len(opened_bins(city, kept)))  # fmt: skip
    return _shown(hands, kept, request, response)


def _opened(asked: OpenDataIn, city: City, hands: Services) -> OpenData:
    _check_known("fractions", asked.fractions, set(city.fractions))
    _check_known("areas", asked.areas, {each.area for each in city.sites.values()})
    _check_known("withheld_bin_ids", asked.withheld_bin_ids, set(city.bins))
    try:
        return OpenData(
            fractions=frozenset(FractionCode(each) for each in asked.fractions),
            areas=frozenset(asked.areas),
            withheld_bin_ids=frozenset(BinId(each) for each in asked.withheld_bin_ids),
            volume_min_l=asked.volume_min_l,
            place_names=asked.place_names,
            fill=FillShown(asked.fill),
            delay_h=asked.delay_h,
            licence=Licence(asked.licence),
            contact_email=asked.contact_email,
            changed_utc=hands.context.wall.now_utc(),
        )
    except ValueError as exc:
        raise bound_refused(exc, asked.model_dump()) from exc


def _check_known(name: str, asked: list[str], known: set[str]) -> None:
    strange = sorted(set(asked) - known)
    if strange:
        raise field_refused(name, Rule.KNOWN, "must be of this city", strange[0])


def _shown(hands: Services, opened: OpenData, request: Request, response: Response) -> OpenDataOut:
    city = hands.city.current()
    streams = Counter(each.fraction_code for each in city.bins.values())
    areas = Counter(city.sites[each.site_id].area for each in city.bins.values())
    listed = [each for each in city.bins.values() if _is_listed(city, opened, each.id)]
    count = sum(opened.opens(city, each.id) for each in listed)
    base = base_of(request, hands)
    response.headers["ETag"] = _etag(opened)
    return OpenDataOut(
        fractions=sorted(opened.fractions),
        areas=sorted(opened.areas),
        withheld_bin_ids=sorted(opened.withheld_bin_ids),
        volume_min_l=opened.volume_min_l,
        place_names=opened.place_names,
        fill=opened.fill.value,
        delay_h=opened.delay_h,
        licence=opened.licence.value,
        contact_email=opened.contact_email,
        changed_utc=opened.changed_utc if opened.revision else None,
        revision=opened.revision,
        bins_open=count,
        bins_small=len(listed) - count,
        choices_fractions=[
            FractionChoice(code=code, name_sv=each.name_sv, name_en=each.name_en, bins=streams[code])
            for code, each in sorted(city.fractions.items())
        ],
        choices_areas=[AreaChoice(area=area, bins=bins) for area, bins in sorted(areas.items())],
        addresses=[f"{base}/{each}" for each in FILES] if opened.is_open else [],
    )


def _is_listed(city: City, opened: OpenData, bin_id: BinId) -> bool:
    own = city.bins[bin_id]
    in_area = city.sites[own.site_id].area in opened.areas
    return own.fraction_code in opened.fractions and in_area and bin_id not in opened.withheld_bin_ids


def _etag(opened: OpenData) -> str:
    return f'"{opened.revision}"'
