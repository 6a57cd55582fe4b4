"""What is kept about one person: all of it handed over, or taken out."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.tomma.stores.conftest import T0
from tests.tomma.stores.test_people import a_session, anna, digest
from tomma.audit import Deed
from tomma.errors import NotFoundError
from tomma.people import OneTimeLink, Purpose
from tomma.stores.audit.log import AuditFiles, SqlAuditBook
from tomma.stores.books import subject
from tomma.stores.books.database import reading, writing
from tomma.stores.books.people import SqlPeopleBook
from tomma.stores.books.sessions import SqlSessionBook
from tomma.stores.books.tables.schema import METADATA
from tomma.stores.books.tables.work_orders import work_order

LOGIN = "anna@stad.example"


@pytest.fixture
def audit(engine: sa.Engine, tmp_path: Path) -> SqlAuditBook:
    """Anna and Berit, each with a browser, and what both did."""
    people, sessions = SqlPeopleBook(engine), SqlSessionBook(engine)
    for number, login, name in ((1, LOGIN, "Anna Ek"), (2, "berit", "Berit Ek")):
        person_id = f"p{number}"
        kept = anna(person_id, login)
        people.add(replace(kept, person=replace(kept.person, name=name)))
        sessions.open(a_session(f"s{number}", person_id, T0))
        sessions.know_device(person_id, digest(f"d{number}"), T0, 5)
        people.set_recovery_codes(person_id, [digest(f"c{number}")])
        people.offer_link(OneTimeLink(digest(f"l{number}"), Purpose.RESET, person_id, T0 + timedelta(days=1)))
        order = {"kind": "inspect_sensor", "priority": "low", "note": "", "alert_id": "", "status": "open"}
        with writing(engine) as connection:
            connection.execute(
                sa.insert(work_order).values(id=f"w{number}", created_utc=T0, created_by=login, revision=1, **order)
            )
    book = SqlAuditBook(engine, AuditFiles(tmp_path / "audit.key", tmp_path / "audit.head"))
    book.append([Deed(T0, f"person:{LOGIN}", "did"), Deed(T0, "person:berit", "person-changed", f"person:{LOGIN}")])
    book.append([Deed(T0, "person:berit", "did-something-else")])
    return book


def test_a_person_gets_all_that_is_kept_and_nothing_of_others_or_that_opens_a_door(
    engine: sa.Engine, audit: SqlAuditBook
) -> None:
    """The file goes by mail; it must not be a key."""
    told = subject.gathered(engine, audit, LOGIN)
    assert told["person"]["login"] == LOGIN
    assert [len(told[name]) for name in ("session", "known_device", "one_time_link", "recovery_code")] == [1] * 4
    assert [each["id"] for each in told["work_orders_made"]] == ["w1"]
    assert [each["action"] for each in told["audit"]] == ["did", "person-changed"]
    text = json.dumps(told)
    for secret in ("$argon2id", "sealed", "idp.example", digest("s1"), digest("c1"), digest("l1"), "w2"):
        assert secret not in text


def test_who_is_taken_out_is_nowhere_but_in_the_audit_log(
    engine: sa.Engine, audit: SqlAuditBook, open_engine: Callable[[], sa.Engine]
) -> None:
    """Every table is searched, whatever will be added to them; and the others' things are untouched."""
    stand_in = subject.erase(engine, LOGIN, T0)
    with reading(open_engine()) as connection:
        for table in METADATA.sorted_tables:
            rows = repr(connection.execute(sa.select(table)).fetchall())
            if table.name != "audit_record":
                assert LOGIN not in rows, table.name
                assert "Anna" not in rows, table.name
    kept = SqlPeopleBook(engine).by_login(stand_in)
    assert kept is not None
    assert (kept.person.disabled_utc, kept.proof.password_hash, kept.proof.subject) == (T0, "", "")
    assert SqlSessionBook(engine).of_person("p1") == []
    assert len(subject.gathered(engine, audit, "berit")["session"]) == 1
    assert audit.verify().is_whole


def test_nobody_can_be_taken_out_twice(engine: sa.Engine, audit: SqlAuditBook) -> None:
    """A slip of the pen must not look like a deed."""
    subject.erase(engine, LOGIN, T0)
    for ask in (lambda: subject.erase(engine, LOGIN, T0), lambda: subject.gathered(engine, audit, LOGIN)):
        with pytest.raises(NotFoundError, match="nobody with the login"):
            ask()
