"""What several tests of the simulator start from."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.brokers.listening import free_port
from simulator.towns import Town, make_town
from tests.simulator.support import wait_for_port


@pytest.fixture(scope="session")
def small_town() -> Town:
    """The town of the demo."""
    return make_town("small-town", seed=1)


@pytest.fixture
def mosquitto_port(tmp_path: Path) -> Iterator[int]:
    """A real broker that lets anybody in."""
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_type error\n")
    process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(config)])
    try:
        wait_for_port(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)
