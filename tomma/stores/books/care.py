"""`CareBook` in the registry database: what people did about alerts."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from tomma.alerts import Care, CareAction
from tomma.model import AlertKind
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import alerts as tables

_CARE = tables.alert_care
_KEYS_PER_QUERY = 500


class SqlCareBook:
    """Actions; appended, never changed or deleted."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the book in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def append(self, actions: Sequence[Care]) -> None:
        """Keep the actions; of a known key the first one stands."""
        with writing(self._engine) as connection:
            known = _known(connection, [each.key for each in actions])
            fresh = {each.key: _row(each) for each in reversed(actions) if each.key not in known}
            if fresh:
                connection.execute(sa.insert(_CARE), list(fresh.values()))

    def since(self, from_utc: datetime) -> Sequence[Care]:
        """Return the actions of that time and later, oldest first."""
        newer = sa.select(_CARE).where(_CARE.c.at_utc >= from_utc).order_by(_CARE.c.at_utc, _CARE.c.key)
        with reading(self._engine) as connection:
            return [_care(row) for row in connection.execute(newer)]


def _known(connection: sa.Connection, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), _KEYS_PER_QUERY):  # databases bound the number of parameters
        some = _CARE.c.key.in_(keys[start : start + _KEYS_PER_QUERY])
        found.update(row.key for row in connection.execute(sa.select(_CARE.c.key).where(some)))
    return found


def _row(care: Care) -> dict[str, object]:
    return asdict(care) | {"kind": care.kind.value, "action": care.action.value}


def _care(row: sa.Row[tuple[object, ...]]) -> Care:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public accessor)
    return Care(**values | {"kind": AlertKind(values["kind"]), "action": CareAction(values["action"])})
