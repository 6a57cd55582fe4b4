"""What people asked for, and how it stops being asked for."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from tomma.errors import NotFoundError
from tomma.model import BinId
from tomma.requests import BinRequest, RequestReason, RequestSource
from tomma.stores.books import database
from tomma.stores.books.database import APPLICATION_ID, open_database
from tomma.stores.books.requests import SqlRequestBook
from tomma.stores.sqlite_file import ensure_file, open_connection


@pytest.fixture
def book(tmp_path: Path) -> Iterator[SqlRequestBook]:
    """An empty book in a database of its own."""
    engine = open_database(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    yield SqlRequestBook(engine)
    engine.dispose()


@pytest.fixture
def request_of(t0: datetime) -> BinRequest:
    """Somebody calls about B1."""
    return BinRequest("r1", BinId("B1"), RequestReason.SMELL, t0, "by the bench")


def test_a_request_is_kept_as_it_was_made(book: SqlRequestBook, request_of: BinRequest) -> None:
    """Who reads it back sees the caller's words."""
    assert book.ask(request_of) == request_of
    assert list(book.of_bin(BinId("B1"))) == [request_of]
    assert list(book.of_bin(BinId("B2"))) == []


def test_a_request_sent_twice_is_one_and_the_first_stands(book: SqlRequestBook, request_of: BinRequest) -> None:
    """A form whose answer got lost is sent again."""
    book.ask(request_of)
    assert book.ask(replace(request_of, note="again")) == request_of
    assert len(book.of_bin(BinId("B1"))) == 1


def test_a_withdrawn_request_asks_for_nothing_and_stays_known(
    book: SqlRequestBook, request_of: BinRequest, t0: datetime
) -> None:
    """The history tells that somebody called."""
    book.ask(request_of)
    first = book.withdraw("r1", t0 + timedelta(hours=1))
    again = book.withdraw("r1", t0 + timedelta(hours=2))
    assert first == again == book.of_bin(BinId("B1"))[0]
    assert first.withdrawn_utc == t0 + timedelta(hours=1)
    assert list(book.not_withdrawn(t0)) == []


def test_only_requests_from_the_asked_time_on_are_returned(
    book: SqlRequestBook, request_of: BinRequest, t0: datetime
) -> None:
    """A call of last year moves no truck."""
    book.ask(replace(request_of, id="old", asked_utc=t0 - timedelta(days=100)))
    book.ask(request_of)
    assert [each.id for each in book.not_withdrawn(t0)] == ["r1"]


def test_a_request_nobody_made_cannot_be_withdrawn(book: SqlRequestBook, t0: datetime) -> None:
    """A slip in the id must not pass for success."""
    with pytest.raises(NotFoundError, match="r9"):
        book.withdraw("r9", t0)


@pytest.mark.parametrize(
    ("emptied_h", "stands"),
    [
        pytest.param(None, True, id="never emptied"),
        pytest.param(-1, True, id="emptied before the call"),
        pytest.param(1, False, id="emptied since"),
    ],
)
def test_an_emptying_since_fulfils_a_request(request_of: BinRequest, emptied_h: float | None, stands: bool) -> None:
    """Nobody has to tick it off."""
    emptied = None if emptied_h is None else request_of.asked_utc + timedelta(hours=emptied_h)
    assert request_of.stands(emptied) is stands


def test_who_asked_is_kept_and_counted(book: SqlRequestBook, request_of: BinRequest, t0: datetime) -> None:
    """What residents may ask for in a day is bounded; taking requests back makes no room for more."""
    book.ask(request_of)
    told = [
        BinRequest(f"r{n}", BinId("B1"), RequestReason.FULL, t0 + timedelta(hours=n), source=RequestSource.RESIDENT)
        for n in (2, 3)
    ]
    for each in told:
        book.ask(each)
    book.withdraw("r3", t0 + timedelta(hours=4))
    assert [each.source for each in book.of_bin(BinId("B1"))] == ["resident", "resident", "office"]
    assert book.count(RequestSource.RESIDENT, t0) == 2
    assert book.count(RequestSource.RESIDENT, t0 + timedelta(hours=3)) == 1
    assert book.count(RequestSource.OFFICE, t0) == 1


def test_what_was_asked_before_residents_could_is_the_offices(tmp_path: Path, t0: datetime) -> None:
    """A city that is brought up to date keeps its requests, and does not blame residents for them."""
    path = tmp_path / "registry.sqlite3"
    ensure_file(path, APPLICATION_ID)
    with closing(open_connection(path)) as connection:
        old = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.pool.StaticPool)
        with old.connect() as lent, lent.begin():
            config = Config(attributes={"connection": lent})
            config.set_main_option("script_location", str(Path(database.__file__).parents[1] / "migrations"))
            command.upgrade(config, "0015")
            lent.execute(
                sa.text("INSERT INTO bin_request VALUES ('r1', 'B1', 'full', '', :at, NULL)"),
                {"at": f"{t0:%Y-%m-%d %H:%M:%S.%f}"},
            )
        old.dispose()
    engine = open_database(f"sqlite:///{path}")
    assert [(each.id, each.source) for each in SqlRequestBook(engine).of_bin(BinId("B1"))] == [
        ("r1", RequestSource.OFFICE)
    ]
    engine.dispose()


def test_a_residents_request_has_no_words(t0: datetime) -> None:
    """Words name people; one tap does not."""
    with pytest.raises(ValueError, match="note must be empty"):
        BinRequest("r1", BinId("B1"), RequestReason.FULL, t0, "by my neighbour", source=RequestSource.RESIDENT)
