"""`/session`, `/links` and `/me`: signing in and out, and one's own account."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response

from api.access import EVERYBODY, SIGNED_IN, Asking, allow
from api.access.journal import Event, note
from api.accounts import second
from api.accounts.desk import Newcomer, Shown
from api.accounts.entry import Entry, give_device, give_session, take_session
from api.accounts.own import Own, person_required
from api.accounts.passwords import LENGTH_WITH_SECOND_MIN
from api.accounts.schemas import (
    ConfirmIn,
    DemoIn,
    DoorsOut,
    EndedOut,
    LinkIn,
    LinkOut,
    MeOut,
    PasswordIn,
    RecoveryCodesOut,
    RedeemIn,
    SecondFactorIn,
    SecondFactorOut,
    SessionsOut,
    SignedInOut,
    SignInIn,
)
from api.accounts.view import length_min, me_out, session_out
from api.guards.strict_json import StrictRoute
from api.problems.model import problems
from api.schema import Name
from api.services import Hands
from tomma.errors import NotFoundError
from tomma.people import KeptPerson, Way

router = APIRouter(tags=["accounts"], route_class=StrictRoute)

OPEN = [allow(*EVERYBODY)]
OWN = [allow(*SIGNED_IN, half=True)]
TAKES = problems(400, 401, 403, 413, 415, 429, 503)
"""How a change of one's own account is refused."""


def me(hands: Hands, who: Asking) -> KeptPerson:
    """Return the person who asks."""
    kept = hands.accounts.people.find(who.person.id) if who.person else None
    if kept is None:
        raise person_required()
    return kept


def own_account(hands: Hands, who: Asking, request: Request) -> Own:
    """Return the person at this browser; a demo's visitor has no session, and so nothing to change."""
    kept = me(hands, who)
    if who.session is None:
        raise person_required()
    return Own(hands.accounts, kept, who.session, hands.gate.home(request))


Me = Annotated[KeptPerson, Depends(me)]
OwnAccount = Annotated[Own, Depends(own_account)]


@router.get("/sign-in", summary="How one can sign in here", dependencies=OPEN, responses=problems(503))
def get_doors(hands: Hands, request: Request) -> DoorsOut:
    """Return what a page of a stranger needs to offer the right way in."""
    demo = hands.gate.is_demo
    people = hands.accounts.people.all() if demo else ()
    return DoorsOut(
        provider=hands.provider.name if hands.provider else "",
        needs_setup=not demo and not hands.accounts.people.all(),
        demo=demo,
        demo_logins=[each.person.login for each in people if not each.proof.password_hash],
        takes_passwords=hands.gate.home(request).may_sign_in,
    )


@router.post("/session", summary="Sign in", dependencies=OPEN, responses=TAKES)
def sign_in(hands: Hands, told: SignInIn, request: Request, response: Response) -> SignedInOut:
    """Take login and password, and a code where one is asked for, and give the browser a new session.

    A wrong login and a wrong password are refused alike. `second-factor-required` says that the password was right
    and a code is missing: send all three.
    """
    kept, entry = hands.accounts.sign_in(Shown(told.login, told.password, told.code), request)
    return _entered(hands, kept, entry, request, response)


@router.post("/session/demo", summary="Be somebody made up", dependencies=OPEN, responses=problems(400, 403, 404, 415))
def sign_in_demo(hands: Hands, told: DemoIn, request: Request, response: Response) -> SignedInOut:
    """Sign in as one of a demo's people, without a password; everywhere else there is nothing at this address."""
    kept = hands.accounts.people.by_login(told.login) if hands.gate.is_demo else None
    home = hands.gate.home(request)
    if kept is None or kept.proof.password_hash or not home.is_loopback:
        raise HTTPException(404)
    entry = hands.accounts.sessions.open(
        kept.person, home, Way.DEMO, second_factor=False, former=request.cookies.get(home.session_cookie, ""), device=""
    )
    return _entered(hands, kept, entry, request, response)


@router.delete("/session", status_code=204, summary="Sign out", dependencies=OWN, responses=problems(401, 403, 503))
def sign_out(hands: Hands, who: Asking, request: Request, response: Response) -> None:
    """End this browser's session for good."""
    if who.session is not None:
        hands.accounts.book.end(who.session.sha256)
        note(Event.SIGNED_OUT, by=who.name, session=who.session.id)
    take_session(response, hands.gate.home(request))


@router.post("/links/look", summary="What a one-time link is for", dependencies=OPEN, responses=TAKES)
def look_at_link(hands: Hands, told: LinkIn, request: Request) -> LinkOut:
    """Return whom the link is for, without using it up."""
    link, kept = hands.accounts.look_at_link(told.link, hands.gate.home(request))
    return LinkOut(
        purpose=link.purpose,
        login=kept.person.login if kept else "",
        name=kept.person.name if kept else "",
        password_length_min=length_min(kept.person) if kept else LENGTH_WITH_SECOND_MIN,
    )


@router.post("/links/redeem", summary="Set a password by a one-time link", dependencies=OPEN, responses=TAKES)
def redeem_link(hands: Hands, told: RedeemIn, request: Request, response: Response) -> SignedInOut:
    """Use up the link: its person has the new password, and every former session ends.

    The first link of a new installation makes its first person, who names a login.
    """
    newcomer = Newcomer(told.password, told.login, told.name)
    kept, entry = hands.accounts.redeem(told.link, newcomer, request)
    return _entered(hands, kept, entry, request, response) if entry else SignedInOut(me=None)


