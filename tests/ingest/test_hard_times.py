"""The link through a broker's hard times: frozen, forgetful, dropping, or no broker at all."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.brokers.watch import DROPPED_TOPIC, BrokerWatch
from ingest.message import Message
from ingest.stream.inbox import Delivery, Inbox
from ingest.stream.link import MqttLink
from tests.ingest.conftest import NOW
from tomma.broker_settings import BrokerSettings
from tomma.clock import SystemClock


def a_link(settings: BrokerSettings, inbox: Inbox | None = None) -> MqttLink:
    """A link that is not connected yet."""
    return MqttLink(settings, SystemClock(), random.Random(1), inbox)  # noqa: S311  (jitter)


def until(link: MqttLink, check: Callable[[], object]) -> Callable[[], object]:
    """The check, with the link kept going."""

    def checked() -> object:
        link.receive(100, 0.02)
        return check()

    return checked


@pytest.fixture
def start_mosquitto(tmp_path: Path, wait: Callable[..., None]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start mosquitto with these lines of configuration, any number of times."""
    binary = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    assert binary, "mosquitto must be installed; `make test` installs it or says how"
    started: list[subprocess.Popen[bytes]] = []

    def answers(port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def start(port: int, lines: str = "") -> subprocess.Popen[bytes]:
        path = tmp_path / "mosquitto.conf"
        path.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n{lines}")
        process = subprocess.Popen([binary, "-c", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        wait(lambda: answers(port), "mosquitto listens")
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(20)


def test_a_frozen_broker_is_noticed_and_used_again_when_it_thaws(
    start_mosquitto: Callable[..., subprocess.Popen[bytes]], free_port: int, wait: Callable[..., None]
) -> None:
    """Its port still takes connections, so only silence tells (M20)."""
    broker = start_mosquitto(free_port)
    link = a_link(BrokerSettings(port=free_port, keepalive_s=2))
    wait(until(link, lambda: link.subscribed), "the link is subscribed")
    os.kill(broker.pid, signal.SIGSTOP)
    wait(until(link, lambda: not link.subscribed), "the silence is noticed")
    os.kill(broker.pid, signal.SIGCONT)
    wait(until(link, lambda: link.subscribed), "the link is back")
    link.close()


def test_a_link_that_is_full_for_long_keeps_its_connection(
    start_mosquitto: Callable[..., subprocess.Popen[bytes]],
    free_port: int,
    wait: Callable[..., None],
    reach: Callable[..., Any],
) -> None:
    """While the store is down nothing is read; hanging up for that would bring every message again, and again."""
    start_mosquitto(free_port, "max_inflight_messages 1000\n")
    settings = BrokerSettings(port=free_port, keepalive_s=2)
    link = a_link(settings, Inbox(messages_max=50))
    wait(until(link, lambda: link.subscribed), "the link is subscribed")
    nobody = type("Login", (), {"username": "", "password": ""})()
    readings = [("tomma/v1/H0001/reading", b"%d" % number) for number in range(300)]
    sending = threading.Thread(target=reach(settings, nobody).publish, args=(readings,))
    sending.start()
    until_s = time.monotonic() + 3 * 2
    while time.monotonic() < until_s or (link.facts.waiting < 50 and sending.is_alive()):
        link.pump(0.1)
    sending.join(20)
    assert link.facts.waiting >= 50
    taken = {each.message.payload for each in link.receive(1000, 0.0)}
    wait(until(link, lambda: link.facts.waiting == 0), "the rest is read")
    link.close()
    assert (link.facts.reconnects, len(taken)) == (0, 50)


def test_a_broker_that_forgot_us_is_told_loudly(
    start_mosquitto: Callable[..., subprocess.Popen[bytes]],
    free_port: int,
    wait: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without persistence a restart throws away what waited for us, and nothing else would tell."""
    broker = start_mosquitto(free_port, "persistence false\n")
    link = a_link(BrokerSettings(port=free_port))
    wait(until(link, lambda: link.subscribed), "the link is subscribed")
    assert link.facts.sessions_lost == 0
    broker.kill()
    broker.wait(20)
    start_mosquitto(free_port, "persistence false\n")
    wait(until(link, lambda: link.facts.reconnects and link.subscribed), "the link is back")
    link.close()
    assert link.facts.sessions_lost == 1
    assert "broker forgot our session" in caplog.text


def test_a_broker_that_drops_is_told_loudly(
    start_mosquitto: Callable[..., subprocess.Popen[bytes]],
    free_port: int,
    wait: Callable[..., None],
    reach: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Mosquitto as shipped drops a burst without a word to anyone, except in its own statistics (M3)."""
    start_mosquitto(free_port, "sys_interval 1\nmax_queued_messages 10\nmax_inflight_messages 1\n")
    settings = BrokerSettings(port=free_port)
    link = a_link(settings)
    wait(until(link, lambda: link.subscribed), "the link is subscribed")
    link.close()
    broker = type("Login", (), {"username": "", "password": ""})()
    reach(settings, broker).publish([("tomma/v1/H0001/reading", b"%d" % number) for number in range(100)])
    again = a_link(settings)
    wait(until(again, lambda: again.facts.broker_dropped > 0), "the drop is seen")
    again.close()
    assert "broker drops messages" in caplog.text


def test_what_a_broker_dropped_is_counted_over_its_restarts() -> None:
    """Its own count begins again at nought; ours must not go back, nor count twice."""
    watch = BrokerWatch()
    for count in (b"5", b"5", b"9", b"2", b"3"):
        watch.told(DROPPED_TOPIC, count)
    assert watch.dropped == 9 + 3


@pytest.mark.parametrize(
    ("kept_s", "warned"),
    [
        pytest.param(3600, True, id="an hour where a week was asked for"),
        pytest.param(604_800, False, id="the week"),
        pytest.param(None, False, id="not said: as long as asked"),
    ],
)
def test_a_broker_that_keeps_sessions_too_short_is_told(
    kept_s: int | None, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """An outage of ingest that lasts longer would cost all that waited."""
    BrokerWatch().keeps_sessions_for(kept_s, 604_800)
    assert ("keeps sessions shorter" in caplog.text) == warned


@pytest.mark.parametrize("payload", [b"", b"-1", b"many", b"9" * 5000, b"\xff", b"1.5"])
def test_nonsense_in_its_statistics_is_ignored(payload: bytes) -> None:
    """Whoever may write there must not be able to end the stream."""
    watch = BrokerWatch()
    watch.told(DROPPED_TOPIC, payload)
    assert watch.dropped == 0


class Babbler:
    """Listens like a broker, and answers each connection with these bytes, then hangs up."""

    def __init__(self) -> None:
        self.says = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, contextlib.suppress(OSError):
                    client.recv(4096)
                    client.sendall(self.says)

    def close(self) -> None:
        """End."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(20)


@pytest.fixture(scope="module")
def babbler() -> Iterator[Babbler]:
    """A port that speaks no MQTT."""
    made = Babbler()
    yield made
    made.close()


CONNACKS = [b"\x20\x02\x00\x00", b"\x20\x03\x00\x00\x00"]


@settings(max_examples=150, deadline=None)
@given(
    version=st.sampled_from(["5", "3.1.1"]),
    greeted=st.booleans(),
    noise=st.one_of(
        st.binary(max_size=60),
        st.builds(lambda kind, body: bytes([kind, len(body)]) + body, st.integers(0x10, 0xFF), st.binary(max_size=60)),
    ),
)
def test_bytes_that_are_no_mqtt_end_the_connection_and_nothing_else(
    version: str, greeted: bool, noise: bytes, babbler: Babbler
) -> None:
    """A wrong port, a broken proxy, a hostile broker: the link hangs up and tries again (M16)."""
    babbler.says = (CONNACKS[version == "5"] if greeted else b"") + noise
    settings = BrokerSettings.model_validate({"port": babbler.port, "mqtt_version": version})
    link = a_link(settings)
    deadline_s = time.monotonic() + 20
    while not link.facts.reconnects and time.monotonic() < deadline_s:
        link.pump(0.05)
    link.close()
    assert link.facts.reconnects


def delivery(number: int, qos: int, size: int = 10) -> Delivery:
    """A message of that size."""
    return Delivery(Message("t", b"x" * size, NOW, "json"), number, qos, 1)


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(0, 5_000)), max_size=200))
def test_the_inbox_never_outgrows_its_bounds(arrivals: list[tuple[int, int]]) -> None:
    """Reading stops when it is full; QoS 0, which nobody promised anything, may fill half of it."""
    inbox = Inbox(messages_max=50, bytes_max=100_000)
    accepted, cheap = 0, 0
    for number, (qos, size) in enumerate(arrivals):
        if not inbox.has_room:
            break
        before = len(inbox)
        inbox.put(delivery(number, qos, size))
        accepted += len(inbox) - before
        cheap += (len(inbox) - before) * (1 - qos)
        assert len(inbox) <= 50
        assert cheap <= 25
    taken = [each for _ in range(300) for each in inbox.take(7)]
    assert len(taken) == accepted
    assert inbox.has_room


def test_a_flood_without_acknowledgement_leaves_room_for_what_is_promised() -> None:
    """A device that shouts with QoS 0 must not stop those who ask for an answer."""
    inbox = Inbox(messages_max=100)
    for number in range(1000):
        inbox.put(delivery(number, 0))
    assert (len(inbox), inbox.dropped, inbox.has_room) == (50, 950, True)
