"""`PeopleBook` in the registry database: people, their one-time links and recovery codes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tomma.errors import ConflictError, NotFoundError, Refusal
from tomma.model import VehicleId
from tomma.people import KeptPerson, OneTimeLink, Person, Proof, Purpose, Role
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import people as tables

_PERSON, _LINK, _CODE = tables.person, tables.one_time_link, tables.recovery_code


class SqlPeopleBook:
    """People are never deleted, only disabled: what they did must go on having a name."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the book in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def add(self, kept: KeptPerson, *, only_first: bool = False) -> None:
        """Keep a new person."""
        try:
            with writing(self._engine) as connection:
                if only_first and connection.execute(sa.select(_PERSON.c.id).limit(1)).first():
                    text = "somebody was set up before; ask that person for an account"
                    raise ConflictError(text, Refusal.SET_UP_BEFORE)
                values = {**_of_person(kept.person), **asdict(kept.proof)}
                connection.execute(sa.insert(_PERSON).values(id=kept.person.id, totp_step=0, **values))
        except sa.exc.IntegrityError as exc:
            text = f"there is somebody with the login {kept.person.login} already"
            raise ConflictError(text, Refusal.LOGIN_EXISTS, login=kept.person.login) from exc

    def save(self, person: Person) -> None:
        """Keep the person as they are now."""
        self._change(person.id, _of_person(person))

    def save_proof(self, person_id: str, proof: Proof) -> None:
        """Keep what the person is known by; who they are is left alone: somebody may be changing that now."""
        self._change(person_id, asdict(proof))

    def find(self, person_id: str) -> KeptPerson | None:
        """Return the person, disabled or not."""
        return self._one(_PERSON.c.id == person_id)

    def by_login(self, login: str) -> KeptPerson | None:
        """Return the person with this login."""
        return self._one(_PERSON.c.login == login)

    def by_subject(self, subject: str) -> KeptPerson | None:
        """Return the person whom the identity provider calls so."""
        return self._one(_PERSON.c.subject == subject) if subject else None

    def all(self) -> Sequence[KeptPerson]:
        """Return everybody by login."""
        with reading(self._engine) as connection:
            return [_kept(row) for row in connection.execute(sa.select(_PERSON).order_by(_PERSON.c.login))]

    def use_totp_step(self, person_id: str, step: int) -> bool:
        """Take note of a used step, if it is newer than the last one: of two requests with one code, one passes."""
        newer = sa.update(_PERSON).where(_PERSON.c.id == person_id, _PERSON.c.totp_step < step)
        with writing(self._engine) as connection:
            return bool(connection.execute(newer.values(totp_step=step)).rowcount)

    def offer_link(self, link: OneTimeLink) -> None:
        """Keep the link in place of every other of the same person."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_LINK).where(_LINK.c.person_id == link.person_id))
            connection.execute(
                sa.insert(_LINK).values(
                    sha256=link.sha256,
                    purpose=link.purpose.value,
                    person_id=link.person_id,
                    expires_utc=link.expires_utc,
                )
            )

    def take_link(self, sha256: str, now_utc: datetime) -> OneTimeLink | None:
        """Use up the link; of two who come with one link, the first gets it."""
        with writing(self._engine) as connection:
            found = connection.execute(sa.select(_LINK).where(_LINK.c.sha256 == sha256)).one_or_none()
            connection.execute(sa.delete(_LINK).where(_LINK.c.sha256 == sha256))
        return _link(found, now_utc)

    def peek_link(self, sha256: str, now_utc: datetime) -> OneTimeLink | None:
        """Return the link without using it up."""
        with reading(self._engine) as connection:
            found = connection.execute(sa.select(_LINK).where(_LINK.c.sha256 == sha256)).one_or_none()
        return _link(found, now_utc)

    def set_recovery_codes(self, person_id: str, digests: Sequence[str]) -> None:
        """Keep these in place of the former ones."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_CODE).where(_CODE.c.person_id == person_id))
            if digests:
                rows = [{"person_id": person_id, "sha256": each} for each in digests]
                connection.execute(sa.insert(_CODE), rows)

    def use_recovery_code(self, person_id: str, digest: str) -> bool:
        """Use up the code."""
        own = sa.delete(_CODE).where(_CODE.c.person_id == person_id, _CODE.c.sha256 == digest)
        with writing(self._engine) as connection:
            return bool(connection.execute(own).rowcount)

    def recovery_codes_left(self, person_id: str) -> int:
        """Return how many are unused."""
        count = sa.select(sa.func.count()).select_from(_CODE).where(_CODE.c.person_id == person_id)
        with reading(self._engine) as connection:
            return int(connection.execute(count).scalar_one())

    def _change(self, person_id: str, values: Mapping[str, object]) -> None:
        with writing(self._engine) as connection:
            own = sa.update(_PERSON).where(_PERSON.c.id == person_id).values(values)
            if not connection.execute(own).rowcount:
                raise NotFoundError(f"there is no person {person_id}")

    def _one(self, which: sa.ColumnElement[bool]) -> KeptPerson | None:
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_PERSON).where(which)).one_or_none()
        return None if row is None else _kept(row)


def _of_person(person: Person) -> dict[str, object]:
    return {
        "login": person.login,
        "name": person.name,
        "roles": sorted(person.roles),
        "areas": sorted(person.areas),
        "vehicle_ids": sorted(person.vehicle_ids),
        "created_utc": person.created_utc,
        "disabled_utc": person.disabled_utc,
    }


def _kept(row: sa.Row[Any]) -> KeptPerson:
    person = Person(
        id=row.id,
        login=row.login,
        name=row.name,
        roles=frozenset(Role(each) for each in row.roles),
        created_utc=row.created_utc,
        areas=frozenset(row.areas),
        vehicle_ids=frozenset(VehicleId(each) for each in row.vehicle_ids),
        disabled_utc=row.disabled_utc,
    )
    return KeptPerson(person, Proof(row.password_hash, row.totp_sealed, row.subject))


def _link(row: sa.Row[Any] | None, now_utc: datetime) -> OneTimeLink | None:
    if row is None or row.expires_utc <= now_utc:
        return None
    return OneTimeLink(row.sha256, Purpose(row.purpose), row.person_id, row.expires_utc)
