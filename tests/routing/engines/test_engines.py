"""What holds for every engine, and what each of them had to be taught."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from pyvrp import Activity, ActivityType, Route
from pyvrp import Solution as Found

from routing.answer import Solution, VisitKind
from routing.check import violations
from routing.engines import greedy_engine, ortools_engine, pyvrp_engine
from routing.engines.arcs import arcs, before_breaks
from routing.engines.finish import settle
from routing.engines.fleets import fleets
from routing.engines.hopeless import reduce, why_hopeless
from routing.engines.interface import Budget, Engine
from routing.engines.parts import parts
from routing.engines.pyvrp_model import build_model
from routing.engines.schedule import timed
from routing.problem import DisposalNode, Problem
from routing.truck import BreakRule, Load
from tests.routing.engines.small_days import HOUR_S, MORNING_REST, a_street, a_truck, any_problem
from tomma.reasons import ReasonCode

COLLECT, DISPOSE, BREAK = VisitKind.COLLECT, VisitKind.DISPOSE, VisitKind.BREAK
ENGINES: list[Engine] = [greedy_engine.solve, pyvrp_engine.solve, ortools_engine.solve]
every_engine = pytest.mark.parametrize("engine", ENGINES, ids=["greedy", "pyvrp", "ortools"])


def run(engine: Engine, problem: Problem, iterations: int = 40) -> Solution:
    """Run an engine on what is left of a problem without its hopeless bins, as the child process does."""
    reduced = reduce(problem)
    budget = Budget(seconds=10.0, iterations=iterations)
    solution = engine(reduced.problem, budget=budget, seed=3, report=lambda *_: None, start=settle(reduced.problem, {}))
    return reduced.restore(solution)


def collected(solution: Solution) -> set[int]:
    """Return the bins on routes."""
    return {visit.index for route in solution.routes for visit in route.visits if visit.kind is COLLECT}


@every_engine
@given(problem=any_problem())
@settings(max_examples=25, deadline=None)
def test_every_answer_passes_the_judge(engine: Engine, problem: Problem) -> None:
    """No road, no truck, absurd loads, huge costs, shut windows: an answer, and a sound one."""
    solution = run(engine, problem)
    event(f"{len(solution.routes)} routes")
    assert violations(problem, solution) == ()


@every_engine
def test_must_bins_that_do_not_all_fit_are_left_out_by_name_and_the_rest_is_collected(engine: Engine) -> None:
    """A hard must would leave PyVRP without any feasible answer."""
    problem = a_street([300, 600, 900, 1_200], trucks=[a_truck(capacity_l=2_400, shift_end_s=6 * HOUR_S + 2_400)])
    solution = run(engine, problem)
    assert len(collected(solution)) == 3
    assert solution.must_missed == 1


@every_engine
def test_an_optional_bin_is_collected_when_its_prize_outweighs_the_detour_and_only_then(engine: Engine) -> None:
    """Bin 2 stands on the way; bin 3 is a detour of 20 km for the same prize."""
    prize = {"must": False, "prize_minor": 4_000}
    problem = a_street([300, 900, 600, 12_000], bins=[{}, {}, prize, prize])
    assert collected(run(engine, problem)) == {0, 1, 2}


@every_engine
def test_each_stream_goes_on_the_truck_that_takes_it(engine: Engine) -> None:
    """Bins of both streams stand at the same two sites."""
    problem = a_street(
        [300, 900],
        trucks=[a_truck(fractions=frozenset({0})), a_truck(fractions=frozenset({1}))],
        disposals=[DisposalNode(1, frozenset({0, 1}), 900)],
    )
    both = tuple(replace(node, fraction=fraction) for node in problem.bins for fraction in (0, 1))
    problem = replace(problem, bins=both)
    solution = run(engine, problem)
    assert violations(problem, solution) == ()
    assert collected(solution) == {0, 1, 2, 3}
    assert len(solution.routes) == 2


@every_engine
def test_the_last_unloading_is_made_before_the_gate_closes(engine: Engine) -> None:
    """The shift is longer than the gate is open; folding the unloading into the way home must not forget that."""
    problem = a_street(
        [300, 600, 900, 1_200, 1_500],
        bins=[{"service_s": 1_200}] * 5,
        trucks=[a_truck(capacity_l=9_000)],
        disposals=[DisposalNode(1, frozenset({0}), 900, 6 * HOUR_S, 7 * HOUR_S)],
    )
    solution = run(engine, problem)
    assert violations(problem, solution) == ()
    assert 1 <= len(collected(solution)) < 5


def test_every_choice_of_unlike_trucks_is_offered_and_like_ones_only_once() -> None:
    """PyVRP keeps a truck that it was offered: that fewer would do is found by offering fewer."""
    small, large = a_truck(), a_truck(capacity_l=5_000)
    problem = a_street([300, 600], trucks=[small, large, small])
    offered = fleets(problem, arcs(problem))
    assert {size: set(each) for size, each in offered.items()} == {1: {(0,), (1,)}, 2: {(0, 1), (0, 2)}, 3: {(0, 1, 2)}}


def test_of_many_unlike_trucks_some_of_every_size_are_offered() -> None:
    """Fifteen kinds would make 32,767 choices."""
    trucks = [a_truck(capacity_l=1_000 + at, fixed_minor=9_000 - at * (-1) ** at) for at in range(15)]
    problem = a_street([300 * at for at in range(1, 20)], bins=[{"must": False}] * 19, trucks=trucks)
    offered = fleets(problem, arcs(problem))
    assert sorted(offered) == list(range(1, 16))
    assert all(1 <= len(each) <= 3 for each in offered.values())


def test_a_fleet_that_cannot_take_or_reach_all_must_bins_in_its_hours_is_not_offered() -> None:
    """Every search with it would be wasted."""
    crane, plain = a_truck(fractions=frozenset({0, 1})), a_truck()
    problem = a_street(
        [300, 600, 900],
        bins=[{"fraction": 1, "service_s": 7 * HOUR_S}, {"service_s": 7 * HOUR_S}, {"must": False}],
        trucks=[crane, plain, crane],
        disposals=[DisposalNode(1, frozenset({0, 1}), 900)],
    )
    offered = fleets(problem, arcs(problem))
    assert {size: set(each) for size, each in offered.items()} == {2: {(0, 1), (0, 2)}, 3: {(0, 1, 2)}}


def test_trucks_that_cost_nothing_are_in_every_fleet() -> None:
    """There is nothing to gain by leaving them out; those for hire are what is swept over."""
    own, hired = a_truck(fixed_minor=0), a_truck(fixed_minor=50_000)
    problem = a_street([300, 600], trucks=[own, own, hired, hired])
    assert sorted(fleets(problem, arcs(problem)).values()) == [[(0, 1)], [(0, 1, 2)], [(0, 1, 2, 3)]]


def test_a_fleet_that_may_not_collect_as_much_in_a_day_is_not_offered() -> None:
    """Unloading resets neither the litres of a day nor, with one trip, the truck."""
    bins = [{"volume_l": 1_000}] * 5
    limited = a_street([300 * at for at in range(1, 6)], bins=bins, trucks=[a_truck(daily_limit_l=2_000)] * 4)
    assert sorted(fleets(limited, arcs(limited))) == [3, 4]
    single = a_street([300 * at for at in range(1, 6)], bins=bins, trucks=[a_truck(max_unloads=1)] * 4)
    assert sorted(fleets(single, arcs(single))) == [2, 3, 4]


def test_two_workers_give_what_one_gives() -> None:
    """With a budget in iterations the number of cores does not change the plan."""
    rng = np.random.default_rng(2)
    problem = a_street([int(each) for each in rng.integers(100, 8_000, 60)], trucks=[a_truck(), a_truck()])
    one, two = (
        pyvrp_engine.solve(
            problem,
            budget=Budget(60.0, iterations=12, workers=workers),
            seed=1,
            report=lambda *_: None,
            start=settle(problem, {}),
        )
        for workers in (1, 2)
    )
    assert one == two


def test_a_break_on_the_road_is_taken_on_arrival() -> None:
    """At 07:50 it is too early, on arrival at 08:10 it is due: waiting at the bin before would waste ten minutes."""
    rest = BreakRule(8 * HOUR_S, 8 * HOUR_S + 1_200, 1_800)
    problem = a_street([300, 12_300], bins=[{"open_s": 7 * HOUR_S + 2_940}, {}], trucks=[a_truck(breaks=(rest,))])
    route = timed(problem, 0, ((COLLECT, 0), (COLLECT, 1), (DISPOSE, 0)))
    assert route is not None
    at = next(at for at, visit in enumerate(route.visits) if visit.kind is BREAK)
    assert route.visits[at].place == problem.bins[1].place
    assert route.visits[at].begin_s == route.visits[at].arrive_s == 7 * HOUR_S + 3_000 + 1_200


MINUTE_S = 60


@pytest.mark.parametrize(
    ("window_s", "on_road", "begins_s"),
    [
        pytest.param((8 * HOUR_S, 9 * HOUR_S), False, 8 * HOUR_S, id="the usual day: as soon as it may be"),
        pytest.param((5 * HOUR_S, 10 * HOUR_S), False, 7 * HOUR_S, id="the window is open: an hour of work first"),
        pytest.param((6 * HOUR_S, 7 * HOUR_S), False, 6 * HOUR_S + 30 * MINUTE_S, id="half of what is left of it"),
        pytest.param((5 * HOUR_S, 10 * HOUR_S), True, 6 * HOUR_S, id="it is out and has worked: now"),
        pytest.param((6 * HOUR_S, 6 * HOUR_S), False, 6 * HOUR_S, id="it must begin now"),
    ],
)
def test_a_day_does_not_begin_with_a_break_that_can_wait(
    window_s: tuple[int, int], on_road: bool, begins_s: int
) -> None:
    """Planned anew at half past nine, the driver set off and was told to rest at once: the break stood first."""
    truck = a_truck(breaks=(BreakRule(*window_s, 30 * MINUTE_S),), on_road=on_road, capacity_l=90_000)
    bins = [{"service_s": 540, "volume_l": 10} for _ in range(30)]
    problem = a_street([10 * at for at in range(1, 31)], bins=bins, trucks=[truck], disposal_at_m=310)
    route = timed(problem, 0, (*((COLLECT, at) for at in range(30)), (DISPOSE, 0)))
    assert route is not None
    (rest,) = [visit for visit in route.visits if visit.kind is BREAK]
    assert begins_s <= rest.begin_s <= begins_s + 11 * MINUTE_S, "after the bin that it is at"
    work_s = 30 * (60 + 540) + 31 + 900 + 31
    assert route.end_s == 6 * HOUR_S + work_s + 30 * MINUTE_S, "and the day is no longer for it"


@pytest.mark.parametrize(
    ("window_s", "rests_s"),
    [
        pytest.param((8 * HOUR_S, 9 * HOUR_S), None, id="over before the truck leaves: had at the depot"),
        pytest.param((9 * HOUR_S, 11 * HOUR_S), 10 * HOUR_S + 30 * MINUTE_S, id="half of what is left of it"),
        pytest.param((10 * HOUR_S, 12 * HOUR_S), 11 * HOUR_S - 61, id="it opens with the gate: an hour first"),
        pytest.param((11 * HOUR_S, 12 * HOUR_S), 11 * HOUR_S, id="the usual break"),
    ],
)
def test_a_truck_that_waits_for_its_first_gate_is_not_told_to_come_and_rest(
    window_s: tuple[int, int], rests_s: int | None
) -> None:
    """The gate opens at ten: the driver was told to come at six and to rest at the depot, or for hours at the gate."""
    truck = a_truck(breaks=(BreakRule(*window_s, 30 * MINUTE_S),), capacity_l=90_000)
    bins = [{"open_s": 10 * HOUR_S, "service_s": 540, "volume_l": 10} for _ in range(18)]
    problem = a_street([10 * at for at in range(1, 19)], bins=bins, trucks=[truck], disposal_at_m=310)
    solution = settle(problem, {0: (*((COLLECT, at) for at in range(18)), (DISPOSE, 0))})
    (route,) = solution.routes
    assert violations(problem, solution) == ()
    assert route.start_s == 10 * HOUR_S - 60 - 1, "just in time for the gate"
    rests = [visit.begin_s for visit in route.visits if visit.kind is BREAK]
    assert bool(rests) == (rests_s is not None)
    assert all(rests_s <= each <= rests_s + 11 * MINUTE_S for each in rests if rests_s), "after the bin that it is at"


def test_a_day_begins_with_its_break_where_resting_later_would_be_overtime() -> None:
    """Half an hour's wait for the first gate: resting in it is home in time, and the office pays for nothing."""
    truck = a_truck(
        breaks=(BreakRule(6 * HOUR_S, 7 * HOUR_S + 30 * MINUTE_S, 30 * MINUTE_S),),
        shift_end_s=8 * HOUR_S,
        overtime_s=HOUR_S,
        overtime_per_h_minor=60_000,
    )
    bins = [{"open_s": 6 * HOUR_S + 30 * MINUTE_S, "service_s": HOUR_S}]
    problem = a_street([10], bins=bins, trucks=[truck], disposal_at_m=20)
    route = timed(problem, 0, ((COLLECT, 0), (DISPOSE, 0)))
    assert route is not None
    assert route.visits[0].kind is BREAK
    assert route.end_s < 8 * HOUR_S


