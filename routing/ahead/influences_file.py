"""Reads what makes some days unlike others from a CSV file that the city may provide."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from routing.forecast import Influence, Influences
from tomma.city import Position
from tomma.errors import ImportRefusedError
from tomma.model import FractionCode

COLUMNS = ("day", "multiplier", "lat_deg", "lon_deg", "radius_m", "fraction")


def read_influences(path: Path) -> Influences:
    """Return the influences of a CSV file with the columns day, multiplier, lat_deg, lon_deg, radius_m, fraction.

    The last four may be missing or empty. ImportRefusedError names the first bad line.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        return Influences(tuple(_parsed(path.name, csv.DictReader(file))))


def _parsed(name: str, rows: csv.DictReader[str]) -> Iterator[Influence]:
    for number, row in enumerate(rows, start=2):
        try:
            told = {column: (row.get(column) or "").strip() for column in COLUMNS}
            near = Position(float(told["lat_deg"]), float(told["lon_deg"])) if told["lat_deg"] else None
            yield Influence(
                day=date.fromisoformat(told["day"]),
                multiplier=float(told["multiplier"]),
                near=near,
                radius_m=float(told["radius_m"] or 0.0),
                fraction_code=FractionCode(told["fraction"]) if told["fraction"] else None,
            )
        except ValueError as exc:
            raise ImportRefusedError(f"{name}, line {number}: {exc}") from exc
