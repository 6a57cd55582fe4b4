"""The broker in the middle: the same for all who take part, and new for each, so that no queue is left over."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ingest.brokers.embedded import EmbeddedBroker, Login
from ingest.brokers.listening import HOST, free_port, is_taken
from tomma.broker_settings import BrokerSettings
from tomma.errors import TommaError

NOBODY = Login("", "")
READY_WITHIN_S = 10.0
_MOSQUITTO_PATH = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin"
_MOSQUITTO = """
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {directory}/
autosave_interval 1
max_queued_messages 0
max_inflight_messages 1000
"""
"""As shipped it drops whatever exceeds a thousand messages, and there would be nothing to compare."""


@dataclass(frozen=True, slots=True)
class BrokerAt:
    """Where a broker listens, who may enter, and its process."""

    port: int
    taker: Login
    publisher: Login
    pid: int
    host: str = HOST
    filter: str = "#"
    """What every taker subscribes to: all there is, which is the least work for either broker."""


type StartBroker = Callable[[Path], AbstractContextManager[BrokerAt]]


@contextlib.contextmanager
def embedded(directory: Path) -> Iterator[BrokerAt]:
    """The broker that tomma brings: the NATS server with its file store."""
    topics = [source.topic for source in BrokerSettings().sources]
    with EmbeddedBroker(directory, topics=topics) as broker:
        if broker.pid is None:
            raise TommaError("the embedded broker did not say its process id")
        yield BrokerAt(broker.port, broker.ingest_login, broker.device_login, broker.pid)


@contextlib.contextmanager
def mosquitto(directory: Path) -> Iterator[BrokerAt]:
    """Mosquitto, told to drop nothing."""
    binary = shutil.which("mosquitto", path=_MOSQUITTO_PATH)
    if binary is None:
        raise TommaError("mosquitto must be installed for --broker mosquitto")
    directory.mkdir(parents=True, exist_ok=True)
    port, config = free_port(), directory / "mosquitto.conf"
    config.write_text(_MOSQUITTO.format(port=port, directory=directory), encoding="utf-8")
    directory.chmod(0o777)  # started as root, it becomes the user mosquitto
    process = subprocess.Popen([binary, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: is_taken(port), READY_WITHIN_S, "mosquitto must listen")
        yield BrokerAt(port, NOBODY, NOBODY, process.pid)
    finally:
        process.terminate()
        process.wait(READY_WITHIN_S)


BROKERS: dict[str, StartBroker] = {"embedded": embedded, "mosquitto": mosquitto}


def wait_until(check: Callable[[], object], within_s: float, what: str, pause_s: float = 0.02) -> None:
    """Return when `check` is true; TommaError saying what was waited for when it takes too long."""
    deadline_s = time.monotonic() + within_s
    while not check():
        if time.monotonic() > deadline_s:
            raise TommaError(f"{what} within {within_s:g} s, and did not")
        time.sleep(pause_s)
