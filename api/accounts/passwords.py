"""Passwords: hashed with Argon2id, a few at a time; judged by how soon they are guessed and not by their signs."""

import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from api.problems.model import NamedProblem
from tomma.bounds import BoundError, Rule
from tomma.errors import Refusal

LENGTH_ALONE_MIN = 15
"""NIST SP 800-63B-4, 3.1.1.2: of a password that is all there is."""
LENGTH_WITH_SECOND_MIN = 12
"""The same asks for 8 beside a second factor; four more cost nobody anything."""
LENGTH_MAX = 128
GUESSES_MIN = 1e8
"""What zxcvbn expects a guesser to need; 30,000 common passwords, names, rows of keys and years are far below."""
ESTIMATED_MAX = 72
"""Characters the estimator looks at: its work grows with the square of them."""
TOO_EASY = (
    "losenord lösenord hemligt hemlig sommar vinter hösten våren sopor soptunna sopbil avfall kommun "
    "kommunen stad staden renhållning tomma fotboll välkommen sverige januari februari mars april juni "
    "juli augusti september oktober november december måndag tisdag onsdag torsdag fredag lördag söndag"
)
"""Swedish words that end up in passwords here, and are in no English list."""
AT_ONCE = 2
"""Each takes 64 MiB and a processor for a tenth of a second."""
PATIENCE_S = 5.0


class Passwords:
    """Makes and checks hashes. Safe to call from many threads: those that find no room within 5 s are sent away."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Hash with Argon2id as RFC 9106 advises where memory is scarce (64 MiB, 3 passes, 4 lanes)."""
        self._hasher = hasher or PasswordHasher(type=Type.ID)
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = ""

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        with self._turn():
            return self._hasher.hash(_normal(password))

    def is_right(self, password: str, password_hash: str) -> bool:
        """Return whether it is the password; without a hash the same work is done, and the answer is no."""
        with self._turn():
            if not self._nobodys:
                self._nobodys = self._hasher.hash("nobody has this password")
            try:
                self._hasher.verify(password_hash or self._nobodys, _normal(password))
            except (VerifyMismatchError, VerificationError, InvalidHashError):
                return False
            return bool(password_hash)

    def is_old(self, password_hash: str) -> bool:
        """Return whether it was made with other settings than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._room.acquire(timeout=PATIENCE_S):
            detail = "too many people are signing in at once; try again in a moment"
            raise NamedProblem(429, Refusal.SIGN_IN_BUSY, detail, headers={"Retry-After": "2"})
        try:
            yield
        finally:
            self._room.release()


def check_new(password: str, *, alone: bool, about: Sequence[str], field: str = "password") -> None:
    """Raise BoundError when a new password is too short, too long or soon guessed.

    Args:
        password: The new one; any character counts, spaces too, and none is asked for.
        alone: Whether there will be no second factor.
        about: Words about the person and the city, which a guesser tries first.
        field: What the form calls it.
    """
    least = LENGTH_ALONE_MIN if alone else LENGTH_WITH_SECOND_MIN
    normal = _normal(password)
    if not least <= len(normal) <= LENGTH_MAX:
        bound = f"must have {least} to {LENGTH_MAX} characters"
        raise BoundError(field, Rule.PASSWORD_LENGTH, bound, len(normal), least=least, most=LENGTH_MAX)
    if _guesses(normal, about) < GUESSES_MIN:
        bound = "must be harder to guess: no common password, name, row of keys or repetition; three words do well"
        raise BoundError(field, Rule.PASSWORD_EASY, bound)


def _guesses(password: str, about: Sequence[str]) -> float:
    from zxcvbn import zxcvbn  # half a second of word lists, which only a new password needs

    words = [part for each in about for part in (each, *each.replace("@", " ").replace(".", " ").split()) if part]
    return float(zxcvbn(password[:ESTIMATED_MAX], user_inputs=[*words, *TOO_EASY.split()])["guesses"])


def _normal(password: str) -> str:
    """Return the password as every keyboard means it."""
    return unicodedata.normalize("NFKC", password)
