"""Finds out who asks: by a program's key, a tablet's token or a session's cookie."""

import logging
from datetime import datetime, timedelta

from starlette.requests import HTTPConnection

from api.access.home import Home, home_of
from api.access.journal import Event, note
from api.access.tokens import KEY, TABLET, Token, digest_of, token_in
from api.access.who import NOBODY, Who
from api.problems.model import NamedProblem
from tomma.clock import Clock
from tomma.errors import Refusal, StoreUnavailableError
from tomma.people import Person, Role, Session, Way
from tomma.people_ports import PeopleBook, SessionBook
from tomma.ports import TabletBook
from tomma.settings import Settings

log = logging.getLogger(__name__)

SEEN_EVERY_S = 60.0
"""Of the wall. Noting every question would only wear the disk."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="tomma"'}
STREAM_PATH = "/api/v1/stream"
"""Browsers cannot send a token with an event stream: only here a tablet is known by a cookie."""


class Gate:
    """Knows everybody who has a key of any kind. Safe to call from many threads."""

    def __init__(
        self,
        *,
        people: PeopleBook,
        sessions: SessionBook,
        tablets: TabletBook,
        settings: Settings,
        https: bool,
        clock: Clock,
        wall: Clock,
        visitor: Person | None = None,
    ) -> None:
        """Stand at the doors.

        Args:
            people: Who has an account.
            sessions: Who is signed in, and the programs' keys.
            tablets: Which tablets were let in.
            settings: How long a session lasts, and what is ours.
            https: Whether TLS ends at this server.
            clock: The city's, for the tablets; a demo's runs fast.
            wall: The one that sessions and keys age by.
            visitor: Who a visitor without a key is; nobody, but on a demo.
        """
        self._people = people
        self._sessions = sessions
        self._tablets = tablets
        self._settings = settings
        self._https = https
        self._clock = clock
        self._wall = wall
        self._visitor = visitor

    def who(self, request: HTTPConnection) -> Who:
        """Return who asks; NamedProblem 401 when a key is shown that opens nothing."""
        token = token_in(request.headers.get("authorization", ""))
        if token is not None:
            return self._tablet(token) if token.mark == TABLET else self._program(token, self.home(request))
        home = self.home(request)
        found = self.signed_in(request.cookies.get(home.session_cookie, ""))
        if found is None and request.url.path == STREAM_PATH:
            found = self._streaming(request.cookies.get(home.stream_cookie, ""))
        if found is None and self._visitor is not None and home.is_loopback:
            return Who(self._visitor.roles, self._visitor)
        return found or NOBODY

    @property
    def is_demo(self) -> bool:
        """Whether a visitor is let in as somebody made up."""
        return self._visitor is not None

    def home(self, request: HTTPConnection) -> Home:
        """Return the request's way here."""
        return home_of(request, self._settings.server, https=self._https)

    def is_alive(self, session: Session, now_utc: datetime) -> bool:
        """Return whether the session has neither been idle for too long nor grown too old."""
        people = self._settings.people
        idle, age = timedelta(hours=people.session_idle_h), timedelta(hours=people.session_max_h)
        return now_utc < session.seen_utc + idle and now_utc < session.created_utc + age

    def still_in(self, who: Who) -> bool:
        """Return whether the one who came in is still welcome: asked again while a stream is open."""
        if who.session is not None:
            found = self._session_of(who.session.sha256)
            return found is not None and found.roles == who.roles
        if who.tablet is not None:
            kept = self._tablets.find(who.tablet.id)
            return kept is not None and kept.tablet.revoked_utc is None
        if who.key is not None:
            key = self._sessions.find_key(who.key.id)
            return key is not None and key.is_good(self._wall.now_utc())
        return True

    def signed_in(self, cookie: str) -> Who | None:
        """Return whoever has the session with this token, if it is alive."""
        if not cookie:
            return None
        found = self._session_of(digest_of(cookie))
        if found is not None and found.session is not None:
            self._note_session_seen(found.session)
        return found

    def _session_of(self, sha256: str) -> Who | None:
        session = self._sessions.find(sha256)
        if session is None or not self.is_alive(session, self._wall.now_utc()):
            return None
        kept = self._people.find(session.person_id)
        if kept is None or kept.person.disabled_utc is not None:
            return None
        person = kept.person
        is_half = person.needs_second_factor and not session.second_factor and session.way is not Way.DEMO
        return Who(frozenset() if is_half else person.roles, person, session, is_half=is_half)

    def _program(self, token: Token, home: Home) -> Who:
        key = self._sessions.find_key(token.id)
        if token.mark != KEY or key is None or not token.opens(key.secret_sha256):
            note(Event.KEY_REFUSED, key=token.id, address=home.address)
            raise _refused(Refusal.KEY_UNKNOWN, "this server does not know the key")
        if not key.is_good(self._wall.now_utc()):
            note(Event.KEY_REFUSED, key=key.id, address=home.address, why="expired or revoked")
            raise _refused(Refusal.KEY_ENDED, "the key has expired or was revoked")
        return Who(key.roles, key=key)

    def _tablet(self, token: Token) -> Who:
        kept = self._tablets.find(token.id)
        if kept is None or not token.opens(kept.secret_sha256):
            raise _refused(Refusal.TABLET_UNKNOWN, "this city does not know the tablet; pair it again")
        if kept.tablet.revoked_utc is not None:
            raise _refused(Refusal.TABLET_REVOKED, "the office has shut this tablet out; ask it for a new code")
        now_utc = self._clock.now_utc()
        if self._clock.real_seconds((now_utc - kept.tablet.seen_utc).total_seconds()) >= SEEN_EVERY_S:
            try:
                self._tablets.seen(kept.tablet.id, now_utc)
            except StoreUnavailableError as exc:  # a driver must not wait for a note about the driver
                log.warning("tablet not noted as seen tablet=%s reason=%s", kept.tablet.id, exc)
        return Who(frozenset({Role.DRIVER}), tablet=kept.tablet)

    def _streaming(self, cookie: str) -> Who | None:
        token = token_in(f"Bearer {cookie}")
        if token is None or token.mark != TABLET:
            return None
        try:
            return self._tablet(token)
        except NamedProblem:
            return None

    def _note_session_seen(self, session: Session) -> None:
        now_utc = self._wall.now_utc()
        if (now_utc - session.seen_utc).total_seconds() < SEEN_EVERY_S:
            return
        try:
            self._sessions.seen(session.sha256, now_utc)
        except StoreUnavailableError as exc:  # reading must go on while nothing can be written
            log.warning("session not noted as seen session=%s reason=%s", session.id, exc)


def _refused(kind: Refusal, detail: str) -> NamedProblem:
    return NamedProblem(401, kind, detail, headers=CHALLENGE)
