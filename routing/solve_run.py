"""What one search knows so far: the best checked answer, which engine gave it, and what went wrong on the way."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from routing.answer import Solution
from routing.check import violations
from routing.problem import Problem

OnProgress = Callable[[str, Solution, float], None]
"""Told the stage, the best checked solution and the seconds since the start."""


class StopSign(Protocol):
    """Set by another thread when somebody wants the best plan so far (a `threading.Event`, as a rule)."""

    def is_set(self) -> bool:
        """Return whether it was."""


@dataclass
class Run:
    """What one call knows so far."""

    problem: Problem
    on_progress: OnProgress
    began_at: float
    ends_at: float
    """Both by `time.monotonic`. [s]"""
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

    def stand_by(self, engine: str, solution: Solution) -> None:
        """Take note that an engine has searched to its end: if nothing is better than its answer, it is the engine's.

        Else a day of a few bins, or a change at noon, would look as if nobody had searched.
        """
        if self.best is not None and solution.rank == self.best.rank:
            self.best_engine = engine
