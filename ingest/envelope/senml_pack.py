"""A SenML pack resolved into plain records, as RFC 8428 section 4 means it. What they measure is not decided here.

Base name, time, unit and value hold from the record they stand in until another replaces them. A time below 2^28 is
relative to now, and now is when we received the pack: a relative time that is delivered twice becomes two times, so
devices with a clock should send it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest import fields
from ingest.refusal import RefusedError, shown, unknown_format
from ingest.strict_json import JsonValue
from tomma.bounds import BoundError, Rule

VERSION_MAX = 10
RELATIVE_BELOW_S = 2**28
TIME_MAX_S = 2.5e11
NUMBER_MAX = 1e15
NAME_MAX = 256
"""Longer than any URN with a path behind it; the search for a quantity in a name is quadratic in its length."""
VALUES = ("v", "vs", "vb", "vd", "s")
KEYS = frozenset({"bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "t", "ut", *VALUES})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*", re.ASCII)
_LWM2M_NAME = re.compile(r"/[0-9/]+", re.ASCII)
"""LwM2M starts a name with a slash when the pack names no device; the RFC would not."""

type Json = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Resolved:
    """One record that stands for itself: everything the base fields say is in it."""

    base_name: str
    own_name: str
    measured_utc: datetime | None
    """None: at the time of receipt."""
    unit: str
    number: float | None = None
    words: str | None = None
    truth: bool | None = None

    @property
    def name(self) -> str:
        """The whole name."""
        return self.base_name + self.own_name


@dataclass(slots=True)
class _Base:
    """The base fields in force."""

    name: str = ""
    time_s: float = 0.0
    unit: str = ""
    number: float = 0.0

    def update(self, record: Json) -> None:
        """Take what this record changes.

        Raises:
            RefusedError: For a base field of the wrong kind: it would spoil every record after it.
        """
        if "bn" in record:
            self.name = fields.text(record, "bn") or ""
        if "bt" in record:
            self.time_s = fields.bounded(record, "bt", (-TIME_MAX_S, TIME_MAX_S)) or 0.0
        if "bu" in record:
            self.unit = fields.text(record, "bu") or ""
        if "bv" in record:
            self.number = fields.bounded(record, "bv", (-NUMBER_MAX, NUMBER_MAX)) or 0.0


def resolve(pack: Sequence[JsonValue], received_utc: datetime) -> list[Resolved | RefusedError]:
    """Return every record with a value, resolved; a bad one stands as its error.

    Raises:
        RefusedError: If a base field is wrong, the version newer than we know, or an element is no record.
    """
    base, found = _Base(), list[Resolved | RefusedError]()
    for record in pack:
        if not isinstance(record, dict):
            bound, told_as = "must be an object", "a SenML record"
            raise fields.wrong(BoundError("record", Rule.OBJECT, bound, shown(record), told_as=told_as))
        base.update(record)
        _check_version(record)
        if not any(key in record for key in VALUES):
            continue  # base fields only
        try:
            found.append(_resolved(base, record, received_utc))
        except RefusedError as exc:
            found.append(exc)
    return found


def _check_version(record: Json) -> None:
    version = fields.whole(record, "bver", 1000)
    if version is not None and version > VERSION_MAX:
        raise unknown_format(
            BoundError("bver", Rule.AT_MOST, f"must be at most {VERSION_MAX}", version, high=VERSION_MAX)
        )
    for key in record:
        if key.endswith("_"):
            bound = "must be understood to read the pack, and is not known"
            raise unknown_format(BoundError(shown(key), Rule.UNKNOWN, bound))


def _resolved(base: _Base, record: Json, received_utc: datetime) -> Resolved:
    own_name = fields.text(record, "n") or ""
    name = base.name + own_name
    if len(name) > NAME_MAX:
        bound, told_as = f"must have at most {NAME_MAX} characters", "a SenML name"
        raise fields.wrong(BoundError("n", Rule.LETTERS_MAX, bound, len(name), told_as=told_as, most=NAME_MAX))
    if not (_NAME.fullmatch(name) or _LWM2M_NAME.fullmatch(name)):
        bound = "must be letters, digits and -:./_ and start with one"
        raise fields.wrong(BoundError("n", Rule.SENML_NAME, bound, shown(name), told_as="a SenML name"))
    number = fields.bounded(record, "v", (-NUMBER_MAX, NUMBER_MAX))
    truth = record.get("vb")
    if truth is not None and not isinstance(truth, bool):
        raise fields.wrong(BoundError("vb", Rule.YES_NO, "must be true or false", shown(truth)))
    return Resolved(
        base.name,
        own_name,
        _time(base.time_s + (fields.bounded(record, "t", (-TIME_MAX_S, TIME_MAX_S)) or 0.0), received_utc),
        fields.text(record, "u") or base.unit,
        None if number is None else base.number + number,
        fields.text(record, "vs"),
        truth,
    )


def _time(seconds: float, received_utc: datetime) -> datetime | None:
    if seconds == 0.0:
        return None
    if seconds >= RELATIVE_BELOW_S:
        return fields.epoch(seconds, "t")
    try:
        return received_utc + timedelta(seconds=seconds)
    except OverflowError as exc:
        raise fields.wrong(BoundError("t", Rule.BELIEVABLE, "must be a time on the calendar", f"{seconds:g}")) from exc
