"""`MorningBook` in the registry database: one schedule, and one row per morning."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from tomma.codec import from_json, to_json
from tomma.mornings import Run, Schedule
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import mornings as tables

_SCHEDULE, _RUN = tables.morning_schedule, tables.morning_run
_ONE = "plans"


class SqlMorningBook:
    """The schedule and its mornings; that a day has one run only is held by the database itself."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the book in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

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

    def claim(self, run: Run) -> bool:
        """Keep the run of a day that has none; False when it has one."""
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(_RUN).values(day=run.day, document=to_json(run).decode()))
        except sa.exc.IntegrityError:
            return False
        return True

    def note(self, run: Run) -> None:
        """Keep the run in place of its day's former one."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_RUN).where(_RUN.c.day == run.day))
            connection.execute(sa.insert(_RUN).values(day=run.day, document=to_json(run).decode()))

    def run(self, day: date) -> Run | None:
        """Return the day's run, if there is one."""
        found = self._all(sa.select(_RUN.c.document).where(_RUN.c.day == day))
        return found[0] if found else None

    def runs(self, limit: int) -> Sequence[Run]:
        """Return the newest runs by day, newest first."""
        return self._all(sa.select(_RUN.c.document).order_by(_RUN.c.day.desc()).limit(max(limit, 0)))

    def _all(self, query: sa.Select[Any]) -> list[Run]:
        with reading(self._engine) as connection:
            return [from_json(document, Run) for document in connection.scalars(query)]