def test_a_break_at_the_start_that_no_later_one_can_replace_stays_there() -> None:
    """The first gate opens in half an hour, and the work behind it lasts until the break's time is over."""
    rest = BreakRule(6 * HOUR_S, 7 * HOUR_S, 30 * MINUTE_S)
    bins = [{"open_s": 6 * HOUR_S + 30 * MINUTE_S, "service_s": 4 * HOUR_S}]
    problem = a_street([10], bins=bins, trucks=[a_truck(breaks=(rest,))])
    route = timed(problem, 0, ((COLLECT, 0), (DISPOSE, 0)))
    assert route is not None
    assert [visit.kind for visit in route.visits] == [BREAK, COLLECT, DISPOSE]
    assert route.visits[0].begin_s == 6 * HOUR_S


@pytest.mark.parametrize(
    ("bin_at_m", "code"),
    [
        pytest.param(600, ReasonCode.NO_CAPACITY, id="time enough, no room"),
        pytest.param(900_000, ReasonCode.NO_TIME_WINDOW, id="too far for an empty truck, too"),
    ],
)
def test_a_bin_beside_a_load_that_may_be_unloaded_once_lacks_room_and_not_time(bin_at_m: int, code: ReasonCode) -> None:
    """At eight in the morning the office was told that no truck could be there in time."""
    out = a_truck(on_road=True, aboard=(Load(0, 2_500, 250),), max_unloads=1)
    assert why_hopeless(a_street([bin_at_m], trucks=[out])) == {0: code}


