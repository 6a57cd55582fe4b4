"""What a decoded payload says without a mapping file: by names and units that leave no doubt.

A maker's codec answers with fields of the maker's own naming. A distance counts when its unit is certain: in the
name, beside the value, in the text, known for the maker, or told by the codec's own source. Otherwise nothing is
guessed: the refusal names the field and the line that would settle it. Side values (battery, temperature) that are in
doubt are left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from ingest.decode.names import VOLTAGE_WORDS, Kind, Meaning, meaning_of, words_of
from ingest.decode.quantity import CELSIUS, LENGTH_MM, SHARE, VOLTS, clean_unit, number_and_unit
from ingest.decode.values import NO_ECHO_MM, Draft, Values
from ingest.fields import BATTERY_V, FILL_TOLERANCE
from ingest.refusal import RefusedError, no_reading, shown
from ingest.strict_json import JsonValue
from tomma.bounds import BoundError, Rule
from tomma.model import Alarm, RejectReason

type Hint = Callable[[str, Kind], str]
"""From a field's name and kind to its unit, as some other source tells it; empty when it does not."""

DEPTH_MAX = 8
EARLIEST = datetime.min.replace(tzinfo=UTC)
AGE_WORDS = frozenset({"ago", "age", "elapsed"})
"""In the name of a field that tells a time by how long it is past."""
TIME_NAMES = frozenset(
    {"time", "timestamp", "date", "datetime", "measured_at", "measuredat", "ts", "measurementtime", "recorded_at"}
    | {"recordedat", "utc", "epoch", "_time", "logtime", "log_timestamp", "measured_utc", "at", "unixtime"}
)
VALUE_NAMES = ("value", "val", "_value", "record", "data", "Value", "measurementValue")
UNIT_NAMES = ("unit", "units", "_unit", "unitId", "Unit", "uom", "typeUnits", "measurementUnit")
NAME_NAMES = ("variable", "name", "_name", "type", "measurement", "key", "n", "label", "typeDesc")
YES = frozenset({"true", "on", "yes", "alarm", "active", "triggered", "low", "tilt", "tilted", "abnormal", "fault"}) | {
    *("error", "detected", "fire", "1", "threshold_alarm", "threshold alarm", "tampered", "open")
}
NO_ECHO_WORDS = frozenset(
    {"no echo", "noecho", "no target", "out of range", "invalid", "invalid reading", "no signal", "n/a"}
    | {"nan", "error", "none", "no sensor", "timeout"}
)
MISSING = frozenset({"valid", "isvalid", "distancevalid", "measurementvalid", "validreading"})
HEIGHTS = frozenset({"water", "liquid", "tank", "silo", "waste", "material", "product", "capacity"})
"""With one of these words a level in millimetres is counted from the bottom."""
LEVELS = frozenset({Kind.DISTANCE, Kind.FILL, Kind.LEVEL})
BATTERY_CELL_V = (1.5, 5.0)
"""Between one flat alkaline cell and a lithium cell at the charger: a broken number in here is a voltage."""


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


type _Doubt = Callable[[str], BoundError]
"""Why a level cannot be taken, once the mapping file is named that would settle it."""


@dataclass(slots=True)
class Record:
    """The fields that were measured together."""

    facts: list[Fact] = field(default_factory=list)
    measured_utc: datetime | None = None


def no_hint(name: str, kind: Kind) -> str:  # noqa: ARG001  (a Hint takes both)
    """Know nothing."""
    return ""


