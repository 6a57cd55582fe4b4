"""From decoded fields to values, by the mapping file first and by plain names for the rest. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from ingest.codecs.layout import DECIMALS, HISTORY
from ingest.codecs.mapping import ALARMS, CodecMapping, Conditional, Fields, Flag, Quantity
from ingest.decode.facts import time_in, time_of
from ingest.decode.guess import draft_of, understand
from ingest.decode.levels import Hint, no_hint
from ingest.decode.quantity import CELSIUS, LENGTH_MM, SHARE, VOLTS, clean_unit, in_unit, number_and_unit
from ingest.decode.side_values import is_yes
from ingest.decode.values import Draft, Values
from ingest.refusal import RefusedError, no_reading, shown
from ingest.strict_json import JsonValue
from tomma.bounds import BoundError, Rule
from tomma.model import Alarm, RejectReason

type Scope = Sequence[Mapping[str, JsonValue]]
"""Where names are looked up: the entry of a list first, then the whole."""

AGO_S = {"seconds_ago": 1.0, "minutes_ago": 60.0, "hours_ago": 3600.0}
_ABSENT = object()


def interpret(
    data: JsonValue,
    mapping: CodecMapping,
    sent_utc: datetime | None,
    hint: Hint = no_hint,
    file: str = "a mapping file",
) -> Sequence[Values]:
    """Return what decoded fields say.

    Raises:
        RefusedError: NO_READING, UNKNOWN_UNIT, WRONG_FIELD or OUT_OF_BOUNDS, in plain words.
    """
    fields = mapping.fields
    if fields == Fields():
        return understand(data, hint, file)
    whole: Mapping[str, JsonValue] = data if isinstance(data, dict) else {}
    if isinstance(data, list) and not fields.each:
        scopes: list[Scope] = [[entry] for entry in data if isinstance(entry, dict)]
    else:
        scopes = list(_scopes(whole, fields.each or _default_list(whole, fields)))
    drafts = [_draft(fields, scope, sent_utc) for scope in scopes]
    if mapping.guess:
        _add_guessed(drafts, data, fields, hint, file)
    told = [draft.values() for draft in drafts if not draft.empty]
    levels = [values for values in told if values.has_level]
    if not told:
        wanted = ", ".join(name for rule in (*fields.distance, *fields.fill) for name in rule.source)
        bound = f"must have a value of the mapping ({wanted or 'no level is mapped'})"
        got = ", ".join(shown(name) for name in whole)[:200] or None
        raise no_reading(BoundError("fields", Rule.NO_LEVEL, bound, got))
    return levels or told[:1]


def _default_list(whole: Mapping[str, JsonValue], fields: Fields) -> str:
    """Return the list of a repeating frame, when the mapping's own names are in its entries."""
    entries = whole.get(HISTORY)
    named = {name for rule in (*fields.distance, *fields.fill) for name in rule.source}
    inside = isinstance(entries, list) and entries and isinstance(entries[0], dict) and named & set(entries[0])
    return HISTORY if inside else ""


def _scopes(whole: Mapping[str, JsonValue], each: str) -> Iterator[Scope]:
    entries = look_up([whole], each) if each else _ABSENT
    if isinstance(entries, list):
        for entry in entries:
            if isinstance(entry, dict):
                yield [entry, whole]
    else:
        yield [whole]


def look_up(scope: Scope, path: str) -> object:
    """Return the value at `a.b[0].c`, or at a key of exactly that name; `_ABSENT` when there is none."""
    for fields in scope:
        if path in fields:
            return fields[path]
        found: object = fields
        for part in re.findall(r"[^.\[\]]+", path):
            if isinstance(found, dict) and part in found:
                found = found[part]
            elif isinstance(found, list) and re.fullmatch(r"-?\d{1,4}", part) and -len(found) <= int(part) < len(found):
                found = found[int(part)]
            else:
                break
        else:
            return found
    return _ABSENT


def _draft(fields: Fields, scope: Scope, sent_utc: datetime | None) -> Draft:
    draft = Draft(measured_utc=_time(fields.time, scope, sent_utc))
    silent, distance = _quantity(fields.distance, scope, LENGTH_MM)
    if distance is not None or silent:
        draft.hear(distance)
    if distance is None:
        silent_fill, fill = _quantity(fields.fill, scope, SHARE)
        if fill is not None:
            draft.fill_fraction, draft.no_echo = fill, False
        elif silent_fill:
            draft.hear(None)
    for rule, value, unit in _values(fields.battery, scope):
        _note_battery(value, rule.unit or unit, draft)
        break
    for rule, value, unit in _values(fields.temperature, scope):
        factor, summand = CELSIUS.get(rule.unit or unit, (1.0, 0.0))
        draft.feel(round(value * factor + summand, DECIMALS))
        break
    for name in ALARMS:
        if any(_raised(flag, scope) for flag in getattr(fields, name)):
            draft.alarms.add(Alarm(name))
    return draft


def _note_battery(value: float, unit: str, draft: Draft) -> None:
    if unit in SHARE:
        draft.charge(value * SHARE[unit] * 100.0)
    elif unit in VOLTS or value <= 60.0:
        draft.supply(value * VOLTS.get(unit, 1.0))