def test_a_truck_home_before_its_break_is_due_needs_none() -> None:
    """The driver rests at the depot."""
    problem = a_street([300], trucks=[a_truck(breaks=(MORNING_REST,))])
    route = timed(problem, 0, ((COLLECT, 0), (DISPOSE, 0)))
    assert route is not None
    assert [visit.kind for visit in route.visits] == [COLLECT, DISPOSE]


@every_engine
def test_a_break_that_fits_into_the_wait_before_a_gate_leaves_no_bin_out(engine: Engine) -> None:
    """Deadlines shrunk for a break count the half hour of it twice: at the gate nobody can work anyway."""
    rest = BreakRule(6 * HOUR_S, 6 * HOUR_S, HOUR_S // 2)
    truck = a_truck(breaks=(rest,), shift_end_s=8 * HOUR_S)
    problem = a_street([300], bins=[{"must": True, "shut_s": ((6 * HOUR_S, 7 * HOUR_S + 1_800),)}], trucks=[truck])
    solution = run(engine, problem)
    assert violations(problem, solution) == ()
    assert collected(solution) == {0}


def test_a_truck_waits_in_its_depot_rather_than_before_a_closed_gate() -> None:
    """The driver is at home at six and leaves when it makes sense."""
    problem = a_street([3_000], bins=[{"open_s": 8 * HOUR_S}])
    route = timed(problem, 0, ((COLLECT, 0), (DISPOSE, 0)))
    assert route is not None
    assert route.start_s == 8 * HOUR_S - 60 - 300
    assert route.visits[0].begin_s == 8 * HOUR_S


@given(
    deadline_s=st.integers(0, 24 * HOUR_S),
    begin_s=st.integers(0, 24 * HOUR_S),
    earliest_s=st.integers(0, 20 * HOUR_S),
    duration_s=st.integers(0, HOUR_S),
)
@settings(deadline=None)
def test_a_deadline_before_breaks_still_holds_with_the_break(
    deadline_s: int, begin_s: int, earliest_s: int, duration_s: int
) -> None:
    """Whoever begins by the shrunk deadline may be moved by the break, when it can have come before, and is in time."""
    rest = BreakRule(earliest_s, 24 * HOUR_S, duration_s)
    shrunk = int(before_breaks(np.array([deadline_s]), (rest,))[0])
    assume(begin_s <= shrunk)
    moved = begin_s + duration_s if begin_s > earliest_s else begin_s
    assert moved <= deadline_s


def test_mending_gives_up_the_least_missed_bin_first() -> None:
    """Three must bins and two optional ones do not fit into the hour; the cheap optional one goes."""
    optional = [{"must": False, "prize_minor": 90_000}, {"must": False, "prize_minor": 50}]
    problem = a_street(
        [300, 600, 900, 1_200, 1_500],
        bins=[{"service_s": 500}] * 3 + [{**each, "service_s": 500} for each in optional],
        trucks=[a_truck(capacity_l=9_000, shift_end_s=6 * HOUR_S + 3_900)],
    )
    order = (*((COLLECT, index) for index in range(5)), (DISPOSE, 0))
    assert timed(problem, 0, order) is None
    assert 4 not in collected(settle(problem, {0: order}))
    assert {0, 1, 2, 3} == collected(settle(problem, {0: order}))


def test_streams_that_share_no_truck_are_planned_apart_and_those_that_do_together() -> None:
    """Two small problems are easier than one large one; but a truck must not be planned twice."""
    sites = [DisposalNode(1, frozenset({0, 1, 2}), 900)]
    bins = [{"fraction": fraction} for fraction in (0, 1, 2, 0)]
    streams = (frozenset({0}), frozenset({1, 2}), frozenset({1}))
    trucks = [a_truck(fractions=each) for each in streams]
    found = parts(a_street([300, 600, 900, 1_200], bins=bins, trucks=trucks, disposals=sites))
    assert [(part.trucks, part.bins) for part in found] == [((0,), (0, 3)), ((1, 2), (1, 2))]
    orders = {1: ((COLLECT, 2), (DISPOSE, 0))}
    assert found[1].from_whole(orders) == {0: ((COLLECT, 1), (DISPOSE, 0))}
    assert found[1].to_whole(found[1].from_whole(orders)) == orders


def test_a_must_bin_that_greedy_cannot_fit_is_fitted_by_the_search() -> None:
    """Twelve bins make six full trips if they are paired to the litre, and seven that take too long if not."""
    volumes = [1_700, 1_600, 1_500, 1_400, 1_300, 1_200, 1_100, 1_000, 900, 800, 700, 600]
    problem = a_street(
        [300 * at for at in range(1, 13)],
        bins=[{"volume_l": volume, "service_s": 300} for volume in volumes],
        trucks=[a_truck(capacity_l=2_300, shift_end_s=6 * HOUR_S + 12_750)],
    )
    assert settle(problem, {}).must_missed > 0
    assert run(pyvrp_engine.solve, problem, iterations=6_000).must_missed == 0


def test_an_answer_that_gives_a_bin_to_a_truck_nobody_unloads_is_read_without_it() -> None:
    """A search that never got to keep all rules hands over where it was last: settling plans the bin anew."""
    gates = (DisposalNode(1, frozenset({0}), unload_s=900, skills=frozenset({7})),)
    trucks = (a_truck(skills=frozenset({7})), a_truck())
    problem = a_street([500, 900], trucks=trucks, disposals=gates)
    model = build_model(problem, arcs(problem), range(2), required=True)
    kind = model.layout.kinds.index((1,))
    route = Route(model.data, [Activity(ActivityType.CLIENT, 0)], kind)
    assert model.orders(Found(model.data, [route])) == {1: ()}
