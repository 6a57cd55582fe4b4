"""The judge on the rules beyond the plain day: each is broken once, and must be named."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from routing.answer import Solution, TruckRoute, Visit, VisitKind
from routing.check import violations
from routing.engines.finish import settle
from routing.problem import DisposalNode, Problem, RoadProfile
from routing.truck import Compartment, Load, Rates
from tests.routing.engines.small_days import HOUR_S, a_street, a_truck
from tomma.reasons import ReasonCode

COLLECT, DISPOSE = VisitKind.COLLECT, VisitKind.DISPOSE
Day = tuple[Problem, Solution]
ONE = frozenset({0})


def a_sound_day() -> Day:
    """Six bins in two trips of one truck, home at `end_s`."""
    problem = a_street([300, 600, 900, 1_200, 1_500, 1_800])
    return problem, settle(problem, {})


def _truck(problem: Problem, **changes: object) -> Problem:
    return replace(problem, trucks=(replace(problem.trucks[0], **changes),))  # type: ignore[arg-type]


def _last_collected(solution: Solution) -> Visit:
    return [visit for visit in solution.routes[0].visits if visit.kind is COLLECT][-1]


def _at_last_bin(problem: Problem, solution: Solution, **changes: object) -> Day:
    """Change the bin collected last."""
    index = _last_collected(solution).index
    bins = list(problem.bins)
    bins[index] = replace(bins[index], **changes)  # type: ignore[arg-type]
    return replace(problem, bins=tuple(bins)), solution


def _other_roads(problem: Problem, solution: Solution, *, slower: int = 1, cut: bool = False) -> Day:
    reachable = problem.reachable & (not cut)
    profile = RoadProfile(problem.distance_m, problem.duration_s * np.int32(slower), reachable)
    truck = replace(problem.trucks[0], profile=1)
    return replace(problem, trucks=(truck,), road_profiles=(profile,)), solution


def _shut_while_emptying(problem: Problem, solution: Solution) -> Day:
    begin_s = _last_collected(solution).begin_s
    return _at_last_bin(problem, solution, shut_s=((begin_s, begin_s + 1),))


def _shut_while_unloading(problem: Problem, solution: Solution) -> Day:
    begin_s = next(visit for visit in solution.routes[0].visits if visit.kind is DISPOSE).begin_s
    return replace(problem, disposals=(replace(problem.disposals[0], shut_s=((begin_s - 5, begin_s + 1),)),)), solution


def _kept(problem: Problem, solution: Solution) -> Day:
    """The last bin was another truck's."""
    problem = replace(problem, trucks=problem.trucks * 2, change_minor=70)
    return _at_last_bin(problem, solution, kept_truck=1)


SPOILT: list[tuple[str, Callable[[Problem, Solution], Day], str]] = [
    ("a crane is needed", lambda p, s: _at_last_bin(p, s, skills=frozenset({4, 7})), "needs skills [4, 7]"),
    ("another truck's bin", lambda p, s: _at_last_bin(p, s, only_trucks=frozenset()), "is locked to trucks []"),
    (
        "a gate for others",
        lambda p, s: (replace(p, disposals=(replace(p.disposals[0], skills=frozenset({3})),)), s),
        "disposal site 0 asks for skills [3]",
    ),
    ("a bin shut at noon", _shut_while_emptying, "while it is shut from"),
    ("a gate shut at noon", _shut_while_unloading, "disposal site 0 begins at"),
    (
        "more than a compartment's litres",
        lambda p, s: (_truck(p, compartments=(Compartment(ONE, 2_399, 5_000),)), s),
        "is 2400 l of 2399 l",
    ),
    (
        "more than a compartment's kilograms",
        lambda p, s: (_truck(p, compartments=(Compartment(ONE, 3_000, 239),)), s),
        "is 240 kg of 239 kg",
    ),
    ("one unloading too many", lambda p, s: (_truck(p, max_unloads=1), s), "unloads 2 times, at most 1"),
    ("too many litres in the day", lambda p, s: (_truck(p, daily_limit_l=4_799), s), "4800 l in the day of 4799 l"),
    ("too many kilograms in the day", lambda p, s: (_truck(p, daily_limit_kg=479), s), "480 kg in the day of 479"),
    ("too many bins in the day", lambda p, s: (_truck(p, daily_limit_bins=5), s), "6 bins in the day of 5 bins"),
    (
        "more than the overtime",
        lambda p, s: (_truck(p, shift_end_s=s.routes[0].end_s - 61, overtime_s=60), s),
        "and 60 s of overtime",
    ),
    (
        "overtime unpaid",
        lambda p, s: (_truck(p, shift_end_s=s.routes[0].end_s - 60, overtime_s=60, overtime_per_h_minor=36_000), s),
        "cost_minor is given as",
    ),
    ("a dear truck at the usual price", lambda p, s: (_truck(p, rates=Rates(1, 2, 3)), s), "cost_minor is given as"),
    ("a truck at the usual speed on slower roads", lambda p, s: _other_roads(p, s, slower=2), "the drive from place"),
    ("a road too weak for the truck", lambda p, s: _other_roads(p, s, cut=True), "no road leads from place 0"),
    (
        "a full truck taken for empty",
        lambda p, s: (_truck(p, on_road=True, aboard=(Load(0, 601, 0),)), s),
        "is 3001 l of 3000 l",
    ),
    (
        "a truck forgotten on the road",
        lambda p, s: (replace(p, trucks=(*p.trucks, a_truck(on_road=True))), s),
        "truck 1 is on the road and has no route home",
    ),
    (
        "a locked bin not first",
        lambda p, s: _at_last_bin(p, s, only_trucks=frozenset({0}), lock_rank=0),
        "does not begin with its locked bins",
    ),
    ("a bin moved for nothing", _kept, "change_minor of the solution is 0, the sum is 70"),
]


