"""The audit log for commands that may run where no city's books are kept, such as on a broker's machine."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tomma.audit import Deed, Fact
from tomma.clock import SystemClock
from tomma.settings import Settings
from tomma.stores.audit.intent import OPERATOR, Doing, by_operator
from tomma.stores.audit.log import SqlAuditBook
from tomma.stores.audit.owed import owing
from tomma.stores.books.database import is_made, is_newest_shape, open_database
from tomma.stores.wiring import audit_files


def has_registry(settings: Settings) -> bool:
    """Return whether a city's books are here, or on the server that the settings name."""
    return is_made(settings.registry_address)


def is_registry_current(settings: Settings) -> bool:
    """Return whether to open the books would not migrate them."""
    return is_newest_shape(settings.registry_address)


@contextmanager
def by_operator_here(
    settings: Settings, action: str, target: str = "", *, beside: Path | None = None, **facts: Fact
) -> Iterator[Doing]:
    """Note and record as `by_operator` does where the books are; elsewhere, note it in `beside` for a log to come.

    What was noted there before goes on record with it.
    """
    if not has_registry(settings):
        begun = Deed(SystemClock().now_utc(), OPERATOR, action, target, facts=facts)
        with owing(beside or settings.data_dir, begun) as doing:
            yield doing
        return
    with books_here(settings) as book:
        if beside is not None:
            book.adopt(beside)
        with by_operator(book, action, target, **facts) as doing:
            yield doing


@contextmanager
def books_here(settings: Settings) -> Iterator[SqlAuditBook]:
    """Lend the log of the books, without the other stores."""
    engine = open_database(settings.registry_address)
    try:
        with closing(SqlAuditBook(engine, audit_files(settings))) as book:
            yield book
    finally:
        engine.dispose()
