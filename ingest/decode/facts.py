"""From a tree of decoded fields to flat facts: each value with its name and the unit beside it, and what is history.

A list of named values is read as fields; a list of anything else as a history, one record for each entry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest.decode.names import Kind, Meaning, meaning_of, words_of
from ingest.decode.quantity import clean_unit
from ingest.strict_json import JsonValue

DEPTH_MAX = 8
TIME_NAMES = frozenset(
    {"time", "timestamp", "date", "datetime", "measured_at", "measuredat", "ts", "measurementtime", "recorded_at"}
    | {"recordedat", "utc", "epoch", "_time", "logtime", "log_timestamp", "measured_utc", "at", "unixtime"}
)
VALUE_NAMES = ("value", "val", "_value", "record", "data", "Value", "measurementValue")
UNIT_NAMES = ("unit", "units", "_unit", "unitId", "Unit", "uom", "typeUnits", "measurementUnit")
NAME_NAMES = ("variable", "name", "_name", "type", "measurement", "key", "n", "label", "typeDesc")
LEVELS = frozenset({Kind.DISTANCE, Kind.FILL, Kind.LEVEL})


@dataclass(frozen=True, slots=True)
class Fact:
    """One field with what stands beside it."""

    path: str
    value: JsonValue
    unit: str = ""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


@dataclass(slots=True)
class Record:
    """The fields that were measured together."""

    facts: list[Fact] = field(default_factory=list)
    measured_utc: datetime | None = None


def split(data: JsonValue) -> tuple[Record, list[Record]]:
    """Return the fields of the uplink itself, and one record for each entry of a list in it."""
    main, history = Record(), list[Record]()
    if isinstance(data, dict):
        _gather(data, "", main, history, 0)
    elif isinstance(data, list):
        _gather_list(data, "", main, history, 0)
    return main, history


def _gather(fields: dict[str, JsonValue], path: str, record: Record, history: list[Record], depth: int) -> None:
    if depth > DEPTH_MAX:
        return
    for name, value in fields.items():
        where = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            quantity = _as_quantity(value, where)
            if quantity is not None:
                record.facts.append(quantity)
            else:
                _gather(value, where, record, history, depth + 1)
        elif isinstance(value, list):
            _gather_list(value, where, record, history, depth + 1)
        else:
            record.facts.append(Fact(where, value, _unit_beside(fields, name)))


def _gather_list(entries: list[JsonValue], path: str, record: Record, history: list[Record], depth: int) -> None:
    """Read a list of named values as fields, and a list of anything else as a history."""
    if depth > DEPTH_MAX:
        return
    by_time: dict[datetime, Record] = {}
    for entry in entries:
        if isinstance(entry, list):
            _gather_list(entry, path, record, history, depth + 1)
        if not isinstance(entry, dict):
            continue
        measured_utc = time_in(entry)
        named = _as_named(entry)
        if named is None:
            of_entry = Record(measured_utc=measured_utc)
            history.append(of_entry)
            _gather(entry, path, of_entry, history, depth + 1)
        elif measured_utc is None:
            record.facts.append(named)
        else:
            by_time.setdefault(measured_utc, Record(measured_utc=measured_utc)).facts.append(named)
    history += by_time.values()


def _as_quantity(value: dict[str, JsonValue], path: str) -> Fact | None:
    """Return {"value": 1234, "unit": "mm"} as one fact."""
    size = next((value[name] for name in VALUE_NAMES if name in value), None)
    if isinstance(size, dict | list) or size is None or len(value) > 6:
        return None
    unit = next((value[name] for name in UNIT_NAMES if name in value), None)
    if unit is None and len(value) > 2:
        return None
    return Fact(path, size, clean_unit(unit))


def _as_named(entry: dict[str, JsonValue]) -> Fact | None:
    """Return {"variable": "distance", "value": 1234, "unit": "mm"} as one fact."""
    name = next((entry[key] for key in NAME_NAMES if isinstance(entry.get(key), str)), None)
    size = next((entry[key] for key in VALUE_NAMES if key in entry), None)
    if not isinstance(name, str) or isinstance(size, dict | list) or size is None:
        return None
    return Fact(name, size, clean_unit(next((entry[key] for key in UNIT_NAMES if key in entry), "")))


def _unit_beside(fields: dict[str, JsonValue], name: str) -> str:
    """Return the unit in a sibling: `distance_unit`, `distanceUnit`, or `unit` beside a lone `distance`."""
    for key in (f"{name}_unit", f"{name}Unit", f"{name}_units", f"{name}Units"):
        if key in fields:
            return clean_unit(fields[key])
    lone = fields.get("unit")
    return clean_unit(lone) if isinstance(lone, str) and meaning_of(name).kind in LEVELS else ""


def time_in(entry: Mapping[str, JsonValue]) -> datetime | None:
    """Return the time in an entry of a list, under any of the usual names."""
    for name, value in entry.items():
        if name.lower() in TIME_NAMES:
            moment = time_of(value)
            if moment is not None:
                return moment
    return None


def time_of(value: JsonValue) -> datetime | None:
    """Return ISO 8601 text, seconds or milliseconds since 1970 as a UTC time; None for anything else."""
    try:
        if isinstance(value, str):
            if not value[:4].isdigit():
                return None
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 1e9:
            return datetime.fromtimestamp(value / 1000.0 if value >= 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def ranked(facts: Sequence[tuple[Fact, Meaning]], kind: Kind) -> list[tuple[Fact, Meaning]]:
    """Return the facts of a kind, the plainest name first."""
    found = [(fact, meaning) for fact, meaning in facts if meaning.kind is kind]
    return sorted(found, key=lambda each: (each[1].rank, len(words_of(each[0].name)), each[0].path.count(".")))
