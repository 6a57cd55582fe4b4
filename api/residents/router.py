"""`/r/{bin_id}`: the page behind a bin's sticker. Plain HTML and a form, so that the oldest phone can tell."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Request, Response
from starlette.responses import RedirectResponse
from starlette.templating import Jinja2Templates

from api.access import EVERYBODY, allow
from api.accounts.throttle import address_name
from api.exports.words import Words
from api.guards.throttle import Throttle
from api.pages.router import WEB
from api.residents.door import EnoughTodayError, Seen, seen, tell
from api.services import Hands, Services
from routing.roads.guidance import Language
from tomma.city import Organisation
from tomma.errors import NotFoundError
from tomma.model import BinId
from tomma.requests import RequestReason

router = APIRouter(prefix="/r", include_in_schema=False, dependencies=[allow(*EVERYBODY)])
TEMPLATES = Jinja2Templates(directory=WEB / "templates")
HEADERS: Mapping[str, str] = {
    "Vary": "Accept-Language",
    "X-Robots-Tag": "noindex",
    # With the `no-referrer` of the other pages, browsers send a form's origin as `null`, which is nobody's own.
    "Referrer-Policy": "same-origin",
}
NOBODY = Organisation("", "tomma")
"""In whose name it is said that there is nothing: the same words whether the city is closed or the bin unknown."""
BUTTONS: Mapping[RequestReason, str] = {
    RequestReason.FULL: "resident.full",
    RequestReason.LITTER_BESIDE: "resident.litter_beside",
    RequestReason.SMELL: "resident.smell",
}
"""What can be told, and the words for it."""
AcceptLanguage = Annotated[str, Header()]
S_PER_MIN = 60


@router.get("/{bin_id}")
def bin_page(
    hands: Hands, request: Request, bin_id: str, lang: str = "", accept_language: AcceptLanguage = ""
) -> Response:
    """Show what is known already, or the three buttons."""
    language = language_of(lang, accept_language)
    if wait_s := _wait_s(hands, request, hands.residents.looks):
        return _held(request, _words(hands, language), wait_s, bin_id)
    try:
        found = seen(hands, BinId(bin_id))
    except NotFoundError:
        return _page(request, Words(language, NOBODY), "missing", status=404)
    return _page(
        request,
        _words(hands, language),
        "bin",
        _told(found, _words(hands, language), hands.context.clock.now_utc()),
        bin_id=bin_id,
    )


@router.get("/{bin_id}/{reason}")
def bin_told_before(bin_id: str, reason: str, lang: str = "") -> Response:  # noqa: ARG001  (the tap's own address)
    """Lead to the bin: a phone that was asked to wait still shows the tap's address, and loads it again."""
    return _to_bin(bin_id, lang)


@router.post("/{bin_id}/{reason}")
def bin_told(
    hands: Hands, request: Request, bin_id: str, reason: str, lang: str = "", accept_language: AcceptLanguage = ""
) -> Response:
    """Take the tap, and lead back to the page, so that loading it again tells nothing twice."""
    language = language_of(lang, accept_language)
    if reason not in BUTTONS:
        return _page(request, Words(language, NOBODY), "missing", status=404)
    if wait_s := _wait_s(hands, request, hands.residents.taps):
        return _held(request, _words(hands, language), wait_s, bin_id)
    try:
        tell(hands, BinId(bin_id), RequestReason(reason))
    except NotFoundError:
        return _page(request, Words(language, NOBODY), "missing", status=404)
    except EnoughTodayError:
        words = _words(hands, language)
        return _page(request, words, "held", {"why": words("resident.enough")}, status=429, bin_id=bin_id)
    return _to_bin(bin_id, language)


def _to_bin(bin_id: str, lang: str) -> Response:
    asked = f"?lang={quote(lang, safe='')}" if lang else ""
    return RedirectResponse(f"/r/{quote(bin_id, safe='')}{asked}", status_code=303, headers=HEADERS)


def _told(found: Seen, words: Words, now_utc: datetime) -> dict[str, Any]:
    said = [words("resident.due")] if found.is_due else []
    if found.asked_utc is None and found.is_emptied_today:
        said = [words("resident.emptied"), *said]
    known = words("resident.known", time=words.moment(found.asked_utc, now_utc)) if found.asked_utc else ""
    stream = found.fraction.name_sv if words.language is Language.SV else found.fraction.name_en
    buttons = [(reason.value, words(label)) for reason, label in BUTTONS.items()]
    return {"stream": stream, "place": found.place, "known": known, "said": said, "buttons": buttons}


def _held(request: Request, words: Words, wait_s: float, bin_id: str) -> Response:
    minutes = int(wait_s // S_PER_MIN) + 1
    why = {"why": words("resident.held", n=minutes)}
    headers = {"Retry-After": str(int(wait_s) + 1)}
    return _page(request, words, "held", why, status=429, bin_id=bin_id, headers=headers)


def _page(
    request: Request,
    words: Words,
    kind: str,
    told: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    bin_id: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    other = Language.EN if words.language is Language.SV else Language.SV
    context = {"t": words, "kind": kind, "bin_id": bin_id, "other": other, **(told or {})}
    said = {**HEADERS, "Content-Language": words.language.value, **(headers or {})}
    return TEMPLATES.TemplateResponse(request, "resident.html", context, status_code=status, headers=said)


def _words(hands: Services, language: Language) -> Words:
    try:
        return Words(language, hands.city.current().organisation)
    except NotFoundError:  # no city was brought in yet
        return Words(language, NOBODY)


def _wait_s(hands: Services, request: Request, throttle: Throttle) -> float:
    return throttle.wait_s(address_name(hands.gate.home(request).address), time.monotonic())


def language_of(asked: str, accepted: str) -> Language:
    """Return the language asked for, else the first of ours that the phone names; English for all other tongues."""
    tags = [asked, *(each.partition(";")[0].strip() for each in accepted.split(","))]
    spoken = (Language(tag[:2].lower()) for tag in tags if tag[:2].lower() in set(Language))
    return next(spoken, Language.EN if accepted.strip(" *") else Language.SV)
