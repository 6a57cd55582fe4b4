"""What makers call things: from `fillLevelPct`, `distance1_cm` or `BatV` to what is meant and in which unit."""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from ingest.decode.quantity import CELSIUS, LENGTH_MM, SHARE, VOLTS
from tomma.model import Alarm


class Kind(StrEnum):
    """What a field says."""

    DISTANCE = "distance"
    FILL = "fill"
    LEVEL = "level"
    """Fill when in per cent; in a unit of length what a sensor in the lid sees, as makers of such sensors use it."""
    BATTERY = "battery"
    TEMPERATURE = "temperature"
    ALARM = "alarm"
    NOTHING = "nothing"
    """Nothing that we keep."""


class Meaning(NamedTuple):
    """What a name means; a lower `rank` is to be preferred among names of one kind."""

    kind: Kind
    unit: str = ""
    rank: int = 0
    alarm: Alarm | None = None


DISTANCE_WORDS = frozenset(
    {"distance", "distances", "dist", "ullage", "proxx", "abstand", "avstånd", "distanz", "distancia"}
)
FILL_WORDS = frozenset(
    {"fill", "filling", "filled", "fullness", "fuellstand", "füllstand", "fuellgrad", "füllgrad", "fyllnadsgrad"}
    | {"fyllnad", "fyllgrad", "fyllning", "llenado", "remplissage", "riempimento"}
)
LEVEL_WORDS = frozenset({"level", "lvl", "nivel", "niveau", "livello", "nivå"})
BATTERY_WORDS = frozenset({"battery", "bat", "batt", "vbat", "vbatt", "vdd", "batterie", "batteri"})
VOLTAGE_WORDS = frozenset({"voltage", "volt", "volts"})
TEMPERATURE_WORDS = frozenset({"temperature", "temp", "tempc", "temperatur"})
HARMLESS = frozenset(
    {"sensor", "ultrasonic", "ultrasound", "us", "radar", "laser", "lidar", "tof", "sonar", "measured", "measurement"}
    | {
        "measure",
        "current",
        "last",
        "actual",
        "value",
        "val",
        "reading",
        "filtered",
        "surface",
        "to",
        "in",
        "of",
        "the",
    }
    | {"channel", "ch", "data", "external", "internal", "probe", "device", "degrees", "deg", "state", "avg", "average"}
    | {"mean", "median", "top", "latest", "unit", "units", "air", "ambient"}
)
FILL_COMPANIONS = frozenset(
    {"rate", "degree", "grade", "waste", "bin", "container", "tank", "trash", "garbage", "material", "product"}
    | {"liquid", "silo", "capacity", "estimated"}
)
TEMPERATURE_COMPANIONS = frozenset({"board", "chip", "mcu", "ds", "b", "ntc", "environment", "inside"})
BATTERY_COMPANIONS = frozenset(
    {"main", "disposable", "status", "supply", "percentage", "charge", "remaining", "info", "vol"}
)
RANKS = {"median": 1, "filtered": 2, "average": 3, "avg": 3, "mean": 3}

ALARM_WORDS: dict[frozenset[str], Alarm] = {
    frozenset({"fire"}): Alarm.FIRE,
    frozenset({"flame"}): Alarm.FIRE,
    frozenset({"burning"}): Alarm.FIRE,
    frozenset({"tilt"}): Alarm.TILT,
    frozenset({"tilted"}): Alarm.TILT,
    frozenset({"position"}): Alarm.TILT,
    frozenset({"fall"}): Alarm.TILT,
    frozenset({"low", "battery"}): Alarm.BATTERY_LOW,
    frozenset({"low", "batt"}): Alarm.BATTERY_LOW,
    frozenset({"low", "bat"}): Alarm.BATTERY_LOW,
    **{frozenset({"battery", word}): Alarm.BATTERY_LOW for word in ("alarm", "alert", "warning")},
    frozenset({"tamper"}): Alarm.TAMPER,
    frozenset({"tampered"}): Alarm.TAMPER,
    frozenset({"vandalism"}): Alarm.TAMPER,
    frozenset({"sensor", "fault"}): Alarm.SENSOR_FAULT,
    frozenset({"sensor", "error"}): Alarm.SENSOR_FAULT,
    frozenset({"sensor", "failure"}): Alarm.SENSOR_FAULT,
}
ALARM_COMPANIONS = frozenset(
    {"alarm", "alarms", "alert", "status", "state", "detected", "detection", "event", "flag", "is", "active"}
    | {"ultrasonic", "radar", "laser", "voltage", "warning"}
)