@router.get("/me", summary="Who is signed in", dependencies=OWN, responses=problems(401, 403, 503))
def get_me(hands: Hands, kept: Me, who: Asking) -> MeOut:
    """Return the person, the roles and how the account is protected."""
    return me_out(hands.accounts, kept, who.session)


@router.get("/me/sessions", summary="Where I am signed in", dependencies=OWN, responses=problems(401, 403, 503))
def list_my_sessions(hands: Hands, kept: Me, who: Asking) -> SessionsOut:
    """Return every browser that is signed in as the person who asks."""
    now_utc = hands.accounts.wall.now_utc()
    sessions = hands.accounts.book.of_person(kept.person.id)
    alive = [session_out(each, who) for each in sessions if hands.gate.is_alive(each, now_utc)]
    return SessionsOut(sessions=alive, timezone=hands.city.timezone())


@router.delete("/me/sessions", summary="Sign out everywhere", dependencies=OWN, responses=problems(401, 403, 503))
def end_my_sessions(hands: Hands, kept: Me, who: Asking, request: Request, response: Response) -> EndedOut:
    """End every session of the person who asks, this one too, and know none of the browsers any more."""
    ended = hands.accounts.book.end_all(kept.person.id)
    hands.accounts.book.forget_devices(kept.person.id)
    note(Event.SESSIONS_ENDED, person=kept.person.login, by=who.name, sessions=ended)
    take_session(response, hands.gate.home(request))
    return EndedOut(sessions=ended)


@router.delete(
    "/me/sessions/{session_id}",
    summary="Sign one browser out",
    dependencies=OWN,
    responses=problems(401, 403, 404, 503),
)
def end_my_session(
    hands: Hands, kept: Me, who: Asking, session_id: Annotated[Name, Path(description="The session's id.")]
) -> EndedOut:
    """End one session of the person who asks."""
    mine = [each for each in hands.accounts.book.of_person(kept.person.id) if each.id == session_id]
    if not mine:
        raise NotFoundError(f"there is no session {session_id}")
    for each in mine:
        hands.accounts.book.end(each.sha256)
    note(Event.SESSIONS_ENDED, person=kept.person.login, by=who.name, session=session_id)
    return EndedOut(sessions=len(mine))


@router.put("/me/password", summary="Another password", dependencies=OWN, responses=TAKES)
def set_my_password(hands: Hands, own: OwnAccount, told: PasswordIn, request: Request, response: Response) -> MeOut:
    """Take a new password; other browsers are signed out, and this one goes on with a new session."""
    token = own.set_password(told.current, told.new)
    return _renewed(hands, own, token, request, response)


@router.post(
    "/me/second-factor", summary="Begin with a second factor", dependencies=OWN, responses={**TAKES, **problems(409)}
)
def begin_second_factor(own: OwnAccount) -> SecondFactorOut:
    """Return a new secret for an app; nothing changes before a code of it was shown."""
    ticket, secret, address = own.new_second_factor()
    return SecondFactorOut(ticket=ticket, secret=secret, address=address, qr_svg=second.picture_of(address))


@router.put(
    "/me/second-factor", summary="Confirm the second factor", dependencies=OWN, responses={**TAKES, **problems(409)}
)
def set_second_factor(
    hands: Hands, own: OwnAccount, told: SecondFactorIn, request: Request, response: Response
) -> RecoveryCodesOut:
    """Take the app's first code; from now on one is asked for. Return recovery codes, told this once."""
    codes, token = own.set_second_factor(told.ticket, told.code, told.password)
    give_session(response, hands.gate.home(request), token)
    hands.context.on_set_up()
    return RecoveryCodesOut(codes=codes)


@router.post(
    "/me/second-factor/remove",
    summary="Go without a second factor",
    dependencies=OWN,
    responses={**TAKES, **problems(409)},
)
def remove_second_factor(hands: Hands, own: OwnAccount, told: ConfirmIn, request: Request, response: Response) -> MeOut:
    """End the second factor, where the roles do not ask for one."""
    token = own.remove_second_factor(told.password)
    return _renewed(hands, own, token, request, response)


@router.post("/me/recovery-codes", summary="New recovery codes", dependencies=OWN, responses={**TAKES, **problems(409)})
def make_recovery_codes(own: OwnAccount, told: ConfirmIn) -> RecoveryCodesOut:
    """Return new codes in place of the former ones, told this once."""
    return RecoveryCodesOut(codes=own.new_recovery_codes(told.password))


def _entered(hands: Hands, kept: KeptPerson, entry: Entry, request: Request, response: Response) -> SignedInOut:
    home = hands.gate.home(request)
    give_session(response, home, entry.token)
    if entry.session.way is not Way.DEMO:
        give_device(response, home, entry.device)
    return SignedInOut(me=me_out(hands.accounts, kept, entry.session))


def _renewed(hands: Hands, own: Own, token: str, request: Request, response: Response) -> MeOut:
    give_session(response, hands.gate.home(request), token)
    who = hands.gate.signed_in(token)
    return me_out(hands.accounts, me_of(hands, own), who.session if who else None)


def me_of(hands: Hands, own: Own) -> KeptPerson:
    """Return the person as they are now."""
    return hands.accounts.people.find(own.kept.person.id) or own.kept
