"""Arcs as every engine sees them: halting folded in, what cannot be driven made prohibitively long."""

from dataclasses import dataclass

import numpy as np

from routing.integers import HORIZON_S, Gaps, Int64
from routing.problem import Problem, RoadProfile
from routing.truck import BreakRule, Rates

FORBIDDEN_S = 10 * HORIZON_S
"""Longer than any shift: an arc of this length never fits."""


@dataclass(frozen=True, slots=True)
class Arcs:
    """[places, places] seconds and money from being ready to leave one place to being parked at another."""

    duration_s: Int64
    cost_minor: Int64
    worlds: tuple["Arcs", ...] = ()
    """One per choice of roads and rates, where trucks differ in them; the first is this one."""
    world_of_truck: tuple[int, ...] = ()

    def of(self, truck: int) -> "Arcs":
        """Return the arcs as this truck drives and pays them."""
        return self.worlds[self.world_of_truck[truck]] if self.worlds else self


def arcs(problem: Problem) -> Arcs:
    """Return the arcs with each place's halt charged on arrival from elsewhere; the first truck's come first."""
    keys = [(truck.profile, problem.rates_of(index)) for index, truck in enumerate(problem.trucks)]
    kinds = list(dict.fromkeys(keys)) or [(0, problem.rates)]
    worlds = tuple(_world(problem, *kind) for kind in kinds)
    if len(worlds) == 1:
        return worlds[0]
    return Arcs(worlds[0].duration_s, worlds[0].cost_minor, worlds, tuple(kinds.index(key) for key in keys))


def _world(problem: Problem, profile: int, rates: Rates) -> Arcs:
    roads = problem.profiles[profile]
    halt_s = np.zeros(problem.places, dtype=np.int64)  # nobody halts at a depot or a gate
    stands = [node.place for node in problem.bins]
    halt_s[stands] = problem.halt_s[stands]
    halt_minor = np.array([rates.handling_minor(int(seconds)) for seconds in halt_s], dtype=np.int64)
    elsewhere = ~np.eye(problem.places, dtype=np.bool_)
    duration_s: Int64 = roads.duration_s.astype(np.int64) + np.where(elsewhere, halt_s[None, :], 0)
    cost_minor: Int64 = driving_minor(roads, rates) + np.where(elsewhere, halt_minor[None, :], 0)
    closed = elsewhere & ~roads.reachable
    duration_s[closed] = FORBIDDEN_S
    # Dearer than anything real, so that an engine that prices lateness still keeps away.
    cost_minor[closed] = 10 * max(1, int(cost_minor.max(initial=0)))
    np.fill_diagonal(duration_s, 0)
    np.fill_diagonal(cost_minor, 0)
    return Arcs(duration_s, cost_minor)


def driving_minor(roads: RoadProfile, rates: Rates) -> Int64:
    """Return what every drive costs, rounded half up arc by arc as `Rates.leg_minor` does."""
    metres = roads.distance_m.astype(np.int64) * (rates.per_km_minor * 36)
    seconds = roads.duration_s.astype(np.int64) * (rates.per_h_minor * 10)
    cost: Int64 = (metres + seconds + 18_000) // 36_000
    return cost


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


def begin_at(ready_s: Int64, open_s: int, shut_s: Gaps) -> Int64:
    """Return when work begins for each time of being ready: `problem.begin_by` for arrays."""
    begin_s = np.maximum(ready_s, open_s)
    for from_s, to_s in shut_s:
        begin_s = np.where((from_s <= begin_s) & (begin_s < to_s), to_s, begin_s)
    return begin_s


def halt_by(latest_s: int, shut_s: Gaps) -> int:
    """Return the latest time to be ready that lets work begin by `latest_s`, which may lie in a gap."""
    for from_s, to_s in shut_s:
        if from_s <= latest_s < to_s:
            return from_s - 1
    return latest_s
