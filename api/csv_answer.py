"""A table as a CSV file that a spreadsheet opens rightly and takes no formula from."""

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi import Response

from tomma.stores.files.record_files import guarded


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return the file; the mark at its beginning tells Excel that it is UTF-8."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([[_cell(each) for each in row] for row in rows])
    return f"\ufeff{written.getvalue()}".encode()


def _cell(value: object) -> object:
    """Return what is written; a truth as every format but Python's spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else guarded(value)


def csv_answer(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return the rows as a download called `name`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(csv_text(columns, rows), media_type="text/csv; charset=utf-8", headers=headers)