def understand(data: JsonValue, hint: Hint = no_hint, mapping_file: str = "a mapping file") -> Sequence[Values]:
    """Return what the fields say: one `Values` for each record with a level, or one status of the device.

    Raises:
        RefusedError: NO_READING when nothing in it is ours, UNKNOWN_UNIT when a level has no certain unit,
            OUT_OF_BOUNDS for a level no sensor sees.
    """
    main, history = split(data)
    drafts = [_draft(record, hint, mapping_file) for record in (main, *history)]
    if not _has_level(drafts[0]):
        _check_ages(history, drafts[1:], mapping_file)
    timed = [draft for draft in drafts[1:] if _has_level(draft) and draft.measured_utc is not None]
    _hand_down(drafts, timed)
    now = next((draft for draft in (drafts[0], *reversed(drafts)) if _has_level(draft)), None)
    if now is not None and now not in timed and not any(_same_level(now, draft) for draft in timed):
        return [draft.values() for draft in (now, *timed)]
    if timed:
        return [draft.values() for draft in timed]
    status = next((draft for draft in drafts if not draft.empty), None)
    if status is None:
        names = ", ".join(shown(fact.path) for record in (main, *history) for fact in record.facts)[:200]
        raise no_reading(
            BoundError("fields", Rule.NO_LEVEL, "must have a level or a status that we know", names or None)
        )
    return [status.values()]


def draft_of(data: JsonValue, hint: Hint, mapping_file: str, *, with_level: bool) -> Draft:
    """Return what the fields outside of lists say; without the level, a doubt about its unit does not matter."""
    return _draft(split(data)[0], hint, mapping_file, with_level=with_level)


def _check_ages(history: Sequence[Record], drafts: Sequence[Draft], mapping_file: str) -> None:
    """Refuse several levels that tell their time by an age: which is the newest, and when, a mapping must say.

    Raises:
        RefusedError: UNKNOWN_UNIT, with the lines that settle it.
    """
    untimed = [
        record
        for record, draft in zip(history, drafts, strict=True)
        if _has_level(draft) and draft.measured_utc is None
    ]
    age = next((fact for record in untimed for fact in record.facts if AGE_WORDS & set(words_of(fact.name))), None)
    if age is not None and len(untimed) > 1:
        each, path = _spelled(age.path.rpartition(".")[0]), _spelled(age.path)
        line = f'each = "{each}" and time = {{ from = "{_spelled(age.name)}", unit = "minutes_ago" }}'
        bound = (
            f"is an age whose unit must be certain; say it by the lines {line}, and which field is the level, "
            f"under [fields] in {mapping_file}"
        )
        told_as = f"{path} = {shown(age.value)}"
        told = BoundError(path, Rule.LEVEL_AGE, bound, told_as=told_as, line=line, file=mapping_file)
        raise RefusedError(RejectReason.UNKNOWN_UNIT, told)


def _hand_down(drafts: Sequence[Draft], timed: Sequence[Draft]) -> None:
    """Give what stands beside a list of levels to the newest of them: a fire told beside a history burns all the same.

    A temperature stays where it is: it is of now, and the newest entry of a list may be hours old.
    """
    levels = [draft for draft in drafts if _has_level(draft)]
    if not levels or levels[0] is drafts[0]:
        return
    untimed = [draft for draft in levels if draft.measured_utc is None]
    newest = untimed[-1] if untimed else max(timed, key=lambda draft: draft.measured_utc or EARLIEST)
    for draft in drafts:
        if not _has_level(draft) and draft.measured_utc is None:
            newest.alarms |= draft.alarms
    if newest.battery_v is None and newest.battery_fraction is None:
        newest.battery_v, newest.battery_fraction = drafts[0].battery_v, drafts[0].battery_fraction


def _has_level(draft: Draft) -> bool:
    return draft.distance_mm is not None or draft.fill_fraction is not None


def _same_level(one: Draft, other: Draft) -> bool:
    return (one.distance_mm, one.fill_fraction) == (other.distance_mm, other.fill_fraction)


# ---- from a tree of fields to records ---------------------------------------------------------------------------


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


# ---- from one record to values ------------------------------------------------------------------------------------


