"""What makes a comparison fair: the same world for all, nothing lost from it, and no look ahead."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.proving.contents import Contents, Emptied
from simulator.proving.driving import Drive
from simulator.proving.loop import Trial
from simulator.proving.morning import Choice, Morning, Policy
from simulator.proving.policies import Fixed, GroningenPrize, GroningenRule, Level, Risk, ours
from simulator.proving.router import route
from simulator.proving.tape import Surge, Tape
from simulator.proving.town import ProvingTown

MakeTrial = Callable[..., Trial]
RIVALS: dict[str, Policy] = {
    "fixed rounds": Fixed(0.6),
    "level now": Level(),
    "risk alone": Risk(),
    "Groningen's rule": GroningenRule(6),
    "Groningen's prizes": GroningenPrize(60_000.0),
    "ours": ours,
}


def test_every_policy_meets_the_same_deposits_and_the_same_silence(make_trial: MakeTrial) -> None:
    """Common random numbers: what differs between two runs is what the policy did."""
    idle, busy = make_trial(lambda _: ()), make_trial(Level(0.0))
    outcomes = idle.run("idle"), busy.run("busy")
    assert outcomes[0].deposited_l == pytest.approx(outcomes[1].deposited_l, abs=1e-6)
    assert outcomes[0].collected_l < outcomes[1].collected_l
    np.testing.assert_array_equal(idle.tape.silent_from_hour, busy.tape.silent_from_hour)


def test_the_sensors_silent_at_a_tenth_are_among_those_silent_at_half(town: ProvingTown) -> None:
    """So a curve over the share compares like with like."""
    few, many = (np.isfinite(Tape(town, 3, 500_000, silent_share=share).silent_from_hour) for share in (0.1, 0.5))
    assert few.sum() < many.sum()
    assert (many | ~few).all()


@pytest.mark.parametrize("policy", RIVALS.values(), ids=RIVALS.keys())
def test_every_litre_is_in_a_bin_beside_it_or_unloaded(make_trial: MakeTrial, policy: Policy) -> None:
    """Books that do not balance would make some policy look better than it is."""
    outcome = make_trial(policy, days=3).run("any")
    assert outcome.deposited_l == pytest.approx(outcome.in_bins_l + outcome.beside_l + outcome.collected_l)
    assert outcome.collected_l == pytest.approx(outcome.unloaded_l + outcome.aboard_l)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_books_balance_whatever_is_emptied_when(town: ProvingTown, data: st.DataObject) -> None:
    """Also with partial emptyings, at any minute, of bins that overflow."""
    tape = Tape(town, 5, 490_000, silent_share=0.0)
    contents = Contents(tape)
    for hour in range(490_000, 490_012):
        chosen = data.draw(st.dictionaries(st.integers(0, tape.bins - 1), st.integers(0, 59), max_size=4))
        share = data.draw(st.floats(0.0, 1.0))
        emptied = [
            Emptied(index, minute, share * contents.waiting_l(index, hour, minute), overflowing=False)
            for index, minute in chosen.items()
        ]
        contents.live(hour, emptied, 739_000)
    held = contents.inside_l + contents.beside_l + contents.collected_l
    np.testing.assert_allclose(contents.deposited_l, held)
    assert (contents.inside_l <= contents.volume_l + 1e-9).all()
    assert ((contents.beside_l == 0.0) | (contents.inside_l >= contents.volume_l - 1e-9)).all()


def test_a_truck_that_finds_more_than_was_told_unloads_and_comes_back(town: ProvingTown, make_trial: MakeTrial) -> None:
    """A plan knows expected litres, the street has the true ones; the detour is driven and paid for."""
    small = {key: replace(each, capacity_l=900.0, capacity_kg=2_000.0) for key, each in town.city.vehicles.items()}
    tight = replace(town, city=replace(town.city, vehicles=small))
    trial = make_trial(Level(0.0), on=tight)
    kept: list[Morning] = []

    def told_nearly_nothing(morning: Morning) -> Choice:
        kept.append(morning)
        return tuple(replace(each, volume_l=1.0, weight_kg=1.0) for each in Level(0.0)(morning))

    for number in range(-3, 0):
        trial.live_an_old_day(number)
    trial.policy = told_nearly_nothing
    bill = trial.live_a_day(0)
    assert bill.extra_unloads > 0
    planned = route(kept[0], told_nearly_nothing(kept[0]), 0, 1)
    assert bill.km > sum(each.distance_m for each in planned.solution.routes) / 1_000.0


def test_what_becomes_too_late_is_left_and_told(town: ProvingTown, make_trial: MakeTrial) -> None:
    """Nobody works for ever: after an hour of overtime the rest stays where it is."""
    trial = make_trial(Level(0.0))
    kept: list[Morning] = []

    def note(morning: Morning) -> Choice:
        kept.append(morning)
        return Level(0.0)(morning)

    trial.policy = note
    trial.live_a_day(0)
    planned = route(kept[0], Level(0.0)(kept[0]), 0, 1)
    drive = Drive(planned, trial.contents, kept[0].day.at_utc(0), {each: at for at, each in enumerate(town.bin_ids)})
    for truck in drive._trucks:
        truck.delay_s = 12 * 3_600
    first = int(kept[0].now_utc.timestamp()) // 3_600
    emptied = [each for hour in range(first, first + 30) for each in drive.hour(hour, 1)]
    assert not emptied
    assert drive.log.left_behind == sum(
        visit.kind.value == "collect" for each in planned.solution.routes for visit in each.visits
    )


@pytest.mark.parametrize("policy", RIVALS.values(), ids=RIVALS.keys())
def test_no_policy_sees_the_future(make_trial: MakeTrial, town: ProvingTown, policy: Policy) -> None:
    """With ten times the waste from the moment of planning on, the choice of that morning stays what it was."""
    assert _choice_with(make_trial, town, policy, factor=1.0) == _choice_with(make_trial, town, policy, factor=10.0)


def test_only_perfect_information_sees_it(make_trial: MakeTrial, town: ProvingTown) -> None:
    """Else the bound would be no bound, and the test above would prove nothing."""
    calm, wild = (_choice_with(make_trial, town, ours, factor=each, knows_future=True) for each in (1.0, 10.0))
    assert calm != wild


def _choice_with(
    make_trial: MakeTrial, town: ProvingTown, policy: Policy, *, factor: float, knows_future: bool = False
) -> Choice:
    """Return the third morning's choice when from then on `factor` times as much comes."""
    found: list[Choice] = []

    def noting(morning: Morning) -> Choice:
        found.append(policy(morning))
        return found[-1]

    probe = make_trial(policy)
    at_utc = probe._day(2).at_utc(5 * 3_600)
    turn = int(at_utc.timestamp()) // 3_600
    surge = Surge(turn, turn + 10_000, np.ones(len(town.truths), dtype=np.bool_), factor)
    make_trial(noting, days=3, surges=(surge,), knows_future=knows_future).run("any")
    return found[-1]


def test_the_perfect_forecast_tells_what_will_be_so(make_trial: MakeTrial) -> None:
    """Nobody empties for a day: then what it foresaw lies in the bins, and beside them."""
    kept: list[Morning] = []

    def wait(morning: Morning) -> Choice:
        assert morning.forecast.as_of_utc == morning.now_utc  # made now, while the future lies ahead
        kept.append(morning)
        return ()

    trial = make_trial(wait, knows_future=True)
    trial.live_a_day(0)
    forecast = kept[0].forecast
    next_utc = trial._day(1).at_utc(5 * 3_600)
    level = np.minimum(trial.contents.inside_l / trial.contents.volume_l, 1.0)
    np.testing.assert_allclose(forecast.expected_fill_at(next_utc), level, atol=1e-9)
    spilt = forecast.expected_overflow_l(kept[0].now_utc, next_utc).sum()
    assert spilt == pytest.approx(trial.contents.beside_l.sum(), abs=1e-6)
    np.testing.assert_array_equal(forecast.p_overflow_at(next_utc) == 1.0, trial.contents.beside_l > 0.0)
