"""Takes secrets and people out of text that leaves the house."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from tomma.section import FILE, secret_fields
from tomma.settings import Settings

BLANKED = "[blanked]"
PEOPLES = frozenset({"name", "email", "username", "from_address", "client_id"})
"""Text settings that name people, or open a door together with a secret."""
WORD_MIN = 2
_LOOKS_SECRET = re.compile(
    r"[^\s<>@\"'=:,;]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"  # an e-mail address
    r"|(?<![\d.])(?!127\.0\.0\.1|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}(?![\d.]|\d)"  # a network address
    r"|(?<![\w:])(?=[0-9A-Fa-f:]*[0-9A-Fa-f]{3})(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![\w:])"
    r"|\btm_[A-Za-z0-9]+_[\w-]+|\bwhsec_[\w+/=-]+|\$argon2\w+\$\S+"  # keys, webhooks' secrets, passwords' digests
    r"|\b[0-9a-fA-F]{32,}\b|\b[A-Z2-7]{16,}\b|(?<![\w/.])[\w-]{40,}(?![\w/.])"  # digests, MACs; seeds; tokens
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # a login in an address
)


class Blank:
    """Blanks what is known, and what looks like it."""

    def __init__(self, words: Iterable[str]) -> None:
        """Know these words, whole ones."""
        known = sorted({word for word in words if len(word) >= WORD_MIN}, key=len, reverse=True)
        inside = "|".join(re.escape(word) for word in known)
        self._known = re.compile(rf"(?<!\w)(?:{inside})(?!\w)", re.IGNORECASE) if known else None

    def __call__(self, text: str) -> str:
        """Return the text without them."""
        text = self._known.sub(BLANKED, text) if self._known else text
        return _LOOKS_SECRET.sub(BLANKED, text)


def shown_settings(model: BaseModel) -> dict[str, Any]:
    """Return the settings as JSON: of a secret whether it is set, of an address only the host."""
    hidden = set(secret_fields(type(model)))
    return {name: BLANKED if name in hidden else _shown(name, value) for name, value in model} | {
        name: bool(getattr(model, name).get_secret_value()) and BLANKED for name in hidden
    }


def _shown(name: str, value: Any) -> Any:
    match value:
        case BaseModel():
            return shown_settings(value)
        case tuple() | list():
            return [_shown(name, each) for each in value]
        case dict():
            return {str(key): _shown(name, each) for key, each in value.items()}
        case str() if name in PEOPLES:
            return value and BLANKED
        case str() if "://" in value:
            parts = urlsplit(value)
            return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
        case None | bool() | int() | float():
            return value
    return str(value)


def words_of(settings: Settings, people: Callable[[], Sequence[str]]) -> list[str]:
    """Return every secret of the settings that can be read here, and every account's login and name."""
    words = [*_secrets(settings), *(each.webhook for each in settings.notify.recipients)]
    for path in (settings.audit_key_path, settings.sealing_key_path):
        if path.exists():
            content = path.read_bytes()
            words += [content.decode(errors="replace").strip(), content.hex()]
    try:
        words += people()
    except Exception:  # noqa: BLE001  (what cannot be read cannot be shown either)
        return words
    return words


def _secrets(model: BaseModel) -> Iterable[str]:
    for name, value in model:
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
            path = getattr(model, f"{name}{FILE}", None)
            if path and path.exists():
                yield path.read_text(errors="replace").partition("\n")[0].strip()
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, BaseModel):
                yield from _secrets(each)
