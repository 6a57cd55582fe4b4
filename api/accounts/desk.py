"""How people come in: by password and second factor, or by a one-time link. Safe to call from many threads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Lock
from typing import NamedTuple
from uuid import uuid4

from starlette.requests import Request

from api.access.gate import Gate
from api.access.home import Home
from api.access.journal import Event, note
from api.access.tokens import digest_of, new_secret
from api.accounts import second, throttle
from api.accounts.entry import Entry, Sessions
from api.accounts.passwords import Passwords, check_new
from api.accounts.sealing import Seal
from api.problems.model import NamedProblem, bound_refused
from tomma.bounds import BoundError
from tomma.clock import Clock
from tomma.errors import Refusal
from tomma.people import (
    SECOND_FACTOR_ROLES,
    KeptPerson,
    OneTimeLink,
    Person,
    Proof,
    Purpose,
    Role,
    Way,
    login_of,
)
from tomma.people_ports import PeopleBook, SessionBook
from tomma.settings import Settings

LINK_LASTS = {
    Purpose.SETUP: timedelta(minutes=60),
    Purpose.INVITE: timedelta(days=3),
    Purpose.RESET: timedelta(hours=24),
}
FIRST_ROLES = frozenset({Role.ADMIN, Role.MANAGER})
"""Of whoever sets the city up: somebody must be able to let the others in, and see that it works."""


class Shown(NamedTuple):
    """What somebody shows to be let in."""

    login: str
    password: str
    code: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a one-time link is redeemed with."""

    password: str
    login: str = ""
    name: str = ""


