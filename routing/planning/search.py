"""The search for a day's routes: as the day is, and once more with evened days where balance was asked for."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from routing.answer import Orders, Solution
from routing.engines.finish import orders_of
from routing.planning.balance import ROOMS, evened, is_better
from routing.problem import Problem
from routing.solve import Solved, solve_in_child
from routing.solve_run import StopSign
from tomma.planning_settings import PlanningSettings

log = logging.getLogger(__name__)

Tell = Callable[[str, Solution | None], None]
"""Takes a stage's name and the best answer so far."""


@dataclass(frozen=True, slots=True)
class Search:
    """How one plan's problem is solved."""

    settings: PlanningSettings
    balanced: bool
    """Trucks are to work about as long as each other: each try gets its share of the time budget."""
    tell: Tell
    iterations: int | None = None
    stop: StopSign | None = None

    def solve(self, problem: Problem, begin_with: Orders | None) -> Solved:
        """Return the best answer within the time budget."""
        solved = self._once(problem, begin_with)
        if self.balanced:
            solved = self._evened(problem, solved)
        log.info(
            "problem solved engine=%s bins=%d trucks=%d routes=%d unvisited=%d cost_minor=%d first_s=%.2f took_s=%.2f",
            solved.engine,
            len(problem.bins),
            len(problem.trucks),
            len(solved.solution.routes),
            len(solved.solution.unvisited),
            solved.solution.cost_minor,
            solved.first_s,
            solved.elapsed_s,
        )
        return solved

    def _evened(self, problem: Problem, solved: Solved) -> Solved:
        """Return the first answer whose days are more alike; the one at hand when none is."""
        for room in ROOMS:
            even = evened(problem, solved.solution, room)
            if even is None or (self.stop is not None and self.stop.is_set()):
                break
            self.tell("balance", solved.solution)
            again = self._once(even, orders_of(solved.solution))
            if is_better(solved.solution, again.solution):
                return again
        return solved

    def _once(self, problem: Problem, begin_with: Orders | None) -> Solved:
        tries = 1 + len(ROOMS) if self.balanced else 1
        return solve_in_child(
            problem,
            budget_s=self.settings.budget_s / tries,
            memory_limit_mb=self.settings.memory_limit_mb,
            seed=self.settings.seed,
            on_progress=lambda stage, solution, _: self.tell(stage, solution),
            iterations=self.iterations,
            stop=self.stop,
            warm=begin_with,
            cluster_address=self.settings.cluster_address,
        )
