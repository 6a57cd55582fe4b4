"""The solving process: reads a job on stdin, answers on the file descriptor named on its command line.

Engines hold the interpreter lock, abort on bad input and may eat all memory; here they can. The first answer is
greedy and comes before the engine is even imported.
"""

import importlib
import os
import sys
import time
from typing import BinaryIO

from routing.answer import Orders, Solution
from routing.engines.hopeless import Reduced, reduce
from routing.engines.interface import Budget, Engine
from routing.engines.memory import limit_memory
from routing.engines.sectors import first_answer, mended
from routing.engines.wire import Job, Message, read_job, write_message


def main() -> None:
    """Do one job."""
    with os.fdopen(int(sys.argv[1]), "wb") as answers:
        job = read_job(sys.stdin.buffer)
        limit_memory(job.memory_limit_mb)
        try:
            _work(job, answers)
        except Exception as exc:  # noqa: BLE001  (a front door: whatever an engine raises is told to the parent)
            write_message(answers, Message("failed", detail=f"{type(exc).__name__}: {exc}"[:500]))


def _work(job: Job, answers: BinaryIO) -> None:
    reduced = reduce(job.problem)
    first = _first(reduced, job.warm, answers)
    best_rank = first.rank

    def report(stage: str, solution: Solution) -> None:
        nonlocal best_rank
        if solution.rank < best_rank:
            best_rank = solution.rank
            write_message(answers, Message("better", stage, reduced.restore(solution)))

    seconds = max(0.05, job.ends_at - time.monotonic())
    budget = Budget(seconds, job.iterations, job.workers, job.cluster_address)
    solution = _engine(job.engine)(reduced.problem, budget=budget, seed=job.seed, report=report, start=first)
    if not isinstance(solution, Solution):
        raise TypeError(f"the engine returned {type(solution).__name__} in place of a Solution")
    write_message(answers, Message("done", job.engine, reduced.restore(solution)))


def _first(reduced: Reduced, warm: Orders | None, answers: BinaryIO) -> Solution:
    """Answer at once: with the plan that is there, mended, or greedily; and greedily if that turns out better."""
    problem = reduced.problem
    if not warm:
        first = first_answer(problem)
        write_message(answers, Message("better", "greedy", reduced.restore(first)))
        return first
    first = mended(problem, reduced.inward(warm))
    write_message(answers, Message("better", "warm", reduced.restore(first)))
    fresh = first_answer(problem)
    if fresh.rank < first.rank:
        write_message(answers, Message("better", "greedy", reduced.restore(fresh)))
    return min(first, fresh, key=lambda each: each.rank)


def _engine(name: str) -> Engine:
    module, _, function = name.partition(":")
    engine: Engine = getattr(importlib.import_module(module), function)
    return engine


if __name__ == "__main__":
    main()
