"""Simulated drivers follow the published route and tap as a person would, once."""

from datetime import timedelta

import numpy as np

from simulator.drivers import BLOCKED_SHARE, Driver, Tap
from simulator.office import RouteView, StopView
from tests.simulator.support import MIDNIGHT_UTC

SIX = MIDNIGHT_UTC + timedelta(hours=6)


def route(bins: int = 3) -> RouteView:
    """A bin every ten minutes, then the break and the disposal site."""
    stops = [
        StopView("collect", SIX + timedelta(minutes=10 * number), bin_id=f"B{number}", lat_deg=60.1, lon_deg=24.9)
        for number in range(1, bins + 1)
    ]
    end = SIX + timedelta(minutes=10 * (bins + 1))
    last = [StopView("break", end), StopView("dispose", end + timedelta(minutes=10), disposal_site_id="transfer")]
    return RouteView("truck-1", "plan-1", SIX, (*stops, *last))


def driven(driver: Driver, minutes: float, fill: float = 0.8) -> list[Tap]:
    """What is tapped by then."""
    return driver.taps_until(SIX + timedelta(minutes=minutes), lambda _: fill)


def test_a_bin_is_tapped_when_the_truck_has_been_there_and_not_before() -> None:
    """The map drops a bin when it was emptied, not when it was planned."""
    driver = Driver(route(), SIX, np.random.default_rng(3))
    assert driven(driver, 9.0) == []
    assert [(tap["kind"], tap["bin_id"]) for tap in driven(driver, 12.0)] == [("emptied", "B1")]
    assert driven(driver, 12.0) == []


def test_a_whole_day_is_tapped_once_in_order_with_growing_numbers() -> None:
    """Every stop of the plan has its event, each with a key of its own."""
    driver = Driver(route(), SIX, np.random.default_rng(3))
    taps = driven(driver, 120.0)
    assert [tap["kind"] for tap in taps] == ["emptied", "emptied", "emptied", "break_ended", "unloaded"]
    assert np.diff([int(str(tap["sequence"])) for tap in taps]).tolist() == [1, 1, 1, 1]
    assert len({tap["key"] for tap in taps}) == 5
    assert taps[-1]["disposal_site_id"] == "transfer"
    assert driven(driver, 999.0) == []


def test_a_tablets_numbers_grow_from_route_to_route() -> None:
    """They order its taps: were they to begin anew each day, the fold would move yesterday's taps to today."""
    [*_, last] = driven(Driver(route(bins=500), SIX, np.random.default_rng(3)), 24 * 60.0)
    [first, *_] = driven(Driver(route(), SIX + timedelta(days=1), np.random.default_rng(3)), 48 * 60.0)
    assert int(str(first["sequence"])) > int(str(last["sequence"]))


def test_a_plan_published_late_is_driven_late() -> None:
    """A truck cannot have left before there was a plan."""
    driver = Driver(route(), SIX + timedelta(minutes=30), np.random.default_rng(3))
    assert driven(driver, 35.0) == []
    assert len(driven(driver, 45.0)) == 1


def test_an_empty_bin_is_skipped_with_the_reason() -> None:
    """Feedback the forecast can learn from."""
    [tap, *_] = driven(Driver(route(), SIX, np.random.default_rng(3)), 15.0, fill=0.01)
    assert (tap["kind"], tap["skip_reason"]) == ("skipped", "already_empty")


def test_now_and_then_a_bin_is_blocked() -> None:
    """Plans must live with it."""
    taps = driven(Driver(route(bins=3_000), SIX, np.random.default_rng(3)), 1e6)
    blocked = [tap for tap in taps if tap.get("skip_reason") == "blocked"]
    assert 0.5 * BLOCKED_SHARE < len(blocked) / 3_000 < 2 * BLOCKED_SHARE


def test_a_stop_somebody_else_has_done_is_left_alone() -> None:
    """A person at the driver's page may be quicker."""
    done = StopView("collect", SIX, bin_id="B9", state="emptied")
    driver = Driver(RouteView("truck-1", "plan-1", SIX, (done,)), SIX, np.random.default_rng(3))
    assert driven(driver, 60.0) == []
