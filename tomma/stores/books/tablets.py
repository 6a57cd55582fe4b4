"""`TabletBook` in the registry database: who was let in, and the codes and tries on the way."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

import sqlalchemy as sa

from tomma.errors import NotFoundError
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import tablets as tables
from tomma.tablets import KeptTablet, PairingCode, Tablet

_TABLET, _CODE, _TRY = tables.tablet, tables.pairing_code, tables.pairing_try


class SqlTabletBook:
    """Tablets are never deleted; codes and tries go when they are used or old."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the book in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def offer(self, code: PairingCode, now_utc: datetime, most: int) -> None:
        """Keep the code; old ones go, and all but the `most` that last longest."""
        with writing(self._engine) as connection:
            connection.execute(sa.insert(_CODE).values(asdict(code)))
            lasting = sa.select(_CODE.c.id).where(_CODE.c.expires_utc > now_utc)
            lasting = lasting.order_by(_CODE.c.expires_utc.desc(), _CODE.c.id).limit(most)
            kept = [row.id for row in connection.execute(lasting)]
            connection.execute(sa.delete(_CODE).where(_CODE.c.id.not_in(kept)))

    def open_codes(self, now_utc: datetime) -> Sequence[PairingCode]:
        """Return the codes that are neither used nor expired."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(_CODE).where(_CODE.c.expires_utc > now_utc).order_by(_CODE.c.id))
            return [PairingCode(**row._mapping) for row in rows]  # noqa: SLF001  (SQLAlchemy's public accessor)

    def begin_try(self, at_utc: datetime, since_utc: datetime, most: int) -> datetime | None:
        """Count a try, or return the oldest of as many as there may be."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_TRY).where(_TRY.c.at_utc <= since_utc))
            counted: list[datetime] = [row.at_utc for row in connection.execute(sa.select(_TRY.c.at_utc))]
            if len(counted) >= most:
                return min(counted)
            connection.execute(sa.insert(_TRY).values(at_utc=at_utc))
        return None

    def pair(self, kept: KeptTablet, code_id: str) -> bool:
        """Use up the code and keep the tablet; of two who come with one code the first is let in."""
        with writing(self._engine) as connection:
            if not connection.execute(sa.delete(_CODE).where(_CODE.c.id == code_id)).rowcount:
                return False
            newest = sa.select(sa.func.max(_TRY.c.number)).scalar_subquery()
            connection.execute(sa.delete(_TRY).where(_TRY.c.number == newest))
            values = {**asdict(kept.tablet), "secret_sha256": kept.secret_sha256}
            connection.execute(sa.insert(_TABLET).values(values))
        return True

    def find(self, tablet_id: str) -> KeptTablet | None:
        """Return the tablet, revoked or not."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_TABLET).where(_TABLET.c.id == tablet_id)).one_or_none()
        return None if row is None else KeptTablet(_tablet(row), row.secret_sha256)

    def all(self) -> Sequence[Tablet]:
        """Return every tablet: those let in first, the one seen last first."""
        order = (_TABLET.c.revoked_utc.is_not(None), _TABLET.c.seen_utc.desc(), _TABLET.c.id)
        with reading(self._engine) as connection:
            return [_tablet(row) for row in connection.execute(sa.select(_TABLET).order_by(*order))]

    def seen(self, tablet_id: str, at_utc: datetime) -> None:
        """Note that the tablet asked for something."""
        own = (_TABLET.c.id == tablet_id) & (_TABLET.c.seen_utc < at_utc)
        with writing(self._engine) as connection:
            connection.execute(sa.update(_TABLET).where(own).values(seen_utc=at_utc))

    def revoke(self, tablet_id: str, at_utc: datetime) -> Tablet:
        """Shut the tablet out; again changes nothing."""
        found = self.find(tablet_id)
        if found is None:
            raise NotFoundError(f"there is no tablet {tablet_id}")
        standing = (_TABLET.c.id == tablet_id) & _TABLET.c.revoked_utc.is_(None)
        told_utc = max(at_utc, found.tablet.paired_utc)  # a demo's clock may have been set back since
        with writing(self._engine) as connection:
            connection.execute(sa.update(_TABLET).where(standing).values(revoked_utc=told_utc))
        return replace(found.tablet, revoked_utc=found.tablet.revoked_utc or told_utc)


def _tablet(row: sa.Row[tuple[object, ...]]) -> Tablet:
    names = ("id", "name", "paired_utc", "seen_utc", "revoked_utc", "vehicle_id")
    return Tablet(**{name: row._mapping[name] for name in names})  # noqa: SLF001  (SQLAlchemy's public accessor)
