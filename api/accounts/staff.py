"""What an admin, or the operator at the machine, does about people: adding, changing, disabling, resetting."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from api.access.journal import Event, note
from api.accounts import throttle
from api.accounts.desk import Desk
from api.problems.model import bound_refused
from tomma.errors import ConflictError, NotFoundError, Refusal
from tomma.model import VehicleId
from tomma.people import KeptPerson, OneTimeLink, Person, Purpose, Role, login_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be different; None leaves it."""

    name: str | None = None
    roles: Collection[Role] | None = None
    areas: Collection[str] | None = None
    vehicle_ids: Collection[str] | None = None
    disabled: bool | None = None


def add(desk: Desk, login: str, name: str, wanted: Wanted, by: str) -> tuple[KeptPerson, str, OneTimeLink]:
    """Keep a new person and return them with a one-time link to their first password.

    Raises:
        ConflictError: When the login is taken.
        FieldsRefusedError: When there can be no such person.
    """
    person = _checked(
        lambda: Person(
            id=str(uuid4()),
            login=login_of(login),
            name=name,
            roles=frozenset(wanted.roles or ()),
            created_utc=desk.wall.now_utc(),
            areas=frozenset(wanted.areas or ()),
            vehicle_ids=frozenset(VehicleId(each) for each in wanted.vehicle_ids or ()),
        ),
        {"login": login, "name": name},
    )
    kept = KeptPerson(person)
    desk.people.add(kept)
    note(Event.PERSON_ADDED, person=person.login, roles=sorted(person.roles), by=by)
    secret, link = desk.make_link(Purpose.INVITE, person, by)
    return kept, secret, link


def change(desk: Desk, person_id: str, wanted: Wanted, by: str) -> KeptPerson:
    """Change the person and return them; with other rights, every session ends, so that none keeps the old ones.

    Raises:
        NotFoundError: When there is no such person.
        ConflictError: When nobody would be left who can let people in.
        FieldsRefusedError: When there can be no such person.
    """
    with desk.changing:
        former = found(desk, person_id).person
        later = _changed(former, wanted, desk.wall.now_utc())
        _check_admin_left(desk, later)
        desk.people.save(later)
    if _rights(former) != _rights(later):
        desk.book.end_all(person_id)
    note(_event(former, later), person=later.login, roles=sorted(later.roles), by=by)
    return found(desk, person_id)


def _changed(former: Person, wanted: Wanted, now_utc: datetime) -> Person:
    disabled_utc = former.disabled_utc
    if wanted.disabled is not None:
        disabled_utc = (former.disabled_utc or now_utc) if wanted.disabled else None
    trucks = former.vehicle_ids if wanted.vehicle_ids is None else map(VehicleId, wanted.vehicle_ids)
    return _checked(
        lambda: replace(
            former,
            name=former.name if wanted.name is None else wanted.name,
            roles=former.roles if wanted.roles is None else frozenset(wanted.roles),
            areas=former.areas if wanted.areas is None else frozenset(wanted.areas),
            vehicle_ids=frozenset(trucks),
            disabled_utc=disabled_utc,
        ),
        {"name": wanted.name},
    )


def reset(desk: Desk, person_id: str, by: str, *, second_factor: bool) -> tuple[KeptPerson, str, OneTimeLink]:
    """End every session of the person and return a one-time link to a new password; a lost phone is forgotten, too."""
    kept = found(desk, person_id)
    person = kept.person
    if person.disabled_utc is not None:
        text = f"{person.login} is disabled; enable the account first"
        raise ConflictError(text, Refusal.ACCOUNT_DISABLED, login=person.login)
    desk.book.end_all(person_id)
    desk.book.forget_devices(person_id)
    desk.book.forgive([throttle.account_name(person.login), throttle.second_name(person.id)])
    if second_factor and kept.proof.totp_sealed:
        desk.people.save_proof(person_id, replace(kept.proof, totp_sealed=""))
        desk.people.set_recovery_codes(person_id, [])
        note(Event.SECOND_FACTOR_REMOVED, person=person.login, by=by)
    secret, link = desk.make_link(Purpose.RESET if kept.proof.password_hash else Purpose.INVITE, person, by)
    return found(desk, person_id), secret, link


def end_sessions(desk: Desk, person_id: str, by: str) -> int:
    """Sign the person out everywhere and return from how many browsers."""
    person = found(desk, person_id).person
    ended = desk.book.end_all(person_id)
    note(Event.SESSIONS_ENDED, person=person.login, by=by, sessions=ended)
    return ended


def found(desk: Desk, person_id: str) -> KeptPerson:
    """Return the person; NotFoundError when there is none."""
    kept = desk.people.find(person_id)
    if kept is None:
        raise NotFoundError(f"there is no person {person_id}")
    return kept


def _check_admin_left(desk: Desk, later: Person) -> None:
    others = [each.person for each in desk.people.all() if each.person.id != later.id]
    former = found(desk, later.id).person
    if _lets_in(former) and not any(_lets_in(each) for each in (*others, later)):
        text = f"{later.login} is the only one left who can let people in; make somebody else an admin"
        raise ConflictError(text, Refusal.LAST_ADMIN, login=later.login)


def _lets_in(person: Person) -> bool:
    return Role.ADMIN in person.roles and person.disabled_utc is None


def _rights(person: Person) -> tuple[object, ...]:
    return person.roles, person.areas, person.vehicle_ids, person.disabled_utc


def _event(former: Person, later: Person) -> Event:
    if (former.disabled_utc is None) == (later.disabled_utc is None):
        return Event.PERSON_CHANGED
    return Event.PERSON_ENABLED if later.disabled_utc is None else Event.PERSON_DISABLED


def _checked(make: Callable[[], Person], given: Mapping[str, object]) -> Person:
    try:
        return make()
    except ValueError as exc:
        raise bound_refused(exc, given) from exc
