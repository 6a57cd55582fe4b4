"""Files that root's commands and timers make in a server's folder: theirs would shut the server out."""

import os
from pathlib import Path


def new_file(path: Path, mode: int, flags: int = 0) -> int:
    """Make the file and open it to write; as root, give it to the owner of its folder.

    Only what is made here changes hands: a link that the folder's owner has put there leads root nowhere.

    Raises:
        FileExistsError: If there is something of that name.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | flags, mode)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)
    return handle
