"""Real stores on a morning, and its plan sent to the trucks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from routing.planning import search
from tests.routing.planning.at_once import at_once
from tests.routing.planning.replan.day import MORNING_UTC, plan
from tests.routing.planning.small_city import small_city, ten_days_of_readings
from tomma.plan import Plan
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores

REAL = {"test_without_an_event_the_plan_stays_as_it_is", "test_a_truck_that_breaks_down_leaves_its_bins_to_the_others"}


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tests ask the real engines in their process; what the others hold does not depend on how good a plan is."""
    if request.node.name not in REAL:
        monkeypatch.setattr(search, "solve_in_child", at_once)


@pytest.fixture
def stores(tmp_path: Path, made_stores: Path) -> Iterator[Stores]:
    """Real stores with ten days of readings before that morning."""
    shutil.copytree(made_stores, tmp_path, dirs_exist_ok=True)
    with open_stores(Settings(data_dir=tmp_path)) as opened:
        opened.readings.append(ten_days_of_readings(small_city(), MORNING_UTC))
        yield opened


@pytest.fixture
def driven(stores: Stores) -> Plan:
    """The morning's plan, sent to the trucks."""
    return stores.plans.publish(plan(stores).id)
