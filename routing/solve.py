"""A plan always comes back: engines in child processes with limits, each answer checked, the next engine on failure.

The order is PyVRP, OR-Tools, greedy; where a limit of the day outlasts an unloading, PyVRP and OR-Tools in turn come
first. Every child answers greedily first, so that there is a checked solution within a second or two whatever the
engine does afterwards. An engine that aborts, hangs, lies, returns nonsense or eats memory is ended by its process id,
noted, and replaced by the next while there is time.
"""

import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Protocol

import psutil

from routing.answer import Orders, Solution
from routing.check import violations
from routing.engines.finish import changes_minor, settle
from routing.engines.hopeless import reduce, why_hopeless
from routing.engines.schedule import homebound
from routing.engines.sectors import mended
from routing.engines.wire import Job, Message, read_message, write_job
from routing.problem import Problem
from tomma.reasons import ReasonCode

log = logging.getLogger(__name__)

ENGINES: Mapping[str, str] = {
    "pyvrp": "routing.engines.pyvrp_engine:solve",
    "ortools": "routing.engines.ortools_engine:solve",
    "greedy": "routing.engines.greedy_engine:solve",
    "relay": "routing.engines.relay_engine:solve",
}
FINISH_S, FINISH_S_PER_BIN, MOST_FINISH_S = 0.1, 0.0004, 0.4
"""An engine is asked to be done this long before the budget ends: to settle, send and be checked. A town's plan takes a
tenth of a second for that."""
GRACE_S = 0.5
"""How long after the budget a child is waited for."""
WORTH_STARTING_S = 1.0
"""With a checked solution in hand, no further engine is started for less."""
WATCH_S = 0.1
MENDED_HERE_BINS = 1_500
"""Mending 300 bins takes 0.1 s of processor time, 1,000 bins 0.4 s; more would hold this process up for too long."""

OnProgress = Callable[[str, Solution, float], None]
"""Told the stage, the best checked solution and the seconds since the start."""


class StopSign(Protocol):
    """Set by another thread when somebody wants the best plan so far (a `threading.Event`, as a rule)."""

    def is_set(self) -> bool:
        """Return whether it was."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A checked solution and how it came about."""

    solution: Solution
    engine: str
    notes: tuple[str, ...]
    """What went wrong on the way: one sentence per engine that failed."""
    first_s: float
    """When the first checked solution was there."""
    elapsed_s: float


@dataclass
class _Run:
    """What one call knows so far."""

    problem: Problem
    on_progress: OnProgress
    began_at: float
    ends_at: float
    best: Solution | None = None
    best_engine: str = ""
    first_s: float = 0.0
    notes: list[str] = field(default_factory=list)

    def offer(self, engine: str, stage: str, solution: Solution) -> str | None:
        """Take the solution if it passes the check and is better; return what is wrong with it."""
        faults = violations(self.problem, solution)
        if faults:
            return f"broke {len(faults)} rules, first: {faults[0]}"
        elapsed_s = time.monotonic() - self.began_at
        if self.best is None:
            self.first_s = elapsed_s
        if self.best is None or solution.rank < self.best.rank:
            self.best, self.best_engine = solution, "greedy" if stage in ("greedy", "warm") else engine
            self.on_progress(stage, solution, elapsed_s)
        return None


def solve_in_child(
    problem: Problem,
    *,
    budget_s: float,
    memory_limit_mb: int,
    seed: int,
    on_progress: OnProgress = lambda *_: None,
    engines: Sequence[str] | None = None,
    iterations: int | None = None,
    workers: int | None = None,
    stop: StopSign | None = None,
    warm: Orders | None = None,
    cluster_address: str = "",
) -> Solved:
    """Return the best checked solution any engine found in `budget_s`, at the latest about a second after it.

    Args:
        problem: What is to be planned.
        budget_s: Wall-clock time for everything.
        memory_limit_mb: Resident memory a child and its workers may hold together.
        seed: The same seed and `iterations`, with ample time, give the same solution.
        on_progress: Called from this thread with each better checked solution.
        engines: Names in `ENGINES` or `module:function`, tried in this order; None means those that suit the problem.
        iterations: Of the engine's own kind; None means until the time is up.
        workers: Processes an engine may use at once; None means one per core, two at most.
        cluster_address: Of a Dask scheduler whose workers the engine uses; empty means this machine only.
        stop: When set, the best so far is returned at once; before there is any, the first one.
        warm: A plan to begin with, of yesterday or on the road: mended, it is the first answer.
    """
    began_at = time.monotonic()
    run = _Run(problem, on_progress, began_at, began_at + budget_s)
    if problem.bins and problem.trucks:
        lanes = workers or min(2, os.cpu_count() or 1)
        done_by = run.ends_at - _finish_s(problem)
        job = Job(problem, "", done_by, iterations, lanes, seed, memory_limit_mb, warm, cluster_address)
        _try_engines(run, engines or engines_for(problem), job, stop)
    if run.best is None:
        _fall_back(run, warm or {})
    assert run.best is not None  # noqa: S101  (_fall_back always finds one)
    for note in run.notes:
        log.warning("engine replaced %s", note)
    return Solved(run.best, run.best_engine, tuple(run.notes), run.first_s, time.monotonic() - began_at)


