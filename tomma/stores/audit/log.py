"""`AuditBook` in the registry database; its key and its head are files of the data directory.

Who can change the database only, cannot make a MAC, and cannot take back the head. Who can read the key's file can
do both: against that helps a head noted elsewhere (`tomma audit head`).
"""

import logging
import os
import secrets
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from tomma.audit import (
    CHECKPOINT,
    GENESIS,
    KEY_MIN,
    Deed,
    Fact,
    Head,
    Key,
    Record,
    Search,
    Span,
    Verdict,
    chained,
    head_of,
    moment_text,
    verify,
)
from tomma.errors import ConfigurationError, StoreUnavailableError
from tomma.locks import holding
from tomma.new_files import new_file
from tomma.secret_files import make_private, secret_of
from tomma.stores.audit.begun import CUT_SHORT, BegunFile, left_in
from tomma.stores.books import counters
from tomma.stores.books.database import TURN_TIMEOUT_S, reading, writing
from tomma.stores.books.tables.audit import audit_record as _RECORD  # noqa: N812  (a constant here)

log = logging.getLogger(__name__)

_ROWS = 1_000
_NAMES = tuple(each.name for each in fields(Record))


@dataclass(frozen=True, slots=True)
class AuditFiles:
    """What is kept beside the database."""

    key: Path
    head: Path
    is_own_key: bool = True
    """Whether the key is ours to make; else somebody put it there."""


