"""Routes seen on different days, put together anew."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import routing.engines.plain as plain_days
import routing.engines.recombine as recombine
from routing.answer import Order, Orders, Solution, VisitKind
from routing.check import violations
from routing.engines.finish import settle
from routing.engines.plain import Plain, as_it_comes
from routing.engines.recombine import Pool, is_recombinable, recombined
from routing.engines.schedule import timed
from routing.engines.search import Search
from routing.problem import Problem
from tests.routing.engines.test_plain_days import TwoInline, a_plain_day

BINS = 5


def to(*bins: int) -> Order:
    """Return the order of a truck that empties these and unloads."""
    return (*((VisitKind.COLLECT, each) for each in bins), (VisitKind.DISPOSE, 0))


def pool(*routes: tuple[int, tuple[int, ...]]) -> Pool:
    """Return what a search drove past: what each route costs, and its bins."""
    return [(cost, to(*bins)) for cost, bins in routes]


def test_the_best_routes_of_two_days_become_one_day() -> None:
    """Each search has found one half of the best day."""
    problem = a_plain_day(BINS)
    one = pool((10, (0, 1)), (90, (2, 3, 4)))
    other = pool((80, (1, 0)), (20, (4, 3, 2)))
    assert recombined(problem, (0, 1, 2), [one, other], 10.0) == {0: to(0, 1), 1: to(4, 3, 2)}


def test_there_are_never_more_routes_than_trucks() -> None:
    """Five trips by five trucks would be cheaper; two trucks there are."""
    problem = a_plain_day(BINS)
    seen = pool(*((1, (each,)) for each in range(BINS)), (50, (0, 1)), (60, (2, 3, 4)))
    assert recombined(problem, (3, 5), [seen], 10.0) == {3: to(0, 1), 5: to(2, 3, 4)}


@pytest.mark.parametrize("pools", [[], [pool((10, (0, 1)))]], ids=["nothing seen", "three bins on no route"])
def test_without_a_choice_there_are_no_orders(pools: list[Pool]) -> None:
    """The day in hand is kept then."""
    assert recombined(a_plain_day(BINS), (0, 1, 2), pools, 10.0) == {}


def cheapest(problem: Problem, seen: dict[frozenset[int], int], trucks: int) -> int | None:
    """Return what the best choice costs, by trying every one."""
    must = {at for at, node in enumerate(problem.bins) if node.must}
    costs = [
        sum(seen[each] for each in chosen)
        for size in range(trucks + 1)
        for chosen in combinations(seen, size)
        if len(frozenset().union(*chosen)) == sum(map(len, chosen)) and must <= frozenset().union(*chosen)
    ]
    return min(costs, default=None)


@settings(max_examples=60, deadline=None)
@given(
    routes=st.dictionaries(
        st.frozensets(st.integers(0, BINS - 1), min_size=1, max_size=3), st.integers(-50, 100), min_size=1, max_size=9
    ),
    optional=st.booleans(),
    trucks=st.integers(1, 4),
)
def test_no_choice_of_routes_is_cheaper(routes: dict[frozenset[int], int], optional: bool, trucks: int) -> None:
    """Every bin once where it must be emptied, else at most once; a prize makes a route cost less than nothing."""
    problem = a_plain_day(BINS, optional=optional)
    seen = pool(*((cost, tuple(bins)) for bins, cost in routes.items()))
    orders = recombined(problem, tuple(range(trucks)), [seen], 10.0)
    chosen = [frozenset(index for kind, index in order if kind is VisitKind.COLLECT) for order in orders.values()]
    assert (sum(map(routes.__getitem__, chosen)) if orders or optional else None) == cheapest(problem, routes, trucks)


def test_the_routes_of_the_best_days_are_chosen_among_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too many for the time is left out from the end, of each search in turn."""
    problem = a_plain_day(BINS)
    monkeypatch.setattr(recombine, "STEPS", (2, 4, 8))
    monkeypatch.setattr(recombine, "VISITS", 11)
    good, better, best = ((0, 1), (2, 3, 4)), ((0, 2), (1, 3, 4)), ((0, 3), (1, 2, 4))
    searches = [pool((9, good[0]), (5, better[0]), (1, best[0])), pool((9, good[1]), (5, better[1]), (1, best[1]))]
    assert recombined(problem, (0, 1), searches, 10.0) == {0: to(*better[0]), 1: to(*better[1])}
    monkeypatch.setattr(recombine, "VISITS", 15)
    assert recombined(problem, (0, 1), searches, 10.0) == {0: to(*best[0]), 1: to(*best[1])}


@pytest.mark.parametrize("prize_minor", [None, 6_000], ids=["all must be emptied", "all are worth it"])
def test_a_day_of_many_routes_is_put_together_from_what_all_searches_saw(prize_minor: int | None) -> None:
    """In two hundred iterations no lane comes to it alone."""
    problem = a_plain_day(100)
    if prize_minor is not None:
        bins = tuple(replace(each, must=False, prize_minor=prize_minor) for each in problem.bins)
        problem = replace(problem, bins=bins)
    stages: list[str] = []
    start = settle(problem, {})
    search = Plain(problem, TwoInline(), time.monotonic() + 60.0, 200, 1, lambda stage, _: stages.append(stage))
    found = search.run(start)
    assert violations(problem, found) == ()
    assert "recombined" in stages
    assert found.rank < start.rank


def test_a_large_day_is_put_together_from_what_its_halves_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    """A half's bins and trucks have numbers of their own."""
    monkeypatch.setattr(plain_days, "WHOLE_BINS", 10)
    seen: list[Pool] = []

    def noted(problem: Problem, trucks: Sequence[int], pools: Iterable[Pool], seconds: float) -> Orders:
        seen.extend(pools)
        return recombined(problem, trucks, pools, seconds)

    monkeypatch.setattr(plain_days, "recombined", noted)
    problem = a_plain_day(100)
    told: list[tuple[str, Solution]] = []
    search = Plain(problem, TwoInline(), time.monotonic() + 60.0, 800, 1, lambda *each: told.append(each))
    found = search.run(settle(problem, {}))
    stages = [stage for stage, _ in told]
    assert "halves" in stages[: stages.index("recombined")]
    assert all(violations(problem, each) == () for _, each in told)
    assert found == told[-1][1]
    routes = [(cost, timed(problem, 0, order)) for pool_ in seen for cost, order in pool_]
    assert len(seen) > 2
    assert all(route is not None and route.cost_minor == cost for cost, route in routes)


def test_few_routes_are_not_put_together() -> None:
    """Of four there is little to choose; the time is better spent on the search."""
    assert is_recombinable(settle(a_plain_day(5 * recombine.LEAST_ROUTES), {}))
    assert not is_recombinable(settle(a_plain_day(5 * recombine.LEAST_ROUTES - 10), {}))


def test_a_day_on_which_something_must_stay_is_not_put_together() -> None:
    """A choice in which each must bin is emptied once does not exist then."""
    problem = a_plain_day(100)
    few = replace(problem, trucks=problem.trucks[:16])
    assert not is_recombinable(settle(few, {}))


def test_a_search_of_a_large_day_keeps_fewer_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of days of ten thousand bins would take the memory that the search has."""
    problem = a_plain_day(100)
    task = Search(problem, tuple(range(len(problem.trucks))), 60.0, iterations=300)
    many = as_it_comes(task, keeps=True)
    monkeypatch.setattr(recombine, "DAYS_VISITS", 200)
    few = as_it_comes(task, keeps=True)
    assert few.solution == many.solution
    assert len(few.solution.routes) <= len(few.pool) < len(many.pool) / 3
