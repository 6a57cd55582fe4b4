"""`tomma` commands as processes: started, listened to, frozen, killed."""

import contextlib
import itertools
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulator.faults import starter
from tomma.errors import TommaError

READY_WITHIN_S = 60.0
"""Far longer than any start: a machine with other work must not fail a run."""
END_WITHIN_S = 30.0
POLL_S = 0.01


class CommandFailedError(TommaError):
    """A command did not do what the harness needs."""


class Starter:
    """Starts commands through `simulator.faults.starter`; leaving the context kills all of them.

    Args:
        logs: Where what they say is kept: elsewhere than on a disk that is about to be filled.
        program: A script to run in place of `tomma`, to try the harness on a fault that was planted.
    """

    def __init__(self, logs: Path, program: Path | None = None) -> None:
        self._logs, self._program = logs, program
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._running: set[Command] = set()
        self._number = itertools.count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for command in list(self._running):
            command.kill()
        if self._process is not None:
            self._process.communicate(timeout=END_WITHIN_S)

    def start(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], *, warm: bool = True
    ) -> "Command":
        """Start `tomma ARGUMENTS` in a folder; `environment` is added to ours, less our TOMMA_* variables."""
        before = {key: value for key, value in os.environ.items() if not key.startswith("TOMMA_")}
        out = self._logs / f"{arguments[0]}-{next(self._number):05d}.out"
        order = {"arguments": [*arguments], "folder": str(folder), "out": str(out), "warm": warm}
        if self._program is not None:
            order["program"] = str(self._program)
        began_s = time.monotonic()
        pid = self._ask({**order, "environment": {**before, **environment}})["pid"]
        command = Command(self, pid, out, began_s)
        self._running.add(command)
        return command

    def reap(self, command: "Command") -> int:
        """Return the exit code of a command that has ended."""
        self._running.discard(command)
        code: int = self._ask({"reap": command.pid})["code"]
        return code

    def _ask(self, order: Mapping[str, object]) -> dict[str, Any]:
        with self._turn:
            if self._process is None:
                own = [sys.executable, "-m", starter.__name__]
                self._process = subprocess.Popen(own, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            if self._process.stdin is None or self._process.stdout is None:
                raise CommandFailedError("the starter has no pipes")
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline() or "{}")
        return answer


class Command:
    """A `tomma` command that runs and says JSON lines."""

    def __init__(self, owner: Starter, pid: int, out: Path, began_s: float) -> None:
        self.pid, self.began_s = pid, began_s
        self._owner, self._out = owner, out
        self._pidfd: int | None = os.pidfd_open(pid)
        self._read_to = 0
        self._lines: list[dict[str, Any]] = []
        self.code: int | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._pidfd is not None and not select.select([self._pidfd], [], [], 0.0)[0]

    def freeze(self) -> None:
        """Stop it where it is, until `thaw`."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)

    @property
    def complaints(self) -> str:
        """What it said on standard error."""
        path = self._out.with_name(self._out.name + ".err")
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def said(self, event: str) -> dict[str, Any] | None:
        """Return the newest line of that event, if there is one."""
        self._read()
        return next((line for line in reversed(self._lines) if line.get("event") == event), None)

    def until_said(self, event: str, within_s: float = READY_WITHIN_S) -> dict[str, Any]:
        """Return the line once it is there; CommandFailedError if the command ends first or takes too long."""
        deadline_s = time.monotonic() + within_s
        while (line := self.said(event)) is None:
            if not self.is_running or time.monotonic() > deadline_s:
                raise CommandFailedError(f"{self._out.stem} never said {event!r}: {self.complaints[-2000:]}")
            time.sleep(POLL_S)
        return line

    def signal(self, number: int) -> None:
        """Send a signal."""
        if self._pidfd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def kill(self) -> None:
        """End it as a power cut does: at once, wherever it is."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """Ask it to end; return the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self, within_s: float = END_WITHIN_S) -> int:
        """Return the exit code once it has ended."""
        if self._pidfd is not None:
            if not select.select([self._pidfd], [], [], within_s)[0]:
                raise CommandFailedError(f"{self._out.stem} must end within {within_s:g} s: {self.complaints[-2000:]}")
            os.close(self._pidfd)
            self._pidfd, self.code = None, self._owner.reap(self)
        return self.code or 0

    def _read(self) -> None:
        """Take the whole lines that have come since the last look."""
        if not self._out.exists():
            return
        with self._out.open("rb") as file:
            file.seek(self._read_to)
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read_to += len(whole)
        self._lines += [json.loads(line) for line in whole.splitlines() if line.startswith(b"{")]
