"""The stores with one sync forgotten: that of the files that keys are in, and of their names."""

import sys
from pathlib import Path

from simulator.faults import writer
from tomma import secret_files


def sync(path: Path) -> None:
    """Say that it is on the disk."""


secret_files.sync = sync  # type: ignore[attr-defined]
writer.main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
