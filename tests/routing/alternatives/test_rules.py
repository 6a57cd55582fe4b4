"""Rules beyond the plain day: every engine keeps them, and makes the best of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings

from routing.answer import Solution, VisitKind
from routing.check import violations
from routing.engines import greedy_engine, ortools_engine, pyvrp_engine, relay_engine
from routing.engines.arcs import arcs
from routing.engines.finish import orders_of, settle
from routing.engines.hopeless import reduce
from routing.engines.interface import Budget, Engine
from routing.engines.pyvrp_model import build_model
from routing.problem import DisposalNode, Problem, RoadProfile
from routing.solve import engines_for, solve_in_child
from routing.truck import BreakRule, Compartment, Load, Rates
from tests.routing.engines.small_days import HOUR_S, a_street, a_truck, any_ruled_problem
from tests.routing.engines.small_days import RATES as USUAL_RATES
from tomma.reasons import ReasonCode

COLLECT, DISPOSE = VisitKind.COLLECT, VisitKind.DISPOSE


ENGINES: list[Engine] = [greedy_engine.solve, pyvrp_engine.solve, ortools_engine.solve]
every_engine = pytest.mark.parametrize("engine", ENGINES, ids=["greedy", "pyvrp", "ortools"])


def run(engine: Engine, problem: Problem) -> Solution:
    """Run an engine on what is left of a problem, as the child process does, and hold the answer against the judge."""
    reduced = reduce(problem)
    solution = engine(
        reduced.problem,
        budget=Budget(seconds=10.0, iterations=40),
        seed=3,
        report=lambda *_: None,
        start=settle(reduced.problem, {}),
    )
    whole = reduced.restore(solution)
    assert violations(problem, whole) == ()
    return whole


def truck_of(solution: Solution) -> dict[int, int]:
    """Return which truck collects which bin."""
    return {visit.index: route.truck for route in solution.routes for visit in route.visits if visit.kind is COLLECT}


def unloadings(solution: Solution) -> int:
    """Return how often trucks unload."""
    return sum(visit.kind is DISPOSE for route in solution.routes for visit in route.visits)


def collected(solution: Solution) -> set[int]:
    """Return the bins on routes."""
    return {visit.index for route in solution.routes for visit in route.visits if visit.kind is COLLECT}


@given(any_ruled_problem())
@settings(max_examples=150, deadline=None)
def test_what_insertion_makes_of_any_rules_is_sound(problem: Problem) -> None:
    """Whatever is asked of trucks, bins and gates: a plan, and one the judge lets pass."""
    reduced = reduce(problem)
    solution = reduced.restore(settle(reduced.problem, {}))
    assert violations(problem, solution) == ()


@every_engine
@given(problem=any_ruled_problem())
@settings(max_examples=12, deadline=None)
def test_every_answer_to_any_rules_passes_the_judge(engine: Engine, problem: Problem) -> None:
    """What an engine cannot state it must not break."""
    solution = run(engine, problem)
    event(f"{len(solution.routes)} routes")
    assert violations(problem, solution) == ()


@every_engine
def test_a_bin_that_needs_a_crane_goes_on_the_truck_that_has_one(engine: Engine) -> None:
    """It stands between two others that the truck without takes for less."""
    crane = {"skills": frozenset({7})}
    trucks = [a_truck(fixed_minor=0), a_truck(skills=frozenset({7, 8}), fixed_minor=30_000)]
    solution = run(engine, a_street([300, 600, 900], bins=[{}, crane, {}], trucks=trucks))
    assert truck_of(solution)[1] == 1
    assert collected(solution) == {0, 1, 2}


@every_engine
def test_a_full_compartment_is_unloaded_while_the_other_has_room(engine: Engine) -> None:
    """Three bins of glass in a compartment for two: a second trip, though the truck as a whole has room."""
    both = frozenset({0, 1})
    parts = (Compartment(frozenset({0}), 2_000, 900), Compartment(frozenset({1}), 1_600, 900))
    truck = a_truck(capacity_l=9_000, fractions=both, compartments=parts)
    bins = [{"fraction": fraction} for fraction in (1, 1, 1, 0)]
    site = DisposalNode(1, both, 900)
    solution = run(engine, a_street([300, 600, 900, 1_200], bins=bins, trucks=[truck], disposals=[site]))
    assert collected(solution) == {0, 1, 2, 3}
    assert unloadings(solution) == 2


@every_engine
@pytest.mark.parametrize(
    ("limit", "left"),
    [
        pytest.param({"daily_limit_l": 3_200}, 2, id="litres"),
        pytest.param({"daily_limit_kg": 399}, 2, id="kilograms"),
        pytest.param({"daily_limit_bins": 5}, 1, id="bins"),
    ],
)
def test_a_limit_of_the_day_holds_however_often_the_truck_unloads(
    engine: Engine, limit: dict[str, int], left: int
) -> None:
    """And the bins that are left know why."""
    problem = a_street([300 * at for at in range(1, 7)], trucks=[a_truck(capacity_l=1_600, **limit)])
    solution = run(engine, problem)
    assert list(solution.unvisited.values()) == [ReasonCode.DAILY_LIMIT] * left


@every_engine
def test_a_truck_of_a_single_trip_takes_what_it_holds(engine: Engine) -> None:
    """There would be time for a second one."""
    problem = a_street([300, 600, 900, 1_200], trucks=[a_truck(capacity_l=2_400, max_unloads=1)])
    solution = run(engine, problem)
    assert len(collected(solution)) == 3
    assert unloadings(solution) == 1
    assert list(solution.unvisited.values()) == [ReasonCode.NO_CAPACITY]


@every_engine
@pytest.mark.parametrize(
    ("prize_minor", "taken"),
    [pytest.param(60_000, True, id="worth the overtime"), pytest.param(20_000, False, id="not worth it")],
)
def test_overtime_is_made_where_it_pays(engine: Engine, prize_minor: int, taken: bool) -> None:
    """The far bin costs half an hour after the shift, at 60,000 the hour beside the drive."""
    far = {"must": False, "prize_minor": prize_minor, "service_s": 1_800}
    truck = a_truck(shift_end_s=6 * HOUR_S + 1_500, overtime_s=HOUR_S, overtime_per_h_minor=60_000)
    solution = run(engine, a_street([300, 600], bins=[{}, far], trucks=[truck], rates=Rates(1_000, 0, 0)))
    assert (1 in collected(solution)) is taken
    assert solution.routes[0].end_s > truck.shift_end_s or not taken


@every_engine
def test_a_gate_shut_in_between_is_passed_before_or_after(engine: Engine) -> None:
    """The yard is shut from half past six to nine: whoever comes then waits."""
    shut = ((6 * HOUR_S + 1_800, 9 * HOUR_S),)
    problem = a_street([300, 20_000], bins=[{}, {"shut_s": shut}], trucks=[a_truck()])
    solution = run(engine, problem)
    assert collected(solution) == {0, 1}
    begin_s = next(visit.begin_s for visit in solution.routes[0].visits if visit.kind is COLLECT and visit.index == 1)
    assert begin_s >= 9 * HOUR_S


@every_engine
def test_a_street_too_weak_for_one_truck_is_driven_by_the_other(engine: Engine) -> None:
    """The heavy truck costs nothing, the light one a day's price."""
    problem = a_street([300, 600], trucks=[a_truck(fixed_minor=0), a_truck()])
    weak = problem.reachable.copy()
    weak[3, :] = weak[:, 3] = False
    heavy = RoadProfile(problem.distance_m, problem.duration_s, weak)
    trucks = (replace(problem.trucks[0], profile=1), problem.trucks[1])
    solution = run(engine, replace(problem, road_profiles=(heavy,), trucks=trucks))
    assert truck_of(solution)[1] == 1


