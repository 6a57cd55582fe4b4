"""What a tablet shows to be known: `tt_<its id>_<its secret>`, in the `Authorization` header."""

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

ID_BYTES = 6
SECRET_BYTES = 32
"""256 bits cannot be tried through, so a plain digest of it is safe to keep."""
MARK = "tt_"
TOKEN = re.compile(rf"tt_([0-9a-f]{{{2 * ID_BYTES}}})_([0-9a-f]{{{2 * SECRET_BYTES}}})")


class Token(NamedTuple):
    """The two halves of a token."""

    tablet_id: str
    secret: str

    @property
    def text(self) -> str:
        """As the tablet keeps it."""
        return f"{MARK}{self.tablet_id}_{self.secret}"

    @property
    def sha256(self) -> str:
        """As we keep it."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def opens(self, sha256: str) -> bool:
        """Return whether it is the secret with this digest, in a time that tells nothing of it."""
        return hmac.compare_digest(self.sha256, sha256)


def new_token() -> Token:
    """Return a token nobody has."""
    return Token(secrets.token_hex(ID_BYTES), secrets.token_hex(SECRET_BYTES))


def token_in(authorization: str) -> Token | None:
    """Return the token a header shows; a misspelt one is a token nobody has. None when it shows no tablet's."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "bearer" or not credentials.strip().startswith(MARK):
        return None  # another kind of login, such as a proxy's
    found = TOKEN.fullmatch(credentials.strip())
    return Token(*found.groups()) if found else Token("", "")
