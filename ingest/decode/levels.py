"""The level among the facts of one record: a distance or a fill whose unit leaves no doubt."""

from collections.abc import Callable, Sequence
from functools import partial

from ingest.decode.doubts import height_doubt, unit_doubt
from ingest.decode.facts import LEVELS, Fact, ranked
from ingest.decode.names import Kind, Meaning, words_of
from ingest.decode.quantity import LENGTH_MM, SHARE, number_and_unit
from ingest.decode.values import NO_ECHO_MM, Draft
from ingest.fields import FILL_TOLERANCE
from ingest.refusal import RefusedError
from ingest.strict_json import JsonValue
from tomma.bounds import BoundError
from tomma.model import RejectReason

type Hint = Callable[[str, Kind], str]
"""From a field's name and kind to its unit, as some other source tells it; empty when it does not."""
type _Doubt = Callable[[str], BoundError]
"""Why a level cannot be taken, once the mapping file is named that would settle it."""
DISTANCE_UNITS = ("distance", "mm, cm, m, in", "mm")
"""For a doubt: the quantity, the units that it may have, the likely one."""
NO_ECHO_WORDS = frozenset(
    {"no echo", "noecho", "no target", "out of range", "invalid", "invalid reading", "no signal", "n/a"}
    | {"nan", "error", "none", "no sensor", "timeout"}
)
MISSING = frozenset({"valid", "isvalid", "distancevalid", "measurementvalid", "validreading"})
"""With one of these flags false there was no echo, whatever number stands beside it."""
HEIGHTS = frozenset({"water", "liquid", "tank", "silo", "waste", "material", "product", "capacity"})
"""With one of these words a level in millimetres is counted from the bottom."""


def no_hint(name: str, kind: Kind) -> str:  # noqa: ARG001  (a Hint takes both)
    """Know nothing."""
    return ""


def read_level(facts: Sequence[tuple[Fact, Meaning]], hint: Hint, mapping_file: str, draft: Draft) -> None:
    """Note the level in the draft: a distance rather than a fill, the plainest name first.

    Raises:
        RefusedError: UNKNOWN_UNIT when there is a level, and none with a certain unit.
    """
    if any("".join(words_of(fact.name)) in MISSING and fact.value is False for fact, _ in facts):
        if any(meaning.kind in LEVELS for _, meaning in facts):
            draft.hear(None)
        return
    doubts = _read_distance(facts, hint, draft)
    if draft.distance_mm is None and not draft.no_echo:
        doubts += _read_fill(facts, hint, draft)
    if doubts and not draft.has_level:
        raise RefusedError(RejectReason.UNKNOWN_UNIT, doubts[0](mapping_file))


def _read_distance(facts: Sequence[tuple[Fact, Meaning]], hint: Hint, draft: Draft) -> list[_Doubt]:
    """Take the plainest distance; of several probes under one name (`distance1`, `distance2`) the nearest echo."""
    echoes_mm: dict[tuple[str, ...], list[float | None]] = {}
    doubts: list[_Doubt] = []
    for fact, meaning in ranked(facts, Kind.DISTANCE):
        told = number_and_unit(fact.value)
        if _says_no_echo(fact.value) or (told is not None and not _is_echo(told[0])):
            echoes_mm.setdefault(words_of(fact.name), []).append(None)
        elif told is not None:
            unit = told[1] or fact.unit or meaning.unit or hint(fact.name, Kind.DISTANCE)
            if unit in LENGTH_MM:
                echoes_mm.setdefault(words_of(fact.name), []).append(told[0] * LENGTH_MM[unit])
            else:
                doubts.append(partial(unit_doubt, fact, *DISTANCE_UNITS))
    plainest = next(iter(echoes_mm.values()), None)
    if plainest is not None:
        draft.hear(min((each for each in plainest if each is not None), default=None))
    return doubts


def _says_no_echo(value: JsonValue) -> bool:
    return isinstance(value, str) and value.strip().lower().replace("_", " ") in NO_ECHO_WORDS


def _is_echo(value: float) -> bool:
    return value > 0 and value not in NO_ECHO_MM


def _read_fill(facts: Sequence[tuple[Fact, Meaning]], hint: Hint, draft: Draft) -> list[_Doubt]:
    """Take the first fill whose unit is certain, be it the distance that a maker calls a level."""
    doubts: list[_Doubt] = []
    for fact, meaning in (*ranked(facts, Kind.FILL), *ranked(facts, Kind.LEVEL)):
        told = number_and_unit(fact.value)
        if told is None:
            continue
        unit = told[1] or fact.unit or meaning.unit or hint(fact.name, Kind.FILL)
        if unit in SHARE:
            draft.fill_fraction = told[0] * SHARE[unit]
        elif not unit and meaning.kind is Kind.FILL and _is_percent(told[0]):
            draft.fill_fraction = told[0] / 100.0
        elif unit in LENGTH_MM and meaning.kind is Kind.LEVEL and not HEIGHTS & set(words_of(fact.name)):
            draft.hear(told[0] * LENGTH_MM[unit] if _is_echo(told[0]) else None)
        else:
            doubts.append(_fill_doubt(fact, meaning, told[0], unit))
            continue
        break
    return doubts


def _fill_doubt(fact: Fact, meaning: Meaning, value: float, unit: str) -> _Doubt:
    """Return why a fill is none: a length is a height, and a bare level beyond any per cent is a distance."""
    if unit in LENGTH_MM:
        return partial(height_doubt, fact, unit)
    if meaning.kind is Kind.LEVEL and value > 100.0 * (1.0 + FILL_TOLERANCE):
        return partial(unit_doubt, fact, *DISTANCE_UNITS)
    return partial(unit_doubt, fact, "fill", "%, fraction", "%")


def _is_percent(value: float) -> bool:
    """Whether a bare fill can only be per cent: 0 is 0 either way, and no fraction exceeds 1 by this much."""
    return value == 0.0 or abs(value) > 1.0 + FILL_TOLERANCE
