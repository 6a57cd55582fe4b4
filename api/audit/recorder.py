"""Writes records; while the store cannot, they wait here, and nothing more is changed."""

import logging
import threading
from collections.abc import Iterable
from dataclasses import replace
from time import monotonic

from tomma.audit import AuditBook, Deed, Outcome
from tomma.errors import TommaError
from tomma.logs import Bucket, Pace

log = logging.getLogger(__name__)

WAITING_MAX = 10_000
REFUSED = Pace(burst=100, every_s=10.0)
"""Of each kind of refusal: strangers make these, and must not fill a disk. What is held back is counted."""
KINDS_MAX = 500


class Recorder:
    """Safe to call from many threads."""

    def __init__(self, book: AuditBook) -> None:
        self._book = book
        self._lock = threading.Lock()
        self._waiting: list[Deed] = []
        self._paces: dict[str, Bucket] = {}

    @property
    def is_behind(self) -> bool:
        """Whether records wait for a store that could not take them."""
        return bool(self._waiting)

    def record(self, deeds: Iterable[Deed]) -> None:
        """Write the deeds; where that fails they wait, and the log has them meanwhile."""
        with self._lock:
            coming = [shown for deed in deeds if (shown := self._paced(deed)) is not None]
            try:
                if coming:
                    self._book.append([*self._waiting, *coming])
                    self._waiting = []
            except TommaError as exc:
                self._waiting = [*self._waiting, *coming][:WAITING_MAX]
                for deed in coming:
                    log.error("audit record waits reason=%s deed=%s", exc, deed)  # noqa: TRY400

    def begin(self, deed: Deed) -> None:
        """Note what begins; StoreUnavailableError where that cannot be, and then nothing must be changed."""
        self._book.begin(deed)

    def end(self, request_id: str) -> None:
        """Strike out what was begun, unless its record waits."""
        if not self.is_behind:
            self._book.end(request_id)

    def recover(self) -> None:
        """Record what a server that was killed had begun; what cannot be done now is done at the next start."""
        try:
            self._book.recover()
        except TommaError as exc:
            log.warning("changes cut short not recorded yet reason=%s", exc)

    def catch_up(self) -> None:
        """Write what waits; StoreUnavailableError while that cannot be."""
        with self._lock:
            if self._waiting:
                self._book.append(self._waiting)
                self._waiting = []

    def _paced(self, deed: Deed) -> Deed | None:
        if deed.outcome is Outcome.DONE:
            return deed
        now_s = monotonic()
        kind = deed.action if deed.action in self._paces or len(self._paces) < KINDS_MAX else ""
        bucket = self._paces.setdefault(kind, Bucket(0.0, now_s))
        if not bucket.admits(REFUSED, now_s):
            return None
        missed, bucket.held_back = bucket.held_back, 0
        return replace(deed, facts={**deed.facts, "not_recorded": missed}) if missed else deed
