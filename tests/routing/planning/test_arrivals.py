"""When a truck on the road will be where: the plan's minutes from the last tap on, at the day's own pace."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from routing.planning.arrivals import PACE_MAX, PACE_MIN, Settled, legs_of, pace_of, rest_of
from tomma.model import BinId, VehicleId
from tomma.plan import Route, Stop, StopKind

SIX = datetime(2026, 11, 22, 6, tzinfo=UTC)
LEG = timedelta(minutes=5)
STAY = timedelta(minutes=5)
STOPS = 12


def a_route() -> Route:
    """Twelve bins, ten minutes each with the way there, and ten minutes home."""
    stops = []
    for n in range(STOPS):
        arrive_utc = SIX + n * (LEG + STAY) + LEG
        leg_s = int(LEG.total_seconds())
        stops.append(
            Stop(StopKind.COLLECT, arrive_utc, arrive_utc + STAY, 1_000, leg_s, 0.0, 0.0, bin_id=BinId(f"B{n}"))
        )
    end_utc = SIX + STOPS * (LEG + STAY) + 2 * LEG
    driving_s = int((STOPS * LEG + 2 * LEG).total_seconds())
    return Route(VehicleId("V1"), SIX, end_utc, tuple(stops), STOPS * 1_000 + 2_000, driving_s)


ROUTE = a_route()
TAPS = st.lists(st.none() | st.integers(0, 400), min_size=STOPS, max_size=STOPS)
"""For each stop the minute after six at which it was done; None while it is to do."""


NOWHERE = [None] * STOPS
"""Without places every leg is the plan's."""
LEGS = legs_of(ROUTE, NOWHERE)


def taps(minutes: list[int | None]) -> list[Settled | None]:
    """The same as what became of the stops."""
    return [None if each is None else Settled(SIX + timedelta(minutes=each)) for each in minutes]


def test_without_a_tap_the_rest_is_the_plan() -> None:
    """Nobody has left, so nothing can have gone otherwise."""
    rest = rest_of(ROUTE, NOWHERE, [None] * STOPS, None, SIX)
    assert [each.arrive_utc for each in rest.stops] == [stop.arrive_utc for stop in ROUTE.stops]
    assert (rest.end_utc, rest.distance_m) == (ROUTE.end_utc, ROUTE.distance_m)


def test_a_slow_morning_makes_a_later_evening_but_not_at_once() -> None:
    """Six stops took twice their time, 50 minutes over: the pace is between the plan's and twice."""
    slow = taps([20 * (n + 1) if n < 6 else None for n in range(STOPS)])
    assert 1.3 < pace_of(ROUTE, slow, LEGS) < 2.0
    assert pace_of(ROUTE, taps([20, *([None] * 11)]), LEGS) == 1.0
    rest = rest_of(ROUTE, NOWHERE, slow, SIX + timedelta(hours=2), SIX + timedelta(hours=2))
    assert rest.end_utc - ROUTE.end_utc > timedelta(hours=1)


@given(TAPS, st.integers(0, 600))
def test_arrivals_are_in_order_never_past_and_every_stop_is_told_once(minutes: list[int | None], now_min: int) -> None:
    """Whatever was tapped, in whatever order, and however late one looks."""
    settled, now_utc = taps(minutes), SIX + timedelta(minutes=now_min)
    free_utc = max((each.at_utc for each in settled if each is not None), default=None)
    rest = rest_of(ROUTE, NOWHERE, settled, free_utc, now_utc)
    assert [each.index for each in rest.stops] == [index for index, each in enumerate(settled) if each is None]
    moments = [moment for each in rest.stops for moment in (each.arrive_utc, each.depart_utc)]
    assert moments == sorted(moments)
    assert all(moment >= now_utc for moment in moments)
    assert not rest.stops or rest.end_utc >= moments[-1]
    assert PACE_MIN <= pace_of(ROUTE, settled, LEGS) <= PACE_MAX