def _draft(record: Record, hint: Hint, mapping_file: str, *, with_level: bool = True) -> Draft:
    draft = Draft(measured_utc=record.measured_utc)
    facts = [(fact, meaning_of(fact.name)) for fact in record.facts]
    if with_level:
        _read_level(facts, hint, mapping_file, draft)
    _read_side_values(facts, draft)
    for fact, meaning in facts:
        if meaning.alarm is not None and is_yes(fact.value):
            draft.alarms.add(meaning.alarm)
    return draft


def _read_level(facts: Sequence[tuple[Fact, Meaning]], hint: Hint, mapping_file: str, draft: Draft) -> None:
    invalid = any("".join(words_of(fact.name)) in MISSING and fact.value is False for fact, _ in facts)
    doubts: list[_Doubt] = []
    if not invalid:
        _read_distance(facts, hint, draft, doubts)
        if draft.distance_mm is None and not draft.no_echo:
            _read_fill(facts, hint, draft, doubts)
    elif any(meaning.kind in LEVELS for _, meaning in facts):
        draft.hear(None)
    if doubts and not _has_level(draft):
        raise RefusedError(RejectReason.UNKNOWN_UNIT, doubts[0](mapping_file))


def _ranked(facts: Sequence[tuple[Fact, Meaning]], kind: Kind) -> list[tuple[Fact, Meaning]]:
    """Return the facts of a kind, the plainest name first."""
    found = [(fact, meaning) for fact, meaning in facts if meaning.kind is kind]
    return sorted(found, key=lambda each: (each[1].rank, len(words_of(each[0].name)), each[0].path.count(".")))


def _read_distance(facts: Sequence[tuple[Fact, Meaning]], hint: Hint, draft: Draft, doubts: list[_Doubt]) -> None:
    """Take the plainest distance; of several probes under one name (`distance1`, `distance2`) the nearest echo."""
    heard: dict[tuple[str, ...], list[float | None]] = {}
    for fact, meaning in _ranked(facts, Kind.DISTANCE):
        words = words_of(fact.name)
        if isinstance(fact.value, str) and _plain(fact.value) in NO_ECHO_WORDS:
            heard.setdefault(words, []).append(None)
            continue
        told = number_and_unit(fact.value)
        if told is None:
            continue
        unit = told[1] or fact.unit or meaning.unit or hint(fact.name, Kind.DISTANCE)
        if told[0] <= 0 or told[0] in NO_ECHO_MM:
            heard.setdefault(words, []).append(None)
        elif unit in LENGTH_MM:
            heard.setdefault(words, []).append(told[0] * LENGTH_MM[unit])
        else:
            doubts.append(partial(_unit_doubt, fact, "distance", "mm, cm, m, in", "mm"))
    for values in heard.values():
        near = [value for value in values if value is not None]
        draft.hear(min(near) if near else None)
        return


def _plain(said: str) -> str:
    return said.strip().lower().replace("_", " ")


def _read_fill(facts: Sequence[tuple[Fact, Meaning]], hint: Hint, draft: Draft, doubts: list[_Doubt]) -> None:
    for fact, meaning in (*_ranked(facts, Kind.FILL), *_ranked(facts, Kind.LEVEL)):
        told = number_and_unit(fact.value)
        if told is None:
            continue
        unit = told[1] or fact.unit or meaning.unit or hint(fact.name, Kind.FILL)
        if unit in SHARE:
            draft.fill_fraction = told[0] * SHARE[unit]
            return
        if unit in LENGTH_MM and meaning.kind is Kind.LEVEL and not HEIGHTS & set(words_of(fact.name)):
            draft.hear(told[0] * LENGTH_MM[unit] if told[0] > 0 and told[0] not in NO_ECHO_MM else None)
            return
        if unit in LENGTH_MM:
            doubts.append(partial(_height_doubt, fact, unit))
        elif meaning.kind is Kind.FILL and not unit and _is_percent(told[0]):
            draft.fill_fraction = told[0] / 100.0
            return
        else:
            doubts.append(_level_doubt(fact, meaning, told[0]))


