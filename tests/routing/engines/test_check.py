"""The judge: for every rule a sound day is spoilt in that one way, and the judge must name it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from routing.answer import Solution, TruckRoute, Visit, VisitKind
from routing.check import violations
from routing.engines.finish import settle
from routing.engines.hopeless import reduce
from routing.problem import DisposalNode, Problem
from tests.routing.engines.small_days import HOUR_S, MORNING_REST, a_street, a_truck, any_problem
from tomma.reasons import ReasonCode

Day = tuple[Problem, Solution]
Spoil = Callable[[Problem, Solution], Day]


def a_sound_day() -> Day:
    """Six bins, two trips, a break, one optional bin too far to be worth it."""
    problem = a_street(
        [300, 600, 900, 1_200, 1_500, 1_800, 90_000],
        bins=[{}] * 6 + [{"must": False, "prize_minor": 100}],
        trucks=[a_truck(breaks=(replace(MORNING_REST, earliest_s=6 * HOUR_S, latest_s=6 * HOUR_S + 1_200),))],
    )
    return problem, settle(problem, {})


def _route(solution: Solution, **changes: object) -> Solution:
    return replace(solution, routes=(replace(solution.routes[0], **changes),))  # type: ignore[arg-type]


def _visit(solution: Solution, kind: VisitKind, change: Callable[[Visit], Visit]) -> Solution:
    """Change the first visit of a kind."""
    visits = list(solution.routes[0].visits)
    at = next(at for at, visit in enumerate(visits) if visit.kind is kind)
    visits[at] = change(visits[at])
    return _route(solution, visits=tuple(visits))


def _without(solution: Solution, kind: VisitKind, *, last: bool = False) -> Solution:
    visits = list(solution.routes[0].visits)
    found = [at for at, visit in enumerate(visits) if visit.kind is kind]
    del visits[found[-1 if last else 0]]
    return _route(solution, visits=tuple(visits))


def _only(solution: Solution, kind: VisitKind) -> list[Visit]:
    return [visit for visit in solution.routes[0].visits if visit.kind is kind]


def _bin(problem: Problem, **changes: object) -> Problem:
    first = replace(problem.bins[0], **changes)  # type: ignore[arg-type]
    return replace(problem, bins=(first, *problem.bins[1:]))


def _truck(problem: Problem, **changes: object) -> Problem:
    return replace(problem, trucks=(replace(problem.trucks[0], **changes),))  # type: ignore[arg-type]


def _site(problem: Problem, **changes: object) -> Problem:
    return replace(problem, disposals=(replace(problem.disposals[0], **changes),))  # type: ignore[arg-type]


def _twice(problem: Problem, solution: Solution) -> Day:
    visits = solution.routes[0].visits
    again = next(visit for visit in visits if visit.kind is VisitKind.COLLECT)
    return problem, _route(solution, visits=(*visits[:2], again, *visits[2:]))


def _no_road(problem: Problem, solution: Solution) -> Day:
    reachable = problem.reachable.copy()
    reachable[problem.bins[0].place, problem.bins[1].place] = False
    return replace(problem, reachable=reachable), solution


def _unreasoned(code: object) -> Spoil:
    return lambda problem, solution: (problem, replace(solution, unvisited={6: code}))  # type: ignore[dict-item]


NOT_NEEDED = ReasonCode.NOT_WORTH_THE_DETOUR
COLLECT, DISPOSE, BREAK = VisitKind.COLLECT, VisitKind.DISPOSE, VisitKind.BREAK

SPOILT: list[tuple[str, Spoil, str]] = [
    ("a bin on a route twice", _twice, "bin 0 is collected 2 times"),
    (
        "a bin both collected and left out",
        lambda p, s: (p, replace(s, unvisited={0: NOT_NEEDED, 6: NOT_NEEDED})),
        "collected and listed as left out",
    ),
    ("an optional bin lost", lambda p, s: (p, replace(s, unvisited={})), "bin 6 is missing without a reason"),
    ("a must bin lost", lambda p, s: (p, _without(s, COLLECT)), "must bin 0 is missing without a reason"),
    ("a reason that is none", _unreasoned("because"), "which is no reason code"),
    (
        "a bin that does not exist left out",
        lambda p, s: (p, replace(s, unvisited={6: NOT_NEEDED, 77: NOT_NEEDED})),
        "unknown bin 77",
    ),
    ("a truck out twice", lambda p, s: (p, replace(s, routes=s.routes * 2)), "truck 0 drives 2 routes"),
    ("a truck that does not exist", lambda p, s: (p, _route(s, truck=3)), "unknown truck 3"),
    ("a route of nothing", lambda p, s: (p, _route(s, visits=())), "collects nothing"),
    (
        "a visit to nowhere",
        lambda p, s: (p, _visit(s, DISPOSE, lambda v: replace(v, index=9))),
        "unknown dispose 9",
    ),
    ("too many litres", lambda p, s: (_truck(p, capacity_l=2_399), s), "2400 l of 2399 l"),
    ("too many kilograms", lambda p, s: (_truck(p, capacity_kg=239), s), "240 kg of 239 kg"),
    ("a stream the truck does not take", lambda p, s: (_bin(p, fraction=1), s), "fraction 1, which the truck does not"),
    (
        "a stream the disposal site does not take",
        lambda p, s: (_site(p, fractions=frozenset()), s),
        "does not take fractions [0]",
    ),
    ("home with a load", lambda p, s: (p, _without(s, DISPOSE, last=True)), "comes home with 2400 l and 240 kg"),
    ("before the bin's window", lambda p, s: (_bin(p, open_s=7 * HOUR_S), s), "outside its window 25200-"),
    ("after the bin's window", lambda p, s: (_bin(p, latest_s=6 * HOUR_S), s), "outside its window 0-21600"),
    ("before the gate opens", lambda p, s: (_site(p, open_s=12 * HOUR_S), s), "disposal site 0 begins"),
    ("after the gate has closed", lambda p, s: (_site(p, latest_s=6 * HOUR_S), s), "disposal site 0 begins"),
    ("off before the shift", lambda p, s: (_truck(p, shift_start_s=22_000), s), "before the shift begins at 22000"),
    ("home after the shift", lambda p, s: (_truck(p, shift_end_s=22_000), s), "after the shift ends at 22000"),
    ("no break", lambda p, s: (p, _without(s, BREAK)), "break 0 is not taken"),
    (
        "a break too late",
        lambda p, s: (_truck(p, breaks=(replace(p.trucks[0].breaks[0], earliest_s=0, latest_s=100),)), s),
        "break 0 begins at",
    ),
    (
        "a break too short",
        lambda p, s: (p, _visit(s, BREAK, lambda v: replace(v, depart_s=v.depart_s - 60))),
        "break 0 takes 1740 s in place of 1800 s",
    ),
    (
        "two breaks of one",
        lambda p, s: (p, _route(s, visits=(*s.routes[0].visits, *_only(s, BREAK)))),
        "break 0 is taken 2 times",
    ),
    ("no road", _no_road, "no road leads from place 2 to place 3"),
    (
        "driving faster than the road allows",
        lambda p, s: (p, _visit(s, DISPOSE, lambda v: replace(v, arrive_s=v.arrive_s - 1))),
        "the drive from place",
    ),
    (
        "emptying without parking",
        lambda p, s: (replace(p, halt_s=p.halt_s + np.int32(500)), s),
        "bin 0 begins at 21690 s, halted at 22190",
    ),
    (
        "emptying in no time",
        lambda p, s: (p, _visit(s, COLLECT, lambda v: replace(v, depart_s=v.begin_s))),
        "bin 0 takes 0 s in place of 60 s",
    ),
    (
        "a bin at the wrong place",
        lambda p, s: (p, _visit(s, COLLECT, lambda v: replace(v, place=3))),
        "bin 0 stands at place 2, not 3",
    ),
    (
        "unloading at the wrong place",
        lambda p, s: (p, _visit(s, DISPOSE, lambda v: replace(v, place=3))),
        "disposal site 0 is at place 1, not 3",
    ),
    ("home too soon", lambda p, s: (p, _route(s, end_s=s.routes[0].end_s - 1)), "arrives at place 0"),
    ("a wrong distance", lambda p, s: (p, _route(s, distance_m=1)), "distance_m is given as 1"),
    ("a wrong driving time", lambda p, s: (p, _route(s, driving_s=1)), "driving_s is given as 1"),
    ("a route at a wrong price", lambda p, s: (p, _route(s, cost_minor=1)), "cost_minor is given as 1"),
    ("a wrong total", lambda p, s: (p, replace(s, cost_minor=1)), "cost_minor of the solution is 1"),
    ("a wrong loss", lambda p, s: (p, replace(s, lost_prize_minor=1)), "lost_prize_minor of the solution is 1"),
    ("a wrong count of misses", lambda p, s: (p, replace(s, must_missed=1)), "must_missed of the solution is 1"),
]


def test_a_sound_day_has_no_violations() -> None:
    """Otherwise the judge would turn every plan away."""
    problem, solution = a_sound_day()
    kinds = [visit.kind for visit in solution.routes[0].visits]
    assert kinds.count(DISPOSE) == 2
    assert BREAK in kinds
    assert solution.unvisited == {6: ReasonCode.NOT_WORTH_THE_DETOUR}
    assert violations(problem, solution) == ()


@pytest.mark.parametrize(("spoil", "named"), [pytest.param(s, n, id=i) for i, s, n in SPOILT])
def test_a_spoilt_day_is_named(spoil: Spoil, named: str) -> None:
    """One planted fault per rule: a judge that misses it would let a truck drive it."""
    found = violations(*spoil(*a_sound_day()))
    assert any(named in fault for fault in found), found


def test_two_bins_at_one_site_are_one_halt() -> None:
    """The truck parks once, however many bins stand there; a break in between does not make it park again."""
    problem = a_street([500], bins=[{}])
    problem = replace(problem, bins=problem.bins * 2)
    solution = settle(problem, {})
    first, second = (visit for visit in solution.routes[0].visits if visit.kind is COLLECT)
    assert first.begin_s - first.arrive_s == 60
    assert second.begin_s == second.arrive_s == first.depart_s
    assert violations(problem, solution) == ()


def test_an_open_gate_is_needed_only_while_unloading() -> None:
    """A truck may wait at the gate: that is the driver's time, no broken rule."""
    problem = a_street([500], disposals=[DisposalNode(1, frozenset({0}), 900, 8 * HOUR_S, 9 * HOUR_S)])
    solution = settle(problem, {})
    assert violations(problem, solution) == ()
    assert solution.routes[0].visits[-1].begin_s == 8 * HOUR_S


@given(any_problem())
@settings(max_examples=150, deadline=None)
def test_what_insertion_makes_of_any_problem_is_sound(problem: Problem) -> None:
    """The judge and the timetable were written apart: they agree on every problem that can be stated."""
    reduced = reduce(problem)
    solution = reduced.restore(settle(reduced.problem, {}))
    assert violations(problem, solution) == ()
    assert all(isinstance(route, TruckRoute) for route in solution.routes)
