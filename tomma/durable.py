"""Makes sure that what was written is on the disk, for those who promise something because of it."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Return once the file's content, or the names in the directory, would outlive a power cut.

    A new file needs both: a synced file may lose its name, and a synced name may lead to an empty file.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
