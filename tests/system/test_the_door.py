"""The HTTP door under attack, told to stop, and killed: the numbers that are promised, at a real `tomma serve`."""

import contextlib
import signal
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.api.patience import PATIENCE_S
from tests.api.taps import event_body
from tests.api.test_serve import import_city, served
from tests.api.town import TODAY, plan_of
from tests.api.world import settings_in
from tomma.model import PlanId
from tomma.stores.wiring import open_stores

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

SLOW = 600
ASKED = 200
P95_S = 0.1
MORE_BYTES = 10_000_000
DRAIN_S, BACK_S = 10.0, 5.0
MIB = 1_048_576
HEAD = b"POST /api/v1/driver/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
SAID = (
    b"GET /api/v1/city HTTP/1.1\r\nhost: localhost\r\nx-a: ",  # a head that never ends
    HEAD + b"content-length: 1000000\r\n\r\n",  # a body that never ends
    b"GET /static/vendor/maplibre-gl-6.17.0/maplibre-gl.mjs HTTP/1.1\r\nhost: localhost\r\n\r\n",  # nobody reads it
    b"",
)


def where(client: httpx.Client) -> tuple[str, int]:
    """The address of a server."""
    return client.base_url.host, client.base_url.port or 0


@contextlib.contextmanager
def slow_lines(client: httpx.Client) -> Iterator[list[socket.socket]]:
    """Six hundred lines, each of which sends a byte a second or reads nothing, made anew when it is ended."""
    stop, lines = threading.Event(), list[socket.socket]()

    def begin(turn: int) -> socket.socket:
        line = socket.create_connection(where(client), PATIENCE_S)
        line.setblocking(False)
        if SAID[turn % len(SAID)]:
            line.send(SAID[turn % len(SAID)])
        return line

    def drip() -> None:
        while not stop.wait(1.0):
            for turn, line in enumerate(lines):
                try:
                    if turn % len(SAID) < 2:
                        line.send(b"a")
                except BlockingIOError:
                    pass
                except OSError:
                    line.close()
                    with contextlib.suppress(ConnectionRefusedError):  # the server was told to stop
                        lines[turn] = begin(turn)

    lines += [begin(turn) for turn in range(SLOW)]
    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        yield lines
    finally:
        stop.set()
        dripping.join(PATIENCE_S)
        for line in lines:
            line.close()


def took_s(client: httpx.Client) -> float:
    """How long an ordinary request takes, on a line of its own."""
    begun_s = time.perf_counter()
    answer = httpx.get(client.base_url.join("/api/v1/city"), timeout=PATIENCE_S, trust_env=False)
    assert answer.status_code == 200
    return time.perf_counter() - begun_s


def test_six_hundred_slow_lines_are_not_noticed(tmp_path: Path) -> None:
    """A13: a normal request stays under 100 ms at the 95th percentile."""
    import_city(tmp_path)
    with served(tmp_path) as (_, client), slow_lines(client):
        client.get("/api/v1/city").raise_for_status()
        times_s = []
        for _ in range(ASKED):
            times_s.append(took_s(client))
            time.sleep(0.1)  # twenty seconds in all: longer than any deadline of theirs
    p95_s = statistics.quantiles(times_s, n=20)[-1]
    print(f"p50 {statistics.median(times_s) * 1e3:.0f} ms, p95 {p95_s * 1e3:.0f} ms")  # noqa: T201
    assert p95_s < P95_S


@pytest.mark.parametrize("path", ["/api/v1/driver/events", "/api/v1/assets/import", "/api/v1/nothing"])
def test_two_hundred_megabytes_are_refused_and_not_kept(tmp_path: Path, path: str) -> None:
    """A12: with a stated length at once, in chunks as soon as they are too many."""
    import_city(tmp_path)
    with served(tmp_path) as (process, client):
        client.post(path, content=b"{}", headers={"content-type": "application/json"})
        server = psutil.Process(process.pid)
        before, most = server.memory_info().rss, 0
        for stated in (True, False):
            kind = b"content-length: 209715200\r\n\r\n" if stated else b"transfer-encoding: chunked\r\n\r\n"
            with socket.create_connection(where(client), PATIENCE_S) as line:
                line.sendall(HEAD.replace(b"/api/v1/driver/events", path.encode()) + kind)
                piece = b" " * MIB if stated else b"100000\r\n" + b" " * MIB + b"\r\n"
                with contextlib.suppress(OSError):
                    for _ in range(200):
                        line.sendall(piece)
                        most = max(most, server.memory_info().rss)
        most = max(most, server.memory_info().rss)
        assert client.get("/api/v1/city").status_code == 200
    print(f"{path}: +{(most - before) / 1e6:.1f} MB")  # noqa: T201
    assert most - before <= MORE_BYTES


def test_a_stop_under_load_drains_and_loses_nothing(tmp_path: Path) -> None:
    """Whatever was answered is there after the next start; the stop takes ten seconds at most."""
    import_city(tmp_path)
    settings = settings_in(tmp_path)
    told = set[str]()
    with served(tmp_path) as (process, client):
        with open_stores(settings) as stores:
            plan = plan_of(stores.registry.load(), PlanId("P1"), TODAY, settings.clock.clock().now_utc())
            stores.plans.save(plan)
            stores.plans.publish(plan.id)
        base_url = client.base_url

        def send(sender: int) -> None:
            with (
                httpx.Client(base_url=base_url, timeout=PATIENCE_S, trust_env=False) as own,
                contextlib.suppress(httpx.TransportError),
            ):
                for turn in range(100_000):
                    key = f"tap-{sender}-{turn:06d}"
                    body = event_body(key, device_id=f"t{sender}", sequence=turn + 1)
                    answer = own.post("/api/v1/driver/events", json={"events": [body], "sent_utc": body["tapped_utc"]})
                    if answer.status_code != 200:
                        return
                    if answer.json()["results"][0]["status"] == "stored":
                        told.add(key)

        senders = [threading.Thread(target=send, args=(each,)) for each in range(8)]
        with slow_lines(client):
            for each in senders:
                each.start()
            time.sleep(3.0)
            begun_s = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            drained_s = time.monotonic() - begun_s
            for each in senders:
                each.join(PATIENCE_S)
    with open_stores(settings) as stores:
        kept = {each.key for each in stores.events.since(0, 1_000_000)[1]}
    print(f"drained in {drained_s:.1f} s, {len(told)} acknowledged, {len(kept)} kept")  # noqa: T201
    assert told
    assert told <= kept
    assert drained_s <= DRAIN_S


def test_after_a_crash_the_first_request_is_served_soon(tmp_path: Path) -> None:
    """Five seconds from the kill, by whatever starts it again, to the first answer."""
    import_city(tmp_path)
    with served(tmp_path) as (process, client):
        client.get("/api/v1/city").raise_for_status()
        process.kill()
        process.wait(PATIENCE_S)
    begun_s = time.monotonic()
    with served(tmp_path) as (_, client):
        client.get("/api/v1/city").raise_for_status()
        back_s = time.monotonic() - begun_s
    print(f"back in {back_s:.1f} s")  # noqa: T201
    assert back_s <= BACK_S
