"""What a monitoring system scrapes."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.api.patience import until
from tests.api.town import NOW
from tests.api.world import World
from tomma.model import Alert, AlertKind, Rejected, RejectReason, SensorId


def _scrape(client: httpx.Client) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    found = {(each.name, tuple(value for _, value in sorted(each.labels.items()))): each.value for each in samples}
    assert len(found) == len(samples), "a metric is told twice"
    return found


def test_workers_are_told_with_their_counters(client: httpx.Client, world: World) -> None:
    """The stream's rates, its losses, and a worker that died, which Prometheus itself cannot see."""
    world.report("a", received=7, lag_s=0.25, broker_dropped=2, rejected_by_reason={"too_large": 3})
    world.report("b", 3_600.0, received=1)
    told = _scrape(client)
    assert told["tomma_worker_up", ("ingest", "a")] == 1.0
    assert told["tomma_worker_up", ("ingest", "b")] == 0.0
    assert 3_600.0 <= told["tomma_worker_report_age_seconds", ("b",)] < 3_700.0
    assert told["tomma_ingest_received_total", ("a",)] == 7.0
    assert told["tomma_ingest_lag", ("a",)] == 0.25
    assert told["tomma_ingest_broker_dropped_total", ("a",)] == 2.0
    assert told["tomma_ingest_rejected_total", ("too_large", "a")] == 3.0


def test_the_city_is_told(client: httpx.Client, world: World) -> None:
    """Dead letters, alerts, and how old what we know is."""
    letter = Rejected("t", b"x", NOW, RejectReason.TOO_LARGE, "too large")
    world.stores.readings.append([], rejected=[letter], alerts=[Alert(AlertKind.TILT, NOW, True, SensorId("H1"))])
    world.measure("B1", 0.5)
    until(lambda: client.get("/api/v1/health").json()["last_reading_utc"], lambda moment: moment is not None)
    told = _scrape(client)
    assert told["tomma_dead_letters_total", ("too_large",)] == 1.0
    assert told["tomma_alerts_active", ("tilt",)] == 1.0
    assert told["tomma_bins", ()] == 6.0
    assert told["tomma_last_reading_age_seconds", ()] == 0.0
    assert told["tomma_check_ok", ("readings",)] == 1.0


def test_a_part_that_cannot_answer_takes_no_other_with_it(client: httpx.Client, world: World) -> None:
    """In a fault the numbers are wanted most."""
    world.report("a", received=7)
    world.stores.readings.close()
    told = _scrape(client)
    assert told["tomma_check_ok", ("readings",)] == 0.0
    assert told["tomma_ingest_received_total", ("a",)] == 7.0
    assert not [name for name, _ in told if name == "tomma_dead_letters_total"]


def test_requests_are_counted_by_route_and_never_by_what_was_asked_for(client: httpx.Client, world: World) -> None:
    """Ids in labels would fill the monitoring system, and tell who looked at what."""
    for path in ("/api/v1/bins/B1", "/api/v1/bins/B2", "/api/v1/bins/none", "/no/such/page", "/nor/this"):
        client.get(path)
    client.request("BREW", "/coffee")
    told = _scrape(client)
    assert told["tomma_http_requests_total", ("GET", "/bins/{bin_id}", "200")] == 2.0
    assert told["tomma_http_requests_total", ("GET", "/bins/{bin_id}", "404")] == 1.0
    assert told["tomma_http_requests_total", ("other", "none", "404")] == 3.0
    assert told["tomma_http_request_seconds_count", ("GET", "/bins/{bin_id}")] == 3.0
    assert not [labels for _, labels in told if any("B1" in label or "BREW" in label for label in labels)]
