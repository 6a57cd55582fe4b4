"""`SessionBook` in the registry database: sessions, known browsers, refused sign-ins and the keys of programs."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tomma.errors import NotFoundError
from tomma.people import ApiKey, Role, Session, Way
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import people as tables

_SESSION, _DEVICE, _TRY, _KEY = tables.session, tables.known_device, tables.sign_in_try, tables.api_key


class SqlSessionBook:
    """Everything that opens a door is here as a digest only."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the book in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def open(self, session: Session) -> None:
        """Keep a new session."""
        with writing(self._engine) as connection:
            connection.execute(sa.insert(_SESSION).values({**asdict(session), "way": session.way.value}))

    def find(self, sha256: str) -> Session | None:
        """Return the session whose token has this digest."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_SESSION).where(_SESSION.c.sha256 == sha256)).one_or_none()
        return None if row is None else _session(row)

    def seen(self, sha256: str, at_utc: datetime) -> None:
        """Note that it was used."""
        with writing(self._engine) as connection:
            connection.execute(sa.update(_SESSION).where(_SESSION.c.sha256 == sha256).values(seen_utc=at_utc))

    def end(self, sha256: str) -> None:
        """End it."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_SESSION).where(_SESSION.c.sha256 == sha256))

    def end_all(self, person_id: str, *, but: str = "") -> int:
        """End a person's sessions, all but one."""
        own = sa.delete(_SESSION).where(_SESSION.c.person_id == person_id, _SESSION.c.sha256 != but)
        with writing(self._engine) as connection:
            return connection.execute(own).rowcount

    def of_person(self, person_id: str) -> Sequence[Session]:
        """Return a person's sessions, the newest first."""
        own = sa.select(_SESSION).where(_SESSION.c.person_id == person_id).order_by(_SESSION.c.created_utc.desc())
        with reading(self._engine) as connection:
            return [_session(row) for row in connection.execute(own)]

    def purge(self, created_before_utc: datetime, seen_before_utc: datetime) -> None:
        """Forget the sessions that ended by themselves."""
        old = (_SESSION.c.created_utc <= created_before_utc) | (_SESSION.c.seen_utc <= seen_before_utc)
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_SESSION).where(old))

    def know_device(self, person_id: str, sha256: str, at_utc: datetime, most: int) -> None:
        """Remember a browser, and forget the ones used longest ago."""
        own = _DEVICE.c.person_id == person_id
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_DEVICE).where(own, _DEVICE.c.sha256 == sha256))
            connection.execute(sa.insert(_DEVICE).values(person_id=person_id, sha256=sha256, seen_utc=at_utc))
            newest = sa.select(_DEVICE.c.sha256).where(own).order_by(_DEVICE.c.seen_utc.desc()).limit(most)
            kept = [row.sha256 for row in connection.execute(newest)]
            connection.execute(sa.delete(_DEVICE).where(own, _DEVICE.c.sha256.not_in(kept)))

    def knows_device(self, person_id: str, sha256: str) -> bool:
        """Return whether the person signed in with it before."""
        own = sa.select(_DEVICE.c.sha256).where(_DEVICE.c.person_id == person_id, _DEVICE.c.sha256 == sha256)
        with reading(self._engine) as connection:
            return connection.execute(own).first() is not None

    def forget_devices(self, person_id: str) -> None:
        """Know none of the person's browsers any more."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_DEVICE).where(_DEVICE.c.person_id == person_id))

    def refused(self, whose: Sequence[str], at_utc: datetime, forget_before_utc: datetime) -> None:
        """Count a refused sign-in for each name."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_TRY).where(_TRY.c.at_utc <= forget_before_utc))
            connection.execute(sa.insert(_TRY), [{"whose": each, "at_utc": at_utc} for each in whose])

    def refusals(self, whose: str, since_utc: datetime) -> Sequence[datetime]:
        """Return when sign-ins were refused for this name since, oldest first."""
        own = sa.select(_TRY.c.at_utc).where(_TRY.c.whose == whose, _TRY.c.at_utc > since_utc).order_by(_TRY.c.at_utc)
        with reading(self._engine) as connection:
            return [row.at_utc for row in connection.execute(own)]

    def forgive(self, whose: Sequence[str]) -> None:
        """Forget the refusals of these names."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_TRY).where(_TRY.c.whose.in_(whose)))

    def take_back(self, whose: str) -> None:
        """Forget the newest refusal of this name."""
        newest = sa.select(sa.func.max(_TRY.c.number)).where(_TRY.c.whose == whose).scalar_subquery()
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_TRY).where(_TRY.c.number == newest))

    def add_key(self, key: ApiKey) -> None:
        """Keep a program's key."""
        with writing(self._engine) as connection:
            connection.execute(sa.insert(_KEY).values({**asdict(key), "roles": sorted(key.roles)}))

    def find_key(self, key_id: str) -> ApiKey | None:
        """Return the key, good or not."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_KEY).where(_KEY.c.id == key_id)).one_or_none()
        return None if row is None else _key(row)

    def all_keys(self) -> Sequence[ApiKey]:
        """Return every key by name."""
        with reading(self._engine) as connection:
            return [_key(row) for row in connection.execute(sa.select(_KEY).order_by(_KEY.c.name, _KEY.c.id))]

    def revoke_key(self, key_id: str, at_utc: datetime) -> ApiKey:
        """End the key."""
        found = self.find_key(key_id)
        if found is None:
            raise NotFoundError(f"there is no key {key_id}")
        ended_utc = found.revoked_utc or at_utc
        with writing(self._engine) as connection:
            connection.execute(sa.update(_KEY).where(_KEY.c.id == key_id).values(revoked_utc=ended_utc))
        return replace(found, revoked_utc=ended_utc)


def _session(row: sa.Row[Any]) -> Session:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public accessor)
    return Session(**{**values, "way": Way(row.way)})


def _key(row: sa.Row[Any]) -> ApiKey:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public accessor)
    return ApiKey(**{**values, "roles": frozenset(Role(each) for each in row.roles)})