@pytest.mark.parametrize(("spoil", "named"), [pytest.param(s, n, id=i) for i, s, n in SPOILT])
def test_a_broken_rule_is_named(spoil: Callable[[Problem, Solution], Day], named: str) -> None:
    """A judge that misses one would let a truck drive it."""
    problem, solution = a_sound_day()
    assert violations(problem, solution) == ()
    found = violations(*spoil(problem, solution))
    assert any(named in fault for fault in found), found


def _home_with_load(**changes: object) -> Day:
    """A truck that is out with 500 l aboard, 10 m from its depot, drives straight home."""
    truck = a_truck(start_place=2, shift_start_s=13 * HOUR_S, on_road=True, aboard=(Load(0, 500, 50),), fixed_minor=0)
    problem = _truck(a_street([10], trucks=[truck], bins=[{"must": False}]), **changes)
    truck, rates = problem.trucks[0], problem.rates
    start_s = truck.shift_start_s
    cost_minor = rates.leg_minor(10, 1) + truck.overtime_minor(start_s + 1)
    route = TruckRoute(0, start_s, start_s + 1, (), 10, 1, cost_minor)
    return problem, Solution((route,), {0: ReasonCode.NO_CAPACITY}, cost_minor)


def test_a_truck_that_is_out_must_unload_on_its_way_home_if_any_gate_is_open() -> None:
    """What lies in it overnight smells."""
    assert violations(*_home_with_load()) == ("truck 0: comes home with 500 l and 50 kg aboard",)


def test_a_truck_that_is_out_may_come_home_loaded_when_every_gate_is_shut() -> None:
    """There is no better plan, and no plan at all would leave the driver without one."""
    problem, solution = _home_with_load()
    shut = replace(problem.disposals[0], latest_s=12 * HOUR_S)
    assert violations(replace(problem, disposals=(shut,)), solution) == ()


def test_a_truck_that_is_out_may_come_home_late_if_it_does_nothing_else() -> None:
    """It cannot be helped; with one more bin on the way it could."""
    problem, solution = _home_with_load(aboard=(), shift_start_s=13 * HOUR_S, shift_end_s=13 * HOUR_S)
    assert violations(problem, solution) == ()


def test_a_truck_that_is_out_takes_its_time_to_unload_all_the_same() -> None:
    """Late home is no excuse for a timetable that cannot be driven."""
    problem, _ = _home_with_load()
    solution = settle(problem, {}, trucks=[])
    assert violations(problem, solution) == ()
    (route,) = solution.routes
    (unloading,) = route.visits
    hasty = replace(route, visits=(replace(unloading, begin_s=unloading.begin_s + 60),))
    found = violations(problem, replace(solution, routes=(hasty,)))
    assert found == ("truck 0: disposal site 0 takes 840 s in place of 900 s",)


def _two_compartments(unload_at: tuple[int, ...]) -> Day:
    """Residual waste (0) and glass (1) in two compartments; site 0 takes the one, site 1 the other."""
    truck = a_truck(
        fractions=frozenset({0, 1}),
        compartments=(Compartment(frozenset({0}), 1_000, 500), Compartment(frozenset({1}), 1_000, 500)),
    )
    sites = [DisposalNode(1, frozenset({0}), 900), DisposalNode(1, frozenset({1}), 900)]
    problem = a_street([300, 600], bins=[{}, {"fraction": 1}], trucks=[truck], disposals=sites)
    visits, now_s, here = [], 6 * HOUR_S, 0
    for kind, index in ((COLLECT, 0), (COLLECT, 1), *((DISPOSE, site) for site in unload_at)):
        node = problem.bins[index] if kind is COLLECT else problem.disposals[index]
        arrive_s = now_s + int(problem.duration_s[here, node.place])
        begin_s = arrive_s + (60 if kind is COLLECT else 0)
        now_s, here = begin_s + (60 if kind is COLLECT else 900), node.place
        visits.append(Visit(kind, index, node.place, arrive_s, begin_s, now_s))
    legs = [(0, 300), (300, 600), (600, 2_000), (2_000, 0)]
    metres = [abs(there - here) for here, there in legs]
    rates = problem.rates
    cost_minor = sum(rates.leg_minor(each, each // 10) for each in metres) + 4 * rates.handling_minor(60)
    cost_minor += len(unload_at) * rates.handling_minor(900) + truck.fixed_minor
    route = TruckRoute(0, 6 * HOUR_S, now_s + 200, tuple(visits), sum(metres), sum(metres) // 10, cost_minor)
    return problem, Solution(routes=(route,), cost_minor=cost_minor)


def test_compartments_are_unloaded_each_where_it_is_taken() -> None:
    """The glass stays aboard at the incinerator."""
    assert violations(*_two_compartments((0, 1))) == ()


def test_a_compartment_that_no_visited_site_takes_comes_home_full() -> None:
    """One unloading is not all of it."""
    assert violations(*_two_compartments((0,))) == ("truck 0: comes home with 800 l and 80 kg aboard",)
