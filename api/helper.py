"""A process of ours for long arithmetic: in this one it would hold up every page, since Python computes one at a time.

The helper works on one request at a time and may send notes meanwhile. It is started at the first request, started
again if it died, and ended with everything it started when we leave.
"""

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Event, Lock, Thread
from typing import Any

import psutil

from routing.solve_run import StopSign
from tomma.errors import EngineFailedError, TommaError
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores

log = logging.getLogger(__name__)

NICENESS = 5
"""Pages and tablets come first."""
POLL_S = 0.2
ENDING_S = 2.0

Note = Callable[[Any], None]
Worker = Callable[[Any, Note, Event], Any]
"""Takes a request, a way to send notes, and what is set when somebody wants the best answer so far; returns the
answer. Everything that is passed must be picklable."""
MakeWorker = Callable[[Settings, Stores], Worker]
"""Makes the worker inside the helper, with stores of its own. A function at the top of a module."""


class Helper:
    """One helper process; `ask` from one thread at a time waits its turn."""

    def __init__(self, make_worker: MakeWorker, settings: Settings) -> None:
        self._make_worker = make_worker
        self._settings = settings
        self._turn = Lock()
        self._process: BaseProcess | None = None
        self._line: Connection[Any, Any] | None = None
        self._bell: Connection[Any, Any] | None = None
        self._number = 0
        self._closed = False

    def ask(
        self,
        request: Any,
        on_note: Note = lambda note: None,  # noqa: ARG005  (nobody listens)
        stop: StopSign | None = None,
    ) -> Any:
        """Return the worker's answer; the best it has so far soon after `stop` is set.

        Raises:
            TommaError: What the worker raised.
            EngineFailedError: If the helper died, was closed, or crashed.
        """
        with self._turn:
            line = self._open()
            self._number += 1
            try:
                line.send((self._number, request))
                while True:
                    number, kind, value = self._receive(line, stop)
                    if number != self._number:
                        continue  # of a request whose asker stumbled over a note
                    if kind == "note":
                        on_note(value)
                    elif kind == "answer":
                        return value
                    else:
                        raise value
            except (EOFError, OSError) as exc:
                self._end()
                raise EngineFailedError("the helper process ended in the middle of its work") from exc

    def close(self) -> None:
        """End the helper and whatever it started; a request under way fails."""
        self._closed = True
        self._end()

    def _receive(self, line: "Connection[Any, Any]", stop: StopSign | None) -> tuple[int, str, Any]:
        rung = False
        while not line.poll(POLL_S):
            if self._closed:
                raise EOFError
            if stop is not None and stop.is_set() and not rung and self._bell is not None:
                self._bell.send(self._number)  # which request is meant: the next one must not be cut short
                rung = True
        received: tuple[int, str, Any] = line.recv()
        return received

    def _open(self) -> "Connection[Any, Any]":
        if self._closed:
            raise EngineFailedError("the server is leaving")
        if self._line is None or self._process is None or not self._process.is_alive():
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            hears, self._bell = context.Pipe(duplex=False)
            arguments = (theirs, hears, self._make_worker, self._settings)
            self._process = context.Process(target=_work, args=arguments, daemon=True)
            self._process.start()
            theirs.close()
            hears.close()
            self._line = ours
            log.info("helper started pid=%s work=%s", self._process.pid, self._make_worker.__name__)
        return self._line

    def _end(self) -> None:
        process, self._process = self._process, None
        self._line = self._bell = None
        if process is None or process.pid is None:
            return
        with suppress(psutil.NoSuchProcess):
            for each in psutil.Process(process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    each.kill()
        process.kill()
        process.join(ENDING_S)


def _work(
    line: "Connection[Any, Any]", bell: "Connection[Any, Any]", make_worker: MakeWorker, settings: Settings
) -> None:
    """Live inside the helper: take requests until the line is cut."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server; it ends us
    os.nice(NICENESS)
    hurry = _Hurry()
    Thread(target=hurry.listen, args=(bell,), name="hurry", daemon=True).start()
    with open_stores(settings) as stores, suppress(EOFError, OSError):
        worker = make_worker(settings, stores)
        while True:
            number, request = line.recv()
            tell = partial(_tell, line, number)
            line.send((number, *_answer(worker, request, tell, hurry.begin(number))))


def _tell(line: "Connection[Any, Any]", number: int, note: Any) -> None:
    line.send((number, "note", note))


class _Hurry:
    """Sets the stop of the request that is under way when the bell names it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._number = 0
        self._rung = 0
        self._stop = Event()

    def begin(self, number: int) -> Event:
        """Return the stop of this request; set already if the bell was faster than the line."""
        with self._lock:
            self._number, self._stop = number, Event()
            if self._rung == number:
                self._stop.set()
            return self._stop

    def listen(self, bell: "Connection[Any, Any]") -> None:
        """Hear the bell until the server is gone."""
        with suppress(EOFError, OSError):
            while True:
                rung = bell.recv()
                with self._lock:
                    self._rung = rung
                    if rung == self._number:
                        self._stop.set()


def _answer(worker: Worker, request: Any, on_note: Note, stop: Event) -> tuple[str, Any]:
    try:
        return "answer", worker(request, on_note, stop)
    except TommaError as exc:
        return "failure", exc
    except OSError:  # the line is cut: nobody waits for an answer
        raise
    except Exception as exc:  # told to who asked; a traceback does not travel
        log.exception("helper crashed")
        return "failure", EngineFailedError(f"{type(exc).__name__}: {exc}")
