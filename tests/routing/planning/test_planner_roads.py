"""What a plan makes of the roads: a reason for each place they do not lead to, and each truck's own streets."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from routing.planning.planner import make_plan
from routing.roads.port import UNREACHABLE, Matrix
from routing.roads.straight_line import StraightLineRoads
from routing.roads.truck_size import TruckSize
from tests.routing.planning.small_city import small_city, ten_days_of_readings
from tomma.city import City, Position
from tomma.model import BinId, PlanId
from tomma.plan import Plan, PlanStatus, RoadsSource
from tomma.planning_settings import PlanningSettings
from tomma.reasons import ReasonCode
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores

MORNING_UTC = datetime(2026, 11, 23, 5, 30, tzinfo=ZoneInfo("Europe/Stockholm")).astimezone(UTC)
CITY = small_city()


class Village:
    """Streets that miss some places, lead nowhere from others, and are too weak for large trucks at a third kind."""

    source = RoadsSource.STREETS

    def __init__(
        self,
        *,
        off_road: frozenset[Position] = frozenset(),
        cut_off: frozenset[Position] = frozenset(),
        weak: frozenset[Position] = frozenset(),
        size: TruckSize | None = None,
        slowness: float = 1.0,
    ) -> None:
        self._off_road, self._cut_off, self._weak, self._size = off_road, cut_off, weak, size
        self._slowness = slowness
        self._straight = StraightLineRoads(1.35, 22.0)

    @property
    def fallback(self) -> StraightLineRoads:
        """A guess."""
        return self._straight

    def pace(self, day: date, begins_s: int, ends_s: int) -> float:
        """Always the same."""
        return self._slowness

    def sized(self, truck: TruckSize) -> "Village":
        """Return the streets of another truck."""
        return Village(off_road=self._off_road, cut_off=self._cut_off, weak=self._weak, size=truck)

    def matrix(self, points: Sequence[Position]) -> Matrix:
        """Return straight lines with holes in them."""
        straight = self._straight.matrix(points)
        reachable = straight.reachable.copy()
        closed = self._cut_off | (self._weak if self._size is None or self._size.weight_kg > 18_000 else frozenset())
        for row, point in enumerate(points):
            if point in self._off_road or point in closed:
                reachable[row, :] = reachable[:, row] = False
                reachable[row, row] = point not in self._off_road
        return Matrix(
            np.where(reachable, straight.duration_s, UNREACHABLE).astype(np.int32),
            np.where(reachable, straight.distance_m, UNREACHABLE).astype(np.int32),
            reachable,
            self.source,
        )

    def legs(self, points: Sequence[Position]) -> tuple[tuple[tuple[float, float], ...], ...]:
        """Draw straight."""
        return self._straight.legs(points)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """Real stores with ten days of readings before that morning."""
    with open_stores(Settings(data_dir=tmp_path)) as opened:
        opened.readings.append(ten_days_of_readings(CITY, MORNING_UTC))
        yield opened


def plan(stores: Stores, roads: Village, city: City = CITY) -> Plan:
    """Press the button at half past five for today."""
    return make_plan(
        city=city,
        readings=stores.readings,
        events=stores.events,
        roads=roads,
        settings=PlanningSettings(budget_s=20.0, seed=4),
        day=date(2026, 11, 23),
        now_utc=MORNING_UTC,
        plan_id=PlanId("p"),
        iterations=20,
    )


def reason_of(made: Plan, bin_id: BinId) -> ReasonCode:
    """Return what kept a bin off the plan."""
    return next(each.reasons[0].code for each in made.left_out if each.bin_id == bin_id)


@pytest.mark.parametrize(("hole", "code"), [("off_road", ReasonCode.OFF_ROAD), ("cut_off", ReasonCode.UNREACHABLE)])
def test_a_wrong_position_is_told_from_a_missing_road(stores: Stores, hole: str, code: ReasonCode) -> None:
    """One is mended on the map in a minute, the other needs a street or a larger extract."""
    bin_id = min(plan(stores, Village()).bins_collected)
    made = plan(stores, Village(**{hole: frozenset({CITY.position_of(bin_id)})}))  # type: ignore[arg-type]
    assert made.status is PlanStatus.READY
    assert reason_of(made, bin_id) is code


def test_a_bin_behind_a_weak_bridge_goes_to_the_truck_that_it_carries(stores: Stores) -> None:
    """The checker, which knows every truck's own roads, agrees; without such a truck the reason names the road."""
    bin_id = min(plan(stores, Village()).bins_collected)
    roads = Village(weak=frozenset({CITY.position_of(bin_id)}))
    left = plan(stores, roads)
    assert reason_of(left, bin_id) in (ReasonCode.UNREACHABLE, ReasonCode.ROAD_LIMIT)
    light, heavy = CITY.vehicles.values()
    fleet = {light.id: replace(light, weight_kg=12_000.0), heavy.id: heavy}
    made = plan(stores, roads, replace(CITY, vehicles=fleet))
    assert (made.status, made.violations) == (PlanStatus.READY, ())
    route = next(each for each in made.routes if any(stop.bin_id == bin_id for stop in each.stops))
    assert route.vehicle_id == light.id


def test_a_slow_morning_is_in_the_times_of_the_plan(stores: Stores) -> None:
    """The driver is told when to be where in the rush, not at night."""
    quiet, rush = (plan(stores, Village(slowness=factor)) for factor in (1.0, 1.5))
    speed_mps = {
        name: sum(route.distance_m for route in made.routes) / sum(route.driving_s for route in made.routes)
        for name, made in (("quiet", quiet), ("rush", rush))
    }
    assert speed_mps["quiet"] / speed_mps["rush"] == pytest.approx(1.5, rel=0.03)
