"""Shared by the planner's tests."""

import pytest

from routing.problem import Problem
from tests.routing.engines.small_days import MORNING_REST, a_street, a_truck


@pytest.fixture
def street() -> Problem:
    """Six must bins along a street: two trips for the one truck, whose break is due at eight."""
    return a_street([300, 600, 900, 1_200, 1_500, 1_800], trucks=[a_truck(breaks=(MORNING_REST,))])
