"""Bounds guessing by account and by address; a browser the person signed in with before is counted by itself.

So nobody is locked out by a stranger who guesses: the own browser's cookie and the right password always pass.
"""

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address, ip_network
from math import ceil
from threading import Lock

from api.access.journal import Event, note
from api.access.tokens import digest_of
from api.problems.model import NamedProblem
from tomma.clock import Clock
from tomma.errors import Refusal
from tomma.people_ports import SessionBook

WINDOW_S = 900.0
ACCOUNT_MAX = 10
"""Refusals of one account from browsers that are not known: 1,000 guesses a day against a password of 15 characters."""
ADDRESS_MAX = 40
"""Of one address, over all accounts: an office behind one address mistypes less."""
DEVICE_MAX = 10
SECOND_FACTOR_MAX = 5
"""Wrong codes after a right password, wherever they come from: one in 700 to be hit in a day."""


def account_name(login: str) -> str:
    """Return how tries at an account are kept: a login is often typed where the password belongs."""
    return f"account:{digest_of(login)}"


def address_name(address: str) -> str:
    """Return how tries from an address are kept: whoever has one IPv6 address has 2**64 of them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "address:"
    return f"address:{ip_network((parsed, 64), strict=False) if parsed.version == 6 else parsed}"


def device_name(sha256: str) -> str:
    """Return how tries of a known browser are kept."""
    return f"device:{sha256}"


def second_name(person_id: str) -> str:
    """Return how wrong codes are kept."""
    return f"second:{person_id}"


_MAX = {"account": ACCOUNT_MAX, "address": ADDRESS_MAX, "device": DEVICE_MAX, "second": SECOND_FACTOR_MAX}


class Throttle:
    """Counts tries before they are made, so that a hundred at once are not a hundred guesses."""

    def __init__(self, book: SessionBook, wall: Clock) -> None:
        self._book = book
        self._wall = wall
        self._lock = Lock()

    def begin(self, names: Sequence[str], address: str) -> None:
        """Count a try for each name; NamedProblem 429 when one of them had too many."""
        with self._lock:  # looking and counting are one step, or a crowd would pass between them
            self._begin(names, address)

    def _begin(self, names: Sequence[str], address: str) -> None:
        now_utc = self._wall.now_utc()
        since_utc = now_utc - timedelta(seconds=WINDOW_S)
        for name in names:
            tries = self._book.refusals(name, since_utc)
            most = _MAX[name.partition(":")[0]]
            if len(tries) >= most:
                left_s = max(1, ceil(WINDOW_S - (now_utc - tries[-most]).total_seconds()))
                note(Event.SIGN_IN_THROTTLED, whose=name, address=address)
                detail = f"too many sign-ins were refused; wait {left_s} s, or use a browser you signed in with before"
                raise NamedProblem(429, Refusal.TOO_MANY_SIGN_INS, detail, headers={"Retry-After": str(left_s)})
        self._book.refused(names, now_utc, since_utc)

    def succeed(self, names: Sequence[str]) -> None:
        """Forget the tries of these names; of an address only this one, for others may be guessing from there."""
        self._book.forgive([each for each in names if not each.startswith("address:")])
        for each in names:
            if each.startswith("address:"):
                self._book.take_back(each)
