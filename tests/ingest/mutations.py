"""Mutations that keep a payload close to the real one: most get past the parser and reach the decoders."""

import json
import random
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

EUI = "1000000000000001"
NASTY = [
    b"NaN",
    b"1e400",
    b"-0.0",
    b"null",
    b"true",
    b'""',
    b"[]",
    b"{}",
    b"9" * 400,
    b'"\\ud800"',
    b"-1",
    b"1e15",
    b"2e11",
]


class Change(NamedTuple):
    """One mutation: which kind, where (as a share of the length), and with what."""

    kind: str
    place: float
    other: int
    data: bytes


ROUGH = ["cut", "cut front", "flip", "drop", "insert", "repeat", "splice", "shuffle"]
FINE = ["graft", "number", "word"]
"""What mostly leaves JSON as JSON, and so gets past the parser."""
KINDS = [*ROUGH, *(5 * FINE)]
GRAFTS: Sequence[Any] = [
    None, True, "", "NaN", "No Sensor", "600 mm", [], {}, [[]], -1, 0, 1.5, 9999, 65535, 1e15, -1e300, 2**63, "\u202e",
    {"value": 81, "unit": "cm"}, [{"time": 1780311600, "distance_mm": 5}], {"a": {"b": {"c": 1}}}, "x" * 300, EUI,
]  # fmt: skip
changes = st.lists(
    st.builds(
        Change,
        st.sampled_from(KINDS),
        st.floats(0.0, 1.0),
        st.integers(0, 2**16),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=4,
)


def mutate(payload: bytes, todo: Sequence[Change], pool: Sequence[bytes]) -> bytes:
    """Return the payload after every change."""
    for change in todo:
        payload = _changed(payload, change, pool)
    return payload


def _changed(payload: bytes, change: Change, pool: Sequence[bytes]) -> bytes:  # noqa: C901  (a table of kinds)
    at, span = int(change.place * len(payload)), change.other % 32
    match change.kind:
        case "cut":
            return payload[:at]
        case "cut front":
            return payload[at:]
        case "flip":
            return (
                payload[:at]
                + bytes(each ^ (change.other % 255 + 1) for each in payload[at : at + 1])
                + payload[at + 1 :]
            )
        case "drop":
            return payload[:at] + payload[at + span :]
        case "insert":
            return payload[:at] + change.data + payload[at:]
        case "repeat":
            return payload[: at + span] + payload[at:]
        case "splice":
            other = pool[change.other % len(pool)]
            return payload[:at] + other[int(change.place * len(other)) :]
        case "number":
            return _swap(payload, rb"-?\d+(?:\.\d+)?", change)
        case "graft":
            return _graft(payload, change)
        case "word":
            return _swap(payload, rb'"[^"]*"', change)
        case _:
            parts = re.split(rb"(?<=,)", payload)
            random.Random(change.other).shuffle(parts)  # noqa: S311  (a drawn seed)
            return b"".join(parts)


def _graft(payload: bytes, change: Change) -> bytes:
    """Put something else in place of one value of a JSON payload."""
    try:
        tree = json.loads(payload)
    except ValueError:
        return payload
    places: list[tuple[Any, Any]] = []
    branches = [tree]
    while branches:
        branch = branches.pop()
        keys = list(branch) if isinstance(branch, dict) else range(len(branch)) if isinstance(branch, list) else ()
        places += [(branch, key) for key in keys]
        branches += [branch[key] for key in keys]
    if places:
        branch, key = places[int(change.place * (len(places) - 1))]
        branch[key] = GRAFTS[change.other % len(GRAFTS)]
    return json.dumps(tree).encode()


def _swap(payload: bytes, pattern: bytes, change: Change) -> bytes:
    """Put something nasty in place of one number or one text."""
    places = list(re.finditer(pattern, payload))
    if not places:
        return payload
    found = places[int(change.place * (len(places) - 1))]
    nasty = NASTY[change.other % len(NASTY)]
    return payload[: found.start()] + nasty + payload[found.end() :]
