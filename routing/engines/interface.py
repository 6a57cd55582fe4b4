"""What every engine is: a function from a problem to a solution, with a budget, a seed and a listener."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from routing.answer import Solution
from routing.problem import Problem

Report = Callable[[str, Solution], None]
"""Told the stage and the best solution so far, each time it gets better."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much an engine may spend. With `iterations` and ample seconds the same seed gives the same plan."""

    seconds: float
    iterations: int | None = None
    workers: int = 1
    """Processes it may use at the same time."""
    cluster_address: str = ""
    """Of a Dask scheduler whose workers it uses in place of processes of this machine; empty means none."""

    def __post_init__(self) -> None:
        """Refuse a budget of nothing."""
        if not self.seconds > 0:
            raise ValueError(f"seconds must be above 0, got {self.seconds}")
        if self.iterations is not None and self.iterations < 1:
            raise ValueError(f"iterations must be at least 1, got {self.iterations}")


class Engine(Protocol):
    """Finds good orders."""

    def __call__(self, problem: Problem, *, budget: Budget, seed: int, report: Report, start: Solution) -> Solution:
        """Return the best solution found, accounting for every bin; never worse than `start`, which is feasible."""
