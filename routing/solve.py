"""A plan always comes back: engines in child processes with limits, each answer checked, the next engine on failure.

The order is PyVRP, OR-Tools, greedy; where a limit of the day outlasts an unloading, PyVRP and OR-Tools in turn come
first. Every child answers greedily first, so that there is a checked solution within a second or two whatever the
engine does afterwards. An engine that aborts, hangs, lies, returns nonsense or eats memory is ended by its process id,
noted, and replaced by the next while there is time.
"""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from routing.answer import Orders, Solution
from routing.engines.finish import changes_minor, settle
from routing.engines.hopeless import reduce, why_hopeless
from routing.engines.schedule import homebound
from routing.engines.wire import Job
from routing.problem import Problem
from routing.solve_child import run_child
from routing.solve_run import OnProgress, Run, StopSign
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
WORTH_STARTING_S = 1.0
"""With a checked solution in hand, no further engine is started for less."""


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
    run = Run(problem, on_progress, began_at, began_at + budget_s)
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


def _try_engines(run: Run, engines: Sequence[str], job: Job, stop: StopSign | None) -> None:
    for name in engines:
        left_s = run.ends_at - time.monotonic()
        if run.best is not None and left_s < WORTH_STARTING_S:
            return
        fault = run_child(run, name, replace(job, engine=ENGINES.get(name, name)), stop)
        if fault is None or (stop is not None and stop.is_set()):
            return
        run.notes.append(f"{name}: {fault}")


def _fall_back(run: Run, warm: Orders) -> None:
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