@every_engine
def test_the_cheaper_truck_is_taken(engine: Engine) -> None:
    """Both could do it all; one's kilometres cost a tenth."""
    cheap = replace(USUAL_RATES, per_km_minor=160)
    trucks = [a_truck(), a_truck(rates=cheap)]
    problem = a_street([3_000, 6_000], bins=[{"volume_l": 100}] * 2, trucks=trucks)
    assert {route.truck for route in run(engine, problem).routes} == {1}


@every_engine
def test_a_truck_that_is_out_goes_on_from_where_it_is_with_what_it_has_aboard(engine: Engine) -> None:
    """It stands at the first bin's place, 2,000 l aboard of 3,000: one more bin fits before it unloads."""
    out = a_truck(start_place=2, shift_start_s=9 * HOUR_S, on_road=True, aboard=(Load(0, 2_000, 200),), fixed_minor=0)
    solution = run(engine, a_street([300, 600, 900], trucks=[out]))
    (route,) = solution.routes
    assert route.start_s == 9 * HOUR_S
    assert collected(solution) == {0, 1, 2}
    kinds = [visit.kind for visit in route.visits]
    assert kinds.count(DISPOSE) == 2
    assert kinds.index(DISPOSE) <= 1


@every_engine
def test_a_truck_that_is_out_and_not_needed_goes_home_by_the_gate(engine: Engine) -> None:
    """The other truck has the bin for itself."""
    out = a_truck(start_place=1, shift_start_s=9 * HOUR_S, on_road=True, aboard=(Load(0, 2_900, 9),), fixed_minor=0)
    locked = {"only_trucks": frozenset({1})}
    solution = run(engine, a_street([300], bins=[locked], trucks=[out, a_truck()]))
    home = solution.routes[0]
    assert [visit.kind for visit in home.visits] == [DISPOSE]
    assert truck_of(solution) == {0: 1}


