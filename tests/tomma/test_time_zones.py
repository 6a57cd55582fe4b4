"""Local time needs a database of time zones, which a bare machine or container does not have."""

import os
import subprocess
import sys

ASK = """
from datetime import datetime
from zoneinfo import ZoneInfo
for month in (3, 4):
    print(datetime(2026, month, 1, tzinfo=ZoneInfo("Europe/Stockholm")).isoformat())
"""


def test_a_machine_without_time_zones_has_ours() -> None:
    """Shifts begin at six by the clock on the wall, in summer and in winter (case T5)."""
    told = subprocess.run(
        [sys.executable, "-c", ASK], env={**os.environ, "PYTHONTZPATH": ""}, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"]