class SqlAuditBook:
    """One chain, however many processes write it: numbers are given under a lock, and never twice."""

    def __init__(self, engine: sa.Engine, files: AuditFiles) -> None:
        """Keep the chain in an opened database; the key is made when the first record is written."""
        self._engine = engine
        self._files = files
        self._known: Key | None = None
        self._begun = BegunFile(files.head.parent)

    def append(self, deeds: Sequence[Deed]) -> Head:
        """Chain the deeds in one transaction, then note the head beside the database."""
        return self._changing(lambda connection: self._chain(connection, deeds))

    def begin(self, deed: Deed) -> None:
        """Note it in a file of this process; see `BegunFile`."""
        self._begun.begin(deed)

    def end(self, request_id: str) -> None:
        """Strike it out there."""
        self._begun.end(request_id)

    def recover(self) -> int:
        """Record what is left of processes that are gone, where it is not on record already."""
        return self.adopt(self._files.head.parent)

    def adopt(self, folder: Path) -> int:
        """Record what is noted in another folder, and return how many deeds that were."""
        count = 0
        for path, deeds in left_in(folder):
            missing = [each for each in deeds if not self.page(1, search=Search(request_id=each.request_id))]
            if missing:
                self.append(missing)
                cut_short = sum(CUT_SHORT in each.facts for each in missing)
                log.warning("on record only now count=%d cut_short_by_a_kill=%d", len(missing), cut_short)
            path.unlink(missing_ok=True)
            count += len(missing)
        return count

    def close(self) -> None:
        """Let go of the file of what was begun."""
        self._begun.close()

    def page(self, limit: int, before: int | None = None, search: Search | None = None) -> Sequence[Record]:
        """Return the newest records that fit."""
        query = _narrowed(sa.select(_RECORD), search or Search())
        if before is not None:
            query = query.where(_RECORD.c.number < before)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(_RECORD.c.number.desc()).limit(max(limit, 0)))
            return [_record(row) for row in rows]

    def walk(self, first: int = 1, span: Span | None = None) -> Generator[Record]:
        """Yield the records of one snapshot, without holding them all in memory."""
        query = _narrowed(sa.select(_RECORD), Search(span=span)).where(_RECORD.c.number >= first)
        with reading(self._engine) as connection:
            rows = connection.execution_options(yield_per=_ROWS).execute(query.order_by(_RECORD.c.number))
            for row in rows:
                yield _record(row)

    def head(self) -> Head | None:
        """Return the newest record's."""
        with reading(self._engine) as connection:
            return _top(connection)

    def verify(self, heads: Sequence[Head] = (), keys: Sequence[Key] = (), first: int = 1) -> Verdict:
        """Walk along the chain; what was noted here is read before, for the chain only grows meanwhile."""
        with reading(self._engine) as connection:
            given = counters.value(connection, counters.AUDIT)
        noted = self.noted()
        here = [self._key()] if self._files.key.exists() else []
        with closing(self.walk(first)) as records:
            return verify(
                records,
                [*here, *keys],
                [*heads, *([noted] if noted else [])],
                from_start=first == 1,
                given=given,
            )

    def forget_before(self, bound_utc: datetime, now_utc: datetime, *, dry_run: bool = False) -> int:
        """Delete the beginning in the transaction that adds the record which vouches for it."""
        if dry_run:
            with reading(self._engine) as connection:
                return _due(connection, bound_utc)[0]
        return self._changing(lambda connection: self._shorten(connection, bound_utc, now_utc))

    def noted(self) -> Head | None:
        """Return the head that is noted beside the database; None when there is none, or none that can be read."""
        with suppress(OSError, ValueError):
            return head_of(self._files.head.read_text(encoding="ascii"))
        return None

    def _changing[T](self, work: Callable[[sa.Connection], T]) -> T:
        with holding(self._files.head.with_name(f"{self._files.head.name}.lock"), TURN_TIMEOUT_S) as got:
            if not got:
                raise StoreUnavailableError(f"{self._files.head}: others write records since {TURN_TIMEOUT_S:g} s")
            with writing(self._engine) as connection:
                done = work(connection)
                head = _top(connection)
            if head is not None:  # only now is it durable; who is killed before this line leaves an older head
                self._note(head)
        return done

    def _chain(self, connection: sa.Connection, deeds: Sequence[Deed]) -> Head:
        key, noted = self._key(), self.noted()
        given = counters.raise_by(connection, counters.AUDIT, 0)  # takes its lock: others wait here
        top = _top(connection)
        # A number that was given is never given again: where a tail was cut off, a gap stays.
        number = max(given, top.number if top else 0, noted.number if noted else 0)
        counters.raise_by(connection, counters.AUDIT, number + len(deeds) - given)
        head = Head(number, top.mac if top else GENESIS)
        rows = []
        for deed in deeds:
            record = chained(deed, head.number + 1, head.mac, key)
            rows.append(asdict(record))
            head = Head(record.number, record.mac)
        if rows:
            connection.execute(sa.insert(_RECORD), rows)
        return head

    def _shorten(self, connection: sa.Connection, bound_utc: datetime, now_utc: datetime) -> int:
        counters.raise_by(connection, counters.AUDIT, 0)
        count, last = _due(connection, bound_utc)
        if last is None:
            return 0
        facts: dict[str, Fact] = {
            "through": last.number,
            "mac": last.mac,
            "deleted": count,
            "before": moment_text(bound_utc),
        }
        self._chain(connection, [Deed(now_utc, "retention", CHECKPOINT, facts=facts)])
        connection.execute(sa.delete(_RECORD).where(_RECORD.c.number <= last.number))
        return count

    def _key(self) -> Key:
        if self._known is None:
            if self._files.is_own_key and not self._files.key.exists():
                make_private(self._files.key, f"{secrets.token_hex(KEY_MIN)}\n".encode())
            self._known = read_key(self._files.key)
        return self._known

    def _note(self, head: Head) -> None:
        path = self._files.head
        draft = path.with_name(f"{path.name}.new")
        try:
            draft.unlink(missing_ok=True)
            with os.fdopen(new_file(draft, 0o666), "w", encoding="ascii") as file:
                file.write(f"{head}\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as exc:  # the record itself is durable; the next one notes both
            log.warning("audit head not noted path=%s reason=%s", path, exc)


def read_key(path: Path) -> Key:
    """Return the key in a file; ConfigurationError when it is short, or everybody can read it."""
    text = secret_of("audit.key_file", SecretStr(""), path)
    if len(text) < KEY_MIN:
        raise ConfigurationError(f"audit.key_file: {path} must hold at least {KEY_MIN} characters, got {len(text)}")
    return Key(text.encode())


def _top(connection: sa.Connection) -> Head | None:
    newest = sa.select(_RECORD.c.number, _RECORD.c.mac).order_by(_RECORD.c.number.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return None if row is None else Head(int(row.number), str(row.mac))


def _due(connection: sa.Connection, bound_utc: datetime) -> tuple[int, Head | None]:
    """Return how many records stand before the first one that must stay, and the last of them."""
    stays = sa.select(sa.func.min(_RECORD.c.number)).where(_RECORD.c.at_utc >= moment_text(bound_utc))
    first = connection.execute(stays).scalar()
    old = sa.true() if first is None else _RECORD.c.number < first
    count = int(connection.execute(sa.select(sa.func.count()).select_from(_RECORD).where(old)).scalar_one())
    newest = sa.select(_RECORD.c.number, _RECORD.c.mac).where(old).order_by(_RECORD.c.number.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return count, None if row is None else Head(row.number, row.mac)


def _narrowed(query: sa.Select[Any], search: Search) -> sa.Select[Any]:
    for name in ("actor", "action", "target", "outcome", "request_id"):
        wanted = getattr(search, name)
        if wanted:
            query = query.where(_RECORD.c[name] == wanted)
    if search.span is not None:
        query = query.where(_RECORD.c.at_utc >= moment_text(search.span.from_utc))
        query = query.where(_RECORD.c.at_utc < moment_text(search.span.to_utc))
    return query


def _record(row: sa.Row[Any]) -> Record:
    """Return the record to the letter; what is no text any more was not written by us, and must not pass for it."""
    found = row._mapping  # noqa: SLF001  (SQLAlchemy's own way)
    values: dict[str, Any] = {}
    for name in _NAMES:
        values[name] = found[name] if isinstance(found[name], str | int) else repr(found[name])
    return Record(**values)
