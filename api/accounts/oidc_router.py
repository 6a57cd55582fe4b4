"""`/oidc/begin` and `/oidc/callback`: to the identity provider and back."""

from dataclasses import replace
from uuid import uuid4

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse

from api.access import EVERYBODY, allow
from api.access.journal import Event, note
from api.accounts.entry import give_session
from api.accounts.provider import Provider, ProviderError, Vouched
from api.problems.model import NamedProblem
from api.services import Hands, Services
from tomma.errors import ConflictError, Refusal
from tomma.people import KeptPerson, Person, Proof, Way, login_of

router = APIRouter(prefix="/oidc", include_in_schema=False, dependencies=[allow(*EVERYBODY)])

TRY_LASTS_S = 600
NAME_MAX = 100


@router.get("/begin")
def begin(hands: Hands, request: Request, next: str = "/") -> RedirectResponse:  # noqa: A002  (the parameter's name)
    """Send the browser to the provider; it keeps a token by which it is known when it is back."""
    provider, home = _provider(hands), hands.gate.home(request)
    if not home.may_sign_in:
        detail = "signing in takes HTTPS: start with --tls-cert, or set [server] public_url"
        raise NamedProblem(403, Refusal.HTTPS_REQUIRED, detail)
    address, browser = provider.begin(_back(hands, request), local_path(next))
    answer = RedirectResponse(address, status_code=303)
    answer.set_cookie(
        home.provider_cookie,
        browser,
        max_age=TRY_LASTS_S,
        secure=home.is_secure,
        httponly=True,
        samesite="lax",  # it must come along when the provider sends the browser back
        path="/",
    )
    return answer


@router.get("/callback")
def callback(hands: Hands, request: Request) -> RedirectResponse:
    """Check what the browser brings back, and let the person in; who is refused is told so on the page /login."""
    provider, home = _provider(hands), hands.gate.home(request)
    browser = request.cookies.get(home.provider_cookie, "")
    try:
        vouched, next_path = provider.finish(str(request.url), request.query_params, browser, _back(hands, request))
        kept = _person(hands, vouched)
    except ProviderError as refused:
        note(Event.SIGN_IN_REFUSED, why=refused.kind, address=home.address)
        answer = RedirectResponse(f"/login?refused={refused.kind}", status_code=303)
    else:
        entry = hands.accounts.sessions.open(
            kept.person,
            home,
            Way.PROVIDER,
            second_factor=True,
            former=request.cookies.get(home.session_cookie, ""),
            device="",
        )
        answer = RedirectResponse(next_path, status_code=303)
        give_session(answer, home, entry.token)
    answer.delete_cookie(home.provider_cookie, secure=home.is_secure, httponly=True, samesite="lax", path="/")
    return answer


def local_path(path: str) -> str:
    """Return a path of this server; what leads elsewhere, or nowhere, leads home."""
    is_own = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if is_own else "/"


def _provider(hands: Services) -> Provider:
    if hands.provider is None:
        raise HTTPException(404)
    return hands.provider


def _back(hands: Services, request: Request) -> str:
    home = hands.context.settings.server.public_url or str(request.base_url)
    return f"{home.rstrip('/')}/oidc/callback"


def _person(hands: Services, vouched: Vouched) -> KeptPerson:
    """Return the account of whom the provider vouches for, with the roles of today's groups; made at first sight."""
    people = hands.accounts.people
    kept = people.by_subject(vouched.subject)
    if kept is None:
        return _newcomer(hands, vouched)
    if kept.person.disabled_utc is not None:
        raise ProviderError("your account here is disabled", kind=Refusal.DISABLED)
    person = replace(kept.person, roles=vouched.roles, areas=vouched.areas)
    if person != kept.person:
        people.save(person)
        ended = hands.accounts.book.end_all(person.id)
        note(Event.PERSON_CHANGED, person=person.login, roles=sorted(person.roles), by="provider", ended=ended)
    return replace(kept, person=person)


def _newcomer(hands: Services, vouched: Vouched) -> KeptPerson:
    try:
        person = Person(
            id=str(uuid4()),
            login=login_of(vouched.login),
            name=vouched.name[:NAME_MAX],
            roles=vouched.roles,
            created_utc=hands.accounts.wall.now_utc(),
            areas=vouched.areas,
        )
        kept = KeptPerson(person, Proof(subject=vouched.subject))
        hands.accounts.people.add(kept)
    except (ValueError, ConflictError) as exc:
        # an account with this login exists and is not the provider's: taking it over would be a way in
        raise ProviderError(f"the account cannot be made: {exc}", kind=Refusal.LOGIN_TAKEN) from exc
    note(Event.PERSON_ADDED, person=person.login, roles=sorted(person.roles), by="provider")
    return kept
