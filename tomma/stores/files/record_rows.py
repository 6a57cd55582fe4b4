"""What a line of an export says: readings, emptyings, events, plans and more as flat rows and back.

A row has the fields of the domain class under their own names; what is None is left out. Times are ISO 8601
in UTC with Z, enumerations their values, and a reading's `quality` the names of its flags joined by `|`
("" when nothing is odd). A dead letter's payload is Base64.
"""

import math
from dataclasses import MISSING, dataclass, fields
from typing import Any

from tomma.codec import from_plain, to_plain
from tomma.events import Event
from tomma.model import Alert, Emptying, Quality, Reading, Rejected
from tomma.plan import Plan
from tomma.ports import KeptDay
from tomma.stores.files.row_faults import convert_row

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record that files carry."""

    name: str
    type: type[Any]
    mark: str
    """The field that no other kind has: by it a file is recognised."""
    in_csv: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields, in the order of the class."""
        return tuple(field.name for field in fields(self.type))

    @property
    def optional(self) -> frozenset[str]:
        """The fields that a row may leave out."""
        return frozenset(field.name for field in fields(self.type) if field.default is not MISSING)


READINGS = RecordKind("readings", Reading, "measured_utc")
EMPTYINGS = RecordKind("emptyings", Emptying, "source")
DAYS = RecordKind("days", KeptDay, "sum_fill_fraction")
ALERTS = RecordKind("alerts", Alert, "active", in_csv=False)
DEAD_LETTERS = RecordKind("dead_letters", Rejected, "payload", in_csv=False)
EVENTS = RecordKind("events", Event, "tapped_utc")
PLANS = RecordKind("plans", Plan, "routes", in_csv=False)
RECORD_KINDS = (READINGS, EMPTYINGS, EVENTS, PLANS, DAYS, ALERTS, DEAD_LETTERS)


def to_row(value: object) -> Row:
    """Return the row that says `value`."""
    row = {name: cell for name, cell in to_plain(value).items() if cell is not None}
    if isinstance(value, Reading):
        row["quality"] = "|".join(str(flag.name).lower() for flag in value.quality)
    return row


def from_row(where: str, row: object, kind: RecordKind, found: list[str], *, texts: bool = False) -> Any:
    """Return the value that `row` says, or None after adding each fault to `found`.

    Args:
        where: The file's line, for messages.
        row: What was read; a dict, or the row is refused.
        kind: What it must be.
        found: Faults are added here.
        texts: Whether numbers come as text, as the cells of a CSV file do.
    """
    if kind is READINGS and isinstance(row, dict):
        row = _with_flags(where, row, found)
        if row is None:
            return None
    try:  # the fast way: millions of rows are right
        value = from_plain(row, kind.type, texts=texts)
        if isinstance(row, dict) and row.keys() <= set(kind.columns) and _all_finite(row, value):
            return value
    except ValueError:
        pass
    if convert_row(where, row, kind.type, found, texts=texts) is not None:
        found.append(f"{where}: numbers must be finite")
    return None


def _with_flags(where: str, row: Row, found: list[str]) -> Row | None:
    text = row.get("quality", "")
    names = {str(flag.name).lower(): flag for flag in Quality}
    flags = Quality.GOOD
    for name in text.split("|") if isinstance(text, str) and text else ():
        if name not in names:
            found.append(f"{where}: quality: {name!r} is no flag; known are {', '.join(names)}")
            return None
        flags |= names[name]
    return row | {"quality": int(flags)} if isinstance(text, str) else row


def _all_finite(row: Row, value: object) -> bool:
    cells = (getattr(value, name) for name in row)
    return all(math.isfinite(cell) for cell in cells if isinstance(cell, float))
