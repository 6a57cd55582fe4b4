"""Six digits that let one tablet in, once, for ten minutes; guessing them is slow, and there are few guesses."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from math import ceil

from api.access.tokens import TABLET, Token, new_token
from api.problems.model import NamedProblem
from tomma.clock import Clock
from tomma.errors import Refusal
from tomma.model import VehicleId
from tomma.ports import TabletBook
from tomma.tablets import KeptTablet, PairingCode, Tablet

DIGITS = 6
LASTS_S = 600
OPEN_MAX = 5
"""Codes that are open at one time: each makes a guess more likely to hit."""
TRIES_MAX = 20
"""Wrong codes in ten minutes, over all. With five codes open a guesser then hits once in some 70 days of trying."""
TRIES_WINDOW_S = 600
SALT_BYTES = 16
SCRYPT = {"n": 2**14, "r": 8, "p": 1}
"""16 MB and some 50 ms for each guess at a stolen digest: hours for all of them, and a code lives ten minutes."""


class Codes:
    """Gives out codes and takes them back for tokens. Safe to call from many threads.

    Minutes are the wall's: on a demo's fast clock a code is good for ten of ours, too.
    """

    def __init__(self, book: TabletBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def new(self, vehicle_id: VehicleId | None = None) -> tuple[str, PairingCode]:
        """Return a code that was given to nobody yet, and what is kept of it; with a truck, for that one's tablet."""
        now_utc = self._clock.now_utc()
        digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        salt = secrets.token_hex(SALT_BYTES)
        code = PairingCode(
            secrets.token_hex(SALT_BYTES), salt, _digest(digits, salt), now_utc + self._real(LASTS_S), vehicle_id
        )
        self._book.offer(code, now_utc, OPEN_MAX)
        return digits, code

    def redeem(self, digits: str, name: str) -> tuple[Tablet, Token]:
        """Let a tablet in and return it with its token, which is told this once.

        Raises:
            NamedProblem: 403 when no open code has these digits; 429 after too many of those.
        """
        now_utc = self._clock.now_utc()
        oldest_utc = self._book.begin_try(now_utc, now_utc - self._real(TRIES_WINDOW_S), TRIES_MAX)
        if oldest_utc is not None:
            left_s = TRIES_WINDOW_S - self._clock.real_seconds((now_utc - oldest_utc).total_seconds())
            raise _too_many(max(1, ceil(left_s)))
        # every open code is looked at, so that the time taken does not tell which one was nearly right
        hits = [each for each in self._book.open_codes(now_utc) if _is(digits, each)]
        token = new_token(TABLET)
        tablet = Tablet(
            token.id, name, paired_utc=now_utc, seen_utc=now_utc, vehicle_id=hits[0].vehicle_id if hits else None
        )
        if not hits or not self._book.pair(KeptTablet(tablet, token.sha256), hits[0].id):
            raise _refused()
        return tablet, token

    def _real(self, seconds: float) -> timedelta:
        """Return how far the clock goes while so many seconds of the wall pass."""
        return timedelta(seconds=seconds / self._clock.real_seconds(1.0))


def _digest(digits: str, salt: str) -> str:
    return hashlib.scrypt(digits.encode(), salt=bytes.fromhex(salt), **SCRYPT).hex()


def _is(digits: str, code: PairingCode) -> bool:
    return hmac.compare_digest(_digest(digits, code.salt), code.digest)


def _refused() -> NamedProblem:
    detail = f"the code is wrong, was used, or is older than {LASTS_S // 60} minutes; ask the office for a new one"
    return NamedProblem(403, Refusal.PAIRING_CODE_REFUSED, detail)


def _too_many(left_s: int) -> NamedProblem:
    detail = f"more than {TRIES_MAX} wrong codes were tried; wait {left_s} s, then try again"
    return NamedProblem(429, Refusal.TOO_MANY_PAIRING_TRIES, detail, headers={"Retry-After": str(left_s)})
