"""`MorningBook` in the registry database: one schedule, one row per morning, and one per second round."""

from collections.abc import Sequence

import sqlalchemy as sa

from tomma.codec import from_json, to_json
from tomma.mornings import Run, Schedule
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import mornings as tables

_SCHEDULE = tables.morning_schedule
_ONE = "plans"


class SqlRunBook:
    """One row a day in a table of its own; that a day has one run only is held by the database itself."""

    def __init__(self, engine: sa.Engine, table: sa.Table) -> None:
        self._engine = engine
        self._runs = table

    def claim(self, run: Run) -> bool:
        """Keep the run of a day that has none; False when it has one."""
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(self._runs).values(day=run.day, document=to_json(run).decode()))
        except sa.exc.IntegrityError:
            return False
        return True

    def note(self, run: Run) -> None:
        """Keep the run in place of its day's former one."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(self._runs).where(self._runs.c.day == run.day))
            connection.execute(sa.insert(self._runs).values(day=run.day, document=to_json(run).decode()))

    def runs(self, limit: int) -> Sequence[Run]:
        """Return the newest runs by day, newest first."""
        newest = sa.select(self._runs.c.document).order_by(self._runs.c.day.desc()).limit(max(limit, 0))
        with reading(self._engine) as connection:
            return [from_json(document, Run) for document in connection.scalars(newest)]


class SqlMorningBook:
    """The schedule, its mornings and its second rounds."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the book in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine
        self.mornings = SqlRunBook(engine, tables.morning_run)
        self.second_rounds = SqlRunBook(engine, tables.second_round_run)

    def schedule(self) -> Schedule:
        """Return the schedule; one that is off before anybody set it."""
        with reading(self._engine) as connection:
            found = connection.execute(sa.select(_SCHEDULE.c.document).where(_SCHEDULE.c.id == _ONE)).scalar()
        return from_json(found, Schedule) if found is not None else Schedule()

    def set_schedule(self, schedule: Schedule) -> None:
        """Keep the schedule in place of the former one."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_SCHEDULE).where(_SCHEDULE.c.id == _ONE))
            connection.execute(sa.insert(_SCHEDULE).values(id=_ONE, document=to_json(schedule).decode()))
