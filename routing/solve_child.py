"""One engine in a child process: heard out within its limits of time and memory, and ended by its process id."""

import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from typing import BinaryIO

import psutil

from routing.engines.hopeless import reduce
from routing.engines.sectors import mended
from routing.engines.wire import Job, Message, read_message, write_job
from routing.solve_run import Run, StopSign

log = logging.getLogger(__name__)

GRACE_S = 0.5
"""How long after the budget a child is waited for."""
LAST_WORDS_S = 0.8
"""The same, while there is something to hear: an answer that came in time is not lost because this process was busy."""
WATCH_S = 0.1
"""Between two looks at the time, the memory and the sign to stop, while the child says nothing."""
MENDED_HERE_BINS = 1_500
"""Mending 300 bins takes 0.1 s of processor time, 1,000 bins 0.4 s; more would hold this process up for too long."""


def run_child(run: Run, name: str, job: Job, stop: StopSign | None) -> str | None:
    """Run one engine; return what was wrong with it, None when it ended well or was stopped from outside."""
    child, answers = _started(job)
    arrived: queue.Queue[Message | ValueError | None] = queue.Queue()
    listener = threading.Thread(target=_listen, args=(answers, arrived), daemon=True)
    listener.start()
    try:
        _mend_meanwhile(run, job)
        return _attend(run, name, child, arrived, job.memory_limit_mb, stop)
    finally:
        _end(child)
        listener.join(timeout=1.0)
        answers.close()


def _started(job: Job) -> tuple["subprocess.Popen[bytes]", BinaryIO]:
    """Start the child with its job on standard input; return it and the end of the pipe that its answers come from."""
    with tempfile.TemporaryFile() as told:
        write_job(told, job)
        told.seek(0)
        reading, writing = os.pipe()
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", "routing.engines.child", str(writing)],
                stdin=told,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(writing,),
                start_new_session=True,
                # Threads of numpy's algebra gain nothing here and reserve memory per core.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        finally:
            os.close(writing)
    return child, os.fdopen(reading, "rb")


def _mend_meanwhile(run: Run, job: Job) -> None:
    """Answer a plan on the road here, while the child is still loading: a truck has broken down and people wait.

    The child mends the same plan for its engine to begin with, but on a busy machine only its start takes a second.
    """
    is_on_road = any(truck.on_road for truck in job.problem.trucks)
    if run.best is not None or not job.warm or not is_on_road or len(job.problem.bins) > MENDED_HERE_BINS:
        return
    try:
        reduced = reduce(job.problem)
        fault = run.offer("greedy", "warm", reduced.restore(mended(reduced.problem, reduced.inward(job.warm))))
    except Exception:  # the child tries as well, and there is greedy after it
        log.exception("the plan on the road could not be mended at once")
        fault = "raised"
    if fault is not None:
        run.notes.append(f"mended at once: {fault}")


def _listen(answers: BinaryIO, arrived: "queue.Queue[Message | ValueError | None]") -> None:
    """Pass messages on until the child closes its end or sends nonsense."""
    try:
        while (message := read_message(answers)) is not None:
            arrived.put(message)
        arrived.put(None)
    except ValueError as exc:
        arrived.put(exc)


def _attend(
    run: Run,
    name: str,
    child: "subprocess.Popen[bytes]",
    arrived: "queue.Queue[Message | ValueError | None]",
    memory_limit_mb: int,
    stop: StopSign | None,
) -> str | None:
    """Hear the child out, within its limits; one that never falls silent has them, too."""
    watched_at = time.monotonic()
    while True:
        if stop is not None and stop.is_set() and run.best is not None:
            return None
        with suppress(queue.Empty):
            verdict = _judge(run, name, child, arrived.get(timeout=WATCH_S))
            if verdict is not None:
                return verdict or None
        now = time.monotonic()
        if now > run.ends_at + (GRACE_S if arrived.empty() else LAST_WORDS_S):
            # One that had better answers on the way was merely cut short.
            return None if run.best_engine == name else "gave no answer in time"
        if now > watched_at + WATCH_S:
            watched_at = now
            if _resident_mb(child.pid) > memory_limit_mb:
                return f"held more than {memory_limit_mb} MB"


def _judge(run: Run, name: str, child: "subprocess.Popen[bytes]", message: Message | ValueError | None) -> str | None:
    """Return what is wrong, "" when the engine is done, None to hear on."""
    if message is None:
        return f"ended without an answer, exit status {child.wait(timeout=2)}"
    if isinstance(message, ValueError):
        return f"sent what is no message: {message}"
    if message.kind == "failed" or message.solution is None:
        return message.detail or "sent no solution"
    fault = run.offer(name, message.stage, message.solution)
    if fault is not None:
        return fault
    if message.kind != "done":
        return None
    run.stand_by(name, message.solution)
    return ""


def _resident_mb(pid: int) -> float:
    """Return what the process and its descendants hold in memory."""
    total = 0
    with suppress(psutil.Error):
        family = [psutil.Process(pid)]
        family += family[0].children(recursive=True)
        for process in family:
            with suppress(psutil.Error):
                total += process.memory_info().rss
    return total / 2**20


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End the child and the workers it started: they share a session of their own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