def _quantity(rules: Sequence[Quantity], scope: Scope, units: Mapping[str, float]) -> tuple[bool, float | None]:
    """Return whether a rule says "no echo", and the level of the first rule that has one."""
    silent = False
    for rule in rules:
        if not _holds(rule, scope):
            continue
        present = [value for name in rule.source if (value := look_up(scope, name)) is not _ABSENT]
        silent = silent or any(_is_one_of(value, rule.no_echo) for value in present)
        heard = [value for _, value, _ in _values([rule], scope, every=rule.combine != "first")]
        if heard:
            return False, round(_combined(rule, heard) * units[rule.unit], DECIMALS)
    return silent, None


def _combined(rule: Quantity, heard: Sequence[float]) -> float:
    match rule.combine:
        case "min":
            return min(heard)
        case "max":
            return max(heard)
        case "mean":
            return sum(heard) / len(heard)
    return heard[0]


def _values(rules: Sequence[Quantity], scope: Scope, *, every: bool = False) -> Iterator[tuple[Quantity, float, str]]:
    """Yield the numbers that the rules find, scaled, with the unit written beside them."""
    for rule in rules:
        if not _holds(rule, scope):
            continue
        for name in rule.source:
            value = look_up(scope, name)
            if value is _ABSENT or value is None or _is_one_of(value, (*rule.no_echo, *rule.ignore)):
                continue
            told = _read(rule, name, value)
            if told is not None:
                size = in_unit(*told, rule.unit)
                yield rule, round(size * rule.scale + rule.offset, DECIMALS), told[1]
                if not every:
                    return


def _read(rule: Quantity, name: str, value: object) -> tuple[float, str] | None:
    if isinstance(value, dict):
        told = _read(rule, name, value.get("value"))
        return told and (told[0], told[1] or clean_unit(value.get("unit")))
    if rule.pattern:
        match = re.search(rule.pattern, value) if isinstance(value, str) else None
        return number_and_unit(match[1]) if match else None
    if isinstance(value, bool):
        return (1.0 if value else 0.0), ""
    told = number_and_unit(value) if isinstance(value, int | float | str) else None
    if told is None and value is not None and not isinstance(value, str):
        raise RefusedError(RejectReason.WRONG_FIELD, BoundError(name, Rule.NUMBER, "must be a number", shown(value)))
    return told


def _holds(rule: Conditional, scope: Scope) -> bool:
    return all(_is_one_of(look_up(scope, name), wanted) for name, wanted in rule.when.items())


def _is_one_of(value: object, wanted: Sequence[bool | int | float | str]) -> bool:
    """Compare as people write: 1, 1.0, "1" and true are told apart only where the mapping does."""
    for each in wanted:
        if isinstance(each, str):
            if isinstance(value, str) and value.strip().casefold() == each.strip().casefold():
                return True
        elif isinstance(each, bool) or isinstance(value, bool):
            if value is each or (isinstance(value, bool) and not isinstance(each, bool) and int(value) == each):
                return True
        elif isinstance(value, int | float | str):
            told = number_and_unit(value)
            if told is not None and told[0] == each:
                return True
    return False


def _raised(flag: Flag, scope: Scope) -> bool:
    if not _holds(flag, scope):
        return False
    for name in flag.source:
        value = look_up(scope, name)
        if value is _ABSENT:
            continue
        if flag.equals and _is_one_of(value, flag.equals):
            return True
        told = number_and_unit(value) if isinstance(value, int | float | str) else None
        if told is not None and flag.above is not None and told[0] > flag.above:
            return True
        if told is not None and flag.below is not None and told[0] < flag.below:
            return True
        unconditional = not flag.equals and flag.above is None and flag.below is None
        if unconditional and (value is None or isinstance(value, bool | int | float | str)) and is_yes(value):
            return True
    return False


def _time(rules: Sequence[Quantity], scope: Scope, sent_utc: datetime | None) -> datetime | None:
    for rule in rules:
        if not _holds(rule, scope):
            continue
        value = look_up(scope, rule.source[0])
        if isinstance(value, str) and rule.unit in ("", "iso"):
            return time_of(value)
        told = number_and_unit(value) if isinstance(value, int | float | str) else None
        if told is None:
            continue
        number = told[0] * rule.scale + rule.offset
        if rule.unit in AGO_S:
            return sent_utc - timedelta(seconds=number * AGO_S[rule.unit]) if sent_utc and 0 <= number < 1e7 else None
        return time_of(number / 1000.0 if rule.unit == "ms" else number)
    return time_in(scope[0]) if len(scope) > 1 else None


def _add_guessed(drafts: Sequence[Draft], data: JsonValue, fields: Fields, hint: Hint, file: str) -> None:
    """Fill in what the mapping does not name: a level only when it names none at all."""
    named = bool(fields.distance or fields.fill)
    guessed = draft_of(data, hint, file, with_level=not named)
    for draft in drafts:
        if not named:
            draft.distance_mm, draft.fill_fraction = guessed.distance_mm, guessed.fill_fraction
            draft.no_echo = guessed.no_echo
        if not fields.battery:
            draft.battery_v, draft.battery_fraction = guessed.battery_v, guessed.battery_fraction
        if not fields.temperature:
            draft.temperature_c = guessed.temperature_c
        draft.alarms |= guessed.alarms - {Alarm(name) for name in ALARMS if getattr(fields, name)}
