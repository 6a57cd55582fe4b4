"""What stands beside the level among the facts of one record: temperature, battery, alarms; none that is in doubt."""

from collections.abc import Sequence

from ingest.decode.facts import Fact, ranked
from ingest.decode.names import VOLTAGE_WORDS, Kind, Meaning, words_of
from ingest.decode.quantity import CELSIUS, SHARE, VOLTS, number_and_unit
from ingest.decode.values import Draft
from ingest.fields import BATTERY_V
from ingest.strict_json import JsonValue
from tomma.model import Alarm

YES = frozenset({"true", "on", "yes", "alarm", "active", "triggered", "low", "tilt", "tilted", "abnormal", "fault"}) | {
    *("error", "detected", "fire", "1", "threshold_alarm", "threshold alarm", "tampered", "open")
}
BATTERY_CELL_V = (1.5, 5.0)
"""Between one flat alkaline cell and a lithium cell at the charger: a broken number in here is a voltage."""


def read_side_values(facts: Sequence[tuple[Fact, Meaning]], draft: Draft) -> None:
    """Note temperature, battery and alarms in the draft; of several, the plainest name wins."""
    for fact, meaning in reversed(ranked(facts, Kind.TEMPERATURE)):
        told = number_and_unit(fact.value)
        if told is not None:
            factor, summand = CELSIUS.get(told[1] or fact.unit or meaning.unit or "c", (1.0, 0.0))
            draft.feel(told[0] * factor + summand)
    for fact, meaning in reversed(ranked(facts, Kind.BATTERY)):
        told = number_and_unit(fact.value)
        if told is not None:
            _note_battery(told[0], told[1] or fact.unit or meaning.unit, fact.name, draft)
        elif isinstance(fact.value, str) and fact.value.strip().lower() == "low":
            draft.alarms.add(Alarm.BATTERY_LOW)
    draft.alarms |= {meaning.alarm for fact, meaning in facts if meaning.alarm is not None and is_yes(fact.value)}


def _note_battery(value: float, unit: str, name: str, draft: Draft) -> None:
    """Note per cent or volts; without a unit by what the name says, then by what a battery can have."""
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
