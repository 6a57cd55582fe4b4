"""`SavingBook` in the registry database: a day is a compressed document beside the figures that pages ask for."""

import zlib
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from tomma.codec import from_json, to_json
from tomma.errors import NotFoundError
from tomma.plan import PlanStatus
from tomma.saving import DayFigures, SavingDay, digest_of, figures_of
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import plans, saving

_DAY, _INPUT, _PLAN = saving.saving_day, saving.saving_input, plans.plan
_DRIVEN = (PlanStatus.PUBLISHED.value, PlanStatus.SUPERSEDED.value)


class SqlSavingBook:
    """The days of the audited saving; each is kept once, by whoever comes first."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep them in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def keep(self, day: SavingDay, shared: Sequence[bytes]) -> bool:
        """Keep a day and the inputs it names; False: that day is there already."""
        body = to_json(day)
        row = {
            "day": day.inputs.day,
            "digest": digest_of(body),
            "figures": to_json(figures_of(day)).decode(),
            "body": zlib.compress(body),
        }
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(_DAY).values(row))
                for each in shared:
                    _keep_input(connection, each)
        except sa.exc.IntegrityError:
            return False
        return True

    def last(self) -> SavingDay | None:
        """Return the newest day."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_DAY.c.body).order_by(_DAY.c.day.desc()).limit(1)).one_or_none()
        return None if row is None else _day(row.body)

    def figures(self, from_day: date, to_day: date) -> Sequence[tuple[str, DayFigures]]:
        """Return (digest, figures) of the days within, oldest first."""
        query = sa.select(_DAY.c.digest, _DAY.c.figures).where(_DAY.c.day.between(from_day, to_day))
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(_DAY.c.day)).all()
        return [(row.digest, from_json(row.figures, DayFigures)) for row in rows]

    def day(self, day: date) -> SavingDay:
        """Return a whole day; NotFoundError when there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_DAY.c.body).where(_DAY.c.day == day)).one_or_none()
        if row is None:
            raise NotFoundError(f"the saving of {day} has not been computed")
        return _day(row.body)

    def shared(self, digest: str) -> bytes:
        """Return the shared input of that digest; NotFoundError when there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_INPUT.c.body).where(_INPUT.c.digest == digest)).one_or_none()
        if row is None:
            raise NotFoundError(f"there is no input {digest}")
        return zlib.decompress(row.body)

    def first_published(self) -> date | None:
        """Return the first day for which a plan was ever sent to the trucks."""
        query = sa.select(sa.func.min(_PLAN.c.day)).where(_PLAN.c.status.in_(_DRIVEN))
        with reading(self._engine) as connection:
            found: date | None = connection.execute(query).scalar_one()
        return found


def _keep_input(connection: sa.Connection, body: bytes) -> None:
    digest = digest_of(body)
    known = connection.execute(sa.select(_INPUT.c.digest).where(_INPUT.c.digest == digest)).one_or_none()
    if known is None:
        connection.execute(sa.insert(_INPUT).values(digest=digest, body=zlib.compress(body)))


def _day(body: bytes) -> SavingDay:
    return from_json(zlib.decompress(body), SavingDay)
