"""A store of the embedded broker that failed once stays failed until it is started anew; somebody must do that."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.brokers import care as broker_care
from ingest.brokers.care import cared_for
from ingest.brokers.embedded import EmbeddedBroker
from tomma.errors import TommaError

type Wait = Callable[[Callable[[], object], str], None]
FAILED = "[1] 2026/01/01 [ERR] JetStream failed to store a msg on stream 'S': no space left on device\n"


@dataclass
class Patient:
    """A broker whose log we write ourselves."""

    directory: Path
    running: bool = True
    starts: int = 0
    refuses: str = ""

    def restart(self) -> None:
        """Start anew, or refuse."""
        if self.refuses:
            raise TommaError(self.refuses)
        self.starts += 1

    def fail(self) -> None:
        """Tell of a failed write, as NATS does."""
        with (self.directory / "nats.log").open("a") as file:
            file.write("[1] [INF] all is well\n")
            file.write(FAILED)


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    """A broker with an old failure in its log."""
    made = Patient(tmp_path)
    made.fail()
    return made


def nobody_told() -> None:
    """It must not come to this."""
    pytest.fail("the broker has not ended")


def test_a_server_that_can_write_no_more_is_started_anew_once(patient: Patient, wait: Wait) -> None:
    """Without it devices would get no PUBACK for ever after a full disk, although there is room again."""
    with cared_for(patient, nobody_told):
        patient.fail()
        wait(lambda: patient.starts, "it is started anew")
    assert patient.starts == 1


def test_an_old_failure_is_no_reason(patient: Patient) -> None:
    """The log outlives the server that wrote it."""
    with cared_for(patient, nobody_told):
        threading.Event().wait(3 * broker_care.LOOK_EVERY_S)
    assert patient.starts == 0


def test_while_the_disk_is_full_it_waits(patient: Patient, wait: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is started without room fails on its first block."""
    free, asked = [0], list[int]()

    def free_bytes(_: Path) -> int:
        asked.append(1)
        return free[0]

    monkeypatch.setattr(broker_care, "_free_bytes", free_bytes)
    with cared_for(patient, nobody_told):
        patient.fail()
        wait(lambda: len(asked) > 1, "it looks for room")
        assert patient.starts == 0
        free[0] = broker_care.ROOM_BYTES
        wait(lambda: patient.starts, "it is started anew")


def test_a_server_that_does_not_start_anew_is_told(
    patient: Patient, wait: Wait, caplog: pytest.LogCaptureFixture
) -> None:
    """The door then ends by itself, and the log must say why."""
    patient.refuses = "the port is taken"
    with cared_for(patient, nobody_told):
        patient.fail()
        wait(lambda: "does not start anew why=the port is taken" in caplog.text, "the reason")


def test_a_server_that_has_ended_is_told(patient: Patient, wait: Wait) -> None:
    """Ingest without a broker looks alive and takes nothing, also when it was never ready; somebody must end it."""
    told: list[int] = []
    with cared_for(patient, lambda: told.append(1)):
        patient.running = False
        wait(lambda: told, "its end is told")


def test_a_start_waits_for_the_server_of_a_killed_ingest(tmp_path: Path) -> None:
    """A supervisor starts the next one at once; the port is free a moment later."""
    with EmbeddedBroker(tmp_path) as former:
        ending = threading.Timer(0.5, former.stop)
        ending.start()
        with EmbeddedBroker(tmp_path, former.port) as broker:
            assert broker.running
        ending.join()


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
