"""Who did what: a chain of records in which each vouches for the one before it. Pure.

A record's MAC is an HMAC-SHA256 over its content, its number and the MAC of the record before. Without the key nobody
can write one that fits, so a change, a swap, a gap or an insertion shows at the first record behind it. A cut tail
shows against a head that was noted: the number and the MAC of what was the newest record.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from tomma.bounds import check_utc

FORMAT = "tomma-audit-1"
GENESIS = "0" * 64
"""Stands for the record before the first one."""
CHECKPOINT = "audit-shortened"
"""The record that vouches for a beginning that was deleted because it was old enough."""
TEXT_MAX = 300
"""Characters of each text; what is longer is cut, for no record may fill a disk."""
KEY_MIN = 32

type Fact = str | int | bool | Sequence[str]


class Outcome(StrEnum):
    """What became of it."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did. Holds no secret, and of a person nothing but the login."""

    at_utc: datetime
    actor: str
    """`person:<login>`, `tablet:<id>`, `key:<name>`, `operator` or a part of the server; empty for a stranger."""
    action: str
    target: str = ""
    outcome: Outcome = Outcome.DONE
    request_id: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what has no time and no name."""
        check_utc("at_utc", self.at_utc)
        if not self.action:
            raise ValueError("action must not be empty")


@dataclass(frozen=True, slots=True)
class Key:
    """What MACs are made with."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Names the key without telling it."""
        return hashlib.sha256(b"tomma-audit-key\0" + self.secret).hexdigest()[:8]

    def mac(self, content: bytes) -> str:
        """Return the MAC in hexadecimal digits."""
        return hmac.new(self.secret, content, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record at some time: noted elsewhere, it proves later that nothing up to it is missing."""

    number: int
    mac: str

    def __str__(self) -> str:
        return f"{self.number}:{self.mac}"


def head_of(text: str) -> Head:
    """Return the head that was written as `number:mac`; ValueError when it is none."""
    number, _, mac = text.strip().partition(":")
    if not number.isdecimal() or len(mac) != len(GENESIS):
        raise ValueError(f"a head must be NUMBER:MAC, as `tomma audit head` prints it, got {text!r:.100}")
    return Head(int(number), mac)


@dataclass(frozen=True, slots=True)
class Record:
    """One link. Texts as they are kept, to the letter: the MAC is over them, and nothing is read into them before."""

    number: int
    at_utc: str
    actor: str
    action: str
    target: str
    outcome: str
    request_id: str
    facts: str
    """One JSON object."""
    key_id: str
    previous: str
    mac: str

    @property
    def content(self) -> bytes:
        """What the MAC is over; a JSON list, so that no text can pass for two."""
        values = [getattr(self, each.name) for each in fields(self) if each.name != "mac"]
        return json.dumps([FORMAT, *values], ensure_ascii=True, separators=(",", ":")).encode()


def chained(deed: Deed, number: int, previous: str, key: Key) -> Record:
    """Return the deed as record `number`, behind the one whose MAC is `previous`."""
    facts = {name: _short(value) for name, value in sorted(deed.facts.items())}
    bare = Record(
        number=number,
        at_utc=moment_text(deed.at_utc),
        actor=_plain(deed.actor),
        action=_plain(deed.action),
        target=_plain(deed.target),
        outcome=deed.outcome.value,
        request_id=_plain(deed.request_id),
        facts=json.dumps(facts, ensure_ascii=True, separators=(",", ":")),
        key_id=key.id,
        previous=previous,
        mac="",
    )
    return Record(**asdict(bare) | {"mac": key.mac(bare.content)})


def moment_text(moment: datetime) -> str:
    """Return a time (UTC) so that sorting the texts sorts the times."""
    return moment.isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True)
class Fault:
    """The first record that is not what it was."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along the chain found."""

    records: int
    first: int
    """The oldest record's number; 0 when there is none."""
    last: Head | None
    fault: Fault | None

    @property
    def is_whole(self) -> bool:
        """Whether every record is there, in its place and as it was written."""
        return self.fault is None


def verify(
    records: Iterable[Record],
    keys: Iterable[Key],
    heads: Iterable[Head] = (),
    *,
    from_start: bool = True,
    given: int = 0,
) -> Verdict:
    """Walk along the chain, oldest record first, up to the first fault.

    Args:
        records: As they are kept.
        keys: The key of now, and former ones.
        heads: What was the newest record at some time; those older than the oldest record prove nothing any more.
        from_start: Whether the first record must be the chain's first one, or stand behind a checkpoint.
        given: How many numbers were given, if that is known.
    """
    walk = _Walk({key.id: key for key in keys}, {each.number: each.mac for each in heads})
    fault = next((fault for fault in map(walk.step, records) if fault is not None), None)
    if fault is None and from_start:
        fault = walk.fault_of_start()
    if fault is None:
        fault = walk.fault_of_end(given)
    last = Head(walk.last.number, walk.last.mac) if walk.last else None
    return Verdict(walk.count, walk.first.number if walk.first else 0, last, fault)


class _Walk:
    def __init__(self, keys: Mapping[str, Key], heads: Mapping[int, str]) -> None:
        self._keys, self._heads = keys, heads
        self._vouched: set[Head] = set()
        self.first: Record | None = None
        self.last: Record | None = None
        self.count = 0

    def step(self, record: Record) -> Fault | None:
        """Take the next record; return what is wrong with it."""
        why = self._why(record)
        if why:
            return Fault(record.number, why)
        self.first, self.last = self.first or record, record
        self.count += 1
        if record.action == CHECKPOINT:
            facts = json.loads(record.facts)
            self._vouched.add(Head(facts["through"], facts["mac"]))
        return None

    def _why(self, record: Record) -> str:
        key = self._keys.get(record.key_id)
        if key is None:
            return (
                f"it names the key {record.key_id!r:.20}, which is not at hand (--key names a file with a former one)"
            )
        if not hmac.compare_digest(key.mac(record.content), record.mac if record.mac.isascii() else ""):
            return "its content is not what its MAC was made over"
        if self.last is not None and record.number != self.last.number + 1:
            return f"it stands behind record {self.last.number}: what was between them is missing"
        if self.last is not None and record.previous != self.last.mac:
            return f"it does not follow record {self.last.number}"
        if self._heads.get(record.number, record.mac) != record.mac:
            return "another record had this number when the head was noted"
        return ""

    def fault_of_start(self) -> Fault | None:
        """Return whether the beginning is missing, and nobody vouches for that."""
        if self.first is None or (self.first.number == 1 and self.first.previous == GENESIS):
            return None
        if Head(self.first.number - 1, self.first.previous) in self._vouched:
            return None
        return Fault(self.first.number, "the records before it are missing, and no checkpoint tells of their deletion")

    def fault_of_end(self, given: int) -> Fault | None:
        """Return whether there were records that are not reached."""
        top = max(given, *self._heads, 0)
        number = self.last.number if self.last else 0
        return Fault(number + 1, f"it is missing: there were records up to {top}") if top > number else None


class AuditBook(Protocol):
    """Keeps the chain. Safe to call from many threads and processes."""

    def append(self, deeds: Sequence[Deed]) -> Head:
        """Return only once every deed is durable, in this order and behind all others; else StoreUnavailableError."""

    def begin(self, deed: Deed) -> None:
        """Return once it would outlive us that this is begun; else StoreUnavailableError."""

    def end(self, request_id: str) -> None:
        """Take note that what was begun is on record."""

    def recover(self) -> int:
        """Record what processes that are gone had begun and not recorded, as failed; return how many."""

    def close(self) -> None:
        """Release files."""

    def page(self, limit: int, before: int | None = None, search: "Search | None" = None) -> Sequence[Record]:
        """Return the newest records that fit, newest first; `before` this number only."""

    def walk(self, first: int = 1, span: "Span | None" = None) -> Iterator[Record]:
        """Yield the records from a number on, oldest first, as they stood at one moment."""

    def head(self) -> Head | None:
        """Return the newest record's; None before the first."""

    def verify(self, heads: Sequence[Head] = (), keys: Sequence[Key] = (), first: int = 1) -> Verdict:
        """Walk along the chain with its own key and head, and with more of both."""

    def forget_before(self, bound_utc: datetime, now_utc: datetime, *, dry_run: bool = False) -> int:
        """Delete the beginning up to the first record from `bound_utc` on, and add a checkpoint; return how many."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time: from the first moment up to, not with, the second."""

    from_utc: datetime
    to_utc: datetime


@dataclass(frozen=True, slots=True)
class Search:
    """What records shall be like; what is empty does not narrow."""

    actor: str = ""
    action: str = ""
    target: str = ""
    outcome: str = ""
    request_id: str = ""
    span: Span | None = None


def whole_days(first: datetime, last: datetime) -> Span:
    """Return the span of these days, the last one with it."""
    return Span(first, last + timedelta(days=1))


def _plain(text: str) -> str:
    """Cut what is too long, and keep no control character and no half of a pair: not every database takes them."""
    return "".join(char if char.isprintable() else "?" for char in text[:TEXT_MAX])


def _short(value: Fact) -> Fact:
    if isinstance(value, str):
        return _plain(value)
    return value if isinstance(value, int) else [_plain(each) for each in value][:40]
