"""`RequestBook` in the registry database: what residents and the office asked for."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from tomma.errors import NotFoundError
from tomma.model import BinId
from tomma.requests import BinRequest, RequestReason, RequestSource
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import requests as tables

_REQUEST = tables.bin_request


class SqlRequestBook:
    """Requests; never deleted, only withdrawn, or fulfilled by an emptying that others keep."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the book in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def ask(self, request: BinRequest) -> BinRequest:
        """Keep the request; of a known id the first one stands and is returned."""
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(_REQUEST).values(_values(request)))
        except sa.exc.IntegrityError:
            return self._get(request.id)
        return request

    def withdraw(self, request_id: str, at_utc: datetime) -> BinRequest:
        """Take a request back; again changes nothing."""
        standing = (_REQUEST.c.id == request_id) & _REQUEST.c.withdrawn_utc.is_(None)
        with writing(self._engine) as connection:
            connection.execute(sa.update(_REQUEST).where(standing).values(withdrawn_utc=at_utc))
        return self._get(request_id)

    def not_withdrawn(self, since_utc: datetime) -> Sequence[BinRequest]:
        """Return the requests asked at `since_utc` or later and not taken back, oldest first."""
        wanted = (_REQUEST.c.asked_utc >= since_utc) & _REQUEST.c.withdrawn_utc.is_(None)
        return self._all(sa.select(_REQUEST).where(wanted).order_by(_REQUEST.c.asked_utc, _REQUEST.c.id))

    def of_bin(self, bin_id: BinId, limit: int = 100) -> Sequence[BinRequest]:
        """Return a bin's newest requests, newest first."""
        own = sa.select(_REQUEST).where(_REQUEST.c.bin_id == bin_id)
        return self._all(own.order_by(_REQUEST.c.asked_utc.desc(), _REQUEST.c.id.desc()).limit(max(limit, 0)))

    def count(self, source: RequestSource, since_utc: datetime) -> int:
        """Return how often `source` asked at `since_utc` or later, withdrawn requests included."""
        wanted = (_REQUEST.c.asked_utc >= since_utc) & (_REQUEST.c.source == source.value)
        with reading(self._engine) as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(_REQUEST).where(wanted)) or 0)

    def _get(self, request_id: str) -> BinRequest:
        found = self._all(sa.select(_REQUEST).where(_REQUEST.c.id == request_id))
        if not found:
            raise NotFoundError(f"there is no request {request_id}")
        return found[0]

    def _all(self, query: sa.Select[tuple[object, ...]]) -> Sequence[BinRequest]:
        with reading(self._engine) as connection:
            return [_request(row) for row in connection.execute(query)]


def _values(request: BinRequest) -> dict[str, object]:
    return asdict(request) | {"reason": request.reason.value, "source": request.source.value}


def _request(row: sa.Row[tuple[object, ...]]) -> BinRequest:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public accessor)
    known = {"reason": RequestReason(values["reason"]), "source": RequestSource(values["source"])}
    return BinRequest(**values | known)
