"""Seals what must be read again, so that a stolen database tells nothing: the key is a file beside it."""

import base64
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tomma.errors import ConfigurationError
from tomma.secret_files import make_private, refuse_open

KEY_BYTES = 32
NONCE_BYTES = 12


class Seal:
    """Seals with AES-256-GCM; each text is bound to whom it belongs to."""

    def __init__(self, path: Path) -> None:
        """Use the key in the file; it is made, for its owner's eyes only, when it is first needed."""
        self._path = path

    def seal(self, text: str, owner: str) -> str:
        """Return the text so that only this key and this owner open it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self._key()).encrypt(nonce, text.encode(), owner.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, owner: str) -> str | None:
        """Return the text; None when it is another key's, another owner's, or was touched."""
        try:
            raw = base64.b64decode(sealed)
            return AESGCM(self._key()).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, ValueError):
            return None

    def _key(self) -> bytes:
        try:
            refuse_open("sealing key", self._path)
            key = self._path.read_bytes()
        except FileNotFoundError:
            key = self._make()
        if len(key) != KEY_BYTES:
            raise ConfigurationError(f"{self._path} must hold {KEY_BYTES} bytes, got {len(key)}; restore it")
        return key

    def _make(self) -> bytes:
        make_private(self._path, secrets.token_bytes(KEY_BYTES))
        return self._path.read_bytes()
