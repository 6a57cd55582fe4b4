"""Threads of the server that take turns and must live on: what keeps one from its work is said once, not every turn."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from tomma.errors import NotFoundError, TommaError


class Turns:
    """One thread's turns; a fault ends the turn and never the thread."""

    def __init__(self, name: str, log: logging.Logger) -> None:
        self._name = name
        self._log = log
        self._failure = ""

    @property
    def failure(self) -> str:
        """Why the last turn failed; empty when it did not."""
        return self._failure

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold one turn; before the first import of a city there is nothing to do, which is no fault."""
        try:
            yield
            self._failure = ""
        except NotFoundError:
            self._failure = ""
        except TommaError as exc:
            if self._is_news(str(exc)):
                self._log.warning("%s waits why=%s", self._name, exc)
        except Exception as exc:  # noqa: BLE001  (the thread must live on: nobody else would do its work)
            if self._is_news(f"{type(exc).__name__}: see the log"):
                self._log.exception("%s crashed", self._name)

    def _is_news(self, failure: str) -> bool:
        before, self._failure = self._failure, failure
        return failure != before


class TurnTaker(ABC):
    """Whoever works in a thread of its own, a turn at a time; started once, and stopped for good."""

    def __init__(
        self, name: str, log: logging.Logger, *, every_s: float | None, begin_after_s: float = 0.0, rest_s: float = 0.0
    ) -> None:
        """Make ready; nothing runs yet.

        Args:
            name: What thread and log call it.
            log: Is told of faults.
            every_s: Pause between two turns; None: until the next nudge.
            begin_after_s: Pause before the first turn.
            rest_s: So long between two turns even after a nudge, and on top of each pause.
        """
        self._every_s, self._begin_after_s, self._rest_s = every_s, begin_after_s, rest_s
        self._turns = Turns(name, log)
        self._leaving = threading.Event()
        self._nudged = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def _turn(self) -> float | None:
        """Do what there is to do; return the pause after it if it is another than `every_s`."""

    def start(self) -> None:
        """Begin; RuntimeError when it was begun before."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no further turn; may be called from any thread, and before the start."""
        self._leaving.set()
        self._nudged.set()

    def join(self, patience_s: float) -> None:
        """Wait for the turn under way to end, for so long."""
        if self._thread.is_alive():
            self._thread.join(patience_s)

    def nudge(self) -> None:
        """Take the next turn now: somebody did something."""
        self._nudged.set()

    def _run(self) -> None:
        self._wait(self._begin_after_s)
        while not self._leaving.is_set():
            pause_s = None
            with self._turns.turn():
                pause_s = self._turn()
            self._wait(self._every_s if pause_s is None else pause_s)
            self._leaving.wait(self._rest_s)

    def _wait(self, pause_s: float | None) -> None:
        self._nudged.wait(pause_s)
        self._nudged.clear()
