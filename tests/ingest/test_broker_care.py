"""A store of the embedded broker that failed once stays failed until it is started anew; somebody must do that."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import broker_care
from ingest.broker import EmbeddedBroker
from ingest.broker_care import cared_for
from tomma.errors import TommaError

type Wait = Callable[[Callable[[], object], str], None]
FAILED = "[1] 2026/01/01 [ERR] JetStream failed to store a msg on stream 'S': no space left on device\n"


@pytest.fixture
def nats_log(tmp_path: Path) -> Path:
    """The log of a server, with an old failure in it."""
    path = tmp_path / "nats.log"
    path.write_text(FAILED)
    return path


def test_a_server_that_can_write_no_more_is_started_anew_once(nats_log: Path, wait: Wait) -> None:
    """Without it devices would get no PUBACK for ever after a full disk, although there is room again."""
    starts: list[int] = []
    with cared_for(nats_log.parent, lambda: starts.append(1)):
        with nats_log.open("a") as file:
            file.write("[1] [INF] all is well\n")
            file.write(FAILED)
        wait(lambda: starts, "it is started anew")
    assert starts == [1]


def test_an_old_failure_is_no_reason(nats_log: Path) -> None:
    """The log outlives the server that wrote it."""
    starts: list[int] = []
    with cared_for(nats_log.parent, lambda: starts.append(1)):
        threading.Event().wait(3 * broker_care.LOOK_EVERY_S)
    assert starts == []


def test_while_the_disk_is_full_it_waits(nats_log: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is started without room fails on its first block."""
    free, asked, starts = [0], list[int](), list[int]()

    def free_bytes(_: Path) -> int:
        asked.append(1)
        return free[0]

    monkeypatch.setattr(broker_care, "_free_bytes", free_bytes)
    with cared_for(nats_log.parent, lambda: starts.append(1)):
        with nats_log.open("a") as file:
            file.write(FAILED)
        wait(lambda: len(asked) > 1, "it looks for room")
        assert starts == []
        free[0] = broker_care.ROOM_BYTES
        wait(lambda: starts, "it is started anew")


def test_a_server_that_does_not_start_anew_is_told(
    nats_log: Path, wait: Wait, caplog: pytest.LogCaptureFixture
) -> None:
    """The door then ends by itself, and the log must say why."""

    def restart() -> None:
        raise TommaError("the port is taken")

    with cared_for(nats_log.parent, restart):
        with nats_log.open("a") as file:
            file.write(FAILED)
        wait(lambda: "does not start anew why=the port is taken" in caplog.text, "the reason")


def test_a_restarted_broker_has_its_port_and_never_looks_dead(tmp_path: Path) -> None:
    """Ingest ends when its broker is dead: a restart must not look like that."""
    with EmbeddedBroker(tmp_path) as broker:
        port, pid, dead = broker.port, broker.pid, list[int]()
        leaving = threading.Event()

        def watch() -> None:
            while not leaving.is_set():
                if not broker.running:
                    dead.append(1)

        watcher = threading.Thread(target=watch)
        watcher.start()
        broker.restart()
        leaving.set()
        watcher.join()
        assert (broker.port, dead) == (port, [])
        assert broker.pid != pid
