"""Engines that misbehave, each in its own way; run only in child processes."""

import ctypes
import os
import sys
import time
from dataclasses import replace
from typing import Any

from routing.answer import Solution
from routing.engines.interface import Budget, Report
from routing.engines.wire import Message, write_message
from routing.problem import Problem


def abort(problem: Problem, **_: Any) -> Solution:
    """As OR-Tools does on zero vehicles."""
    os.abort()


def crash(problem: Problem, **_: Any) -> Solution:
    """Read what is not there."""
    ctypes.string_at(0)
    raise AssertionError("unreachable")


def leave(problem: Problem, **_: Any) -> Solution:
    """End the process as if all were well."""
    os._exit(0)


def fail(problem: Problem, **_: Any) -> Solution:
    """Raise."""
    raise RuntimeError("no solution today")


def hang(problem: Problem, **_: Any) -> Solution:
    """Never come back."""
    while True:
        time.sleep(60)


def spin(problem: Problem, **_: Any) -> Solution:
    """Never come back, and keep the interpreter busy."""
    while True:
        pass


def devour(problem: Problem, **_: Any) -> Solution:
    """Hold ever more memory."""
    held = []
    while True:
        held.append(bytearray(os.urandom(2**20)) * 16)


def nothing(problem: Problem, **_: Any) -> Any:
    """Return what is no solution."""
    return {"routes": []}


def lie(problem: Problem, *, budget: Budget, seed: int, report: Report, start: Solution) -> Solution:
    """Claim that every bin has been collected for nothing."""
    return Solution(routes=(), unvisited={}, cost_minor=-1)


def lie_on_the_way(problem: Problem, *, budget: Budget, seed: int, report: Report, start: Solution) -> Solution:
    """Report a lie as a better solution, then hang."""
    report("lying", replace(Solution(routes=()), cost_minor=-1))
    return hang(problem)


def babble(problem: Problem, **_: Any) -> Solution:
    """Write nonsense where the answers go."""
    os.write(int(sys.argv[1]), b"\xff" * 4096)
    return hang(problem)


def chatter(problem: Problem, *, budget: Budget, seed: int, report: Report, start: Solution) -> Solution:
    """Tell what is known already, again and again."""
    with os.fdopen(int(sys.argv[1]), "wb") as answers:
        while True:
            write_message(answers, Message("better", "still", start))
