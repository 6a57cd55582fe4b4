"""The rest of a day planned anew: books that balance, trucks that go on from where they are, bins emptied twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulator.proving.bill import DayBill
from simulator.proving.driving import Drive
from simulator.proving.loop import Outcome, Trial
from simulator.proving.policies import Level, ours
from simulator.proving.router import route
from simulator.proving.tape import Surge
from simulator.proving.town import ProvingTown

MakeTrial = Callable[..., Trial]
NOON_H = 12


def _lived(make_trial: MakeTrial, **given: Any) -> Outcome:
    return make_trial(given.pop("policy", ours), days=4, **given).run("any")


def _sum(outcome: Outcome, part: Callable[[DayBill], float]) -> float:
    return sum(part(day) for day in outcome.days)


@pytest.fixture(scope="session")
def slow_town(town: ProvingTown) -> ProvingTown:
    """A quarter of an hour at each bin: the morning's round is still under way at eight."""
    bins = {key: replace(each, service_s=900) for key, each in town.city.bins.items()}
    return replace(town, city=replace(town.city, bins=bins))


@pytest.mark.parametrize("at_h", [7, 8, 9, NOON_H])
def test_every_litre_is_in_a_bin_beside_it_or_unloaded(
    make_trial: MakeTrial, slow_town: ProvingTown, at_h: int
) -> None:
    """What a truck carries when the plan is changed is carried on, and unloaded once."""
    outcome = _lived(make_trial, policy=Level(0.0), on=slow_town, second_round_h=at_h)
    assert outcome.deposited_l == pytest.approx(outcome.in_bins_l + outcome.beside_l + outcome.collected_l)
    assert outcome.collected_l == pytest.approx(outcome.unloaded_l + outcome.aboard_l)
    assert outcome.aboard_l == 0.0


def test_a_change_after_all_shifts_changes_nothing(make_trial: MakeTrial) -> None:
    """Nobody drives by it: the day costs to the öre what it costs without."""
    assert _lived(make_trial, second_round_h=20).days == _lived(make_trial).days


@pytest.mark.parametrize("still_out", [False, True], ids=["it drives home", "it drives on"])
def test_the_way_home_of_a_truck_is_booked_by_whoever_drives_it(make_trial: MakeTrial, *, still_out: bool) -> None:
    """A truck on its way home goes there by the old plan, or from where it is by the new one; never both."""
    trial = make_trial(ours)
    morning = trial._morning(0, trial._day(0))
    routed = route(morning, Level(0.0)(morning), 0, 1)
    drive = Drive(routed, trial.contents, morning.day.at_utc(0), trial._rows)
    begin, end = trial._hours(0)
    for hour in range(begin, end):
        drive.hour(hour, 1)
        if drive.log.lifts == len(routed.built.bin_ids):
            break
    drive.hand_over(set(routed.built.vehicle_ids) if still_out else set())
    planned_m = sum(each.distance_m for each in routed.solution.routes)
    assert (drive.log.distance_m < planned_m) is still_out
    assert drive.log.distance_m <= planned_m


def test_a_bin_that_fills_within_hours_is_emptied_twice_a_day(make_trial: MakeTrial, town: ProvingTown) -> None:
    """That is all of its worth: it overflows for hours less, for some kilometres more."""
    busy = replace(town, inflow=_faster(town, 6.0))
    once, twice = (_lived(make_trial, on=busy, second_round_h=at_h) for at_h in (None, NOON_H))
    assert _sum(twice, lambda day: day.lifts) > 1.3 * _sum(once, lambda day: day.lifts)
    assert _sum(twice, lambda day: day.overflow_h) < 0.9 * _sum(once, lambda day: day.overflow_h)
    assert _sum(twice, lambda day: day.km) > _sum(once, lambda day: day.km)
    assert _sum(twice, lambda day: day.trucks_minor) == _sum(once, lambda day: day.trucks_minor)


def _faster(town: ProvingTown, factor: float) -> Any:
    return replace(town.inflow, rate_l_per_day=town.inflow.rate_l_per_day * factor)


def test_a_second_round_does_not_see_what_comes_after_it(make_trial: MakeTrial) -> None:
    """With a hundred times the waste from the evening on, the day's driving stays what it was."""
    probe = make_trial(ours)
    evening = int(probe._day(0).at_utc(18 * 3_600).timestamp()) // 3_600
    everywhere = probe.tape.town.volume_l > 0.0
    flood = Surge(evening, evening + 10_000, everywhere, 100.0)
    calm, wild = (
        make_trial(ours, days=1, surges=each, second_round_h=NOON_H).run("any").days[0] for each in ((), (flood,))
    )
    assert (wild.km, wild.hours, wild.lifts) == (calm.km, calm.hours, calm.lifts)
    assert wild.overflow_l > calm.overflow_l
