"""Routes seen on different days, put together anew."""

import time
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import routing.engines.recombine as recombine
from routing.check import violations
from routing.engines.finish import settle
from routing.engines.plain import Plain
from routing.engines.recombine import Pool, is_recombinable, recombined
from routing.problem import Order, Problem, VisitKind
from tests.routing.engines.test_plain_days import TwoInline, a_plain_day

BINS = 5


def to(*bins: int) -> Order:
    """Return the order of a truck that empties these and unloads."""
    return (*((VisitKind.COLLECT, each) for each in bins), (VisitKind.DISPOSE, 0))


def pool(*routes: tuple[int, tuple[int, ...]]) -> Pool:
    """Return what a search drove past: what each route costs, and its bins."""
    return {frozenset(bins): (cost, to(*bins)) for cost, bins in routes}


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


def cheapest(problem: Problem, seen: Pool, trucks: int) -> int | None:
    """Return what the best choice costs, by trying every one."""
    must = {at for at, node in enumerate(problem.bins) if node.must}
    costs = [
        sum(seen[each][0] for each in chosen)
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
    least = cheapest(problem, seen, trucks)
    assert (sum(seen[each][0] for each in chosen) if orders or optional else None) == least


@pytest.mark.parametrize("optional", [False, True])
def test_a_day_of_short_routes_is_put_together_from_what_all_searches_saw(optional: bool) -> None:
    """In two hundred iterations no lane comes to it alone."""
    problem = a_plain_day(100, optional=optional)
    stages: list[str] = []
    start = settle(problem, {})
    search = Plain(problem, TwoInline(), time.monotonic() + 60.0, 200, 1, lambda stage, _: stages.append(stage))
    found = search.run(start)
    assert violations(problem, found) == ()
    assert "recombined" in stages
    assert found.rank < start.rank


def test_long_routes_are_not_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too few of them fit together: the time is better spent on the search."""
    problem = a_plain_day(60)
    start = settle(problem, {})
    assert is_recombinable(start)
    monkeypatch.setattr(recombine, "SHORT_ROUTE_BINS", 4)
    assert not is_recombinable(start)


def test_a_day_on_which_something_must_stay_is_not_put_together() -> None:
    """A choice in which each must bin is emptied once does not exist then."""
    problem = a_plain_day(60)
    few = replace(problem, trucks=problem.trucks[:2])
    assert not is_recombinable(settle(few, {}))
