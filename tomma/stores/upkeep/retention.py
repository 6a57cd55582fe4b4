"""How long a city keeps what: applied once a day, in whole days (UTC), and written down with what went.

Readings fold into their days, so history outlives them. A clock that is years ahead must not empty a store: a run
moves each bound by at most a month beyond the run before, and the first one reckons from the newest reading.
"""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from tomma.asset_ports import AssetBook
from tomma.audit import AuditBook
from tomma.bounds import check_utc
from tomma.clock import Clock
from tomma.errors import StoreUnavailableError, TommaError
from tomma.locks import holding
from tomma.ports import Aging, ReadingStore
from tomma.store_settings import RetentionSettings
from tomma.stores.upkeep.keeping import OldRows, SqlOldRows

log = logging.getLogger(__name__)

FURTHEST = timedelta(days=31)
EVERY = timedelta(days=1)
PHOTOS = "photos"
AUDIT = "audit"
_LOOK_EVERY_S = 600.0
_LOCK_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one kind of record."""

    at_utc: datetime
    kind: str
    before_utc: datetime
    """Records from before this moment were due."""
    deleted: int


def apply(
    store: ReadingStore,
    settings: RetentionSettings,
    now_utc: datetime,
    journal: Path,
    *,
    assets: AssetBook | None = None,
    audit: AuditBook | None = None,
    rows: SqlOldRows | None = None,
    dry_run: bool = False,
) -> Sequence[Outcome]:
    """Delete what is due, and append one line for each kind to `journal`; a dry run only counts.

    Photos are in `assets`, audit records in `audit`, all else of the registry in `rows`; without these they are left
    alone.

    Raises:
        StoreUnavailableError: If a kind could not be deleted, after all the others were; or another process is at it.
    """
    with holding(_lock_of(journal), _LOCK_WAIT_S) as got:
        if not got:
            raise StoreUnavailableError(f"{journal}: another process applies the retention now")
        found, failures = [], list[StoreUnavailableError]()
        ways = _ways(store, now_utc, assets, audit, rows)
        for kind, days in ((kind, int(getattr(settings, f"{kind}_days"))) for kind in ways):
            if not days:
                continue
            bound = _bound(kind, now_utc, days, journal, store)
            try:
                found.append(Outcome(now_utc, kind, bound, ways[kind](bound, dry_run)))
            except StoreUnavailableError as exc:  # a server of readings that is away keeps nobody's taps and photos
                failures.append(exc)
                continue
            if not dry_run:
                _note(found[-1], journal)
        if failures:
            raise failures[0]
        return found


def _ways(
    store: ReadingStore,
    now_utc: datetime,
    assets: AssetBook | None,
    audit: AuditBook | None,
    rows: SqlOldRows | None,
) -> Mapping[str, Callable[[datetime, bool], int]]:
    """Return how each kind of record goes, by the name that its setting begins with."""
    ways: dict[str, Callable[[datetime, bool], int]] = {
        Aging.READINGS.value: lambda bound, dry_run: store.delete_before(bound, dry_run=dry_run)
    }
    for aging in Aging:
        if aging is not Aging.READINGS:
            ways[aging.value] = partial(_forgotten, store, aging)
    if assets is not None:
        ways[PHOTOS] = lambda bound, dry_run: assets.forget_photos_before(bound, dry_run=dry_run)
    if rows is not None:
        ways |= {kind.value: partial(_forgotten, rows, kind) for kind in OldRows}
    if audit is not None:  # last: its own record of a run vouches for what went
        ways[AUDIT] = lambda bound, dry_run: audit.forget_before(bound, now_utc, dry_run=dry_run)
    return ways


class _Forgets[Kind](Protocol):
    def forget_before(self, kind: Kind, moment: datetime, /, *, dry_run: bool = False) -> int: ...


def _forgotten[Kind](keeper: _Forgets[Kind], kind: Kind, bound: datetime, dry_run: bool) -> int:
    return keeper.forget_before(kind, bound, dry_run=dry_run)


def _bound(kind: str, now_utc: datetime, days: int, journal: Path, store: ReadingStore) -> datetime:
    former = [each.before_utc for each in read_journal(journal) if each.kind == kind]
    wanted = _days_before(now_utc, days)
    if former:
        return min(wanted, former[-1] + FURTHEST)
    newest_utc = max((each.measured_utc for each in store.latest().values()), default=now_utc)
    return min(wanted, _days_before(newest_utc + FURTHEST, days))  # no run before it says what time it is


def _days_before(moment: datetime, days: int) -> datetime:
    return (moment - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)


def read_journal(journal: Path) -> list[Outcome]:
    """Return what former runs wrote, oldest first; a line that was cut by a power failure is passed over."""
    found = []
    for line in journal.read_text(encoding="utf-8", errors="replace").splitlines() if journal.exists() else ():
        try:
            row = json.loads(line)
            times = {name: datetime.fromisoformat(row[name]) for name in ("at_utc", "before_utc")}
            for name, moment in times.items():
                check_utc(name, moment)
            found.append(Outcome(**row | times))
        except (ValueError, TypeError, KeyError):
            log.warning("line of the retention journal passed over path=%s line=%.100s", journal, line)
    return found


def _note(outcome: Outcome, journal: Path) -> None:
    row = asdict(outcome) | {"at_utc": outcome.at_utc.isoformat(), "before_utc": outcome.before_utc.isoformat()}
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
        file.flush()
        os.fsync(file.fileno())
    log.info("retention kind=%s before=%s deleted=%d", outcome.kind, row["before_utc"], outcome.deleted)


def _lock_of(journal: Path) -> Path:
    return journal.with_name(journal.name + ".lock")


@contextmanager
def retaining(
    store: ReadingStore,
    assets: AssetBook,
    settings: RetentionSettings,
    clock: Clock,
    journal: Path,
    audit: AuditBook | None = None,
    rows: SqlOldRows | None = None,
) -> Iterator[None]:
    """Apply the retention once a day inside, whichever of several processes is first."""
    stop = threading.Event()
    thread = threading.Thread(
        target=_daily, args=(store, assets, audit, rows, settings, clock, journal, stop), name="retention", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(1.0)


def _is_due(journal: Path, now_utc: datetime) -> bool:
    """Return whether the last run was a day ago; one of a clock that was ahead must not put off the next for years."""
    former = read_journal(journal)
    return not former or not timedelta() <= now_utc - former[-1].at_utc < EVERY


def _daily(
    store: ReadingStore,
    assets: AssetBook,
    audit: AuditBook | None,
    rows: SqlOldRows | None,
    settings: RetentionSettings,
    clock: Clock,
    journal: Path,
    stop: threading.Event,
) -> None:
    while not stop.wait(min(_LOOK_EVERY_S, clock.real_seconds(_LOOK_EVERY_S))):
        now_utc = clock.now_utc()
        try:
            if _is_due(journal, now_utc):
                apply(store, settings, now_utc, journal, assets=assets, audit=audit, rows=rows)
        except TommaError as exc:
            log.warning("retention put off why=%s", exc)
        except Exception:  # a front door of its own: tomorrow is another day
            log.exception("retention failed")
