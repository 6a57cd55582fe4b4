"""The audit file: some days with everything they are computed from, in one file of JSON that needs nothing else.

    {"format": "tomma-saving", "version": 1, "organisation": "...", "seal": "...",
     "shared": {"<digest>": "<base64 of the zlib-compressed bytes>", ...},
     "days": [{"digest": "...", "day": {...}}, ...]}

`shared` holds the master data (a city file, see `tomma.stores.files.city_file`) and the drives
(`routing.saving.drives`) that the days name by digest. A day is a `tomma.saving.SavingDay`; its digest is SHA-256 of
its JSON as it stands in the file: no blanks, keys in the order of the fields. The seal is SHA-256 of the days' digests,
one a line. docs/saving.md explains every field.
"""

import base64
import binascii
import gzip
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from routing.saving.summary import seal
from tomma.codec import from_json, parse_json, to_json
from tomma.errors import ImportRefusedError
from tomma.saving import SavingBook, SavingDay
from tomma.stores.files.drafts import replacing

FORMAT, VERSION = "tomma-saving", 1
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class AuditFile:
    """What a file says; nothing in it has been believed yet."""

    organisation: str
    seal: str
    shared: Mapping[str, bytes]
    """By the digest that the file claims."""
    days: tuple[tuple[str, SavingDay], ...]
    """(claimed digest, day), oldest first."""


def audit_document(book: SavingBook, organisation: str, from_day: date, to_day: date) -> bytes:
    """Return the file of the days within, with all that they name."""
    digests = [(digest, each.day) for digest, each in book.figures(from_day, to_day)]
    days = [(digest, book.day(day)) for digest, day in digests]
    named = {name for _, each in days for name in (each.inputs.city, each.inputs.drives)}
    head = {"format": FORMAT, "version": VERSION, "organisation": organisation}
    head["seal"] = seal([digest for digest, _ in digests])
    shared = {name: base64.b64encode(zlib.compress(book.shared(name))).decode() for name in sorted(named)}
    rows = ",\n".join(f'{{"digest": "{digest}", "day": {to_json(day).decode()}}}' for digest, day in days)
    text = msgspec.json.encode(head | {"shared": shared}).decode()
    return f'{text[:-1]},\n"days": [\n{rows}\n]}}\n'.encode()


def write_audit(path: Path, document: bytes) -> None:
    """Write the file, compressed when its name ends in .gz; it is complete or not there."""
    with replacing(path) as draft:
        draft.write_bytes(gzip.compress(document, mtime=0) if path.suffix == ".gz" else document)


def read_audit(path: Path) -> AuditFile:
    """Return what the file says, or raise ImportRefusedError naming what is wrong with it."""
    try:
        body = path.read_bytes()
        return parse_audit(gzip.decompress(body) if body.startswith(GZIP) else body)
    except (OSError, EOFError, zlib.error) as exc:
        raise ImportRefusedError(f"{path}: {exc}") from exc
    except ImportRefusedError as exc:
        raise ImportRefusedError(f"{path}: {exc}") from exc


def parse_audit(body: bytes) -> AuditFile:
    """Return what a document says, or raise ImportRefusedError."""
    try:
        found = parse_json(body)
    except ValueError as exc:
        raise ImportRefusedError(f"not a JSON document in UTF-8: {exc}") from exc
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ImportRefusedError(f'not an audit file: it must be an object with "format": "{FORMAT}"')
    if found.get("version") != VERSION:
        raise ImportRefusedError(f"version must be {VERSION}, got {found.get('version')!r}")
    try:
        shared = {str(name): _unpacked(text) for name, text in found["shared"].items()}
        days = tuple(_day(row) for row in found["days"])
        return AuditFile(str(found["organisation"]), str(found["seal"]), shared, days)
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error, zlib.error) as exc:
        raise ImportRefusedError(f"{type(exc).__name__}: {exc}") from exc


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text, validate=True))


def _day(row: Mapping[str, object]) -> tuple[str, SavingDay]:
    return str(row["digest"]), from_json(msgspec.json.encode(row["day"]), SavingDay)


def days_in_order(days: Sequence[tuple[str, SavingDay]]) -> bool:
    """Return whether the days follow each other."""
    dates = [each.inputs.day for _, each in days]
    return dates == sorted(set(dates))
