"""`VitalsBook` in the registry database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from tomma.model import SensorId
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import assets as tables
from tomma.vitals import BATTERY_DAYS_KEPT, BatteryDay, Vital

_VITAL, _DAY = tables.vital, tables.battery_day


class SqlVitalsBook:
    """One row a sensor, and one more a day for those that tell of their battery."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the book in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine
        self._insert = _insert_of(engine)

    def note(self, vitals: Sequence[Vital]) -> None:
        """Write over what is kept; what was not said now stays, and what is older than kept changes nothing."""
        if not vitals:
            return
        days = [
            {"sensor_id": each.sensor_id, "day": each.heard_utc.date(), "battery_fraction": each.battery_fraction}
            for each in vitals
            if each.battery_fraction is not None
        ]
        oldest = min(each.heard_utc for each in vitals).date() - timedelta(days=BATTERY_DAYS_KEPT)
        with writing(self._engine) as connection:
            connection.execute(self._written_over(), [asdict(each) for each in vitals])
            if days:
                put = self._insert(_DAY)
                newest = {"battery_fraction": put.excluded.battery_fraction}
                connection.execute(put.on_conflict_do_update(index_elements=list(_DAY.primary_key), set_=newest), days)
                connection.execute(sa.delete(_DAY).where(_DAY.c.day < oldest))

    def all(self) -> Mapping[SensorId, Vital]:
        """Return every sensor's newest."""
        with reading(self._engine) as connection:
            found = [Vital(**row._mapping) for row in connection.execute(sa.select(_VITAL))]  # noqa: SLF001
        return {each.sensor_id: each for each in found}

    def battery_days(self) -> Mapping[SensorId, Sequence[BatteryDay]]:
        """Return every sensor's battery, a point a day, oldest first."""
        found: dict[SensorId, list[BatteryDay]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(sa.select(_DAY).order_by(_DAY.c.sensor_id, _DAY.c.day)):
                found.setdefault(row.sensor_id, []).append(BatteryDay(*row))
        return found

    def _written_over(self) -> sa.Executable:
        put = self._insert(_VITAL)
        said = {
            column.name: sa.func.coalesce(put.excluded[column.name], column)
            for column in _VITAL.columns
            if not column.primary_key
        }
        not_older = put.excluded.heard_utc >= _VITAL.c.heard_utc
        return put.on_conflict_do_update(index_elements=[_VITAL.c.sensor_id], set_=said, where=not_older)


def _insert_of(engine: sa.Engine) -> Callable[[sa.Table], sqlite.Insert]:
    """Return what makes an `INSERT ... ON CONFLICT` for this database; both say it alike."""
    if engine.dialect.name != "postgresql":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # 30 ms that every start of every process would pay

    return cast("Callable[[sa.Table], sqlite.Insert]", postgresql.insert)
