"""The key figures as a table for spreadsheets: a row for each period and side."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import fields

from routing.saving.summary import Period
from tomma.saving import Side, SideFigures
from tomma.stores.files.record_files import guarded

FIGURES = tuple(each.name for each in fields(SideFigures))
HEAD = ("from_day", "to_day", "days", "days_counted", "side")
TAIL = ("planned_bins", "planned_bins_emptied", "planned_kg", "weighed_kg", "measured_pct")


def as_csv(periods: Sequence[Period]) -> bytes:
    """Return the table, UTF-8 with a byte order mark; the plan's columns are told for what was done only."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow((*HEAD, *FIGURES, *TAIL))
    for row in _rows(periods):
        writer.writerow([guarded(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _rows(periods: Sequence[Period]) -> Iterator[tuple[object, ...]]:
    for each in periods:
        for side in Side:
            done = side is Side.DONE
            head = (each.first.isoformat(), each.last.isoformat(), each.days, each.counted, side.value)
            figures = (getattr(each.figures[side], name) for name in FIGURES)
            yield (*head, *figures, *(getattr(each, name) if done else "" for name in TAIL))
