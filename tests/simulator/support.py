"""What several tests of the simulator share."""

import socket
import time
from datetime import UTC, datetime
from pathlib import Path

from ingest.memory import SensorMemory
from tomma.model import BinId, SensorId

DATA = Path(__file__).parents[3] / "shared" / "data"
MIDNIGHT_UTC = datetime(2026, 6, 1, 21, 0, tzinfo=UTC)
"""Midnight in Helsinki, summer time, before a Tuesday."""


class NothingSeen:
    """What ingest remembers before the first reading: nothing."""

    def of(self, sensor_id: SensorId, bin_id: BinId) -> SensorMemory:
        """Return an empty memory."""
        return SensorMemory(bin_id)


def wait_for_port(port: int, within_s: float = 10.0) -> None:
    """Return once something listens there."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")
