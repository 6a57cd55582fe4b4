"""The curve behind the risk knob: expected overflows against kilometres, in the background, and never before a plan."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import httpx

from routing.alternatives.pareto import LADDER, at_risk
from routing.alternatives.pareto_weeks import Weekly
from routing.solve_run import StopSign
from tests.api.patience import until
from tests.api.town import NOW
from tests.api.world import World, serving
from tomma.city import City
from tomma.errors import EngineFailedError
from tomma.planning_settings import PlanningSettings


def whole(client: httpx.Client) -> dict[str, Any]:
    """Wait for the whole curve."""
    found: dict[str, Any] = until(
        lambda: client.get("/api/v1/plans/pareto").json(), lambda curve: curve["status"] != "computing"
    )
    assert found["status"] == "ready", found["detail"]
    return found


def test_the_bold_drive_less_and_overflow_more(client: httpx.Client, world: World) -> None:
    """That is what the knob is for; what is set stands in the middle, and each point can be ordered."""
    for n in range(1, 6):
        for hours in range(1, 200, 6):
            world.measure(f"B{n}", (0.6 - hours * 0.004 * (n % 3 + 1)) % 1.0, NOW - timedelta(hours=hours))
    points = whole(client)["points"]
    assert [each["risk"] for each in points] == sorted(LADDER)
    assert [each["risk"] for each in points if each["current"]] == [0.5]
    careful, bold = points[0], points[-1]
    assert careful["expected_overflows_per_week"] < bold["expected_overflows_per_week"]
    assert careful["lifts_per_week"] > bold["lifts_per_week"]
    assert points[4]["accepted_overflow_probability"] == world.settings.planning.accepted_overflow_probability


def test_the_same_readings_give_the_same_point(world: World) -> None:
    """Two managers who look at the curve must see the same."""
    for n in range(1, 6):
        world.measure(f"B{n}", n / 6)

    def point() -> Weekly | None:
        ask = world.context().weekly
        city, planning = world.stores.registry.load(), world.settings.planning
        return ask(city=city, planning=planning, now_utc=NOW, risk=0.75, draw=1, stop=Event())

    assert point() == point() is not None


def test_a_week_has_the_days_on_which_trucks_come(world: World) -> None:
    """With trucks on Mondays alone less is lifted, and more overflows, than with trucks every day."""
    for n in range(1, 6):
        for hours in range(1, 200, 6):
            world.measure(f"B{n}", (0.6 - hours * 0.004 * (n % 3 + 1)) % 1.0, NOW - timedelta(hours=hours))
    ask, city = world.context().weekly, world.stores.registry.load()
    daily = world.settings.planning
    mondays = daily.model_copy(update={"collection_weekdays": ("mon",)})
    found = [ask(city=city, planning=each, now_utc=NOW, risk=0.5, draw=0, stop=Event()) for each in (daily, mondays)]
    (often, seldom) = (each for each in found if each is not None)
    assert 0.0 < seldom.lifts < often.lifts
    assert seldom.expected_overflows > often.expected_overflows


@dataclass
class Counted:
    """A maker of points that gives up while somebody waits for a plan."""

    given_up: int = 0
    asked: list[tuple[float, int, datetime]] = field(default_factory=list)

    def __call__(
        self, *, city: City, planning: PlanningSettings, now_utc: datetime, risk: float, draw: int, stop: StopSign
    ) -> Weekly | None:
        """Return the risk as kilometres."""
        del city, planning
        if stop.is_set():
            self.given_up += 1
            return None
        self.asked.append((risk, draw, now_utc))
        return Weekly(risk, 1.0 - risk, 1.0, 100)


def test_a_curve_waits_for_plans_and_is_kept_until_the_city_changes(world: World) -> None:
    """The trucks' plan has the machine first; a page that is loaded again costs nothing."""
    counted = Counted()
    world.weekly = counted
    with serving(world) as client:
        client.post("/api/v1/plans", json={})
        assert world.planner.begun.wait(10)
        assert client.get("/api/v1/plans/pareto").json()["points"] == []
        assert counted.asked == []
        world.planner.gate.set()
        first = whole(client)
        assert len(counted.asked) == first["draws"] * len(LADDER)
        assert whole(client) == first
        city = world.stores.registry.load()
        world.stores.registry.save(replace(city, organisation=replace(city.organisation, name="Nystad")))
        whole(client)
    assert len(counted.asked) == 2 * first["draws"] * len(LADDER)


def test_the_knob_in_the_middle_is_what_the_city_has_set() -> None:
    """Who never touches it must get the plan that the settings promise."""
    planning = PlanningSettings()
    assert at_risk(planning, 0.5) == planning
    careful, bold = at_risk(planning, 0.0), at_risk(planning, 1.0)
    assert careful.accepted_overflow_probability < planning.accepted_overflow_probability
    assert careful.overflow_cost_per_h_minor > planning.overflow_cost_per_h_minor > bold.overflow_cost_per_h_minor


def test_an_order_with_the_knob_is_planned_with_its_settings(client: httpx.Client, world: World) -> None:
    """The point that was clicked is the plan that is made."""
    world.planner.gate.set()
    client.post("/api/v1/plans", json={"risk": 0.25})
    until(lambda: len(world.planner.asked), lambda asked: asked == 1)
    ((_, planning, _),) = world.planner.asked
    assert planning == at_risk(world.settings.planning, 0.25)
    both = client.post("/api/v1/plans", json={"risk": 0.25, "accepted_overflow_probability": 0.1})
    assert (both.status_code, "risk" in both.json()["detail"]) == (422, True)


@dataclass
class AwayAtFirst(Counted):
    """Fails once, as when a helper process was killed."""

    failed: bool = False

    def __call__(self, **asked: Any) -> Weekly | None:
        """Fail, then count."""
        if not self.failed:
            self.failed = True
            raise EngineFailedError("the helper process ended in the middle of its work")
        return super().__call__(**asked)


def test_a_curve_that_failed_is_tried_again_for_who_looks_minutes_later(world: World) -> None:
    """A weekly curve is good for a morning; a helper that died is none."""
    world.weekly = AwayAtFirst()
    with serving(world) as client:
        until(lambda: client.get("/api/v1/plans/pareto").json()["status"], lambda status: status == "failed")
        world.clock.now += timedelta(minutes=6)
        whole(client)