def _level_doubt(fact: Fact, meaning: Meaning, value: float) -> _Doubt:
    """Return the doubt about a bare level: what is beyond any per cent is a distance."""
    if meaning.kind is Kind.LEVEL and value > 100.0 * (1.0 + FILL_TOLERANCE):
        return partial(_unit_doubt, fact, "distance", "mm, cm, m, in", "mm")
    return partial(_unit_doubt, fact, "fill", "%, fraction", "%")


def _is_percent(value: float) -> bool:
    """Whether a bare fill can only be per cent: 0 is 0 either way, and no fraction exceeds 1 by this much."""
    return value == 0.0 or abs(value) > 1.0 + FILL_TOLERANCE


def _unit_doubt(fact: Fact, quantity: str, units: str, likely: str, file: str) -> BoundError:
    name = _spelled(fact.path)
    line = f'{quantity} = {{ from = "{name}", unit = "{likely}" }}'
    said = " or ".join(units.rsplit(", ", 1))
    bound = f"must be certain ({said}); say it by the line {line} under [fields] in {file}"
    told_as = f"the unit of {name} = {shown(fact.value)}"
    return BoundError(name, Rule.LEVEL_UNIT, bound, told_as=told_as, units=units, line=line, file=file)


def _height_doubt(fact: Fact, unit: str, file: str) -> BoundError:
    name = _spelled(fact.path)
    line = f'distance = {{ from = "{name}", unit = "{unit}", scale = -1, offset = 2000 }}'
    bound = f"is a height of waste, not a distance; say from which height it counts: {line} under [fields] in {file}"
    told_as = f"{name} = {shown(fact.value)}"
    return BoundError(name, Rule.LEVEL_HEIGHT, bound, told_as=told_as, line=line, file=file)


def _spelled(path: str) -> str:
    """Return a name as a mapping file writes it, if it can; names come from devices and may hold anything."""
    plain = path.isascii() and path.isprintable() and len(path) <= 80
    return path.replace("\\", "\\\\").replace('"', '\\"') if plain else shown(path)


def _read_side_values(facts: Sequence[tuple[Fact, Meaning]], draft: Draft) -> None:
    for fact, meaning in reversed(_ranked(facts, Kind.TEMPERATURE)):
        told = number_and_unit(fact.value)
        if told is not None:
            factor, summand = CELSIUS.get(told[1] or fact.unit or meaning.unit or "c", (1.0, 0.0))
            draft.feel(told[0] * factor + summand)
    for fact, meaning in reversed(_ranked(facts, Kind.BATTERY)):
        told = number_and_unit(fact.value)
        if told is not None:
            _note_battery(told[0], told[1] or fact.unit or meaning.unit, fact.name, draft)
        elif isinstance(fact.value, str) and fact.value.strip().lower() == "low":
            draft.alarms.add(Alarm.BATTERY_LOW)


def _note_battery(value: float, unit: str, name: str, draft: Draft) -> None:
    if unit in SHARE:
        draft.charge(value * SHARE[unit] * 100.0)
    elif unit in VOLTS:
        draft.supply(value * VOLTS[unit])
    elif {*VOLTAGE_WORDS, "vol"} & set(words_of(name)) or name.lower() in ("vbat", "vdd", "batv"):
        draft.supply(value if value <= BATTERY_V[1] else value / 1000.0)
    elif 1000.0 <= value <= 15_000.0:
        draft.supply(value / 1000.0)
    elif BATTERY_CELL_V[0] <= value <= BATTERY_CELL_V[1] and not value.is_integer():
        draft.supply(value)
    elif value > BATTERY_CELL_V[1] and value.is_integer():
        draft.charge(value)


def is_yes(value: JsonValue) -> bool:
    """Whether a flag is raised: true, 1, or a word such as "alarm"; a number beyond 1 is an angle or a code."""
    if isinstance(value, str):
        return value.strip().lower() in YES
    return value is True or value == 1
