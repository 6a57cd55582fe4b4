"""Domain values as JSON and back, checked: what is read passes the same `__post_init__` as what is made.

Times are ISO 8601 in UTC, enumerations their values, sets sorted lists.
"""

from typing import Any

import msgspec

_REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Malformed or of another shape, not UTF-8, nested beyond any sense."""
_encoder = msgspec.json.Encoder(order="deterministic")


def to_json(value: object) -> bytes:
    """Return `value` (a dataclass of the domain, or a collection of them) as compact UTF-8 JSON."""
    return _encoder.encode(value)


def from_json[T](data: bytes | str, kind: type[T]) -> T:
    """Return the `kind` that `data` says, or raise ValueError naming the field and what is wrong with it."""
    try:
        return msgspec.json.decode(data, type=kind)
    except _REFUSALS as exc:
        raise ValueError(str(exc)) from exc


def parse_json(data: bytes) -> object:
    """Return what the document says as dicts, lists and scalars, or raise ValueError."""
    try:
        return msgspec.json.decode(data)
    except _REFUSALS as exc:
        raise ValueError(str(exc)) from exc


def to_plain(value: object) -> Any:
    """Return `value` as dicts, lists and scalars, ready for a file or a page."""
    return msgspec.to_builtins(value, order="deterministic")


def from_plain[T](data: object, kind: type[T], *, texts: bool = False) -> T:
    """Return the `kind` that plain `data` says, or raise ValueError naming the field and what is wrong with it.

    Args:
        data: Dicts, lists and scalars.
        kind: What it must be.
        texts: Whether numbers come as text, as the cells of a CSV file do.
    """
    try:
        return msgspec.convert(data, type=kind, strict=not texts)
    except _REFUSALS as exc:
        raise ValueError(str(exc)) from exc