class Desk:
    """Lets people in."""

    def __init__(
        self,
        *,
        people: PeopleBook,
        sessions: SessionBook,
        gate: Gate,
        settings: Settings,
        wall: Clock,
        passwords: Passwords,
        city_name: Callable[[], str],
    ) -> None:
        """Stand ready.

        Args:
            people: Who has an account.
            sessions: Who is signed in.
            gate: Tells a request's way here.
            settings: How long sessions last, and where the sealing key is.
            wall: The clock that sessions and codes go by.
            passwords: Hashes and checks.
            city_name: Tells whose city this is, for the app's list and for what a password must not be.
        """
        self.people = people
        self.book = sessions
        self.gate = gate
        self.sessions = Sessions(sessions, settings.people, wall)
        self.seal = Seal(settings.sealing_key_path)
        self.wall = wall
        self.passwords = passwords
        self.city_name = city_name
        self.changing = Lock()
        """Held from the look at who there is until a person is changed: two admins may not take each other's rights."""
        self._throttle = throttle.Throttle(sessions, wall)

    def sign_in(self, shown: Shown, request: Request) -> tuple[KeptPerson, Entry]:
        """Let the person in; the same work is done and the same words are said whether there is such a person.

        Raises:
            NamedProblem: 401 when something is wrong or a code is missing, 403 over a line that can be listened to,
                429 after too many of those.
        """
        home = self.check_line(request)
        device = request.cookies.get(home.device_cookie, "")
        login = login_of(shown.login)
        kept = self.people.by_login(login)
        names = self._names(kept, login, device, home)
        self._throttle.begin(names, home.address)
        right = self.passwords.is_right(shown.password, kept.proof.password_hash if kept else "")
        if kept is None or not right or kept.person.disabled_utc is not None:
            note(Event.SIGN_IN_REFUSED, whose=names[0], address=home.address)
            raise NamedProblem(401, Refusal.SIGN_IN_REFUSED, "login and password do not belong together")
        has_second = self._check_second(kept, shown.code, names, home)
        self._throttle.succeed(names)
        self._renew_hash(kept, shown.password)
        return kept, self._open(kept.person, request, Way.PASSWORD, second_factor=has_second)

    def check_line(self, request: Request) -> Home:
        """Return the request's way here; NamedProblem 403 where a password could be listened to."""
        home = self.gate.home(request)
        if not home.may_sign_in:
            detail = "passwords are taken over HTTPS only: start with --tls-cert, or set [server] public_url"
            raise NamedProblem(403, Refusal.HTTPS_REQUIRED, detail)
        return home

    def check_password(self, kept: KeptPerson, password: str, home: Home) -> None:
        """Make sure that it is the person who sits there; NamedProblem 403 when not, 429 after too many tries."""
        names = [throttle.second_name(kept.person.id)]
        self._throttle.begin(names, home.address)
        if not self.passwords.is_right(password, kept.proof.password_hash):
            note(Event.SIGN_IN_REFUSED, person=kept.person.login, address=home.address, why="asked for again")
            raise NamedProblem(403, Refusal.PASSWORD_WRONG, "the password is not the one you have now")
        self._throttle.succeed(names)

    def is_right_code(self, kept: KeptPerson, code: str) -> bool:
        """Return whether it is the app's code of now, used for the first time."""
        secret = self.seal.open(kept.proof.totp_sealed, kept.person.id) if kept.proof.totp_sealed else None
        step = second.step_of(code, secret, self.wall.now_utc().timestamp()) if secret else None
        return step is not None and self.people.use_totp_step(kept.person.id, step)

    def check_new_password(self, password: str, person: Person, *, field: str = "password") -> None:
        """Raise FieldsRefusedError when a new password is too short or too easy."""
        about = (person.login, person.name, self.city_name())
        try:
            check_new(password, alone=person.roles.isdisjoint(SECOND_FACTOR_ROLES), about=about, field=field)
        except BoundError as exc:
            raise bound_refused(exc) from exc

    def make_link(self, purpose: Purpose, person: Person | None, by: str) -> tuple[str, OneTimeLink]:
        """Return the secret of a new one-time link and what is kept of it; former ones of the person end."""
        secret = new_secret()
        link = OneTimeLink(
            digest_of(secret), purpose, person.id if person else "", self.wall.now_utc() + LINK_LASTS[purpose]
        )
        self.people.offer_link(link)
        note(Event.LINK_MADE, purpose=purpose.value, person=person.login if person else "", by=by)
        return secret, link

    def look_at_link(self, secret: str, home: Home) -> tuple[OneTimeLink, KeptPerson | None]:
        """Return what a one-time link is for; NamedProblem 403 when it opens nothing (any more)."""
        link = self.people.peek_link(digest_of(secret), self.wall.now_utc())
        kept = self.people.find(link.person_id) if link and link.person_id else None
        if link is None or (link.person_id and (kept is None or kept.person.disabled_utc)):
            note(Event.LINK_REFUSED, address=home.address)
            detail = "the link is wrong, was used, or is too old; ask for a new one"
            raise NamedProblem(403, Refusal.LINK_REFUSED, detail)
        return link, kept

    def redeem(self, secret: str, newcomer: Newcomer, request: Request) -> tuple[KeptPerson, Entry | None]:
        """Set the password a link is for, and sign its person in unless a second factor is asked for first.

        Raises:
            NamedProblem: 403 when the link opens nothing.
            FieldsRefusedError: When the password, or the first person's login, will not do.
        """
        home = self.check_line(request)
        link, kept = self.look_at_link(secret, home)
        person = kept.person if kept else self._first(newcomer)
        self.check_new_password(newcomer.password, person)
        password_hash = self.passwords.hash(newcomer.password)
        if self.people.take_link(link.sha256, self.wall.now_utc()) is None:
            raise NamedProblem(403, Refusal.LINK_REFUSED, "the link was used a moment ago")
        if kept is None:
            made = KeptPerson(person, Proof(password_hash))
            self.people.add(made, only_first=True)
            note(Event.SET_UP, person=person.login, address=home.address)
        else:
            made = replace(kept, proof=replace(kept.proof, password_hash=password_hash))
            self.people.save_proof(person.id, made.proof)
        ended = self.book.end_all(person.id)
        self.book.forget_devices(person.id)
        self.book.forgive([throttle.account_name(person.login), throttle.second_name(person.id)])
        note(Event.LINK_USED, purpose=link.purpose.value, person=person.login, address=home.address, ended=ended)
        if made.proof.totp_sealed:
            return made, None
        return made, self._open(person, request, Way.LINK, second_factor=False)

    def _open(self, person: Person, request: Request, way: Way, *, second_factor: bool) -> Entry:
        home = self.gate.home(request)
        cookies = request.cookies
        return self.sessions.open(
            person,
            home,
            way,
            second_factor=second_factor,
            former=cookies.get(home.session_cookie, ""),
            device=cookies.get(home.device_cookie, ""),
        )

    def _names(self, kept: KeptPerson | None, login: str, device: str, home: Home) -> list[str]:
        sha256 = digest_of(device) if device else ""
        if kept and sha256 and self.book.knows_device(kept.person.id, sha256):
            return [throttle.device_name(sha256)]
        return [throttle.account_name(login), throttle.address_name(home.address)]

    def _check_second(self, kept: KeptPerson, code: str, names: list[str], home: Home) -> bool:
        """Return whether a second factor was shown; NamedProblem 401 when one is missing or wrong."""
        if not kept.proof.totp_sealed:
            return False
        if not code:
            self._throttle.succeed(names)
            raise NamedProblem(401, Refusal.SECOND_FACTOR_REQUIRED, "enter the code that your app shows")
        own = [throttle.second_name(kept.person.id)]
        self._throttle.begin(own, home.address)
        digest = second.recovery_digest(code)
        if not self.is_right_code(kept, code):
            if not self.people.use_recovery_code(kept.person.id, digest):
                note(Event.SIGN_IN_REFUSED, person=kept.person.login, address=home.address, why="second factor")
                raise NamedProblem(
                    401, Refusal.SECOND_FACTOR_REFUSED, "the code is wrong, or was used; wait for the next one"
                )
            note(Event.RECOVERY_CODE_USED, person=kept.person.login, address=home.address)
        self._throttle.succeed(own)
        return True

    def _renew_hash(self, kept: KeptPerson, password: str) -> None:
        if self.passwords.is_old(kept.proof.password_hash):
            proof = replace(kept.proof, password_hash=self.passwords.hash(password))
            self.people.save_proof(kept.person.id, proof)

    def _first(self, newcomer: Newcomer) -> Person:
        login = login_of(newcomer.login)
        try:
            return Person(str(uuid4()), login, newcomer.name or login, FIRST_ROLES, self.wall.now_utc())
        except ValueError as exc:
            raise bound_refused(exc, {"login": login, "name": newcomer.name}) from exc