@every_engine
def test_the_frozen_next_stops_come_first_and_in_their_order(engine: Engine) -> None:
    """The driver is on the way to the far one already, though the near ones lie on it."""
    first: dict[str, Any] = {"only_trucks": frozenset({0})}
    bins: list[dict[str, Any]] = [{}, {}, first | {"lock_rank": 4}, first | {"lock_rank": 2}]
    trucks = [a_truck(breaks=(BreakRule(6 * HOUR_S, 6 * HOUR_S + 60, 900),))]
    solution = run(engine, a_street([300, 600, 4_000, 9_000], bins=bins, trucks=trucks))
    order = [visit.index for visit in solution.routes[0].visits if visit.kind is COLLECT]
    assert order[:2] == [3, 2]
    assert collected(solution) == {0, 1, 2, 3}


@every_engine
@pytest.mark.parametrize(
    ("change_minor", "moved"),
    [pytest.param(100_000, 0, id="dear: it stays"), pytest.param(1, 1, id="cheap: it moves")],
)
def test_a_bin_changes_its_truck_only_where_that_pays(engine: Engine, change_minor: int, moved: int) -> None:
    """Both trucks must go out anyway; the bin in question stands on the other one's way."""
    own: list[dict[str, Any]] = [{"only_trucks": frozenset({0})}, {"only_trucks": frozenset({1})}, {"kept_truck": 0}]
    problem = a_street([300, 9_000, 8_000], bins=own, trucks=[a_truck(), a_truck()])
    solution = run(engine, replace(problem, change_minor=change_minor))
    assert truck_of(solution)[2] == moved
    assert solution.change_minor == moved * change_minor


