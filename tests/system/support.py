"""The real parts as child processes, and bounded waiting."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.processes import is_gone

DATA = Path(__file__).parents[3] / "shared" / "data"
TOMMA = [str(Path(sys.executable).with_name("tomma"))]
WAIT_S = 90.0
"""Longer than anything takes on a machine with other work; a test that waits so long has failed."""


def until[T](ask: Callable[[], T], *, what: str, within_s: float = WAIT_S) -> T:
    """Return the first true answer; AssertionError when there is none in time."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.2)
    raise AssertionError(f"waited {within_s:g} s in vain for {what}")


class Running:
    """A `tomma` command that runs, with what it has said."""

    def __init__(self, arguments: Sequence[str], folder: Path, **variables: str) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TOMMA_")}
        self.known: set[psutil.Process] = set()
        """Everything ever seen in the family: what a killed leader leaves behind can still be ended."""
        self.log_path = folder / f"{arguments[0]}.out"
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [*TOMMA, *arguments],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**environment, "PYTHONUNBUFFERED": "1", **variables},
            )

    @property
    def said(self) -> str:
        """All it has said."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def until_it_says(self, text: str) -> None:
        """Wait for a text; AssertionError with everything said if it ends or takes too long."""

        def is_said() -> bool:
            assert text in self.said or self.process.poll() is None, f"ended without '{text}':\n{self.said}"
            return text in self.said

        until(is_said, what=f"'{text}' in:\n{self.said}")

    def family(self) -> list[psutil.Process]:
        """Return the process and everything it has started."""
        leader = psutil.Process(self.process.pid)
        found = [leader, *leader.children(recursive=True)]
        self.known.update(found)
        return found

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait, and return the exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        return self.process.wait(30)


@contextlib.contextmanager
def running(arguments: Sequence[str], folder: Path, **variables: str) -> Iterator[Running]:
    """Run a command; at the end of the block it and all it has started are gone, whatever happened."""
    command = Running(arguments, folder, **variables)
    try:
        yield command
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            command.family()
        if command.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                command.end()
        for process in command.known:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        command.process.wait(10)


def all_gone(processes: Sequence[psutil.Process]) -> bool:
    """Return whether none of them lives; a zombie waits for its parent only and does no harm."""
    return all(is_gone(each.pid) or not each.is_running() for each in processes)


class Api:
    """The HTTP API of an installation."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=f"{address.rstrip('/')}/api/v1", timeout=30, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str) -> Any:
        """Return the JSON answer."""
        answer = self._client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Return the JSON answer."""
        answer = self._client.post(path, json=body)
        assert answer.status_code in (200, 202), f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def is_up(self) -> bool:
        """Return whether it answers."""
        with contextlib.suppress(httpx.HTTPError):
            return self._client.get("/health").status_code == 200
        return False
