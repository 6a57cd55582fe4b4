"""CSV (RFC 4180): one row for each stop in the order it is driven, then one for each bin left out."""

import csv
import io
from collections.abc import Iterator

from api.exports.told import Told
from api.plans.schemas import LeftOutOut, RouteOut, StopOut
from tomma.stores.files.record_files import guarded

COLUMNS = (
    "plan_id", "day", "vehicle_id", "vehicle_name", "stop_number", "kind", "bin_id", "place", "access_note", "fraction",
    "lat_deg", "lon_deg", "arrive_local", "depart_local", "leg_distance_m", "leg_driving_s", "load_after_l",
    "load_after_kg", "expected_fill_fraction", "reason_codes", "reasons",
)  # fmt: skip
"""Times are local with their distance from UTC; `kind` is collect, dispose, break or left_out."""
Row = dict[str, object]


def as_csv(told: Told) -> bytes:
    """Return the table; it begins with a byte order mark, without which a spreadsheet misreads å, ä and ö."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(told):
        writer.writerow({name: guarded(cell) for name, cell in row.items()})
    return text.getvalue().encode("utf-8-sig")


def _rows(told: Told) -> Iterator[Row]:
    always: Row = {"plan_id": told.plan.id, "day": told.plan.day.isoformat()}
    for route in told.plan.routes:
        for number, stop in enumerate(route.stops, start=1):
            yield always | _stop(told, route, number, stop)
    for left in told.plan.left_out:
        yield always | _left(told, left)


def _stop(told: Told, route: RouteOut, number: int, stop: StopOut) -> Row:
    local = told.words.local
    return {
        "vehicle_id": route.vehicle_id,
        "vehicle_name": route.vehicle_name,
        "stop_number": number,
        "kind": stop.kind,
        "bin_id": stop.bin_id or "",
        "place": told.place(stop),
        "access_note": stop.access_note,
        "fraction": told.fraction_name(stop.fraction),
        "lat_deg": "" if stop.lat_deg is None else stop.lat_deg,
        "lon_deg": "" if stop.lon_deg is None else stop.lon_deg,
        "arrive_local": local(stop.arrive_utc).isoformat(timespec="seconds"),
        "depart_local": local(stop.depart_utc).isoformat(timespec="seconds"),
        "leg_distance_m": stop.leg_distance_m,
        "leg_driving_s": stop.leg_driving_s,
        "load_after_l": round(stop.load_after_l),
        "load_after_kg": round(stop.load_after_kg),
        "expected_fill_fraction": "" if stop.expected_fill_fraction is None else round(stop.expected_fill_fraction, 3),
        **_reasons(told, stop),
    }


def _left(told: Told, left: LeftOutOut) -> Row:
    row: Row = {"kind": "left_out", "bin_id": left.bin_id, **_reasons(told, left)}
    if (found := told.bin_and_site(left.bin_id)) is not None:
        own, site = found
        row |= {
            "place": site.name,
            "access_note": site.access_note,
            "fraction": told.fraction_name(own.fraction_code),
            "lat_deg": site.position.lat_deg,
            "lon_deg": site.position.lon_deg,
        }
    return row


def _reasons(told: Told, of: StopOut | LeftOutOut) -> Row:
    return {"reason_codes": " ".join(each.code for each in of.reasons), "reasons": told.why(of)}
