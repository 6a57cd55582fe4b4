"""Arcs as every engine sees them: halting folded in, what cannot be driven made prohibitively long."""

from dataclasses import dataclass

import numpy as np

from routing.problem import HORIZON_S, BreakRule, Int64, Problem

FORBIDDEN_S = 10 * HORIZON_S
"""Longer than any shift: an arc of this length never fits."""


@dataclass(frozen=True, slots=True)
class Arcs:
    """[places, places] seconds and money from being ready to leave one place to being parked at another."""

    duration_s: Int64
    cost_minor: Int64


def arcs(problem: Problem) -> Arcs:
    """Return the arcs with each place's halt charged on arrival from elsewhere."""
    halt_minor = np.array([problem.handling_minor(int(seconds)) for seconds in problem.halt_s], dtype=np.int64)
    elsewhere = ~np.eye(problem.places, dtype=np.bool_)
    duration_s: Int64 = problem.duration_s.astype(np.int64) + np.where(elsewhere, problem.halt_s[None, :], 0)
    cost_minor: Int64 = problem.arc_minor + np.where(elsewhere, halt_minor[None, :], 0)
    closed = elsewhere & ~problem.reachable
    duration_s[closed] = FORBIDDEN_S
    # Dearer than anything real, so that an engine that prices lateness still keeps away.
    cost_minor[closed] = 10 * max(1, int(cost_minor.max(initial=0)))
    np.fill_diagonal(duration_s, 0)
    np.fill_diagonal(cost_minor, 0)
    return Arcs(duration_s, cost_minor)


def before_breaks(latest_s: Int64, breaks: tuple[BreakRule, ...]) -> Int64:
    """Return deadlines that hold even if every break that could come before them does.

    An order that keeps these deadlines without breaks keeps the true ones with breaks, wherever they are put:
    a deadline after a break's earliest start moves forward by the break, but not before that start.
    """
    shrunk = latest_s.astype(np.int64)
    for rule in reversed(breaks):
        moved = np.maximum(rule.earliest_s, shrunk - rule.duration_s)
        shrunk = np.where(shrunk > rule.earliest_s, moved, shrunk)
    return shrunk
