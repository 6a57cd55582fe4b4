"""Which bins want a visit today, in words a fleet manager understands."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.choice.demand import Demand, demands
from routing.forecast import BinHistory, Feedback, Word, forecast_city
from tomma.city import City
from tomma.model import BinId, FractionCode, Quality
from tomma.planning_settings import PlanningSettings
from tomma.reasons import ReasonCode

A, B = BinId("A"), BinId("B")
MakeCity = Callable[..., City]
See = Callable[..., BinHistory]
PLANNING = PlanningSettings()


def _demand(
    city: City,
    history: BinHistory,
    now: datetime,
    *,
    planning: PlanningSettings = PLANNING,
    emptied_days_ago: float = 1.0,
    requested: bool = False,
) -> Demand:
    forecast = forecast_city(city, {A: history}, now)
    emptied = {A: now - timedelta(days=emptied_days_ago)}
    return demands(city, forecast, planning, now, emptied, frozenset({A} if requested else ()))[0]


def _codes(demand: Demand) -> set[ReasonCode]:
    return {reason.code for reason in demand.reasons}


@pytest.mark.parametrize(
    ("level", "per_day", "must", "code"),
    [
        pytest.param(0.05, 0.05, False, ReasonCode.NOT_NEEDED_YET, id="emptied lately and slow: leave it"),
        pytest.param(0.25, 0.02, False, ReasonCode.NOT_NEEDED_YET, id="a quarter full and it takes weeks: leave it"),
        pytest.param(
            0.60, 0.02, False, ReasonCode.WORTH_THE_DETOUR, id="half a visit's worth is in it: take it at the door"
        ),
        pytest.param(0.65, 0.15, False, ReasonCode.WORTH_THE_DETOUR, id="due in two or three days: take it if we pass"),
        pytest.param(0.60, 0.50, True, ReasonCode.OVERFLOW_RISK, id="the same level at a kiosk: full by tonight"),
        pytest.param(0.89, 0.15, True, ReasonCode.OVERFLOW_RISK, id="nearly full: before tomorrow's truck"),
    ],
)
def test_the_level_and_the_pace_decide_together(
    make_city: MakeCity, steady: See, now: datetime, level: float, per_day: float, must: bool, code: ReasonCode
) -> None:
    """A threshold on the level alone would treat the second, third and fourth bin alike."""
    demand = _demand(make_city(30), steady(per_day, level=level), now)
    assert demand.must is must
    assert demand.reasons[0].code is code
    assert (demand.prize_minor > 0) is (code is ReasonCode.WORTH_THE_DETOUR)


def test_a_full_bin_must_be_emptied_and_says_so(make_city: MakeCity, see: See, now: datetime) -> None:
    """Nobody should have to read a probability when the bin is full."""
    demand = _demand(make_city(), see([(6.0 * n, max(1.0 - 0.1 * n, 0.0)) for n in range(11)]), now)
    assert demand.must
    assert demand.reasons[0].code is ReasonCode.FULL_NOW
    assert demand.reasons[0].values["fill_fraction"] > 0.95


def test_the_reason_tells_risk_time_and_what_is_accepted(make_city: MakeCity, steady: See, now: datetime) -> None:
    """The manager may disagree with a number, not with a feeling."""
    demand = _demand(make_city(), steady(0.5, level=0.6), now)
    values = demand.reasons[0].values
    assert values["p_overflow"] == demand.p_overflow > values["alpha"] == PLANNING.accepted_overflow_probability
    assert values["by_h"] == PLANNING.next_opportunity_h


def test_a_bin_that_is_left_though_its_sensor_calls_it_full_says_who_found_it_empty(
    make_city: MakeCity, steady: See, now: datetime
) -> None:
    """The map shows the sensor's 70 %, the plan 5 %: without the driver's word one of them looks wrong."""
    city, said = make_city(30), Feedback(now - timedelta(hours=3), Word.EMPTY)
    forecast = forecast_city(city, {A: replace(steady(0.02, level=0.7), feedback=(said,))}, now)
    told = demands(city, forecast, PLANNING, now, {A: said.at_utc}, seen={A: said})[0]
    assert [each.code for each in told.reasons] == [ReasonCode.NOT_NEEDED_YET, ReasonCode.DRIVER_FOUND_EMPTY]
    assert told.reasons_if_left == told.reasons
    assert told.reasons[1].values == {"ago_h": 3.0}


def test_a_later_next_truck_makes_more_bins_urgent(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Before a long weekend a bin due on Sunday must go on Friday."""
    history = steady(0.15, level=0.6)
    assert not _demand(make_city(), history, now).must
    assert _demand(make_city(), history, now, planning=replace_planning(next_opportunity_h=72.0)).must


