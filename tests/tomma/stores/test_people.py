"""People, sessions and keys in the registry database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from tomma.errors import ConflictError, NotFoundError
from tomma.model import VehicleId
from tomma.people import ApiKey, KeptPerson, OneTimeLink, Person, Proof, Purpose, Role, Session, Way, login_of
from tomma.stores.books.database import open_database
from tomma.stores.books.people import SqlPeopleBook
from tomma.stores.books.sessions import SqlSessionBook

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def digest(text: str) -> str:
    """What is kept of a secret."""
    return sha256(text.encode()).hexdigest()


def anna(person_id: str = "p1", login: str = "anna@stad.example") -> KeptPerson:
    """A contractor's manager who also drives."""
    roles = frozenset({Role.CONTRACTOR, Role.DRIVER})
    person = Person(person_id, login, "Anna Ek", roles, NOW, frozenset({"Söder"}), frozenset({VehicleId("V1")}))
    return KeptPerson(person, Proof("$argon2id$…", "sealed", "https://idp.example|42"))


def a_session(text: str = "s", person_id: str = "p1", at_utc: datetime = NOW) -> Session:
    """A browser of Anna's."""
    return Session(digest(text), person_id, at_utc, at_utc, Way.PASSWORD, True, "192.0.2.7", "Firefox")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of one's own."""
    engine = open_database(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    yield engine
    engine.dispose()


@pytest.fixture
def people(engine: sa.Engine) -> SqlPeopleBook:
    """A book with Anna in it."""
    book = SqlPeopleBook(engine)
    book.add(anna())
    return book


@pytest.fixture
def sessions(engine: sa.Engine, people: SqlPeopleBook) -> SqlSessionBook:
    """Nobody is signed in yet."""
    return SqlSessionBook(engine)


def test_a_person_comes_back_as_kept_by_id_login_and_subject(people: SqlPeopleBook) -> None:
    """Roles, areas and trucks decide what somebody sees: none may get lost on the way."""
    assert people.find("p1") == people.by_login("anna@stad.example") == people.by_subject("https://idp.example|42")
    assert people.find("p1") == anna()
    assert people.find("p2") is people.by_login("nobody") is people.by_subject("") is None


def test_a_login_is_one_persons(people: SqlPeopleBook) -> None:
    """Two of a name could read each other's mail."""
    with pytest.raises(ConflictError, match=r"anna@stad\.example"):
        people.add(anna("p2"))
    assert login_of("  ANNA@Stad.example ") == "anna@stad.example"
    with pytest.raises(ValueError, match="small letters"):
        anna("p2", "Anna")


def test_only_the_first_can_come_first(people: SqlPeopleBook) -> None:
    """O1: of two who set up at once, one does."""
    with pytest.raises(ConflictError, match="set up before"):
        people.add(anna("p2", "berit"), only_first=True)
    assert len(people.all()) == 1


def test_a_change_is_kept_and_a_stranger_cannot_be_changed(people: SqlPeopleBook) -> None:
    """Saving somebody unknown must not make them known."""
    changed = replace(anna().person, roles=frozenset({Role.AUDITOR}), disabled_utc=NOW)
    people.save(changed)
    people.save_proof("p1", Proof("$argon2id$other"))
    assert people.find("p1") == KeptPerson(changed, Proof("$argon2id$other"))
    with pytest.raises(NotFoundError):
        people.save(anna("p2", "berit").person)
    with pytest.raises(NotFoundError):
        people.save_proof("p2", Proof())


def test_a_one_time_code_counts_once_also_for_twenty_at_once(people: SqlPeopleBook) -> None:
    """Whoever looks over the shoulder comes too late."""
    with ThreadPoolExecutor(20) as pool:
        taken = list(pool.map(lambda _: people.use_totp_step("p1", 59_000_000), range(20)))
    assert taken.count(True) == 1
    assert not people.use_totp_step("p1", 58_999_999)


def test_a_link_opens_once_until_it_expires_and_a_newer_one_ends_it(people: SqlPeopleBook) -> None:
    """A forwarded mail must not be a second key."""
    links = [OneTimeLink(digest(name), Purpose.RESET, "p1", NOW + HOUR) for name in ("a", "b", "c")]
    people.offer_link(links[0])
    people.offer_link(links[1])
    assert people.take_link(links[0].sha256, NOW) is None
    assert people.peek_link(links[1].sha256, NOW) == links[1]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: people.take_link(links[1].sha256, NOW), range(8))).count(links[1]) == 1
    people.offer_link(links[2])
    assert people.take_link(links[2].sha256, NOW + HOUR) is None


