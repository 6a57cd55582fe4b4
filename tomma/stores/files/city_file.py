"""A city as one JSON document: what `tomma import` takes and `tomma export city` writes.

    {"format": "tomma-city", "version": 1,
     "organisation": {"id": "...", "name": "...", "timezone": "Europe/Stockholm", "currency": "SEK"},
     "fractions": [...], "container_types": [...], "sites": [...], "bins": [...], "sensors": [...],
     "installations": [...], "vehicles": [...], "depots": [...], "disposal_sites": [...]}

Each list has one object a row with the fields of the class of that name in `tomma.city`, `tomma.containers` or
`tomma.trucks`, units in their names; fields with a default may be left out. Times are ISO 8601 in UTC, ending in Z.
Reading never stops at the first fault: each is named with row, field, bound and value, so that a file is mended in one
go.
"""

from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from tomma.assets import ADDRESSABLE, is_addressable
from tomma.city import Bin, City, Depot, DisposalSite, Fraction, Installation, Organisation, Sensor, Site
from tomma.codec import parse_json, to_plain
from tomma.containers import ContainerType
from tomma.errors import ImportRefusedError
from tomma.stores.city_faults import faults, refuse
from tomma.stores.files.drafts import replacing
from tomma.stores.files.row_faults import convert_row
from tomma.trucks import Vehicle

FORMAT = "tomma-city"
VERSION = 1
_LISTS: dict[str, type[Any]] = {
    "fractions": Fraction,
    "container_types": ContainerType,
    "sites": Site,
    "bins": Bin,
    "sensors": Sensor,
    "installations": Installation,
    "vehicles": Vehicle,
    "depots": Depot,
    "disposal_sites": DisposalSite,
}
_KEYS: dict[str, Callable[[Any], object]] = {
    "fractions": attrgetter("code"),
    "installations": attrgetter("sensor_id", "from_utc"),
}
_id_of = attrgetter("id")


def read_city(path: Path) -> City:
    """Return the city in the file, or raise ImportRefusedError naming every fault."""
    try:
        return _all_addressable(parse_city(path.read_bytes()))
    except OSError as exc:
        raise ImportRefusedError(f"{path}: {exc.strerror}") from exc
    except ImportRefusedError as exc:
        raise ImportRefusedError(f"{path}: {exc}") from exc


def parse_city(data: bytes) -> City:
    """Return the city that a document says, or raise ImportRefusedError naming every fault."""
    document = _document(data)
    found: list[str] = []
    organisation = convert_row("organisation", document.get("organisation"), Organisation, found)
    lists = {name: _rows(name, document.get(name, []), kind, found) for name, kind in _LISTS.items()}
    known = {"format", "version", "organisation", *_LISTS}
    found.extend(
        f"{key!r} is not part of a city; known are {', '.join(sorted(known))}" for key in document.keys() - known
    )
    refuse(found, "the city")
    assert organisation is not None  # noqa: S101  (no faults: every row was converted)
    installations = tuple(lists.pop("installations").values())
    city = City(organisation=organisation, installations=installations, **lists)
    refuse(list(faults(city)), "the city")
    return city


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = parse_json(data)
    except ValueError as exc:
        raise ImportRefusedError(f"not a JSON document in UTF-8: {exc}") from exc
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ImportRefusedError(f'not a city file: it must be an object with "format": "{FORMAT}"')
    if document.get("version") != VERSION:
        raise ImportRefusedError(f"version must be {VERSION}, got {document.get('version')!r}")
    return document


def _all_addressable(city: City) -> City:
    strange = [(number, bin_id) for number, bin_id in enumerate(city.bins) if not is_addressable(bin_id)]
    refuse([f"bins[{number}]: id {ADDRESSABLE}, got {bin_id!r}" for number, bin_id in strange], "the city")
    return city


def _rows(name: str, rows: object, kind: type[Any], found: list[str]) -> dict[Any, Any]:
    """Return the rows of one list by their key, adding what is wrong to `found`."""
    if not isinstance(rows, list):
        found.append(f"{name} must be a list, got {type(rows).__name__}")
        return {}
    converted: dict[Any, Any] = {}
    for number, row in enumerate(rows):
        value = convert_row(f"{name}[{number}]", row, kind, found)
        if value is None:
            continue
        key = _KEYS.get(name, _id_of)(value)
        if not key:
            found.append(f"{name}[{number}]: the key must not be empty")
        if key in converted:
            found.append(f"{name}[{number}]: {key!r} is there already; every key must be unique")
        converted[key] = value
    return converted


def city_document(city: City) -> bytes:
    """Return the document that says `city`, one row a line so that versions compare well."""
    head = {"format": FORMAT, "version": VERSION, "organisation": to_plain(city.organisation)}
    lines = [f"{_json(key)}: {_json(value)}" for key, value in head.items()]
    for name in _LISTS:
        values = getattr(city, name)
        rows = values if isinstance(values, tuple) else values.values()
        body = ",\n".join(f"  {_json(to_plain(row))}" for row in rows)
        lines.append(f"{_json(name)}: [\n{body}\n]" if body else f"{_json(name)}: []")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def write_city(city: City, path: Path) -> None:
    """Write the city to a file that is either the former one or complete, never half."""
    with replacing(path) as draft:
        draft.write_bytes(city_document(city))
