"""One case, planned by us and by the peers within the same seconds, judged by the case's own judge."""

import math
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import psutil

from routing.answer import Solution
from routing.bench_solver.case import Case, Routes, Score
from routing.bench_solver.peers import plan_beside
from routing.check import violations
from routing.solve import solve_in_child

CORES_FOR_BOTH_PEERS = 2
WATCH_S = 0.25
MEMORY_LIMIT_MB = 2_048


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be planned, and for how long."""

    case: Case
    seconds: float
    key: str = ""
    """Which of the named figures it makes, if any."""
    peers: Sequence[str] = ()
    left_outs_allowed: bool = False
    """For fleets that cannot serve what they must: only our own checker judges then."""


@dataclass(frozen=True)
class Result:
    """Our answer and theirs."""

    task: Task
    ours: Score
    engine: str
    checked: bool
    """Whether our independent checker found nothing."""
    first_s: float
    elapsed_s: float
    left_out: int
    must_missed: int
    memory_mb: float
    """The most our planning processes held together."""
    routes: Routes
    notes: tuple[str, ...] = ()
    peers: Mapping[str, Score | None] = field(default_factory=dict)
    peer_notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def best_peer(self) -> float | None:
        """The best peer's objective, None when no peer has a valid plan."""
        valid = [score.objective for score in self.peers.values() if score is not None and score.valid]
        return min(valid, default=None)

    @property
    def ratio(self) -> float | None:
        """Our objective by the best peer's; infinite when only theirs is valid."""
        if self.best_peer is None:
            return None
        return self.ours.objective / self.best_peer if self.ours.valid else float("inf")

    @property
    def gap(self) -> float | None:
        """How far we are above the best published figure, as a fraction of it."""
        published = self.task.case.published
        if published is None or not self.ours.valid:
            return None
        return self.ours.comparable / published.value - 1.0


def run(task: Task, seed: int, ends_at: float = math.inf) -> Result:
    """Plan the case, then let the peers plan it; they have no plan if they have none by `ends_at`."""
    case, problem = task.case, task.case.problem
    with _Memory() as memory:
        solved = solve_in_child(problem, budget_s=task.seconds, memory_limit_mb=MEMORY_LIMIT_MB, seed=seed)
    solution = solved.solution
    routes = case.routes(solution)
    together = (os.cpu_count() or 1) >= CORES_FOR_BOTH_PEERS
    answers = plan_beside(case, task.seconds, seed, task.peers, together=together, ends_at=ends_at)
    return Result(
        task=task,
        ours=case.score(routes) if not task.left_outs_allowed else _own_score(solution),
        engine=solved.engine,
        checked=not violations(problem, solution),
        first_s=solved.first_s,
        elapsed_s=solved.elapsed_s,
        left_out=len(solution.unvisited),
        must_missed=solution.must_missed,
        memory_mb=memory.most_mb,
        routes=routes,
        notes=solved.notes,
        peers={name: case.score(each.routes) if each.routes else None for name, each in answers.items()},
        peer_notes={name: each.note for name, each in answers.items() if each.note},
    )


def _own_score(solution: Solution) -> Score:
    """Where must bins stay out no evaluator accepts the plan: our own sum has to do."""
    return Score(float(solution.cost_minor + solution.lost_prize_minor), len(solution.routes))


class _Memory:
    """Watches what this process's children hold."""

    def __init__(self) -> None:
        self.most_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(WATCH_S):
            total = 0
            for child in psutil.Process().children(recursive=True):
                try:
                    total += child.memory_info().rss
                except psutil.Error:
                    continue
            self.most_mb = max(self.most_mb, total / 2**20)
