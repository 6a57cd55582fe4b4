"""Who was let in, and what bounds the guessing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tomma.errors import NotFoundError
from tomma.stores.books.database import open_database
from tomma.stores.books.tablets import SqlTabletBook
from tomma.tablets import KeptTablet, PairingCode, Tablet

MINUTE = timedelta(minutes=1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[SqlTabletBook]:
    """An empty book in a database of its own."""
    engine = open_database(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    yield SqlTabletBook(engine)
    engine.dispose()


def code(name: str, expires_utc: datetime) -> PairingCode:
    """A code as it is stored."""
    return PairingCode(name, "00", "11", expires_utc)


def kept(name: str, at_utc: datetime) -> KeptTablet:
    """A tablet let in just now."""
    return KeptTablet(Tablet(name, "Bil 1", at_utc, at_utc), "0" * 64)


def test_a_code_lets_one_tablet_in_and_no_second(book: SqlTabletBook, t0: datetime) -> None:
    """Two who read the same slip: the first one counts, and only its tablet is kept."""
    book.offer(code("c1", t0 + MINUTE), t0, most=5)
    assert [each.id for each in book.open_codes(t0)] == ["c1"]
    assert book.pair(kept("one", t0), "c1")
    assert not book.pair(kept("two", t0), "c1")
    assert book.open_codes(t0) == []
    assert [each.id for each in book.all()] == ["one"]
    assert book.find("one") == kept("one", t0)
    assert book.find("two") is None


def test_old_codes_and_surplus_codes_are_forgotten(book: SqlTabletBook, t0: datetime) -> None:
    """Each open code makes guessing easier, so there are few."""
    for number in range(4):
        book.offer(code(f"c{number}", t0 + number * MINUTE), t0, most=2)
    assert [each.id for each in book.open_codes(t0)] == ["c2", "c3"]
    assert [each.id for each in book.open_codes(t0 + 2 * MINUTE)] == ["c3"]


def test_tries_are_bounded_in_a_window_that_moves_on(book: SqlTabletBook, t0: datetime) -> None:
    """What was refused is not counted, so a flood shuts nobody out for longer than the window."""
    for second in range(3):
        assert book.begin_try(t0 + timedelta(seconds=second), t0 - MINUTE, most=3) is None
    for _ in range(50):
        assert book.begin_try(t0 + timedelta(seconds=30), t0 - timedelta(seconds=30), most=3) == t0
    assert book.begin_try(t0 + MINUTE, t0, most=3) is None


def test_whoever_is_let_in_takes_the_try_back(book: SqlTabletBook, t0: datetime) -> None:
    """A depot that pairs thirty tablets in one morning makes no wrong try."""
    for number in range(30):
        book.offer(code(f"c{number}", t0 + MINUTE), t0, most=5)
        assert book.begin_try(t0, t0 - MINUTE, most=2) is None
        assert book.pair(kept(f"t{number}", t0), f"c{number}")


def test_a_revoked_tablet_stays_known_and_comes_last(book: SqlTabletBook, t0: datetime) -> None:
    """It must be told so when it comes back; being told twice changes nothing."""
    for name in ("one", "two"):
        book.offer(code(name, t0 + MINUTE), t0, most=5)
        book.pair(kept(name, t0), name)
    book.seen("one", t0 + MINUTE)
    book.seen("one", t0)
    first = book.revoke("one", t0 + 2 * MINUTE)
    assert book.revoke("one", t0 + 3 * MINUTE) == first == replace(
        kept("one", t0).tablet, seen_utc=t0 + MINUTE, revoked_utc=t0 + 2 * MINUTE
    )  # fmt: skip
    assert [each.id for each in book.all()] == ["two", "one"]
    assert book.all()[1] == first


def test_a_tablet_nobody_let_in_cannot_be_revoked(book: SqlTabletBook, t0: datetime) -> None:
    """A slip in the id must not pass for success."""
    with pytest.raises(NotFoundError, match="t9"):
        book.revoke("t9", t0)


def test_a_secret_is_not_taken_for_its_digest(t0: datetime) -> None:
    """What is stored opens nothing."""
    with pytest.raises(ValueError, match="secret_sha256"):
        replace(kept("one", t0), secret_sha256="tt_one_secret")
    with pytest.raises(ValueError, match="revoked_utc"):
        Tablet("one", "Bil 1", t0, t0, t0 - MINUTE)