def _finish_s(problem: Problem) -> float:
    return min(FINISH_S + FINISH_S_PER_BIN * len(problem.bins), MOST_FINISH_S)


def engines_for(problem: Problem) -> tuple[str, ...]:
    """Return the engines to try, the one that can state the problem first."""
    limited = any(truck.has_daily_limit and truck.max_unloads != 1 for truck in problem.trucks)
    return ("relay" if limited else "pyvrp", "ortools", "greedy")


def _try_engines(run: _Run, engines: Sequence[str], job: Job, stop: StopSign | None) -> None:
    for name in engines:
        left_s = run.ends_at - time.monotonic()
        if run.best is not None and left_s < WORTH_STARTING_S:
            return
        fault = _run_child(run, name, replace(job, engine=ENGINES.get(name, name)), stop)
        if fault is None or (stop is not None and stop.is_set()):
            return
        run.notes.append(f"{name}: {fault}")


def _fall_back(run: _Run, warm: Orders) -> None:
    """No child answered: insert greedily here; and if even that breaks a rule, leave every bin out by name."""
    try:
        reduced = reduce(run.problem)
        fault = run.offer("greedy", "greedy", reduced.restore(settle(reduced.problem, reduced.inward(warm))))
    except Exception:
        log.exception("greedy insertion failed; the plan is empty")
        fault = "raised"
    if fault is not None:
        run.notes.append(f"greedy: {fault}")
        run.offer("none", "none", _empty(run.problem))


def _empty(problem: Problem) -> Solution:
    codes = dict.fromkeys(range(len(problem.bins)), ReasonCode.NO_CAPACITY) | why_hopeless(problem)
    home = [homebound(problem, index) for index, truck in enumerate(problem.trucks) if truck.on_road]
    routes = tuple(route for route in home if route is not None)
    return Solution(
        routes=routes,
        unvisited=codes,
        cost_minor=sum(route.cost_minor for route in routes),
        lost_prize_minor=sum(node.prize_minor for node in problem.bins),
        must_missed=sum(node.must for node in problem.bins),
        change_minor=changes_minor(problem, {}),
    )


def _run_child(run: _Run, name: str, job: Job, stop: StopSign | None) -> str | None:
    """Run one engine; return what was wrong with it, None when it ended well or was stopped from outside."""
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
    answers = os.fdopen(reading, "rb")
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


def _mend_meanwhile(run: _Run, job: Job) -> None:
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
    run: _Run,
    name: str,
    child: "subprocess.Popen[bytes]",
    arrived: "queue.Queue[Message | ValueError | None]",
    memory_limit_mb: int,
    stop: StopSign | None,
) -> str | None:
    """Hear the child out, within its limits."""
    while True:
        if stop is not None and stop.is_set() and run.best is not None:
            return None
        try:
            message = arrived.get(timeout=WATCH_S)
        except queue.Empty:
            if time.monotonic() > run.ends_at + GRACE_S:
                # One that had better answers on the way was merely cut short.
                return None if run.best_engine == name else "gave no answer in time"
            if _resident_mb(child.pid) > memory_limit_mb:
                return f"held more than {memory_limit_mb} MB"
            continue
        verdict = _judge(run, name, child, message)
        if verdict is not None:
            return verdict or None


def _judge(run: _Run, name: str, child: "subprocess.Popen[bytes]", message: Message | ValueError | None) -> str | None:
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
    return "" if message.kind == "done" else None


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
