"""One row of a file into one value of the domain, with every fault of the row named."""

from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, get_type_hints

from tomma.codec import from_plain

_SHOWN = 60
"""Characters of a wrong value that a message shows."""


def convert_row[T](where: str, row: object, kind: type[T], found: list[str], *, texts: bool = False) -> T | None:
    """Return the `kind` that `row` says, or None after adding each fault to `found` as `where: field: what`.

    `texts`: numbers come as text, as the cells of a CSV file do.
    """
    before = len(found)
    _check(where, row, kind, found, texts=texts)
    if len(found) > before:
        return None
    try:
        return from_plain(row, kind, texts=texts)
    except ValueError as exc:  # a bound; its message names field, bound and value
        found.append(f"{where}: {_plain_words(exc)}")
        return None


def _check(where: str, row: object, kind: Any, found: list[str], *, texts: bool) -> None:
    """Add what is missing, unknown or of another type, one fault a field, also inside nested objects."""
    if not isinstance(row, dict):
        found.append(f"{where}: must be an object, got {_shown(row)}")
        return
    types = _field_types(kind)
    for field in fields(kind):
        required = field.default is MISSING and field.default_factory is MISSING
        if field.name not in row:
            if required:
                found.append(f"{where}: {field.name} is missing")
        elif is_dataclass(types[field.name]):
            _check(f"{where}: {field.name}", row[field.name], types[field.name], found, texts=texts)
        else:
            _check_value(f"{where}: {field.name}", row[field.name], types[field.name], found, texts=texts)
    found.extend(f"{where}: {key!r} is not a field; known are {', '.join(types)}" for key in row if key not in types)


def _check_value(where: str, value: object, kind: Any, found: list[str], *, texts: bool) -> None:
    try:
        from_plain(value, kind, texts=texts)
    except ValueError as exc:
        found.append(f"{where}: {_plain_words(exc)}, got {_shown(value)}")


@cache
def _field_types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _plain_words(exc: ValueError) -> str:
    """Return msgspec's message without its path of `$`: the row and field are named already."""
    return str(exc).split(" - at `", 1)[0]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
