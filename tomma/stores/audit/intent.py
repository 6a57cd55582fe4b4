"""What a command at the machine is about to do is noted before it is done, as the server notes each request."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from tomma.audit import AuditBook, Deed, Fact, Outcome
from tomma.clock import SystemClock
from tomma.errors import TommaError

log = logging.getLogger(__name__)

OPERATOR = "operator"
"""Who types commands at the machine: it knows no login."""


@contextmanager
def intended(book: AuditBook, deed: Deed) -> Iterator[Deed]:
    """Lend the deed with a number; who records inside what was done gives it the same number (`request_id`).

    Whoever is killed inside leaves a note, which the next command that changes something, or the server's next start,
    puts on record. A failure inside is put on record here: nobody knows how far the change came.

    Raises:
        StoreUnavailableError: If it cannot be noted; then nothing has been changed.
    """
    book.recover()
    numbered = replace(deed, request_id=secrets.token_hex(8))
    book.begin(numbered)
    try:
        yield numbered
    except Exception as exc:
        _record_failure(book, numbered, exc)
        raise
    book.end(numbered.request_id)


@dataclass(slots=True)
class Doing:
    """What a command does, and what there is to tell of it at its end."""

    facts: dict[str, Fact] = field(default_factory=dict)
    outcome: Outcome = Outcome.DONE


@contextmanager
def by_operator(book: AuditBook, action: str, target: str = "", **facts: Fact) -> Iterator[Doing]:
    """Note what a command is about to do, and record it at the end with what was told by then."""
    begun = Deed(SystemClock().now_utc(), OPERATOR, action, target, facts=facts)
    with intended(book, begun) as deed:
        doing = Doing(dict(facts))
        yield doing
        book.append([replace(deed, at_utc=SystemClock().now_utc(), outcome=doing.outcome, facts=doing.facts)])


def _record_failure(book: AuditBook, deed: Deed, exc: Exception) -> None:
    try:
        book.append([replace(deed, outcome=Outcome.FAILED, facts={**deed.facts, "why": type(exc).__name__})])
    except TommaError as also:  # the note stays, and is put on record later
        log.warning("failed command not recorded yet action=%s reason=%s", deed.action, also)
    else:
        book.end(deed.request_id)
