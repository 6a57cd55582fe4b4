"""What is told while one request, or one command, is worked on; its records are written at its end.

Whoever works on it tells from wherever it is: the trail goes along as a context variable, into threads too.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from tomma.audit import AuditBook, Deed, Fact, Outcome
from tomma.clock import Clock
from tomma.stores.audit.intent import intended

_TRAIL: ContextVar["Trail | None"] = ContextVar("trail", default=None)
_IDENTIFIERS = frozenset(
    {"id", "bin_id", "sensor_id", "site_id", "plan_id", "vehicle_id", "device_id", "replan_of", "day", "kind", "action"}
)
"""Of a body's values these alone are recorded; all others may be a secret, or tell of a person."""
FIELDS_MAX = 40


@dataclass(slots=True)
class Trail:
    """One request's, or one command's."""

    wall: Clock
    request_id: str = ""
    actor: str = ""
    """Who does it, where that is known from the beginning."""
    deeds: list[Deed] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)
    target: str = ""
    begins: Callable[[str], None] | None = None
    """Told who it is that may go on to change something, before anything is changed."""
    is_begun: bool = False

    def add(self, action: str, outcome: Outcome, actor: str, target: str, facts: Mapping[str, Fact]) -> None:
        """Take note of a deed that has a name of its own."""
        now_utc = self.wall.now_utc()
        self.deeds.append(Deed(now_utc, actor or self.actor, action, target, outcome, self.request_id, facts))


def current() -> Trail | None:
    """Return the trail of what is worked on here; None where nobody records."""
    return _TRAIL.get()


def begin(actor: str) -> None:
    """Say that somebody who may is about to change something: it is noted before, lest a crash leave no trace."""
    trail = current()
    if trail is not None and trail.begins is not None:
        trail.begins(actor)


def tell(target: str = "", **facts: Fact) -> None:
    """Say on what, and what else tells; never a secret, and nothing of a person but the login."""
    trail = current()
    if trail is not None:
        trail.target = target or trail.target
        trail.facts |= facts


def tell_body(value: object) -> None:
    """Say which fields a body names, and which things of the city: never its other values."""
    if current() is None or not isinstance(value, dict):
        return
    names = sorted(name for name in value if name.isidentifier())[:FIELDS_MAX]
    named = {name: value[name] for name in names if name in _IDENTIFIERS and isinstance(value[name], str)}
    tell(fields=names, **named)


@contextmanager
def following(trail: Trail) -> Iterator[Trail]:
    """Let what runs inside tell to this trail."""
    former = _TRAIL.set(trail)
    try:
        yield trail
    finally:
        _TRAIL.reset(former)


@contextmanager
def recorded(book: AuditBook, wall: Clock, actor: str, action: str, target: str = "") -> Iterator[Trail]:
    """Note what a command is about to change, and record what it tells inside, also when it fails then."""
    begun = Deed(wall.now_utc(), actor, action, target)
    with intended(book, begun) as deed, following(Trail(wall, deed.request_id, actor)) as trail:
        try:
            yield trail
        finally:
            if trail.deeds:
                book.append(trail.deeds)
