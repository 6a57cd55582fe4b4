"""`AssetBook` in the registry database: edits, and beside them in the same transaction what is worth remembering."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from tomma.assets import Asset, AssetKind, Edited, Photo, Retired
from tomma.city import Bin, City, Installation, Sensor, Site
from tomma.codec import from_json, parse_json, to_json, to_plain
from tomma.containers import ContainerType
from tomma.errors import ConflictError, NotFoundError, Refusal
from tomma.fitting import Fitting
from tomma.model import BinId
from tomma.stores.books.database import reading, writing
from tomma.stores.books.registry import SqlRegistry
from tomma.stores.books.tables import assets as tables

_RETIRED, _FITTING, _PHOTO = tables.retired, tables.fitting, tables.photo
_KINDS: dict[AssetKind, type[Asset]] = {
    AssetKind.SITE: Site,
    AssetKind.BIN: Bin,
    AssetKind.CONTAINER_TYPE: ContainerType,
    AssetKind.SENSOR: Sensor,
}


class SqlAssetBook:
    """Changes the registry a piece at a time."""

    def __init__(self, engine: sa.Engine, registry: SqlRegistry) -> None:
        """Work on the registry of an opened database."""
        self._engine = engine
        self._registry = registry

    def edit(self, change: Callable[[City], Edited]) -> City:
        """Read, change and write in one transaction."""
        with writing(self._engine) as connection:
            return self._edit(connection, change)

    def retired(self, limit: int) -> Sequence[Retired]:
        """Return what went out of use, the newest first."""
        query = sa.select(_RETIRED).order_by(_RETIRED.c.number.desc()).limit(max(limit, 0))
        with reading(self._engine) as connection:
            return [_retired(row) for row in connection.execute(query)]

    def perform(self, fitting: Fitting, change: Callable[[City], Edited]) -> bool:
        """Carry out what an installer did, once for each key."""
        known = sa.select(_FITTING.c.document).where(_FITTING.c.key == fitting.key)
        with writing(self._engine) as connection:
            found = connection.execute(known).scalar()
            if found is not None:
                if _body(from_json(found, Fitting)) != _body(fitting):
                    text = f"key {fitting.key} was used for another fitting; the first one stands"
                    raise ConflictError(text, Refusal.MADE_BEFORE)
                return False
            self._edit(connection, change)
            columns = {name: getattr(fitting, name) for name in ("key", "bin_id", "sensor_id", "done_utc")}
            row = {**columns, "received_utc": fitting.received_utc, "document": to_json(fitting).decode()}
            connection.execute(sa.insert(_FITTING).values(row))
        return True

    def fittings(self, bin_id: BinId, limit: int = 50) -> Sequence[Fitting]:
        """Return what was done at a bin, the newest first."""
        query = sa.select(_FITTING.c.document).where(_FITTING.c.bin_id == bin_id)
        query = query.order_by(_FITTING.c.done_utc.desc(), _FITTING.c.key).limit(max(limit, 0))
        with reading(self._engine) as connection:
            return [from_json(document, Fitting) for document in connection.execute(query).scalars()]

    def keep_photo(self, photo: Photo) -> bool:
        """Keep a photo; of a known key the first one stands."""
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(_PHOTO).values(asdict(photo)))
        except sa.exc.IntegrityError:
            return False
        return True

    def photo(self, key: str) -> Photo:
        """Return the photo."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_PHOTO).where(_PHOTO.c.key == key)).one_or_none()
        if row is None:
            raise NotFoundError(f"there is no photo {key}")
        return Photo(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public accessor)

    def photos_of(self, bin_id: BinId) -> Sequence[str]:
        """Return the keys of a bin's photos, the newest first."""
        query = sa.select(_PHOTO.c.key).where(_PHOTO.c.bin_id == bin_id)
        with reading(self._engine) as connection:
            return list(connection.execute(query.order_by(_PHOTO.c.taken_utc.desc(), _PHOTO.c.key)).scalars())

    def forget_photos_before(self, moment: datetime, *, dry_run: bool = False) -> int:
        """Delete the photos received before `moment`, or only count them."""
        due = _PHOTO.c.received_utc < moment
        if dry_run:
            with reading(self._engine) as connection:
                return connection.execute(sa.select(sa.func.count()).select_from(_PHOTO).where(due)).scalar_one()
        with writing(self._engine) as connection:
            return connection.execute(sa.delete(_PHOTO).where(due)).rowcount

    def _edit(self, connection: sa.Connection, change: Callable[[City], Edited]) -> City:
        gone: list[Retired] = []

        def changed(city: City) -> City:
            edited = change(city)
            gone.extend(edited.retired)
            return edited.city

        city = self._registry.edit_in(connection, changed)
        if gone:
            connection.execute(sa.insert(_RETIRED), [_row(each) for each in gone])
        return city


def _body(fitting: Fitting) -> dict[str, object]:
    """Return what the phone said: when it reached us is ours."""
    return {name: value for name, value in asdict(fitting).items() if name != "received_utc"}


def _row(each: Retired) -> dict[str, object]:
    document = to_json({"value": to_plain(each.value), "installations": each.installations}).decode()
    return {"kind": each.kind.value, "id": each.id, "retired_utc": each.retired_utc, "document": document}


def _retired(row: sa.Row[tuple[object, ...]]) -> Retired:
    kind = AssetKind(row.kind)
    document = parse_json(row.document.encode())
    assert isinstance(document, dict)  # noqa: S101  (written above)
    return Retired(
        kind,
        row.id,
        row.retired_utc,
        from_json(to_json(document["value"]), _KINDS[kind]),
        from_json(to_json(document["installations"]), tuple[Installation, ...]),
    )
