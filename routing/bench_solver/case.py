"""What every benchmark instance offers: our problem, the way back to its own routes, and its own judge.

Judges work from the instance's numbers alone, in the instance's units; they share no code with an engine, with
`routing.check` or with the problem made from the instance.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from routing.answer import Solution
from routing.problem import Problem

Routes = tuple[tuple[int, ...], ...]
"""One tuple of the instance's own node numbers per truck, without the depots at both ends."""


@dataclass(frozen=True, slots=True)
class Score:
    """What an instance's judge makes of an answer."""

    objective: float
    """What every planner was asked to make small; prizes of nodes left out included."""
    trucks: int
    faults: tuple[str, ...] = ()
    """Broken rules, one sentence each; the objective then means nothing."""
    miles: float | None = None
    """Where the published figures count only part of the objective: that part."""

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return not self.faults

    @property
    def comparable(self) -> float:
        """Return what the published figures count."""
        return self.objective if self.miles is None else self.miles


@dataclass(frozen=True, slots=True)
class Published:
    """The best figures published for an instance."""

    value: float
    """Distance, miles, or distance and prizes."""
    trucks: int | None = None
    """Where the number of trucks counts, too."""
    source: str = ""


class Case(Protocol):
    """One instance."""

    @property
    def name(self) -> str:
        """Name it as its authors do."""

    @property
    def group(self) -> str:
        """Tell the set: cvrp, vrptw, pcvrptw, kim or waste_city."""

    @property
    def size(self) -> int:
        """Count what may be visited."""

    @property
    def published(self) -> Published | None:
        """Return the best figures known, if any."""

    @cached_property
    def problem(self) -> Problem:
        """Return the instance as our solvers see it."""

    def routes(self, solution: Solution) -> Routes:
        """Return our solution in the instance's numbers."""

    def score(self, routes: Routes) -> Score:
        """Judge routes, whoever made them."""