def test_a_recovery_code_is_used_up(people: SqlPeopleBook) -> None:
    """A slip of paper found later opens nothing."""
    people.set_recovery_codes("p1", [digest("x"), digest("y")])
    assert people.use_recovery_code("p1", digest("x"))
    assert not people.use_recovery_code("p1", digest("x"))
    assert people.recovery_codes_left("p1") == 1


def test_sessions_end_one_by_one_all_but_one_and_by_age(sessions: SqlSessionBook) -> None:
    """Signing out everywhere must leave nothing open."""
    for number in range(4):
        sessions.open(a_session(f"s{number}", at_utc=NOW + number * HOUR))
    assert [each.sha256 for each in sessions.of_person("p1")] == [digest(f"s{n}") for n in (3, 2, 1, 0)]
    sessions.end(digest("s3"))
    sessions.purge(created_before_utc=NOW, seen_before_utc=NOW - HOUR)
    assert sessions.end_all("p1", but=digest("s2")) == 1
    assert [each.id for each in sessions.of_person("p1")] == [digest("s2")[:16]]
    sessions.seen(digest("s2"), NOW + 9 * HOUR)
    found = sessions.find(digest("s2"))
    assert found is not None
    assert found.seen_utc == NOW + 9 * HOUR


def test_the_browsers_used_last_stay_known(sessions: SqlSessionBook) -> None:
    """A bound for what one person can fill the book with."""
    for number in range(4):
        sessions.know_device("p1", digest(f"d{number}"), NOW + number * HOUR, most=3)
    assert [sessions.knows_device("p1", digest(f"d{number}")) for number in range(4)] == [False, True, True, True]
    sessions.forget_devices("p1")
    assert not sessions.knows_device("p1", digest("d3"))


def test_refusals_are_counted_by_name_and_forgotten_with_time(sessions: SqlSessionBook) -> None:
    """What bounds guessing must not bound it for ever."""
    sessions.refused(["account:anna", "address:192.0.2.7"], NOW, NOW - HOUR)
    sessions.refused(["account:anna"], NOW + 2 * HOUR, NOW + HOUR)
    assert sessions.refusals("account:anna", NOW - HOUR) == [NOW + 2 * HOUR]
    assert sessions.refusals("address:192.0.2.7", NOW - HOUR) == []
    sessions.refused(["account:anna"], NOW + 2 * HOUR, NOW)
    sessions.take_back("account:anna")
    assert sessions.refusals("account:anna", NOW) == [NOW + 2 * HOUR]
    sessions.forgive(["account:anna"])
    assert sessions.refusals("account:anna", NOW - HOUR) == []


def test_a_key_is_good_until_it_expires_or_is_revoked(sessions: SqlSessionBook) -> None:
    """A program's key must be possible to end at once."""
    key = ApiKey("k1", "prometheus", frozenset({Role.MONITOR}), digest("secret"), NOW, NOW + HOUR)
    sessions.add_key(key)
    assert sessions.find_key("k1") == key
    assert (key.is_good(NOW), key.is_good(NOW + HOUR)) == (True, False)
    assert not sessions.revoke_key("k1", NOW).is_good(NOW)
    assert [each.revoked_utc for each in sessions.all_keys()] == [NOW]
    with pytest.raises(NotFoundError):
        sessions.revoke_key("k2", NOW)
    with pytest.raises(ValueError, match="roles of a key"):
        replace(key, roles=frozenset({Role.ADMIN}))


def test_what_is_no_digest_is_not_kept() -> None:
    """A secret must never be stored by mistake."""
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        replace(a_session(), sha256="the token itself")
