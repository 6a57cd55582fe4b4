"""A child process on a leash, with its words in a log file."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from tomma.errors import TommaError

LAST_LINES = 12
LEASHED = "from simulator.demo.leash import main; main()"


class ChildDiedError(TommaError):
    """A part of the demo ended by itself; the message has its last words."""


class Child:
    """One `tomma` command, started on construction."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log_path: Path) -> None:
        self.name = name
        self._log_path = log_path
        self._read_to = 0
        self._rest = ""
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", LEASHED, *arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,  # Ctrl-C is for the supervisor, which ends its children in order
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def new_lines(self) -> list[str]:
        """Return the whole lines the child has said since the last call."""
        with self._log_path.open("rb") as log:
            log.seek(self._read_to)
            text = log.read()
        self._read_to += len(text)
        *lines, self._rest = (self._rest + text.decode("utf-8", "replace")).split("\n")
        return lines

    def ended_with(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.poll()

    def check_alive(self) -> None:
        """Raise ChildDiedError with the last words if it has ended."""
        code = self.ended_with()
        if code is not None:
            raise ChildDiedError(
                f"{self.name} ended with code {code}; its last words ({self._log_path}):\n{self.last_words()}"
            )

    def last_words(self) -> str:
        """Return the end of the log."""
        lines = self._log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-LAST_LINES:])

    def ask_to_end(self) -> None:
        """Ask politely."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def make_end(self, deadline_s: float) -> None:
        """Wait until `deadline_s` on the monotonic clock, then end it and everything it left behind."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(deadline_s - time.monotonic(), 0.0))
        # The session's processes may outlive their leader; its group id is not used anew while one of them lives.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()

    def memory_bytes(self) -> int:
        """Return the resident memory of the child and all it has started."""
        try:
            process = psutil.Process(self.pid)
            return sum(_resident_bytes(each) for each in [process, *process.children(recursive=True)])
        except psutil.NoSuchProcess:
            return 0


def _resident_bytes(process: psutil.Process) -> int:
    try:
        resident: int = process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
    return resident
