"""Tokens that a program or a tablet shows: `<mark>_<its id>_<its secret>`, in the `Authorization` header."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

ID_BYTES = 6
SECRET_BYTES = 32
"""256 bits cannot be tried through, so a plain digest of it is safe to keep."""
TABLET = "tt"
KEY = "tm"
TOKEN = re.compile(rf"(tt|tm)_([0-9a-f]{{{2 * ID_BYTES}}})_([0-9a-f]{{{2 * SECRET_BYTES}}})")


@dataclass(frozen=True, slots=True)
class Token:
    """The parts of a token."""

    mark: str
    id: str
    secret: str

    @property
    def text(self) -> str:
        """As its owner keeps it."""
        return f"{self.mark}_{self.id}_{self.secret}"

    @property
    def sha256(self) -> str:
        """As we keep it."""
        return digest_of(self.secret)

    def opens(self, sha256: str) -> bool:
        """Return whether it is the secret with this digest, in a time that tells nothing of it."""
        return hmac.compare_digest(self.sha256, sha256)


def new_token(mark: str) -> Token:
    """Return a token nobody has."""
    return Token(mark, secrets.token_hex(ID_BYTES), new_secret())


def new_secret() -> str:
    """Return 256 bits that nobody can guess."""
    return secrets.token_hex(SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Return what is kept of a secret of 256 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token_in(authorization: str) -> Token | None:
    """Return the token a header shows; a misspelt one is a token nobody has. None when it shows none of ours."""
    scheme, _, credentials = authorization.partition(" ")
    credentials = credentials.strip()
    if scheme.lower() != "bearer" or not credentials.startswith((f"{TABLET}_", f"{KEY}_")):
        return None  # another kind of login, such as a proxy's
    found = TOKEN.fullmatch(credentials)
    return Token(*found.groups()) if found else Token(credentials[:2], "", "")
