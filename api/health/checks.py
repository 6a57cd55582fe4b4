"""What works and what does not, each part asked on its own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from api.certificate import ending
from api.health.schemas import CheckOut
from api.services import Services
from tomma.errors import NotFoundError, TommaError
from tomma.workers import WorkerKind, WorkerReport

OK = CheckOut(status="ok", detail="")


def checks(hands: Services) -> Mapping[str, CheckOut]:
    """Return every part by name."""
    return {
        "city": _probe(hands.city.current),
        "readings": _probe(hands.context.readings.dead_letter_counts),
        "plans": _probe(lambda: hands.context.plans.heads(limit=1)),
        "events": _probe(lambda: hands.context.events.since(0, 1)),
        "forecast": _said(hands.forecasts.failure),
        "live": _said(hands.watch.failure),
        **_certificate(hands),
        "ingest": _ingest(hands),
        "uplinks": _said("; ".join(str(each) for each in hands.uplink_ledger.silent(hands.context.clock.now_utc()))),
    }


def _certificate(hands: Services) -> Mapping[str, CheckOut]:
    certificate = hands.context.certificate
    return {} if certificate is None else {"certificate": _said(ending(certificate, hands.context.wall.now_utc()))}


def _probe(ask: Callable[[], object]) -> CheckOut:
    try:
        ask()
    except NotFoundError as exc:
        return CheckOut(status="degraded", detail=str(exc))
    except TommaError:
        return CheckOut(status="degraded", detail="the store cannot be read; the operator's log says why")
    return OK


def _said(failure: str) -> CheckOut:
    return CheckOut(status="degraded", detail=failure) if failure else OK


def _ingest(hands: Services) -> CheckOut:
    try:
        reports = hands.context.workers.reports()
    except TommaError:
        return CheckOut(status="degraded", detail="the registry cannot be read; the operator's log says why")
    return judged(reports, datetime.now(UTC))


def judged(reports: Sequence[WorkerReport], now_utc: datetime) -> CheckOut:
    """Return how the stream is, by what its workers last said and by which of them fell silent."""
    reports = [each for each in reports if each.kind is WorkerKind.INGEST]
    if not reports:
        return CheckOut(status="degraded", detail="no worker takes readings: start `tomma ingest`")
    return _said("; ".join(fault for report in reports if (fault := _fault(report, now_utc))))


def _fault(report: WorkerReport, now_utc: datetime) -> str:
    if report.facts.get("ended"):
        return f"{report.worker} was stopped at {report.reported_utc:%Y-%m-%dT%H:%M:%SZ}"
    if report.silent(now_utc):
        return f"{report.worker} has not reported for {(now_utc - report.reported_utc).total_seconds():.0f} s"
    if report.facts.get("connected") is False:
        return f"{report.worker} has no connection to the broker"
    if failure := report.facts.get("store_failure"):
        return f"{report.worker} cannot store, the broker keeps what comes: {failure}"
    if trouble := report.facts.get("feed_trouble"):
        return f"{report.worker} cannot feed the server, readings wait here: {trouble}"
    return ""
