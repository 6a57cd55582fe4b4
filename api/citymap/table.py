"""The table as a file for a spreadsheet (RFC 4180)."""

import csv
import io
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from api.bins.board import BinRow
from tomma.stores.record_files import guarded

COLUMNS = (
    "bin_id", "place", "area", "fraction", "volume_l", "fill_fraction", "measured_local", "band", "hours_ahead",
    "p_overflow_24h", "full_in_h", "sensor_state", "plan_state", "lat_deg", "lon_deg",
)  # fmt: skip
"""`band` is as measured when `hours_ahead` is 0, else as forecast for then."""


def as_csv(rows: Iterable[tuple[BinRow, str]], hour: int, zone: ZoneInfo) -> bytes:
    """Return the table; it begins with a byte order mark, without which a spreadsheet misreads å, ä and ö."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row, band in rows:
        writer.writerow("" if cell is None else guarded(cell) for cell in _cells(row, band, hour, zone))
    return text.getvalue().encode("utf-8-sig")


def _cells(row: BinRow, band: str, hour: int, zone: ZoneInfo) -> tuple[object, ...]:
    measured = row.measured_utc.astimezone(zone).isoformat(timespec="seconds") if row.measured_utc else None
    return (
        row.id, row.name, row.area, row.fraction, row.volume_l, row.fill_fraction, measured, band, hour,
        row.p_overflow_24h, row.hours_to_full, row.sensor_state, row.plan_state, row.lat_deg, row.lon_deg,
    )  # fmt: skip
