"""The registry as a spreadsheet: bytes in, rows of text out, and back, so that out and in again changes nothing.

Reading takes what spreadsheets write: UTF-8 with or without a mark, UTF-16, or Windows-1252 (Latin-1); semicolons,
commas or tabs; a line `sep=;` on top. Writing puts an apostrophe before a text that a spreadsheet would take for a
formula, and reading takes it away.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tomma.city import Bin, City, Sensor
from tomma.errors import ImportRefusedError, Refusal
from tomma.hangings import Hangings
from tomma.model import BinId
from tomma.rounds import told
from tomma.stores.files.asset_columns import BIN_ID, BY_NAME, COLUMNS, Column, Part, worded
from tomma.stores.files.record_files import guarded, unguarded

BYTES_MAX = 8_000_000
"""Of a file: fifty thousand bins and more, and no visitor can make the server hold ten."""
ROWS_MAX = 200_000
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ";,\t"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file."""

    line: int
    cells: dict[str, str]
    """By column."""
    cell_count: int = 0
    """Where it has more cells than the first line names columns: nobody knows which of them is too many."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file that could be read, before anybody asked what it says."""

    encoding: str
    delimiter: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def read_table(data: bytes) -> Table:
    """Return the file's rows.

    Raises:
        ImportRefusedError: If it is no such table: too large, no header, columns unknown or twice, no bin_id.
    """
    if len(data) > BYTES_MAX:
        text = f"the file must have at most {BYTES_MAX} bytes, got {len(data)}"
        raise ImportRefusedError(text, Refusal.FILE_SIZE, most_mb=f"{BYTES_MAX // 1_000_000}")
    text, encoding = _decoded(data)
    if "\x00" in text:
        raise ImportRefusedError("the file must be text, got a NUL character; save it as CSV", Refusal.FILE_NOT_TEXT)
    text, delimiter = _delimited(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        columns = _columns(next(lines, []))
        rows = tuple(_rows(lines, columns))
    except csv.Error as exc:
        text = f"line {lines.line_num}: {exc}"
        raise ImportRefusedError(text, Refusal.FILE_LINE, line=f"{lines.line_num}") from exc
    return Table(encoding, delimiter, columns, rows)


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError as exc:
                text = f"the file begins as {encoding}, but byte {exc.start} is not"
                raise ImportRefusedError(text, Refusal.FILE_ENCODING, encoding=encoding) from exc
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        # every byte is a letter in it but five, which nobody types
        return data.decode("cp1252", "replace"), "windows-1252"


def _delimited(text: str) -> tuple[str, str]:
    first, _, rest = text.partition("\n")
    told = first.strip().strip('"')
    if told.lower().startswith("sep=") and told[4:] in _DELIMITERS and told[4:]:
        return rest, told[4:]
    return text, max(_DELIMITERS, key=first.count)


def _columns(header: Sequence[str]) -> tuple[Column, ...]:
    names = [name.strip().casefold() for name in header]
    while names and not names[-1]:
        names.pop()
    known = ", ".join(column.name for column in COLUMNS)
    if BIN_ID not in names:
        shown = ", ".join(names)[:200] or "an empty line"
        raise ImportRefusedError(
            f"the first line must name the columns, {BIN_ID} among them, got {shown}; known: {known}",
            Refusal.FILE_HEAD,
            column=BIN_ID,
            got=shown,
        )
    strange = [name for name in names if name not in BY_NAME]
    if strange:
        text = f"column {strange[0][:60]!r} is not known; known: {known}"
        raise ImportRefusedError(text, Refusal.FILE_COLUMN_UNKNOWN, column=strange[0][:60], known=known)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        text = f"column {twice!r} must stand once, got it {names.count(twice)} times"
        raise ImportRefusedError(text, Refusal.FILE_COLUMN_TWICE, column=twice)
    return tuple(BY_NAME[name] for name in names)


def _rows(lines: Iterable[Sequence[str]], columns: Sequence[Column]) -> Iterable[Row]:
    line = 1
    for count, cells in enumerate(lines):
        line = getattr(lines, "line_num", line + 1)
        if not any(cell.strip() for cell in cells):
            continue
        if count >= ROWS_MAX:
            text = f"the file must have at most {ROWS_MAX} rows"
            raise ImportRefusedError(text, Refusal.FILE_ROWS, most=f"{ROWS_MAX}")
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        named = zip(columns, padded, strict=False)
        is_too_long = any(cell.strip() for cell in cells[len(columns) :])
        by_column = {column.name: str(unguarded(cell)) for column, cell in named}
        yield Row(line, by_column, len(cells) if is_too_long else 0)


def write_table(city: City, *, for_excel: bool = False) -> bytes:
    """Return every bin as a row.

    Args:
        city: Whose bins.
        for_excel: As Swedish (and most of Europe's) Excel opens it by a click: marked UTF-8, semicolons, decimal
            commas. Else as RFC 4180 has it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if for_excel else ",", lineterminator="\r\n")
    writer.writerow([column.name for column in COLUMNS])
    hangings = Hangings(city.installations)
    for each in city.bins.values():
        writer.writerow(_cells(city, each, hangings, for_excel=for_excel))
    return text.getvalue().encode("utf-8-sig" if for_excel else "utf-8")


def _cells(city: City, of: Bin, hangings: Hangings, *, for_excel: bool) -> list[str]:
    values = row_values(city, of.id, hangings)
    return [_cell(values.get(column.name), for_excel=for_excel) for column in COLUMNS]


def row_values(city: City, bin_id: BinId, hangings: Hangings) -> dict[str, object]:
    """Return a bin's row by column; what is missing is not there."""
    of = city.bins[bin_id]
    site, hung = city.sites[of.site_id], hangings.in_bin(bin_id)
    position = {"lat_deg": site.position.lat_deg, "lon_deg": site.position.lon_deg}
    sensor: Sensor | None = city.sensors[hung.sensor_id] if hung else None
    parts: dict[Part, object] = {Part.BIN: of, Part.SITE: site, Part.SENSOR: sensor, Part.HUNG: hung}
    found: dict[str, object] = {}
    for column in COLUMNS:
        whole = parts[column.part]
        if whole is not None:
            found[column.name] = (
                position.get(column.field) if column.field in position else getattr(whole, column.field)
            )
    return found


def _cell(value: object, *, for_excel: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, frozenset):
        return str(guarded(worded(value)))
    if isinstance(value, tuple):
        return told(value)
    if isinstance(value, int | float):
        digits = repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
        return digits.replace(".", ",") if for_excel else digits
    return str(guarded(str(value)))