@every_engine
def test_a_truck_that_ends_elsewhere_drives_there(engine: Engine) -> None:
    """Its last way goes by the gate to the other end of the street, not back."""
    problem = a_street([300, 3_000], trucks=[a_truck()], disposals=[DisposalNode(1, frozenset({0}), 900)])
    at_m = np.array([0, 2_000, 300, 3_000, 9_000])
    distance_m = np.abs(at_m[:, None] - at_m[None, :]).astype(np.int32)
    problem = replace(
        problem,
        distance_m=distance_m,
        duration_s=(distance_m // 10).astype(np.int32),
        reachable=np.ones((5, 5), dtype=np.bool_),
        halt_s=np.array([0, 0, 60, 60, 0], dtype=np.int32),
        trucks=(replace(problem.trucks[0], end_place=4),),
    )
    (route,) = run(engine, problem).routes
    assert route.distance_m == 3_000 + 1_000 + 7_000


def _two_gates(fractions: Sequence[int], **changes: Any) -> Problem:
    """Return a street with residual waste (0) and glass (1), a truck for both, and a gate for each."""
    parts = (Compartment(frozenset({0}), 2_000, 900), Compartment(frozenset({1}), 1_600, 900))
    truck = a_truck(capacity_l=9_000, fractions=frozenset({0, 1}), compartments=parts, **changes)
    gates = [DisposalNode(1, frozenset({0}), 900), DisposalNode(1, frozenset({1}), 600, open_s=8 * HOUR_S)]
    bins = [{"fraction": fraction} for fraction in fractions]
    at_m = [300 * (1 + at) for at in range(len(fractions))]
    return a_street(at_m, bins=bins, trucks=[truck], disposals=gates)


def _gates(solution: Solution) -> list[int]:
    return [visit.index for visit in solution.routes[0].visits if visit.kind is DISPOSE]


@every_engine
def test_compartments_are_unloaded_one_gate_after_the_other(engine: Engine) -> None:
    """Neither gate takes both streams; a truck with one body would have to leave one of them."""
    solution = run(engine, _two_gates([0, 1, 0]))
    assert collected(solution) == {0, 1, 2}
    assert sorted(_gates(solution)) == [0, 1]


@every_engine
def test_no_gate_is_visited_for_an_empty_compartment(engine: Engine) -> None:
    """The one bin of glass is too far to be worth it: only the incinerator is left to go to."""
    problem = _two_gates([0, 0, 1])
    far = replace(problem.bins[2], must=False, prize_minor=1)
    solution = run(engine, replace(problem, bins=(*problem.bins[:2], far)))
    assert collected(solution) == {0, 1}
    assert _gates(solution) == [0]


def test_a_truck_of_one_unloading_cannot_visit_two_gates() -> None:
    """A promise to unload once is kept: it takes nothing it could not bring home empty."""
    problem = _two_gates([0, 1], max_unloads=1)
    assert reduce(problem).hopeless == dict.fromkeys(range(2), ReasonCode.NO_VEHICLE_FOR_FRACTION)


def test_a_plan_with_two_gates_is_a_start_for_the_next() -> None:
    """The warm start speaks of gates, the engines of chains of them."""
    problem = _two_gates([0, 1, 0])
    now = orders_of(run(greedy_engine.solve, problem))
    reduced = reduce(problem)
    again = reduced.restore(settle(reduced.problem, reduced.inward(now)))
    assert orders_of(again) == now


def test_a_trip_may_take_most_of_the_days_limit() -> None:
    """Two equal shares would not hold the large one: the engine that can state the limit finds it."""
    big = [{"volume_l": 2_800}, {"volume_l": 1_100}]
    problem = a_street([300, 600], bins=big, trucks=[a_truck(daily_limit_l=4_000)])
    assert engines_for(problem)[0] == "relay"
    assert collected(run(relay_engine.solve, problem)) == {0, 1}


@pytest.mark.parametrize(
    ("bin_changes", "truck_changes", "reason"),
    [
        pytest.param({"skills": frozenset({1})}, {}, ReasonCode.NO_VEHICLE_FOR_SKILL, id="no crane"),
        pytest.param(
            {"only_trucks": frozenset({0}), "fraction": 1}, {}, ReasonCode.ITS_VEHICLE_CANNOT, id="the wrong truck's"
        ),
        pytest.param(
            {"only_trucks": frozenset({0}), "fraction": 1, "lock_rank": 0},
            {},
            ReasonCode.ITS_VEHICLE_CANNOT,
            id="the wrong truck's next stop",
        ),
        pytest.param(
            {"volume_l": 900}, {"daily_limit_l": 899}, ReasonCode.TOO_BIG_FOR_ANY_TRUCK, id="more than a day's limit"
        ),
        pytest.param({}, {"daily_limit_bins": 0}, ReasonCode.TOO_BIG_FOR_ANY_TRUCK, id="a truck for nothing"),
        pytest.param({}, {"profile": 1}, ReasonCode.ROAD_LIMIT, id="a bridge too weak"),
        pytest.param({"shut_s": ((0, 20 * HOUR_S),)}, {}, ReasonCode.NO_TIME_WINDOW, id="shut all day"),
        pytest.param(
            {"volume_l": 900},
            {"compartments": (Compartment(frozenset({0}), 899, 9_000),)},
            ReasonCode.TOO_BIG_FOR_ANY_TRUCK,
            id="more than the compartment holds",
        ),
    ],
)
def test_a_bin_that_no_truck_can_take_knows_why(
    bin_changes: dict[str, Any], truck_changes: dict[str, Any], reason: ReasonCode
) -> None:
    """The first rule that stands in its way, in the words a manager knows."""
    other = DisposalNode(1, frozenset({0, 1}), 900)
    glass = a_truck(fractions=frozenset({1}))
    problem = a_street([300], bins=[bin_changes], trucks=[a_truck(), glass], disposals=[other])
    closed = RoadProfile(problem.distance_m, problem.duration_s, problem.reachable & False)
    problem = replace(problem, road_profiles=(closed,))
    problem = replace(problem, trucks=(replace(problem.trucks[0], **truck_changes), glass))
    assert reduce(problem).hopeless == {0: reason}


def test_a_new_plan_begins_with_the_one_that_is_there() -> None:
    """Two trucks have their ends of the street: greedily one would take it all, and both drivers would be told anew."""
    problem = a_street([300, 600, 5_000, 5_300], bins=[{"volume_l": 300}] * 4, trucks=[a_truck(), a_truck()])
    now = {0: ((COLLECT, 2), (COLLECT, 3), (DISPOSE, 0)), 1: ((COLLECT, 0), (COLLECT, 1), (DISPOSE, 0))}
    kept = [replace(node, kept_truck=1 if index < 2 else 0) for index, node in enumerate(problem.bins)]
    problem = replace(problem, bins=tuple(kept), change_minor=50_000)
    solved = solve_in_child(
        problem, budget_s=10.0, memory_limit_mb=1_024, seed=0, engines=("greedy",), iterations=5, workers=1, warm=now
    )
    assert solved.solution.change_minor == 0
    assert orders_of(solved.solution) == now


def test_searches_that_hand_on_their_penalties_have_the_same_dimensions() -> None:
    """PyVRP trusts their number: with one too many it read beyond its loads and never came to an end."""
    halves = (Compartment(frozenset({0}), 2_000, 900), Compartment(frozenset({1}), 1_600, 900))
    parted = a_truck(fractions=frozenset({0, 1}), compartments=halves)
    site = DisposalNode(1, frozenset({0, 1}), 900)
    problem = a_street([300, 600], trucks=[a_truck(daily_limit_bins=2), a_truck(), parted], disposals=[site])
    dimensions = {
        build_model(problem, arcs(problem), trucks, required=True, strict=strict).data.num_load_dimensions
        for trucks in ((0,), (1,), (0, 1), (1, 2), (0, 1, 2))
        for strict in (True, False)
    }
    assert len(dimensions) == 1
