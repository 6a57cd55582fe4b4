"""The table as a file for a spreadsheet."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from api.bins.board import BinRow

COLUMNS = (
    "bin_id", "place", "area", "fraction", "volume_l", "fill_fraction", "measured_local", "band", "hours_ahead",
    "p_overflow_24h", "full_in_h", "sensor_state", "plan_state", "lat_deg", "lon_deg",
)  # fmt: skip
"""`band` is as measured when `hours_ahead` is 0, else as forecast for then."""


def table_row(row: BinRow, band: str, hour: int, zone: ZoneInfo) -> Sequence[object]:
    """Return the cells of one bin, in the order of the columns."""
    measured = row.measured_utc.astimezone(zone).isoformat(timespec="seconds") if row.measured_utc else None
    return (
        row.id, row.name, row.area, row.fraction, row.volume_l, row.fill_fraction, measured, band, hour,
        row.p_overflow_24h, row.hours_to_full, row.sensor_state, row.plan_state, row.lat_deg, row.lon_deg,
    )  # fmt: skip