WORD_MAX = 40
"""Longer than any makers' words glued together; what is longer is no name."""
_PIECES = re.compile(r"[A-ZÅÄÖÜ]+(?=[A-ZÅÄÖÜ][a-zåäöü])|[A-ZÅÄÖÜ]?[a-zåäöü]+|[A-ZÅÄÖÜ]+|\d+|%")
_UNITS = frozenset(LENGTH_MM) | frozenset(SHARE) | frozenset(VOLTS) | frozenset(CELSIUS)
_KNOWN = (
    DISTANCE_WORDS | FILL_WORDS | LEVEL_WORDS | BATTERY_WORDS | VOLTAGE_WORDS | TEMPERATURE_WORDS | HARMLESS
) | frozenset({"low", "alarm", "fault", "error", "status"} | (_UNITS - {"in", "f", "c", "k", "cel"}))


@lru_cache(maxsize=4096)
def meaning_of(name: str) -> Meaning:
    """Return what a field of this name says; NOTHING when a word in it makes that doubtful (alarm, threshold, max)."""
    words = words_of(name)
    alarm = _alarm(words)
    if alarm is not None:
        return Meaning(Kind.ALARM, alarm=alarm)
    return _quantity(words)


def words_of(name: str) -> tuple[str, ...]:
    """Return the words in a name: `fillLevelPct` as fill, level, pct; `filllevel` as fill, level; digits dropped."""
    words: list[str] = []
    for piece in _PIECES.findall(name.replace("mV", "mv")):
        words += _split(piece.lower())
    return tuple(word for word in words if not word.isdigit())


@lru_cache(maxsize=4096)
def _split(word: str) -> tuple[str, ...]:
    """Return glued words apart, as long as every part is known; else the word itself.

    Each ending is tried once: without the cache, "inchinch..." (inch, or in and ch) has more ways to be cut than a
    machine has time.
    """
    if word in _KNOWN or not 4 <= len(word) <= WORD_MAX:
        return (word,)
    for end in range(len(word) - 1, 1, -1):
        if _is_part(word[:end]):
            rest = _split(word[end:])
            if all(map(_is_part, rest)):
                return (word[:end], *rest)
    return (word,)


def _is_part(word: str) -> bool:
    """Whether a glued name may hold it; of the shortest only units may be in one: "batch" is no bat, ch."""
    return word in _KNOWN and (len(word) > 2 or word in _UNITS)


def _alarm(words: tuple[str, ...]) -> Alarm | None:
    said = frozenset(words)
    for needed, alarm in ALARM_WORDS.items():
        if needed <= said and said - needed <= ALARM_COMPANIONS:
            return alarm
    return None


def _quantity(words: tuple[str, ...]) -> Meaning:
    said = frozenset(words)
    rank = min((RANKS[word] for word in words if word in RANKS), default=0)
    if said & DISTANCE_WORDS and _only(said, DISTANCE_WORDS, LENGTH_MM, ()):
        return Meaning(Kind.DISTANCE, _unit(words, LENGTH_MM), rank)
    if said & BATTERY_WORDS or (said & VOLTAGE_WORDS and said <= VOLTAGE_WORDS | HARMLESS | set(VOLTS)):
        known = BATTERY_WORDS | VOLTAGE_WORDS | LEVEL_WORDS | BATTERY_COMPANIONS | set(VOLTS)
        if _only(said, known, SHARE, ()):
            return Meaning(Kind.BATTERY, _unit(words, SHARE) or _unit(words, VOLTS), rank)
        return Meaning(Kind.NOTHING)
    if said & TEMPERATURE_WORDS and _only(said, TEMPERATURE_WORDS, CELSIUS, TEMPERATURE_COMPANIONS):
        return Meaning(Kind.TEMPERATURE, _unit(words, CELSIUS), rank)
    if said & FILL_WORDS and _only(said, FILL_WORDS | LEVEL_WORDS, {**SHARE, **LENGTH_MM}, FILL_COMPANIONS):
        return Meaning(Kind.FILL, _unit(words, SHARE) or _unit(words, LENGTH_MM), rank)
    if said & LEVEL_WORDS and _only(said, LEVEL_WORDS, {**SHARE, **LENGTH_MM}, FILL_COMPANIONS | {"water"}):
        return Meaning(Kind.LEVEL, _unit(words, SHARE) or _unit(words, LENGTH_MM), rank)
    return Meaning(Kind.NOTHING)


def _only(said: frozenset[str], core: Iterable[str], units: Iterable[str], companions: Iterable[str]) -> bool:
    return said <= frozenset(core) | frozenset(units) | frozenset(companions) | HARMLESS


def _unit(words: tuple[str, ...], units: Iterable[str]) -> str:
    """Return the unit in a name. It stands behind the quantity; "in" is a preposition unless it is the last word."""
    for at, word in reversed(list(enumerate(words))):
        if word in units and at > 0 and not (word == "in" and at < len(words) - 1):
            return word
    return ""
