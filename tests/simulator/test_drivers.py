"""Simulated drivers follow the published route and tap as a person would, once."""

from datetime import datetime, timedelta

import numpy as np

from simulator.drivers import BLOCKED_SHARE, Driver, Tap
from simulator.office import RouteView, StopView
from tests.simulator.support import MIDNIGHT_UTC

SIX = MIDNIGHT_UTC + timedelta(hours=6)


def bin_at(at_utc: datetime, bin_id: str, state: str = "todo") -> StopView:
    """A bin that the truck reaches after five minutes of driving, and that takes no time."""
    return StopView("collect", at_utc, at_utc, 300, bin_id=bin_id, lat_deg=60.1, lon_deg=24.9, state=state)


def route(bins: int = 3) -> RouteView:
    """A bin every ten minutes, then the break and the disposal site."""
    stops = [bin_at(SIX + timedelta(minutes=10 * number), f"B{number}") for number in range(1, bins + 1)]
    end = SIX + timedelta(minutes=10 * (bins + 1))
    away = end + timedelta(minutes=10)
    last = [StopView("break", end, end), StopView("dispose", away, away, disposal_site_id="transfer")]
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
    done = bin_at(SIX, "B9", state="emptied")
    driver = Driver(RouteView("truck-1", "plan-1", SIX, (done,)), SIX, np.random.default_rng(3))
    assert driven(driver, 60.0) == []


def changed_at_ten() -> RouteView:
    """The morning is done and told again; from ten on there is a bin, emptied once before, and the load to bring."""
    ten = SIX + timedelta(hours=4)
    done = [bin_at(SIX + timedelta(minutes=10), "B1", "emptied"), bin_at(SIX + timedelta(minutes=20), "B2", "skipped")]
    unloaded = StopView("dispose", SIX, SIX, disposal_site_id="transfer", state="emptied")
    last = StopView("dispose", ten, ten + timedelta(minutes=30), disposal_site_id="transfer")
    return RouteView("truck-1", "plan-2", SIX, (*done, unloaded, bin_at(ten + timedelta(minutes=15), "B1"), last))


def test_a_change_of_the_plan_is_driven_at_once_and_its_morning_left_alone() -> None:
    """The truck was taken to be as late as the hours since six: nobody came to the bins of a second round."""
    driver = Driver(changed_at_ten(), SIX + timedelta(hours=4, minutes=10), np.random.default_rng(3))
    taps = driven(driver, 4 * 60 + 40.0)
    assert [(tap["kind"], tap.get("bin_id")) for tap in taps] == [("emptied", "B1"), ("unloaded", None)]


def test_a_change_that_came_late_is_driven_late() -> None:
    """The office thought for half an hour: the truck leaves then, and not when it was planned to."""
    driver = Driver(changed_at_ten(), SIX + timedelta(hours=4, minutes=40), np.random.default_rng(3))
    assert driven(driver, 4 * 60 + 43.0) == []
    assert [tap["bin_id"] for tap in driven(driver, 4 * 60 + 48.0)] == ["B1"]


def test_what_a_truck_had_aboard_is_weighed_with_what_it_takes_after_a_change() -> None:
    """The slip at the scales tells of the whole load, whichever plan it was taken by."""
    driver = Driver(changed_at_ten(), SIX + timedelta(hours=4), np.random.default_rng(3), {"B1": 100.0}, 200.0)
    assert driven(driver, 999.0)[-1]["weight_kg"] == 280
