"""What somebody at a bin may know of it and tell: one tap, one request, and nothing about who tapped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from api.bins.view import emptyings_of
from api.services import Services
from routing.daytime import WorkingDay, local_day
from tomma.city import City, Fraction
from tomma.errors import NotFoundError, TommaError
from tomma.model import BinId
from tomma.requests import REQUEST_LASTS, BinRequest, RequestReason, RequestSource


class EnoughTodayError(TommaError):
    """Residents have asked for as much as the city takes on one day."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A bin as the sticker's reader may see it: no level, no hour of a visit, nothing about others."""

    bin_id: BinId
    fraction: Fraction
    place: str
    """Empty unless open data tells it to everybody."""
    asked_utc: datetime | None
    """Since when it is known; None when nobody asked since it was emptied last."""
    is_due: bool
    """A truck is to call today."""
    is_emptied_today: bool


def seen(hands: Services, bin_id: BinId) -> Seen:
    """Return the bin; NotFoundError when there is none, or residents are not asked here."""
    city, now_utc = _city_with(hands, bin_id), hands.context.clock.now_utc()
    midnight_utc = _midnight_utc(hands, city)
    asked, emptied_utc = _standing(hands, bin_id, midnight_utc)
    return Seen(
        bin_id=bin_id,
        fraction=city.fraction_of(bin_id),
        place=_place(hands, city, bin_id),
        asked_utc=min((each.asked_utc for each in asked), default=None),
        is_due=hands.watch.scene().plan_state(bin_id) == "planned",
        is_emptied_today=emptied_utc is not None and midnight_utc <= emptied_utc <= now_utc,
    )


def tell(hands: Services, bin_id: BinId, reason: RequestReason) -> BinRequest:
    """Keep what a resident tells, durably, and return it; what is asked for already is not asked twice.

    Raises:
        NotFoundError: When there is no such bin, or residents are not asked here.
        EnoughTodayError: When residents of the whole city asked `day_max` times today.
    """
    city, requests, bounds = _city_with(hands, bin_id), hands.context.requests, hands.residents
    with bounds.one_at_a_time:
        midnight_utc = _midnight_utc(hands, city)
        standing, _ = _standing(hands, bin_id, midnight_utc)
        if standing:
            return standing[-1]
        if requests.count(RequestSource.RESIDENT, midnight_utc) >= bounds.settings.day_max:
            raise EnoughTodayError(f"residents asked {bounds.settings.day_max} times today, which is the bound")
        now_utc = hands.context.clock.now_utc()
        return requests.ask(BinRequest(str(uuid4()), bin_id, reason, now_utc, source=RequestSource.RESIDENT))


def _city_with(hands: Services, bin_id: BinId) -> City:
    is_open = hands.context.settings.residents.open
    if not is_open or bin_id not in hands.city.current().bins:
        raise NotFoundError("there is no bin at this address")
    return hands.city.current()


def _standing(hands: Services, bin_id: BinId, since_utc: datetime) -> tuple[Sequence[BinRequest], datetime | None]:
    """Return what is asked of the bin, newest first, and when it was emptied last since then, if it was."""
    now_utc = hands.context.clock.now_utc()
    asked = [each for each in hands.context.requests.of_bin(bin_id) if each.asked_utc > now_utc - REQUEST_LASTS]
    begin_utc = min([since_utc, *(each.asked_utc for each in asked)])
    emptied = emptyings_of(hands, bin_id, begin_utc, now_utc + timedelta(seconds=1))
    emptied_utc = emptied[-1].at_utc if emptied else None
    return [each for each in asked if each.stands(emptied_utc)], emptied_utc


def _midnight_utc(hands: Services, city: City) -> datetime:
    timezone = city.organisation.timezone
    return WorkingDay(local_day(hands.context.clock.now_utc(), timezone), timezone).at_utc(0)


def _place(hands: Services, city: City, bin_id: BinId) -> str:
    opened = hands.context.open_data.opened()
    is_told = opened.place_names and opened.opens(city, bin_id)
    return city.sites[city.bins[bin_id].site_id].name if is_told else ""
