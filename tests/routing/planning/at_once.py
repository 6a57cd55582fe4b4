"""A solver that answers in this process and in milliseconds: a hundred changes of plan must not take minutes."""

from routing.answer import Orders
from routing.engines.finish import settle
from routing.engines.hopeless import reduce
from routing.problem import Problem
from routing.solve import Solved


def at_once(problem: Problem, *, warm: Orders | None = None, **_: object) -> Solved:
    """Return the better of insertion from nothing and from the plan that is there; keeps `solve_in_child`'s promise."""
    reduced = reduce(problem)
    starts = ({}, reduced.inward(warm)) if warm else ({},)
    found = min((reduced.restore(settle(reduced.problem, each)) for each in starts), key=lambda each: each.rank)
    return Solved(found, "insertion", (), 0.0, 0.0)
