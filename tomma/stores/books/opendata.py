"""`OpenDataBook` in the registry database: every list that ever counted, the newest last."""

from dataclasses import replace

import sqlalchemy as sa

from tomma.codec import from_json, to_json
from tomma.errors import ConflictError, Refusal
from tomma.opendata import OpenData
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables.opendata import open_data


class SqlOpenDataBook:
    """The list; its revision is the key, so that of two changes to one list the second is refused."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the book in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def opened(self) -> OpenData:
        """Return what is open; nothing before anybody opened anything."""
        newest = sa.select(open_data.c.document).order_by(open_data.c.revision.desc()).limit(1)
        with reading(self._engine) as connection:
            found = connection.execute(newest).scalar()
        return from_json(found, OpenData) if found is not None else OpenData()

    def open_up(self, opened: OpenData, revision: int) -> OpenData:
        """Keep it in place of the one with this revision, and return it with its own; ConflictError if that is gone."""
        kept = replace(opened, revision=revision + 1)
        try:
            with writing(self._engine) as connection:
                newest = connection.execute(sa.select(sa.func.max(open_data.c.revision))).scalar() or 0
                if newest != revision:
                    text = f"what is open was changed meanwhile: revision {newest}, not {revision}"
                    raise ConflictError(text, Refusal.CHANGED_MEANWHILE)
                row = sa.insert(open_data).values(revision=kept.revision, document=to_json(kept).decode())
                connection.execute(row)
        except sa.exc.IntegrityError as exc:
            text = "what is open was changed meanwhile; read it again"
            raise ConflictError(text, Refusal.CHANGED_MEANWHILE) from exc
        return kept
