"""Files of records: JSON lines or CSV, plain or gzipped, read and written one record at a time.

CSV is made for spreadsheets: a text that a spreadsheet could take for a formula is written behind an
apostrophe, which reading takes away again; so is a text that begins with one.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from tomma.codec import parse_json
from tomma.errors import ImportRefusedError
from tomma.stores.city_faults import refuse
from tomma.stores.files.drafts import replacing
from tomma.stores.files.record_rows import RECORD_KINDS, RecordKind, from_row, to_row

LINE_MAX_BYTES = 64 * 1024 * 1024
"""No line is longer: a plan with the street geometry of a city's routes has some megabytes."""
_FAULTS_MAX = 200
"""Reading stops there: the file is another kind of file."""
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_UNREADABLE = (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error)
"""What unpacking, decoding and splitting a file of another kind raise."""

type OnBytes = Callable[[int], None]
"""Told how many bytes of the file are behind us."""


def is_csv(path: Path) -> bool:
    """Return whether the name says CSV, gzipped or not."""
    return path.name.removesuffix(".gz").endswith(".csv")


def is_empty(path: Path) -> bool:
    """Whether nothing was there to export: such a file has no first line to know its kind by."""
    with _telling(path), _open(path) as (stream, _):
        return not stream.read(1)


def kind_of(path: Path) -> RecordKind:
    """Return what kind of records the file has, judged by its first line."""
    with _telling(path), _open(path) as (stream, _):
        first: Iterable[str]
        if is_csv(path):
            with _text(stream) as text:
                first = next(csv.reader(text), [])
        else:
            row = parse_json(stream.readline(LINE_MAX_BYTES) or b"{}")
            first = row if isinstance(row, dict) else ()
    found = [kind for kind in RECORD_KINDS if kind.mark in first]
    if not found:
        marks = ", ".join(f"{kind.mark} ({kind.name})" for kind in RECORD_KINDS)
        raise ImportRefusedError(f"{path}: the first line names none of {marks}")
    return found[0]


def read_records(path: Path, kind: RecordKind, on_bytes: OnBytes = lambda _: None) -> Iterator[Any]:
    """Yield the file's records; ImportRefusedError naming every fault, at the latest at the end."""
    found: list[str] = []
    with _telling(path), _open(path) as (stream, raw):
        rows = _csv_rows(stream, kind) if is_csv(path) else _json_rows(stream)
        for line, row in rows:
            value = from_row(f"{path.name} line {line}", row, kind, found, texts=is_csv(path))
            if value is not None:
                yield value
            if len(found) >= _FAULTS_MAX:
                break
            on_bytes(raw.tell())
    refuse(found, str(path))


def _json_rows(stream: IO[bytes]) -> Iterator[tuple[int, object]]:
    for line, text in enumerate(iter(lambda: stream.readline(LINE_MAX_BYTES), b""), start=1):
        if text.isspace():
            continue
        try:
            yield line, parse_json(text)
        except ValueError:
            yield line, text.decode("utf-8", "backslashreplace")  # no object: refused with its text shown


def _csv_rows(stream: IO[bytes], kind: RecordKind) -> Iterator[tuple[int, object]]:
    optional = kind.optional
    with _text(stream) as text:
        reader = csv.DictReader(text, restkey="cells beyond the header", strict=True)
        for row in reader:
            left_out = {name for name, cell in row.items() if cell is None or (cell == "" and name in optional)}
            yield reader.line_num, {name: unguarded(cell) for name, cell in row.items() if name not in left_out}


def _text(stream: IO[bytes]) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")


def guarded(cell: object) -> object:
    """Return what to write so that no spreadsheet takes the text for a formula; numbers stay as they are.

    >>> guarded("=1+1"), guarded("Torget"), guarded(-4.5)
    ("'=1+1", 'Torget', -4.5)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_GUARDED) else cell


def unguarded(cell: Any) -> Any:
    """Return what `guarded` was given; an apostrophe before anything else is the text's own."""
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") and cell[1:].startswith(_GUARDED) else cell


def write_records(path: Path, kind: RecordKind, records: Iterable[object], *, as_csv: bool) -> int:
    """Write the records and return how many; the file is afterwards complete, or as it was before."""
    with replacing(path) as draft, draft.open("wb") as raw:
        packed = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) if path.suffix == ".gz" else raw
        with packed, io.TextIOWrapper(packed, encoding="utf-8", newline="") as text:
            return (_write_csv if as_csv else _write_json)(text, kind, records)


def _write_json(text: IO[str], _: RecordKind, records: Iterable[object]) -> int:
    return sum(1 for record in records if text.write(msgspec.json.encode(to_row(record)).decode() + "\n"))


def _write_csv(text: IO[str], kind: RecordKind, records: Iterable[object]) -> int:
    writer = csv.DictWriter(text, kind.columns, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")  # RFC 4180
    writer.writeheader()
    rows = ({name: guarded(cell) for name, cell in to_row(record).items()} for record in records)
    return sum(1 for row in rows if writer.writerow(row))


@contextmanager
def _open(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Lend (the unpacked stream, the file on the disk)."""
    with path.open("rb") as raw:
        if path.suffix == ".gz":
            with gzip.open(raw) as stream:
                yield cast("IO[bytes]", stream), raw
        else:
            yield raw, raw


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as exc:
        raise ImportRefusedError(f"{path}: cannot be read: {exc}") from exc
    except ValueError as exc:
        raise ImportRefusedError(f"{path}: the first line is not JSON: {exc}") from exc
