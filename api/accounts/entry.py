"""Sessions: opened with a new token each time, kept as its digest, ended for good."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from api.access.home import Home
from api.access.journal import Event, note
from api.access.tokens import digest_of, new_secret
from tomma.clock import Clock
from tomma.people import Person, Session, Way
from tomma.people_ports import SessionBook
from tomma.people_settings import PeopleSettings

DEVICES_MAX = 10
"""Browsers known of one person."""
DEVICE_LASTS_S = 180 * 86_400


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that was just opened, and the tokens its browser shall keep."""

    session: Session
    token: str
    device: str


class Sessions:
    """Opens sessions and ends them."""

    def __init__(self, book: SessionBook, settings: PeopleSettings, wall: Clock) -> None:
        self._book = book
        self._settings = settings
        self._wall = wall

    def open(self, person: Person, home: Home, way: Way, *, second_factor: bool, former: str, device: str) -> Entry:
        """Open a session with a token nobody has seen; what the browser had before ends.

        Args:
            person: Who signed in.
            home: From where.
            way: How.
            second_factor: Whether more than a password was shown.
            former: The token in the browser's cookie until now: an attacker may have put it there.
            device: The token by which the browser is known, if it has one.
        """
        now_utc = self._wall.now_utc()
        self._book.purge(
            now_utc - timedelta(hours=self._settings.session_max_h),
            now_utc - timedelta(hours=self._settings.session_idle_h),
        )
        if former:
            self._book.end(digest_of(former))
        token, device = new_secret(), device or new_secret()
        session = Session(digest_of(token), person.id, now_utc, now_utc, way, second_factor, home.address, home.agent)
        self._book.open(session)
        self._book.know_device(person.id, digest_of(device), now_utc, DEVICES_MAX)
        note(Event.SIGNED_IN, person=person.login, way=way.value, session=session.id, address=home.address)
        return Entry(session, token, device)

    def rotate(self, session: Session, home: Home, *, second_factor: bool) -> str:
        """Go on with a new token, now that the person may do more; its age stays. Return the token."""
        token = new_secret()
        values = {"created_utc": session.created_utc, "way": session.way, "agent": session.agent}
        renewed = Session(
            sha256=digest_of(token),
            person_id=session.person_id,
            seen_utc=self._wall.now_utc(),
            second_factor=second_factor,
            address=home.address,
            **values,  # type: ignore[arg-type]
        )
        self._book.open(renewed)
        self._book.end(session.sha256)
        return token


def give_session(answer: Response, home: Home, token: str) -> None:
    """Let the browser keep the session's token until it is closed or the server ends it."""
    answer.set_cookie(home.session_cookie, token, secure=home.is_secure, httponly=True, samesite="lax", path="/")


def give_device(answer: Response, home: Home, device: str) -> None:
    """Let the browser be known again."""
    answer.set_cookie(
        home.device_cookie,
        device,
        max_age=DEVICE_LASTS_S,
        secure=home.is_secure,
        httponly=True,
        samesite="strict",
        path="/",
    )


def take_session(answer: Response, home: Home) -> None:
    """Let the browser forget the session's token."""
    answer.delete_cookie(home.session_cookie, secure=home.is_secure, httponly=True, samesite="lax", path="/")
