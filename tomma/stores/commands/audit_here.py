"""The audit log for commands that may run where no city's books are kept, such as on a broker's machine."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from tomma.audit import Fact
from tomma.settings import Settings
from tomma.stores.audit.intent import Doing, by_operator
from tomma.stores.audit.log import SqlAuditBook
from tomma.stores.books.database import is_newest_shape, open_database
from tomma.stores.wiring import audit_files


def has_registry(settings: Settings) -> bool:
    """Return whether a city's books are here, or on the server that the settings name."""
    return bool(settings.registry_url) or (settings.data_dir / "registry.sqlite3").exists()


def is_registry_current(settings: Settings) -> bool:
    """Return whether to open the books would not migrate them."""
    return is_newest_shape(settings.registry_address)


@contextmanager
def by_operator_here(settings: Settings, action: str, target: str = "", **facts: Fact) -> Iterator[Doing]:
    """Note and record as `by_operator` does where the books are; elsewhere there is no log, and none is begun."""
    if not has_registry(settings):
        yield Doing(dict(facts))
        return
    engine = open_database(settings.registry_address)
    try:
        with (
            closing(SqlAuditBook(engine, audit_files(settings))) as book,
            by_operator(book, action, target, **facts) as doing,
        ):
            yield doing
    finally:
        engine.dispose()
