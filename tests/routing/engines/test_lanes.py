"""Searches run anywhere with the same outcome, and a lane that is lost costs time, not the plan."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from distributed import LocalCluster

from routing.engines import pyvrp_engine
from routing.engines.executors import Inline, Lanes, open_lanes
from routing.engines.finish import settle
from routing.engines.interface import Budget
from routing.engines.search import Search, search
from routing.problem import Problem
from tests.routing.engines.small_days import a_street, a_truck


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    """One worker in a process of its own, on this machine."""
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, processes=True
    ) as local:
        yield local


def double(number: int) -> int:
    """Any work."""
    return 2 * number


@dataclass(frozen=True)
class Deadly:
    """Ends any process but the one it was made in."""

    home: int
    number: int


def double_or_die(task: Deadly) -> int:
    """Work that ends a process, but not this one."""
    if os.getpid() != task.home:
        os._exit(1)
    return 2 * task.number


def a_day() -> Problem:
    """Return a street that two trucks share."""
    return a_street([200 * at for at in range(1, 25)], trucks=[a_truck(), a_truck(fixed_minor=20_000)])


def searched(lanes: Lanes) -> list[tuple[int, int]]:
    """Search with a count of iterations and ample time."""
    tasks = [Search(a_day(), fleet, 60.0, iterations=15, seed=3) for fleet in ((0,), (0, 1))]
    return [outcome.solution.rank for outcome in lanes.map(search, tasks)]


def test_processes_give_what_this_process_gives() -> None:
    """How many lanes there are is a matter of time only."""
    with open_lanes(2) as lanes:
        assert lanes.count == 2
        assert searched(lanes) == searched(Inline())


def test_work_of_a_process_that_dies_is_done_here() -> None:
    """Memory may run out in one of them."""
    with open_lanes(2) as lanes:
        assert list(lanes.map(double_or_die, [Deadly(os.getpid(), 1), Deadly(os.getpid(), 2)])) == [2, 4]
        assert list(lanes.map(double, [3])) == [6]


def test_a_cluster_gives_what_this_process_gives(cluster: LocalCluster) -> None:
    """The same code path: a city that outgrows one machine changes a setting."""
    problem = a_day()
    start = settle(problem, {})
    here, there = (
        pyvrp_engine.solve(
            problem,
            budget=Budget(60.0, iterations=12, workers=1, cluster_address=address),
            seed=1,
            report=lambda *_: None,
            start=start,
        )
        for address in ("", cluster.scheduler_address)
    )
    assert here == there
    with open_lanes(1, cluster.scheduler_address) as lanes:
        assert searched(lanes) == searched(Inline())


def test_work_of_a_cluster_that_lost_its_workers_is_done_here(cluster: LocalCluster) -> None:
    """The plan is late then, and still there."""
    with open_lanes(1, cluster.scheduler_address) as lanes:
        assert list(lanes.map(double, [1, 2])) == [2, 4]
        assert list(lanes.map(double_or_die, [Deadly(os.getpid(), 4)])) == [8]
        cluster.scale(0)  # type: ignore[no-untyped-call]
        assert list(lanes.map(double, [5])) == [10]


def test_an_address_where_no_cluster_answers_is_done_without(caplog: pytest.LogCaptureFixture) -> None:
    """A scheduler that is down must not cost the morning's plan."""
    with open_lanes(1, "tcp://127.0.0.1:9") as lanes:
        assert lanes.count == 1
        assert list(lanes.map(double, [1])) == [2]
    assert "no cluster at tcp://127.0.0.1:9" in caplog.text
