"""The city's own numbers, asked for at each scrape: what the stores and the workers' reports say now."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.health.checks import checks
from api.services import Services
from tomma.errors import TommaError
from tomma.workers import WorkerReport

COUNTED = {
    "received": "Messages made durable, as a reading or as a dead letter.",
    "stored": "Readings and emptyings that were new to the store.",
    "duplicates": "Readings and emptyings that the store had already.",
    "emptyings": "Emptyings seen.",
    "batches": "Commits.",
    "store_failures": "Times the store could not promise durability; the broker kept the messages.",
    "unread": "Messages of QoS 0 that found no room.",
    "throttled": "Messages beyond what one sensor may send.",
    "broker_dropped": "Messages the broker says it dropped.",
    "broker_sessions_lost": "Reconnects at which the broker had forgotten our session.",
    "reconnects": "Times the connection to the broker was made anew.",
}
MEASURED = {
    "lag_s": "From receipt to commit, for the oldest message of the newest batch. [s]",
    "max_lag_s": "The longest of these since start. [s]",
    "feed_waiting": "Readings durable here and not yet on the InfluxDB server.",
    "feed_refused": "Readings that server does not take; kept here.",
    "waiting": "Messages taken from the broker and not yet durable.",
}


class CityCollector(Collector):
    """Asks each part on its own: one that cannot answer leaves its numbers out and no other's."""

    def __init__(self, hands: Services) -> None:
        self._hands = hands

    def collect(self) -> Iterator[Metric]:
        """Give every family of metrics."""
        parts: Sequence[Callable[[], Iterator[Metric]]] = (
            self._checks,
            self._workers,
            self._dead_letters,
            self._alerts,
            self._bins,
        )
        for part in parts:
            try:
                yield from list(part())
            except TommaError:
                continue  # tomma_check_ok tells which

    def _checks(self) -> Iterator[Metric]:
        ok = GaugeMetricFamily("tomma_check_ok", "Whether a part works: 1 or 0.", labels=["check"])
        for name, check in checks(self._hands).items():
            ok.add_metric([name], float(check.status == "ok"))
        yield ok

    def _workers(self) -> Iterator[Metric]:
        reports, now_utc = self._hands.context.workers.reports(), datetime.now(UTC)
        up = GaugeMetricFamily("tomma_worker_up", "Whether a worker reports: 1 or 0.", labels=["worker", "kind"])
        age = GaugeMetricFamily("tomma_worker_report_age_seconds", "Since its last report.", labels=["worker"])
        for report in reports:
            up.add_metric([report.worker, report.kind.value], float(not report.silent(now_utc)))
            age.add_metric([report.worker], (now_utc - report.reported_utc).total_seconds())
        yield from (up, age, *_facts(reports), _rejected(reports))

    def _dead_letters(self) -> Iterator[Metric]:
        family = CounterMetricFamily("tomma_dead_letters", "Messages that became no reading.", labels=["reason"])
        for reason, count in self._hands.context.readings.dead_letter_counts().items():
            family.add_metric([reason.value], count)
        yield family

    def _alerts(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("tomma_alerts_active", "What is the matter now.", labels=["kind"])
        for kind, count in Counter(each.kind for each in self._hands.context.readings.active_alerts()).items():
            family.add_metric([kind.value], count)
        yield family

    def _bins(self) -> Iterator[Metric]:
        scene, now_utc = self._hands.watch.scene(), self._hands.context.clock.now_utc()
        yield GaugeMetricFamily("tomma_bins", "Bins of the city.", value=len(scene.city.bins))
        newest_utc = self._hands.watch.last_reading_utc()
        if newest_utc is not None:
            age_s = (now_utc - newest_utc).total_seconds()
            yield GaugeMetricFamily("tomma_last_reading_age_seconds", "Since the newest measurement.", value=age_s)
        if scene.forecast is not None:
            age_s = (now_utc - scene.forecast.as_of_utc).total_seconds()
            yield GaugeMetricFamily("tomma_forecast_age_seconds", "Since the newest forecast.", value=age_s)


def _facts(reports: Sequence[WorkerReport]) -> Iterator[Metric]:
    for name, text in COUNTED.items():
        counter = CounterMetricFamily(f"tomma_ingest_{name}", text, labels=["worker"])
        yield _filled(counter, reports, name)
    for name, text in MEASURED.items():
        gauge = GaugeMetricFamily(f"tomma_ingest_{name.removesuffix('_s')}", text, labels=["worker"])
        yield _filled(gauge, reports, name)


def _filled[Family: (CounterMetricFamily, GaugeMetricFamily)](
    family: Family, reports: Sequence[WorkerReport], name: str
) -> Family:
    for report in reports:
        value = report.facts.get(name)
        if isinstance(value, int | float):
            family.add_metric([report.worker], value)
    return family


def _rejected(reports: Sequence[WorkerReport]) -> Metric:
    family = CounterMetricFamily("tomma_ingest_rejected", "Dead letters since start.", labels=["worker", "reason"])
    for report in reports:
        by_reason = report.facts.get("rejected_by_reason")
        if isinstance(by_reason, dict):
            for reason, count in by_reason.items():
                family.add_metric([report.worker, reason], count)
    return family