def test_a_silent_bin_becomes_a_must_and_the_silence_is_told(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Half full and filling 0.2 a day when last heard, three days ago."""
    demand = _demand(make_city(), steady(0.2, level=0.5, silent_h=72.0), now)
    assert demand.must
    assert {ReasonCode.SILENT_SENSOR} < _codes(demand)
    silence = next(each for each in demand.reasons if each.code is ReasonCode.SILENT_SENSOR)
    assert silence.values["silent_h"] == pytest.approx(72.0)


def test_a_bin_nobody_knows_anything_of_is_visited(make_city: MakeCity, steady: See, now: datetime) -> None:
    """The visit itself brings the first knowledge; until then it would be forgotten for ever."""
    city = make_city(2)
    forecast = forecast_city(city, {A: steady(0.3)}, now)
    demand = demands(city, forecast, PLANNING, now, {})[1]
    assert demand.must
    assert ReasonCode.NO_DATA in _codes(demand)


@pytest.mark.parametrize(
    ("days", "must"),
    [
        pytest.param(12.9, False, id="the next truck still comes in time"),
        pytest.param(13.1, True, id="by the next truck it would be over the limit"),
        pytest.param(20.0, True, id="over the limit already"),
    ],
)
def test_hygiene_asks_for_a_visit_before_the_interval_ends(
    make_city: MakeCity, steady: See, now: datetime, days: float, must: bool
) -> None:
    """An empty bin of food waste smells too; the limit here is 14 days, the next truck comes in one."""
    demand = _demand(make_city(), steady(0.01, level=0.1), now, emptied_days_ago=days)
    assert demand.must is must
    if must:
        assert demand.reasons[0].code is ReasonCode.HYGIENE_INTERVAL
        assert demand.reasons[0].values == {"days_since_emptied": pytest.approx(days), "limit_days": 14}


def test_a_bin_a_person_asked_for_is_a_must(make_city: MakeCity, steady: See, now: datetime) -> None:
    """However empty it is: somebody promised."""
    demand = _demand(make_city(), steady(0.01, level=0.1), now, requested=True)
    assert demand.must
    assert _codes(demand) == {ReasonCode.REQUESTED}


def test_an_optional_bin_has_a_reason_for_either_outcome(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Taken or left, the manager reads why."""
    demand = _demand(make_city(30), steady(0.15, level=0.65), now)
    assert demand.reasons[0].code is ReasonCode.WORTH_THE_DETOUR
    assert demand.reasons_if_left[0].code is ReasonCode.NOT_WORTH_THE_DETOUR
    assert demand.reasons_if_left[0].values["prize_minor"] == demand.prize_minor


def test_the_prize_grows_as_the_visit_comes_closer(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Less of the last visit is thrown away, and the risk of waiting rises."""
    city = make_city(30)
    prizes = [_demand(city, steady(0.15, level=level), now).prize_minor for level in (0.2, 0.64, 0.67, 0.7)]
    assert prizes[0] == 0
    assert 0 < prizes[1] < prizes[2] < prizes[3]


def test_a_prize_never_pays_less_than_the_service(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Handling of two minutes costs 1,440 minor units: a bin worth less only burdens the engine."""
    city = make_city(30)
    prizes = [_demand(city, steady(0.15, level=0.3 + 0.02 * n), now).prize_minor for n in range(20)]
    assert all(prize == 0 or prize >= 120 * PLANNING.cost_per_h_minor / 3600 for prize in prizes)
    assert any(prizes)


def test_where_the_truck_stops_anyway_a_smaller_prize_will_do(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Beside a full bin the next one costs its own minute, not the hour to open the yard."""
    plain = make_city(12)
    apart = replace(plain, sites={each: replace(site, service_s=3600) for each, site in plain.sites.items()})
    together = replace(apart, bins={**apart.bins, B: replace(apart.bins[B], site_id=apart.bins[A].site_id)})
    slow = {bin_id: steady(0.05, level=0.1, bin_id=bin_id) for bin_id in apart.bins}
    history = {**slow, A: steady(0.5, level=0.8), B: steady(0.15, level=0.64, bin_id="B")}

    def prize_of_b(city: City) -> int:
        return demands(city, forecast_city(city, history, now), PLANNING, now, {})[1].prize_minor

    assert prize_of_b(apart) == 0 < prize_of_b(together)


def test_volume_and_weight_are_those_expected_at_the_visit(make_city: MakeCity, steady: See, now: datetime) -> None:
    """The truck must have room for what will be there at noon, not for what was there at night."""
    city = make_city()
    forecast = forecast_city(city, {A: steady(0.4, level=0.5)}, now)
    early, late = (demands(city, forecast, PLANNING, now + timedelta(hours=h), {})[0] for h in (0, 12))
    assert early.volume_l == pytest.approx(0.5 * 660, rel=0.05)
    assert early.weight_kg == pytest.approx(0.1 * early.volume_l)
    assert late.volume_l > early.volume_l * 1.2


def test_no_container_weighs_more_than_it_may(make_city: MakeCity, steady: See, now: datetime) -> None:
    """A density for the whole stream overstates a large container; its plate says 50 kg."""
    city = make_city()
    dense = {FractionCode("residual"): replace(city.fractions[FractionCode("residual")], density_kg_per_l=0.9)}
    assert _demand(replace(city, fractions=dense), steady(0.1, level=0.8), now).weight_kg == 50.0


@settings(max_examples=40, deadline=None)
@given(
    levels=st.lists(st.tuples(st.floats(0, 600), st.floats(0, 1), st.sampled_from(list(Quality))), max_size=10),
    ahead_h=st.floats(0, 48),
    next_h=st.floats(1, 168),
    alpha=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
)
def test_every_bin_gets_a_demand_with_a_reason(
    make_city: MakeCity,
    see: See,
    now: datetime,
    levels: list[tuple[float, float, Quality]],
    ahead_h: float,
    next_h: float,
    alpha: float,
) -> None:
    """No setting and no history may leave a bin out without a word, or give the engine a number it cannot use."""
    city = make_city(3)
    planning = replace_planning(next_opportunity_h=next_h, accepted_overflow_probability=alpha)
    told = demands(
        city, forecast_city(city, {A: see(levels)}, now), planning, now + timedelta(hours=ahead_h), {}, frozenset({B})
    )
    assert [each.bin_id for each in told] == list(city.bins)
    for each in told:
        assert each.reasons
        assert bool(each.reasons_if_left) is not each.must
        assert 0.0 <= each.fill_fraction <= 1.0
        assert 0.0 <= each.weight_kg <= 50.0
        assert each.prize_minor >= 0
        assert not (each.must and each.prize_minor)


def replace_planning(**changed: float) -> PlanningSettings:
    """Return the default settings with some changed."""
    return PLANNING.model_copy(update=changed)
