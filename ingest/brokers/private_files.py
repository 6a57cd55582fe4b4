"""Files that hold secrets: for their owner, or for the owner and one group, from their first byte on."""

import os
from pathlib import Path

from tomma.durable import sync

OWNER_ONLY = 0o600
OWNER_AND_GROUP = 0o640
KEEP = -1
"""Of an owner or a group: as it is (chown)."""


def write_private(path: Path, text: str, group_id: int | None = None) -> None:
    """Write a file in one step, readable by its owner and, with `group_id`, by that group; nobody else.

    What is there already keeps its owner: a command or timer of root's must not shut out the server whose file it is.
    """
    owner_id = path.stat().st_uid if os.geteuid() == 0 and path.exists() else KEEP
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "w", encoding="utf-8") as file:
        file.write(text)
        os.fchown(file.fileno(), owner_id, KEEP if group_id is None else group_id)
        if group_id is not None:
            os.fchmod(file.fileno(), OWNER_AND_GROUP)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(path.parent)
