"""What is wrong with a city as a whole: references that lead nowhere, sensors in two bins at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tomma.bounds import BoundError, Rule
from tomma.city import City
from tomma.errors import ImportRefusedError
from tomma.stores.city_rows import rows_of

SHOWN = 20
"""Faults named in one message; the rest are counted."""
_CURRENCY_LETTERS = 3  # ISO 4217


def refuse_faulty(city: City) -> None:
    """Raise ImportRefusedError naming every fault, or return."""
    refuse(list(faults(city)), "the city")


def refuse(found: Sequence[object], what: str) -> None:
    """Raise ImportRefusedError with the faults, one a line, unless there are none."""
    if found:
        more = f"\n  ... and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        lines = "".join(f"\n  {fault}" for fault in found[:SHOWN])
        raise ImportRefusedError(f"{what} was refused, nothing was stored; {len(found)} fault(s):{lines}{more}")


def faults(city: City) -> Iterator[BoundError]:
    """Yield every fault by its parts: which row and field, what it must be, what it says."""
    yield from _organisation_faults(city)
    yield from _text_faults(city)
    known: dict[str, Mapping[Any, object]] = {
        "site_id": city.sites,
        "container_type_id": city.container_types,
        "fraction_code": city.fractions,
        "depot_id": city.depots,
        "end_depot_id": city.depots,
        "sensor_id": city.sensors,
        "bin_id": city.bins,
    }
    rows: Iterable[tuple[str, object]] = (
        *((f"bins[{each.id}]", each) for each in city.bins.values()),
        *((f"vehicles[{each.id}]", each) for each in city.vehicles.values()),
        *((f"installations[{each.sensor_id} from {each.from_utc:%Y-%m-%d}]", each) for each in city.installations),
    )
    for row, value in rows:
        for field, there in known.items():
            target = getattr(value, field, None)
            if target is not None and target not in there:
                yield _not_there(row, field, target)
    for what, owners in (("vehicles", city.vehicles), ("disposal_sites", city.disposal_sites)):
        for owner_id, owner in owners.items():
            for code in sorted(owner.fractions - city.fractions.keys()):
                yield _not_there(f"{what}[{owner_id}]", "fractions", code)
    yield from _double_installations(city)


def _not_there(row: str, field: str, named: str) -> BoundError:
    return BoundError(f"{row}.{field}", Rule.KNOWN, "must name what is there", repr(named))


def _organisation_faults(city: City) -> Iterator[BoundError]:
    timezone, currency = city.organisation.timezone, city.organisation.currency
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        bound = "must be a name such as Europe/Stockholm"
        yield BoundError("organisation.timezone", Rule.TIMEZONE, bound, repr(timezone))
    if not (len(currency) == _CURRENCY_LETTERS and currency.isascii() and currency.isupper()):
        bound = "must be three capital letters such as SEK"
        yield BoundError("organisation.currency", Rule.CURRENCY, bound, repr(currency))


def _text_faults(city: City) -> Iterator[BoundError]:
    for table, rows in rows_of(city).items():
        for number, row in enumerate(rows):
            for field, value in row.items():
                if isinstance(value, str) and "\x00" in value:  # PostgreSQL cannot keep it, no name needs it
                    name = f"{table}[{number}].{field}"
                    yield BoundError(name, Rule.NO_NUL, "must not hold a NUL character", repr(value))


def _double_installations(city: City) -> Iterator[BoundError]:
    for sensor_id, periods in city.installations_of_sensor.items():
        for before, after in pairwise(periods):
            if before.to_utc is None or before.to_utc > after.from_utc:
                bound = (
                    f"must begin after the one from {before.from_utc.isoformat()} in {before.bin_id!r} has ended: "
                    f"from {after.from_utc.isoformat()} in {after.bin_id!r}"
                )
                yield BoundError(f"installations[{sensor_id}]", Rule.HUNG_BEFORE, bound)
