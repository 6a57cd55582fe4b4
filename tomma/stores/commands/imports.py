"""Bringing files in: look at every file first, then store; what is there already is not stored twice."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from itertools import batched
from pathlib import Path
from typing import Any

from tomma.city import City
from tomma.errors import ImportRefusedError, NotFoundError
from tomma.model import Alert, Rejected
from tomma.ports import Appended, Registry
from tomma.stores.commands.exports import every_dead_letter
from tomma.stores.files.city_file import read_city
from tomma.stores.files.record_files import OnBytes, is_csv, is_empty, kind_of, read_records
from tomma.stores.files.record_rows import ALERTS, DAYS, DEAD_LETTERS, EMPTYINGS, EVENTS, PLANS, READINGS, RecordKind
from tomma.stores.wiring import Stores

RECORDS_PER_BATCH = 5_000
"""Per commit: large enough that the disk's sync is a small part, small enough that ingest gets its turn."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that was read to its end without a fault."""

    path: Path
    kind: str
    records: int
    city: City | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file. For a city the numbers count its rows; a dry run tells what would become."""

    path: str
    kind: str
    records: int
    stored: int = 0
    """New, or changed in a city."""
    duplicates: int = 0
    """Known before."""
    removed: int = 0
    """Rows of the former city that the file no longer has."""
    conflicts: int = 0
    """Events whose key is known with another body; the first one stands."""


def inspect(path: Path, on_bytes: OnBytes = lambda _: None) -> Arrival:
    """Read the whole file and return what it is, or raise ImportRefusedError naming every fault."""
    name = path.name.removesuffix(".gz")
    if path.name.endswith(".json"):
        city = read_city(path)
        return Arrival(path, "city", len(_rows(city)), city)
    if not name.endswith((".jsonl", ".csv")):
        raise ImportRefusedError(f"{path}: known are .json (a city), .jsonl and .csv, the last two also with .gz")
    if not is_csv(path) and is_empty(path):
        return Arrival(path, "records", 0)
    kind = kind_of(path)
    return Arrival(path, kind.name, sum(1 for _ in read_records(path, kind, on_bytes)))


def store(arrival: Arrival, stores: Stores, on_bytes: OnBytes = lambda _: None, *, dry_run: bool = False) -> Outcome:
    """Store an inspected file and return what became of it."""
    if arrival.city is not None:
        outcome = _compare(arrival, arrival.city, stores.registry)
        if not dry_run:
            stores.registry.save(arrival.city)
        return outcome
    if dry_run or not arrival.records:
        return Outcome(str(arrival.path), arrival.kind, arrival.records)
    kind = next(kind for kind in _SINKS if kind.name == arrival.kind)
    totals = {"stored": 0, "duplicates": 0, "conflicts": 0}
    for batch in batched(read_records(arrival.path, kind, on_bytes), RECORDS_PER_BATCH):
        for verdict, number in _SINKS[kind](stores, batch).items():
            totals[verdict] += number
    return Outcome(str(arrival.path), arrival.kind, arrival.records, **totals)


def _compare(arrival: Arrival, city: City, registry: Registry) -> Outcome:
    try:
        before = _rows(registry.load())
    except NotFoundError:
        before = {}
    after = _rows(city)
    same = sum(1 for key, row in after.items() if before.get(key) == row)
    removed = len(before.keys() - after.keys())
    return Outcome(str(arrival.path), arrival.kind, len(after), len(after) - same, same, removed)


def _rows(city: City) -> dict[tuple[str, object], object]:
    """Return every row of the city by its list and key."""
    rows: dict[tuple[str, object], object] = {("organisation", None): city.organisation}
    for field in fields(city):
        value = getattr(city, field.name)
        if isinstance(value, Mapping):
            rows.update({(field.name, key): row for key, row in value.items()})
    rows.update({("installations", (each.sensor_id, each.from_utc)): each for each in city.installations})
    return rows


def _counted(appended: Appended) -> Mapping[str, int]:
    return {"stored": appended.stored, "duplicates": appended.duplicates}


def _store_events(stores: Stores, batch: Sequence[Any]) -> Mapping[str, int]:
    verdicts = Counter(stores.events.append(batch))
    names = {"stored": "stored", "duplicate": "duplicates", "conflict": "conflicts"}
    return {names[verdict]: number for verdict, number in verdicts.items()}


def _store_plans(stores: Stores, batch: Sequence[Any]) -> Mapping[str, int]:
    for plan in batch:
        stores.plans.save(plan)
    return {"stored": len(batch)}


def _store_alerts(stores: Stores, batch: Sequence[Any]) -> Mapping[str, int]:
    times = [alert.at_utc for alert in batch]
    known = {_alert_key(each) for each in stores.readings.alerts(min(times), max(times) + timedelta(milliseconds=1))}
    fresh = [alert for alert in batch if _alert_key(alert) not in known]
    stores.readings.append((), (), (), fresh)
    return {"stored": len(fresh), "duplicates": len(batch) - len(fresh)}


def _alert_key(alert: Alert) -> tuple[object, ...]:
    return alert.kind, alert.subject, alert.at_utc, alert.active


def _store_dead_letters(stores: Stores, batch: Sequence[Any]) -> Mapping[str, int]:
    known = {_letter_key(each) for each in every_dead_letter(stores.readings)}
    fresh = [letter for letter in batch if _letter_key(letter) not in known]
    stores.readings.append((), (), fresh)
    return {"stored": len(fresh), "duplicates": len(batch) - len(fresh)}


def _letter_key(letter: Rejected) -> tuple[object, ...]:
    """A sensor may send the same nonsense twice; at one moment it is the same message."""
    return letter.topic, letter.reason, letter.received_utc, hash(letter.payload)


_SINKS: dict[RecordKind, Callable[[Stores, Sequence[Any]], Mapping[str, int]]] = {
    READINGS: lambda stores, batch: _counted(stores.readings.append(batch)),
    EMPTYINGS: lambda stores, batch: _counted(stores.readings.append((), batch)),
    EVENTS: _store_events,
    PLANS: _store_plans,
    DAYS: lambda stores, batch: _counted(stores.readings.keep_days(batch)),
    ALERTS: _store_alerts,
    DEAD_LETTERS: _store_dead_letters,
}
