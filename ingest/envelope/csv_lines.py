"""CSV: a header and one reading per line, with the names of our own JSON format.

    sensor_id,measured_utc,distance_mm,battery_v
    H0001,2026-11-22T05:30:00Z,812,3.58
    H0002,2026-11-22T05:31:00Z,455,

Columns may stand in any order; an empty cell is a field that is not there; fields are separated by commas or, if the
header has none, by semicolons. `sensor_id` may be left out on a topic `.../{sensor_id}/reading`, and every line must
be of that sensor where the topic names it. A bad line costs only itself.
"""

import codecs
import csv
import io
import re
from collections.abc import Sequence

from ingest import fields
from ingest.decode.own_fields import KNOWN
from ingest.envelope.lorawan import check_topic
from ingest.envelope.plain_json import COUNTER_MAX
from ingest.message import Message, Record, Uplink
from ingest.refusal import RefusedError, no_reading, shown, unknown_format
from ingest.strict_json import PAYLOAD, THE_PAYLOAD, JsonValue, not_utf8
from tomma.bounds import BoundError, Rule

COLUMNS = KNOWN - {"alarms", "no_echo"}
TEXTS = frozenset({"sensor_id", "measured_utc"})
READING_TOPIC = "reading"
_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?", re.ASCII)


def unwrap(message: Message) -> Sequence[Record]:
    """Return the lines of a CSV message."""
    try:
        text = message.payload.decode("utf-8").removeprefix("\ufeff")  # spreadsheets write a byte order mark
    except UnicodeDecodeError as exc:
        raise not_utf8(message.payload, exc) from exc
    head, _, _ = text.partition("\n")
    lines = _rows(text, ";" if ";" in head and "," not in head else ",")
    header = [name.strip() for name in lines[0]] if lines else []
    _check_header(header)
    records = [_record(message.topic, header, cells) for cells in lines[1:] if cells]
    if not records:
        bound, told_as = "must be followed by at least one line", "a header"
        raise no_reading(BoundError("line", Rule.GIVEN, bound, None, told_as=told_as))
    return records


def recognises(payload: bytes) -> bool:
    """Return whether the first line is a header of known columns."""
    names = re.split(rb"[,;]", payload.removeprefix(codecs.BOM_UTF8).split(b"\n", 1)[0].strip())
    return len(names) > 1 and all(name.strip().decode("ascii", "replace") in COLUMNS for name in names)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as exc:
        raise unknown_format(BoundError(PAYLOAD, Rule.CSV, f"is not CSV: {exc}", told_as=THE_PAYLOAD)) from exc


def _check_header(header: Sequence[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or not header:
        known = ", ".join(sorted(COLUMNS))
        bound, got = f"must be names of {known}", shown(unknown[0]) if unknown else None
        raise unknown_format(BoundError("header", Rule.ONE_OF, bound, got, told_as="the header", names=known))
    if len(set(header)) != len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise unknown_format(BoundError(twice, Rule.TWICE, "must appear once in the header"))


def _record(topic: str, header: Sequence[str], cells: Sequence[str]) -> Record:
    try:
        return _uplink(topic, header, cells)
    except RefusedError as exc:
        return exc


def _uplink(topic: str, header: Sequence[str], cells: Sequence[str]) -> Uplink:
    if len(cells) != len(header):
        bound = f"must have {len(header)} cells as the header has"
        raise unknown_format(BoundError("line", Rule.CELLS, bound, len(cells), told_as="a line", count=len(header)))
    body = {name: _value(name, cell.strip()) for name, cell in zip(header, cells, strict=True) if cell.strip()}
    levels = topic.split("/")
    named = levels[-2] if len(levels) > 1 and levels[-1] == READING_TOPIC else None
    claimed = fields.text(body, "sensor_id")
    check_topic(named, claimed, "sensor_id")
    sensor_id = named or claimed
    if not sensor_id:
        raise fields.missing("sensor_id", "must be given, in the line or in the topic")
    return Uplink(
        (sensor_id,),
        fields.moment(body, "measured_utc"),
        fields.whole(body, "counter", COUNTER_MAX),
        body,
        ours=True,
    )


def _value(name: str, cell: str) -> JsonValue:
    if name in TEXTS:
        return cell
    if not _NUMBER.fullmatch(cell):
        raise fields.wrong(BoundError(name, Rule.NUMBER, "must be a number with a point", shown(cell)))
    return float(cell)
