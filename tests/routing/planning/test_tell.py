"""What a plan says of its stops."""

from dataclasses import replace

import pytest

from routing.answer import Solution, VisitKind
from routing.engines.schedule import timed
from routing.planning.build import Fleet, build_problem, points_of
from routing.planning.drives import ask_drives
from routing.planning.tell import routes_of
from routing.roads.straight_line import StraightLineRoads
from tests.routing.planning.small_city import small_city
from tests.routing.planning.test_build import A_DAY, demands_of
from tomma.model import BinId
from tomma.plan import Stop
from tomma.planning_settings import PlanningSettings
from tomma.reasons import Reason, ReasonCode

ROADS = StraightLineRoads(1.35, 22.0)
ADDED = Reason(ReasonCode.ADDED)


def second_stop(prize_minor: int, *others: Reason) -> Stop:
    """The second of two bins of one place, on a truck's round for being near and for these other reasons."""
    city = small_city()
    near = Reason(ReasonCode.WORTH_THE_DETOUR, {"prize_minor": float(prize_minor), "due_in_h": 40.0})
    demands = [
        replace(each, reasons=(*others, near)) if each.bin_id == "b2" else each
        for each in demands_of(city)
        if each.bin_id in ("b1", "b2")
    ]
    vehicles = list(city.vehicles.values())
    points = points_of(city, demands, vehicles)
    drives = ask_drives(ROADS, points.positions, vehicles, A_DAY.day, 6 * 3_600, 14 * 3_600)
    built = build_problem(city, demands, points, Fleet(vehicles, A_DAY), drives.matrices, PlanningSettings())
    route = timed(built.problem, 0, ((VisitKind.COLLECT, 0), (VisitKind.COLLECT, 1), (VisitKind.DISPOSE, 0)))
    assert route is not None
    (told,) = routes_of(built, Solution(routes=(route,)), A_DAY, drives)
    return next(stop for stop in told.stops if stop.bin_id == BinId("b2"))


@pytest.mark.parametrize(
    ("prize_minor", "others", "told"),
    [
        pytest.param(90_000, (), [ReasonCode.WORTH_THE_DETOUR], id="what it saves is told"),
        pytest.param(1, (), [ReasonCode.ON_THE_WAY], id="it saves nothing, but the truck comes by"),
        pytest.param(1, (ADDED,), [ReasonCode.ADDED], id="somebody put it there, which is reason enough"),
        pytest.param(
            90_000, (ADDED,), [ReasonCode.ADDED, ReasonCode.WORTH_THE_DETOUR], id="both have something to say"
        ),
    ],
)
def test_a_reason_that_says_nothing_is_not_told(
    prize_minor: int, others: tuple[Reason, ...], told: list[ReasonCode]
) -> None:
    """Whoever reads that a truck passes within 0 m and saves 0 kr doubts all other reasons; no stop is without one."""
    assert [each.code for each in second_stop(prize_minor, *others).reasons] == told
