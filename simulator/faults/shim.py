"""Builds `shim.c` with this machine's compiler and steers it through shared memory."""

import errno
import mmap
import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from simulator.faults.here import NotHereError

SOURCE = Path(__file__).with_name("shim.c")
LAYOUT = struct.Struct("=qiiiiii")
"""`struct control` of shim.c."""
FIELDS = ("clock_step_s", "write_permille", "sync_permille", "error_number", "failed", "steps", "die_after")
BUILD_WITHIN_S = 60.0


def build(folder: Path) -> Path:
    """Return the library, built once per folder; NotHereError without Linux and a C compiler."""
    library = folder / "shim.so"
    if library.exists():
        return library
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NotHereError("no C compiler (cc)")
    draft = library.with_suffix(".tmp")
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(draft), str(SOURCE), "-ldl", "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_WITHIN_S, check=False)
    if done.returncode:
        raise NotHereError(f"shim.c does not compile here: {done.stderr[-300:]}")
    draft.replace(library)
    return library


class Shim:
    """What one process under test is to suffer; use as a context manager."""

    def __init__(self, library: Path, under: Path, folder: Path, *, record: Path | None = None) -> None:
        self._control = folder / "shim.control"
        self._control.write_bytes(bytes(LAYOUT.size))
        self._file = self._control.open("r+b")
        self._shared = mmap.mmap(self._file.fileno(), LAYOUT.size)
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(library),
            "TOMMA_SHIM_CONTROL": str(self._control),
            "TOMMA_SHIM_UNDER": str(under),
            **({"TOMMA_SHIM_RECORD": str(record)} if record else {}),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shared.close()
        self._file.close()

    def set(self, **values: int) -> None:
        """Set fields of `struct control`; the process feels it at once."""
        for name, value in values.items():
            place, code = self._place(name)
            struct.pack_into("=" + code, self._shared, place, value)

    def get(self, name: str) -> int:
        """Return a field."""
        place, code = self._place(name)
        found: int = struct.unpack_from("=" + code, self._shared, place)[0]
        return found

    def fail(self, number: int = errno.EIO, *, writes: int = 1000, syncs: int = 1000) -> None:
        """Let so many of a thousand writes and syncs fail with that error."""
        self.set(error_number=number, write_permille=writes, sync_permille=syncs)

    def heal(self) -> None:
        """Let everything work again."""
        self.set(write_permille=0, sync_permille=0)

    @staticmethod
    def _place(name: str) -> tuple[int, str]:
        index = FIELDS.index(name)
        return (0, "q") if index == 0 else (8 + 4 * (index - 1), "i")
