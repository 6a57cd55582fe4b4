"""Small disks: a tmpfs that is soon full, an ext4 image whose power can be cut.

Both are mounted in a mount namespace of this process's own, so they vanish with it, however it ends, and nobody else on
the machine sees them. Root may do it; elsewhere a user namespace often allows the tmpfs.
"""

import contextlib
import fcntl
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from simulator.faults.here import NotHereError

INSIDE = "TOMMA_FAULTS_NAMESPACE"
EXT4_IOC_SHUTDOWN = 0x8004587D
"""_IOR('X', 125, __u32): the file system goes down as if the power had failed (Linux, fs/ext4/ext4.h)."""
WITHOUT_FLUSH = 2
COMMAND_WITHIN_S = 60.0


def enter_namespace() -> None:
    """Move this process into a mount namespace of its own: at once as root, else by starting anew in a user namespace.

    Call it before any thread is started. Where neither is permitted nothing happens, and cases that need it say so.
    """
    if sys.platform != "linux" or os.environ.get(INSIDE):
        return
    with contextlib.suppress(OSError):
        os.unshare(os.CLONE_NEWNS)
        _run("mount", "--make-rprivate", "/")
        os.environ[INSIDE] = "root"
        return
    trial = ["unshare", "--user", "--map-root-user", "--mount"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run([*trial, "true"], check=True, capture_output=True, timeout=COMMAND_WITHIN_S)
        environment = {**os.environ, INSIDE: "user"}
        os.execvpe("unshare", [*trial, sys.executable, "-m", "tomma", *sys.argv[1:]], environment)  # noqa: S606


@contextlib.contextmanager
def small_disk(directory: Path, size_kb: int) -> Iterator[Path]:
    """Mount an empty tmpfs of that size at the directory."""
    _need("root", "user")
    directory.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size_kb}k,mode=700", "none", str(directory))
    try:
        yield directory
    finally:
        _run("umount", "-l", str(directory))


class PowerDisk:
    """An ext4 file system in a file: what was not flushed is gone after `cut`, as after a power cut.

    A drive that lies about its own cache is not part of this: the file stands for a drive that tells the truth.
    """

    def __init__(self, image: Path, directory: Path, size_mb: int) -> None:
        _need("root")
        self._image, self.directory = image, directory
        directory.mkdir(parents=True, exist_ok=True)
        with image.open("wb") as file:
            file.truncate(size_mb * 2**20)
        _run("mkfs.ext4", "-q", "-F", str(image))
        self.mount()

    def mount(self) -> None:
        """Mount it; ext4 replays its journal, as after any crash."""
        _run("mount", "-o", "loop", str(self._image), str(self.directory))

    def cut(self) -> None:
        """Lose everything that was not flushed; then `unmount` once nobody has a file open on it."""
        handle = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", WITHOUT_FLUSH))
        finally:
            os.close(handle)

    def sync(self) -> None:
        """Flush everything written so far."""
        _run("sync", "-f", str(self.directory))

    def unmount(self) -> None:
        """Take it off, once those that were killed have closed their files."""
        for _ in range(100):
            with contextlib.suppress(NotHereError):
                _run("umount", str(self.directory))
                return
            time.sleep(0.05)
        raise NotHereError(f"{self.directory} is still in use and cannot be taken off")


def _need(*ways: str) -> None:
    if os.environ.get(INSIDE) not in ways:
        raise NotHereError(f"needs a mount namespace of its own ({' or '.join(ways)})")


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=COMMAND_WITHIN_S)
    except (OSError, subprocess.SubprocessError) as exc:
        why = getattr(exc, "stderr", "") or str(exc)
        raise NotHereError(f"{command[0]} is refused: {str(why).strip()}") from exc
