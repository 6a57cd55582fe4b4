"""The second engine: OR-Tools' routing solver, guided local search on the model of `ortools_model`.

It aborts the process on zero vehicles, so an empty problem never reaches it.
"""

import time
from dataclasses import dataclass

from routing.answer import Orders, Solution
from routing.engines.arcs import arcs
from routing.engines.finish import orders_of, settle
from routing.engines.interface import Budget, Report
from routing.engines.ortools_model import Model
from routing.problem import Problem

REPORT_EVERY_S = 1.0


def solve(problem: Problem, *, budget: Budget, seed: int, report: Report, start: Solution) -> Solution:  # noqa: ARG001
    """Return the better of the start and what guided local search makes of it; the search itself has no seed."""
    ends_at = time.monotonic() + budget.seconds
    priced = arcs(problem)
    model = Model(problem, priced)
    if not model.bins or not model.trucks:
        return start
    listener = _Listener(model, start, report, ends_at)
    model.search(max(0.05, ends_at - time.monotonic()), budget.iterations, orders_of(start), listener.solution_found)
    return listener.settle_latest()


@dataclass
class _Listener:
    """Settles what the search finds, about once a second: settling costs time of its own."""

    model: Model
    best: Solution
    report: Report
    ends_at: float
    latest: Orders | None = None
    told_at: float = 0.0

    def solution_found(self, orders: Orders) -> None:
        self.latest = orders
        if time.monotonic() - self.told_at > REPORT_EVERY_S:
            self.settle_latest()
            self.told_at = time.monotonic()

    def settle_latest(self) -> Solution:
        if self.latest is not None:
            found = settle(self.model.problem, self.latest, self.model.arcs)
            self.latest = None
            if found.rank < self.best.rank:
                self.best = found
                self.report("ortools", found)
        return self.best
