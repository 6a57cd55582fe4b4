"""Tells people and sessions in the words of the public API."""

from datetime import datetime

from api.access.who import Who
from api.accounts.desk import Desk
from api.accounts.passwords import LENGTH_ALONE_MIN, LENGTH_WITH_SECOND_MIN
from api.accounts.schemas import KeyOut, MeOut, PersonOut, SessionOut
from tomma.people import ApiKey, KeptPerson, Person, Session, Way


def length_min(person: Person) -> int:
    """Return the least characters of a new password."""
    return LENGTH_WITH_SECOND_MIN if person.needs_second_factor else LENGTH_ALONE_MIN


def me_out(desk: Desk, kept: KeptPerson, session: Session | None) -> MeOut:
    """Return who is signed in."""
    person = kept.person
    in_half = session is not None and not session.second_factor and session.way is not Way.DEMO
    return MeOut(
        login=person.login,
        name=person.name,
        roles=sorted(person.roles),
        areas=sorted(person.areas),
        vehicle_ids=sorted(person.vehicle_ids),
        way=session.way if session else None,
        has_password=bool(kept.proof.password_hash),
        has_second_factor=bool(kept.proof.totp_sealed),
        needs_second_factor=person.needs_second_factor,
        must_set_up_second_factor=in_half and person.needs_second_factor,
        recovery_codes_left=desk.people.recovery_codes_left(person.id),
        password_length_min=length_min(person),
        demo=desk.gate.is_demo,
    )


def session_out(session: Session, who: Who) -> SessionOut:
    """Return one browser."""
    return SessionOut(
        id=session.id,
        created_utc=session.created_utc,
        seen_utc=session.seen_utc,
        way=session.way,
        address=session.address,
        agent=session.agent,
        current=who.session is not None and who.session.sha256 == session.sha256,
    )


def person_out(desk: Desk, kept: KeptPerson) -> PersonOut:
    """Return one person as an admin sees them."""
    person, now_utc = kept.person, desk.wall.now_utc()
    return PersonOut(
        id=person.id,
        login=person.login,
        name=person.name,
        roles=sorted(person.roles),
        areas=sorted(person.areas),
        vehicle_ids=sorted(person.vehicle_ids),
        created_utc=person.created_utc,
        disabled_utc=person.disabled_utc,
        has_password=bool(kept.proof.password_hash),
        has_second_factor=bool(kept.proof.totp_sealed),
        by_provider=bool(kept.proof.subject),
        sessions=sum(desk.gate.is_alive(each, now_utc) for each in desk.book.of_person(person.id)),
    )


def key_out(key: ApiKey, now_utc: datetime) -> KeyOut:
    """Return one program's key."""
    return KeyOut(
        key_id=key.id,
        name=key.name,
        roles=sorted(key.roles),
        created_utc=key.created_utc,
        expires_utc=key.expires_utc,
        revoked_utc=key.revoked_utc,
        good=key.is_good(now_utc),
    )
