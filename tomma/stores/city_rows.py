"""Between a `City` and the rows of the master-data tables: one dict a row, in the order of `MASTER_DATA`."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from tomma.city import Bin, City, Depot, DisposalSite, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.codec import from_plain, to_plain
from tomma.containers import ContainerType, Shape, VolumePoint
from tomma.hours import OpenHours
from tomma.model import DisposalSiteId, FractionCode, VehicleId
from tomma.rounds import FixedRound
from tomma.trucks import Break, Compartment, Shift, Vehicle

type Row = dict[str, Any]
type Rows = Mapping[str, list[Row]]
"""The rows of every table, by the table's name."""


def rows_of(city: City) -> Rows:
    """Return the rows that say what `city` says."""
    return {
        "organisation": [asdict(city.organisation)],
        "fraction": _plain(city.fractions.values()),
        "container_type": [_container_row(each) for each in city.container_types.values()],
        "site": [_flat(asdict(each)) | {"access": list(to_plain(each.access))} for each in city.sites.values()],
        "bin": [_bin_row(each) for each in city.bins.values()],
        "sensor": _plain(city.sensors.values()),
        "installation": _plain(city.installations),
        "depot": [_flat(row) for row in _plain(city.depots.values())],
        "vehicle": [_vehicle_row(each) for each in city.vehicles.values()],
        "vehicle_fraction": [
            {"vehicle_id": each.id, "fraction_code": code} for each in city.vehicles.values() for code in each.fractions
        ],
        "vehicle_break": [
            {"vehicle_id": each.id, "number": number, **asdict(pause)}
            for each in city.vehicles.values()
            for number, pause in enumerate(each.shift.breaks)
        ],
        "disposal_site": [_disposal_row(each) for each in city.disposal_sites.values()],
        "disposal_site_fraction": [
            {"disposal_site_id": each.id, "fraction_code": code}
            for each in city.disposal_sites.values()
            for code in each.fractions
        ],
    }


def _plain(values: Iterable[Any]) -> list[Row]:
    return [asdict(value) for value in values]


def _flat(row: Row) -> Row:
    position: Row = row["position"]
    return {key: value for key, value in row.items() if key != "position"} | position


def _bin_row(each: Bin) -> Row:
    return asdict(each) | {"skills": sorted(each.skills), "fixed_rounds": list(to_plain(each.fixed_rounds))}


def _bin(row: Row) -> Bin:
    rounds = tuple(from_plain(each, FixedRound) for each in row["fixed_rounds"])
    return Bin(**(row | {"skills": frozenset(row["skills"]), "fixed_rounds": rounds}))


def _container_row(container: ContainerType) -> Row:
    row = asdict(container)
    lists = {"volume_table": list(row["volume_table"]), "skills": sorted(container.skills)}
    return row | {"shape": container.shape.value} | lists


def _disposal_row(site: DisposalSite) -> Row:
    row = _flat(asdict(site)) | {"hours": list(to_plain(site.hours))}
    del row["fractions"]
    return row


def _vehicle_row(vehicle: Vehicle) -> Row:
    row = asdict(vehicle) | {"shift_start_s": vehicle.shift.start_s, "shift_end_s": vehicle.shift.end_s}
    row |= {"compartments": list(to_plain(vehicle.compartments)), "skills": sorted(vehicle.skills)}
    del row["shift"], row["fractions"]
    return row


def city_of(rows: Rows) -> City:
    """Return the city that `rows` say; the inverse of `rows_of`."""
    return City(
        organisation=Organisation(**rows["organisation"][0]),
        fractions={row["code"]: Fraction(**row) for row in rows["fraction"]},
        container_types={row["id"]: _container_type(row) for row in rows["container_type"]},
        sites={row["id"]: Site(**(_with_position(row) | {"access": _hours(row["access"])})) for row in rows["site"]},
        bins={row["id"]: _bin(row) for row in rows["bin"]},
        sensors={row["id"]: Sensor(**row) for row in rows["sensor"]},
        installations=tuple(Installation(**row) for row in rows["installation"]),
        vehicles=_vehicles(rows),
        depots={row["id"]: Depot(**_with_position(row)) for row in rows["depot"]},
        disposal_sites=_disposal_sites(rows),
    )


def _container_type(row: Row) -> ContainerType:
    table = tuple(VolumePoint(**point) for point in row["volume_table"])
    lists = {"volume_table": table, "skills": frozenset(row["skills"])}
    return ContainerType(**(row | {"shape": Shape(row["shape"])} | lists))


def _hours(spans: list[Row]) -> tuple[OpenHours, ...]:
    return tuple(OpenHours(each["opens_s"], each["closes_s"], frozenset(each["weekdays"])) for each in spans)


def _compartments(parts: list[Row]) -> tuple[Compartment, ...]:
    return tuple(Compartment(frozenset(each["fractions"]), each["capacity_l"], each["capacity_kg"]) for each in parts)


def _with_position(row: Row) -> Row:
    rest = dict(row)
    return rest | {"position": Position(rest.pop("lat_deg"), rest.pop("lon_deg"))}


def _vehicles(rows: Rows) -> dict[VehicleId, Vehicle]:
    fractions = _codes(rows["vehicle_fraction"], "vehicle_id")
    breaks: dict[str, list[Break]] = {}
    for row in sorted(rows["vehicle_break"], key=lambda row: row["number"]):
        pause = Break(row["earliest_s"], row["latest_s"], row["duration_s"])
        breaks.setdefault(row["vehicle_id"], []).append(pause)
    found = {}
    for row in rows["vehicle"]:
        rest = dict(row)
        shift = Shift(rest.pop("shift_start_s"), rest.pop("shift_end_s"), tuple(breaks.get(row["id"], ())))
        rest |= {"compartments": _compartments(row["compartments"]), "skills": frozenset(row["skills"])}
        found[row["id"]] = Vehicle(**rest, shift=shift, fractions=frozenset(fractions.get(row["id"], ())))
    return found


def _disposal_sites(rows: Rows) -> dict[DisposalSiteId, DisposalSite]:
    fractions = _codes(rows["disposal_site_fraction"], "disposal_site_id")
    return {
        row["id"]: DisposalSite(
            **(_with_position(row) | {"hours": _hours(row["hours"])}),
            fractions=frozenset(fractions.get(row["id"], ())),
        )
        for row in rows["disposal_site"]
    }


def _codes(rows: list[Row], owner: str) -> dict[str, list[FractionCode]]:
    found: dict[str, list[FractionCode]] = {}
    for row in rows:
        found.setdefault(row[owner], []).append(row["fraction_code"])
    return found
