"""Reports how the HTTP door is, as the workers behind a broker do, and raises an alert while a source is silent."""

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from api.context import ApiContext
from api.turns import TurnTaker
from api.uplinks.ledger import Silent, UplinkLedger
from tomma.model import Alert, AlertKind
from tomma.workers import REPORT_EVERY_S, WorkerKind, WorkerReport

log = logging.getLogger(__name__)

NAME = "uplinks"
"""How the door is called among the workers."""


class UplinkWatch(TurnTaker):
    """One thread; in a city without HTTP sources it has next to nothing to do."""

    def __init__(self, context: ApiContext, ledger: UplinkLedger) -> None:
        super().__init__("uplink-watch", log, every_s=REPORT_EVERY_S)
        self._context, self._ledger = context, ledger
        self._started_utc = datetime.now(UTC)
        self._looking = threading.Lock()
        self._has_told = False

    def look(self) -> None:
        """Report and judge once; may be called from any thread."""
        with self._looking:
            self._look()

    def _look(self) -> None:
        self._hear()
        now_utc = self._context.clock.now_utc()
        self._ledger.forget(now_utc)
        facts = self._ledger.facts(now_utc)
        if facts or self._has_told:  # also that all of them are forgotten
            report = WorkerReport(NAME, WorkerKind.DOOR, self._started_utc, datetime.now(UTC), {"sources": facts})
            self._context.workers.report(report)
            self._has_told = True
        self._judge(list(self._ledger.silent(now_utc)))

    def _hear(self) -> None:
        """Hear what the server before us told, or another on the same data: else each would judge by its own half."""
        for report in self._context.workers.reports():
            if report.worker == NAME:
                self._ledger.resume(report.facts.get("sources"))

    def _judge(self, silent: Sequence[Silent]) -> None:
        """Raise one alert for all, dated to when the first one's patience ran out; end it when the last one is back."""
        kind, readings = AlertKind.SOURCE_SILENT, self._context.readings
        is_raised = any(each.kind is kind for each in readings.active_alerts())
        if bool(silent) == is_raised:
            return
        if silent:
            values = {"sources": float(len(silent)), "refused": float(sum(each.refused for each in silent))}
            alert = Alert(kind, min(each.since_utc for each in silent), active=True, values=values)
        else:
            alert = Alert(kind, self._context.clock.now_utc(), active=False)
        readings.append((), alerts=[alert])
        log.info("alert kind=%s active=%s sources=%s", kind, alert.active, ",".join(each.network for each in silent))

    def _turn(self) -> None:
        self.look()
