"""A tiny town, and a fortnight in it."""

from collections.abc import Callable
from datetime import date

import pytest

from routing.daytime import WorkingDay
from routing.roads.straight_line import StraightLineRoads
from simulator.deposits import inflow_of
from simulator.draws import HOUR_S
from simulator.proving.loop import PLAN_HOUR, Course, Trial
from simulator.proving.morning import Policy
from simulator.proving.tape import Surge, Tape
from simulator.proving.town import ProvingTown, places_of
from simulator.towns import make_town
from tomma.planning_settings import PlanningSettings

FIRST_DAY = date(2026, 3, 2)
FIRST_HOUR = int(WorkingDay(FIRST_DAY, "Europe/Helsinki").at_utc(PLAN_HOUR * HOUR_S).timestamp()) // HOUR_S
WARM_UP_DAYS = 6

MakeTrial = Callable[..., Trial]


@pytest.fixture(scope="session")
def town() -> ProvingTown:
    """Two dozen bins on real streets, with straight lines for drives."""
    made = make_town(24, 1, silent_share=0.0)
    matrix = StraightLineRoads(1.35, 22.0).matrix([position for _, position in places_of(made.city)])
    return ProvingTown(made.city, made.truths, inflow_of(made.truths), matrix)


@pytest.fixture(scope="session")
def make_trial(town: ProvingTown) -> MakeTrial:
    """Return who puts a policy into the town, by insertion routes alone."""

    def make(
        policy: Policy,
        *,
        seed: int = 1,
        days: int = 2,
        silent_share: float = 0.1,
        surges: tuple[Surge, ...] = (),
        knows_future: bool = False,
        on: ProvingTown = town,
        second_round_h: int | None = None,
    ) -> Trial:
        tape = Tape(on, seed, FIRST_HOUR, silent_share=silent_share, surges=surges)
        course = Course(FIRST_DAY, WARM_UP_DAYS, 0, days, 0, PlanningSettings(), second_round_h=second_round_h)
        return Trial(tape, course, policy, knows_future=knows_future)

    return make
