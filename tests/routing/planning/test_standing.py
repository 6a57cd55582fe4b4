"""Where trucks are in the middle of the day, by what was tapped and what was not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from routing.planning.standing import Standing, standing_of
from tests.routing.planning.small_city import GLASS, RESIDUAL, small_city
from tomma.events import Event, EventKind, SkipReason
from tomma.fold import DayState, fold, tried_again
from tomma.model import BinId, DisposalSiteId, FractionCode, PlanId, SiteId, VehicleId
from tomma.plan import Plan, PlanStatus, RoadsSource, Route, Stop, StopKind
from tomma.reasons import Reason, ReasonCode

SIX = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
V1 = VehicleId("v1")


def at(minutes: float) -> datetime:
    """So many minutes after six."""
    return SIX + timedelta(minutes=minutes)


def collect(bin_id: str, minutes: float, load_l: float) -> Stop:
    """Two minutes at a bin, from so many minutes after six; the load after it."""
    return Stop(StopKind.COLLECT, at(minutes), at(minutes + 2), 800, 300, load_l, load_l / 10, bin_id=BinId(bin_id))


UNLOAD = Stop(StopKind.DISPOSE, at(60), at(75), 5_000, 600, 0.0, 0.0, disposal_site_id=DisposalSiteId("t0"))
REST = Stop(StopKind.BREAK, at(30), at(60), 0, 0, 900.0, 90.0)
STOPS = (collect("b1", 10, 400), collect("b3", 20, 900), REST, UNLOAD, collect("b6", 90, 300), UNLOAD)
ROUTE = Route(V1, SIX, at(150), STOPS, 15_000, 3_000)
PLAN = Plan(PlanId("p"), SIX.date(), SIX, SIX, PlanStatus.PUBLISHED, "x", RoadsSource.STRAIGHT_LINE, (ROUTE,), (), 0, 0)


def tapped(kind: EventKind, minutes: float, bin_id: str | None = None, **more: object) -> Event:
    """A tap of the driver."""
    own = None if bin_id is None else BinId(bin_id)
    key = f"{kind}-{minutes}-{bin_id}"
    skipped = SkipReason.BLOCKED if kind is EventKind.SKIPPED else None
    body: dict[str, object] = {"bin_id": own, "skip_reason": skipped} | more
    return Event(key, "t", round(minutes * 60), PLAN.id, V1, kind, at(minutes), at(minutes), **body)  # type: ignore[arg-type]


def standing(now_min: float, *events: Event) -> Standing:
    """Where the only truck is."""
    return standing_of(PLAN, fold(events), small_city(), at(now_min))[V1]


def test_before_it_leaves_it_stands_at_its_depot() -> None:
    """At five to six everything is still open."""
    found = standing(-5)
    assert (found.out, found.started, found.place, found.next_stop) == (False, False, None, None)
    assert found.ahead == STOPS


def test_a_truck_that_should_have_left_is_on_its_way_though_nobody_tapped() -> None:
    """Silence is no proof of standing still: its first stop is kept."""
    found = standing(5)
    assert (found.out, found.place, found.next_stop, found.free_utc) == (True, None, "b1", SIX)


def test_it_is_where_it_last_tapped_with_what_it_took() -> None:
    """The plan expected 400 litres in b1."""
    found = standing(14, tapped(EventKind.EMPTIED, 13, "b1"))
    assert (found.place, found.next_stop, found.free_utc) == (SiteId("s1"), "b3", at(13))
    assert {code: waste.volume_l for code, waste in found.aboard.items()} == {RESIDUAL: 400.0}
    assert [stop.bin_id for stop in found.done] == ["b1"]
    assert found.done[0].depart_utc == at(13)


def test_a_tablet_whose_clock_is_off_moves_its_truck_nowhere() -> None:
    """Three hours ahead, known as it sent: the truck was promised as free in the afternoon, its day as over."""
    said = (
        tapped(EventKind.EMPTIED, 13, "b1"),
        tapped(EventKind.EMPTIED, 14, "b5"),
        tapped(EventKind.UNLOADED, 15, disposal_site_id=DisposalSiteId("t0")),
        tapped(EventKind.BREAK_STARTED, 16),
        tapped(EventKind.BREAK_ENDED, 17),
    )
    taps = [replace(each, clock_skew_s=3 * 3600.0, tapped_utc=at(13 + 180)) for each in said]
    for taken in range(1, len(taps) + 1):
        found = standing(20, *taps[:taken])
        assert max(stop.depart_utc for stop in found.done) <= at(13 + 30), found.done[-1].kind


def test_a_skipped_bin_brings_nothing_aboard() -> None:
    """The truck was there and left with what it had."""
    found = standing(14, tapped(EventKind.SKIPPED, 13, "b1"))
    assert (found.place, dict(found.aboard), found.collected.bins) == (SiteId("s1"), {}, 0)


def test_a_second_change_knows_as_well_what_is_aboard() -> None:
    """b3 before b1, b5 beside the route: the first change's history must say what each held, not the plan's order."""
    taps = (
        tapped(EventKind.EMPTIED, 12, "b3"),
        tapped(EventKind.EMPTIED, 20, "b5"),
        tapped(EventKind.EMPTIED, 25, "b1"),
    )
    first = standing(30, *taps)
    loads = [(stop.bin_id, stop.load_after_l) for stop in first.done]
    assert loads == [("b3", 500.0), ("b5", 830.0), ("b1", 1_230.0)]  # half a container is guessed of b5
    route = replace(ROUTE, stops=(*first.done, *first.ahead), done_stops=len(first.done))
    again = standing_of(replace(PLAN, routes=(route,)), fold(taps), small_city(), at(30))[V1]
    assert (again.aboard, again.collected) == (first.aboard, first.collected)


LAST = collect("b6", 130, 1_450)


def _again(*taps: Event) -> tuple[Plan, DayState]:
    """b1 and b3 were emptied; b1 is on the plan once more, with 250 litres."""
    first = standing(40, *taps[:2])
    done = [stop for stop in first.done if stop.bin_id != "b1"]
    once_more = replace(
        collect("b1", 110, first.done[-1].load_after_l + 250), reasons=(Reason(ReasonCode.EMPTIED_AGAIN, {"ago_h": 1}),)
    )
    earlier = tuple(stop for stop in first.done if stop.bin_id == "b1")
    route = replace(ROUTE, stops=(*done, once_more, LAST, UNLOAD), done_stops=len(done), earlier=earlier)
    made = replace(PLAN, id=PlanId("p2"), created_utc=at(40), routes=(route,))
    return made, tried_again(fold(taps), made)


@pytest.mark.parametrize("first", ["b1", "b3"], ids=["then another bin", "as the last thing before the change"])
def test_what_a_bin_gave_at_its_first_visit_is_aboard_once_when_it_is_visited_again(first: str) -> None:
    """The change counted the second visit as done before it was made, and forgot the first where none came after."""
    second = "b3" if first == "b1" else "b1"
    taps = [tapped(EventKind.EMPTIED, 12, first), tapped(EventKind.EMPTIED, 25, second)]
    made, state = _again(*taps)
    before = standing_of(made, state, small_city(), at(50))[V1]
    assert {code: waste.volume_l for code, waste in before.aboard.items()} == {RESIDUAL: 900.0}
    assert ([stop.bin_id for stop in before.done], before.collected.bins) == (["b3"], 2)
    taps.append(replace(tapped(EventKind.EMPTIED, 112, "b1"), plan_id=made.id))
    made, state = _again(*taps)
    after = standing_of(made, state, small_city(), at(113))[V1]
    assert ({code: waste.volume_l for code, waste in after.aboard.items()}) == {RESIDUAL: 1_150.0}
    assert (after.collected.bins, [stop.bin_id for stop in after.done]) == (3, ["b3", "b1"])
    once_changed = replace(made.routes[0], stops=(*after.done, LAST, UNLOAD), done_stops=2, earlier=after.earlier)
    third = replace(made, id=PlanId("p3"), created_utc=at(114), routes=(once_changed,))
    later = standing_of(third, tried_again(fold(taps), third), small_city(), at(115))[V1]
    assert (later.aboard, later.collected, later.earlier) == (after.aboard, after.collected, after.earlier)


@pytest.mark.parametrize(
    ("given_up", "stream"), [({"b1"}, RESIDUAL), ({"b1", "b3", "b6"}, GLASS)], ids=["one bin of many", "all of them"]
)
def test_the_waste_of_a_bin_that_the_city_gave_up_since_is_still_aboard(
    given_up: set[str], stream: FractionCode
) -> None:
    """Emptied at nine, retired at ten: the truck that is planned anew was promised room that it does not have."""
    city = small_city()
    installed = tuple(each for each in city.installations if each.bin_id not in given_up)
    city = replace(
        city, bins={id_: own for id_, own in city.bins.items() if id_ not in given_up}, installations=installed
    )
    taps = (tapped(EventKind.EMPTIED, 12, "b3"), tapped(EventKind.EMPTIED, 25, "b1"))
    found = standing_of(PLAN, fold(taps), city, at(30))[V1]
    assert sum(waste.volume_l for waste in found.aboard.values()) == pytest.approx(900.0)
    assert (stream in found.aboard, found.collected.bins, found.collected.weight_kg) == (True, 2, 90.0)
    assert found.place == (None if "b3" in given_up else SiteId("s2")), "the last place that is known"
    assert [stop.load_after_l for stop in found.done] == [500.0, 900.0]


def test_stops_done_in_another_order_are_told_in_that_order() -> None:
    """The driver knows the street better."""
    found = standing(30, tapped(EventKind.EMPTIED, 12, "b3"), tapped(EventKind.EMPTIED, 25, "b1"))
    assert [stop.bin_id for stop in found.done] == ["b3", "b1"]
    assert found.place == SiteId("s1")
    assert found.aboard[RESIDUAL].volume_l == pytest.approx(900.0)


def test_what_was_tapped_and_taken_back_never_was() -> None:
    """The wrong bin: undone within seconds."""
    first = tapped(EventKind.EMPTIED, 12, "b1")
    found = standing(20, first, tapped(EventKind.UNDONE, 13, undoes_key=first.key))
    assert (found.done, dict(found.aboard), found.next_stop) == ((), {}, "b1")


def test_a_truck_heading_for_the_disposal_site_will_be_there_and_empty() -> None:
    """It is let unload: the plan goes on from there."""
    events = [
        tapped(EventKind.EMPTIED, 12, "b1"),
        tapped(EventKind.EMPTIED, 22, "b3"),
        tapped(EventKind.BREAK_ENDED, 60),
    ]
    found = standing(62, *events)
    assert (found.place, found.next_stop, dict(found.aboard)) == (DisposalSiteId("t0"), "b6", {})
    assert found.free_utc == at(60 + 10 + 15)
    assert (found.breaks_had, found.collected.bins, found.collected.unloads) == (1, 2, 1)
    assert found.collected.volume_l == pytest.approx(900.0)


@pytest.mark.parametrize(
    ("now_min", "free_min"),
    [pytest.param(40, 65, id="it lasts as planned"), pytest.param(70, 70, id="it is longer than planned")],
)
def test_a_truck_whose_break_goes_on_is_not_free_before_it_is_over(now_min: float, free_min: float) -> None:
    """A change made at lunch promised its next bins half an hour too early: the break was over as it began."""
    found = standing(now_min, tapped(EventKind.EMPTIED, 12, "b1"), tapped(EventKind.BREAK_STARTED, 35))
    assert (found.free_utc, found.breaks_had) == (at(free_min), 1)
    assert REST not in found.ahead
    assert (found.done[-1].kind, found.done[-1].arrive_utc) == (StopKind.BREAK, at(35))


def test_a_break_that_is_over_is_told_as_it_was_had() -> None:
    """From its beginning to its end, not as the plan had it: what was paid counts no rest."""
    found = standing(50, tapped(EventKind.BREAK_STARTED, 30), tapped(EventKind.BREAK_ENDED, 45))
    assert [(each.arrive_utc, each.depart_utc) for each in found.done] == [(at(30), at(45))]
    assert found.free_utc == at(45)


@pytest.mark.parametrize(
    ("ended_min", "free_min"), [pytest.param([45], 45, id="over"), pytest.param([], 50, id="it goes on")]
)
def test_a_break_that_no_plan_had_is_told_and_takes_its_time(ended_min: list[float], free_min: float) -> None:
    """The truck would be home in time, so the plan had none; its driver, offline, had one by the plan before."""
    unbroken = replace(PLAN, routes=(replace(ROUTE, stops=tuple(stop for stop in STOPS if stop is not REST)),))
    taps = [tapped(EventKind.BREAK_STARTED, 30), *(tapped(EventKind.BREAK_ENDED, each) for each in ended_min)]
    found = standing_of(unbroken, fold(taps), small_city(), at(50))[V1]
    (rest,) = found.done
    assert (rest.kind, rest.arrive_utc, rest.depart_utc) == (StopKind.BREAK, at(30), at(free_min))
    assert (found.free_utc, found.breaks_had) == (at(free_min), 1)


def test_a_break_driven_past_and_the_next_one_begun_are_two() -> None:
    """Counted as one, the driver would be told to rest a third time."""
    late = replace(REST, arrive_utc=at(140), depart_utc=at(150))
    plan = replace(PLAN, routes=(replace(ROUTE, stops=(*STOPS, late)),))
    taps = (tapped(EventKind.BREAK_ENDED, 30), tapped(EventKind.BREAK_STARTED, 140))
    found = standing_of(plan, fold(taps), small_city(), at(141))[V1]
    assert found.breaks_had == 2
    assert not [stop for stop in found.ahead if stop.kind is StopKind.BREAK]
    assert [(each.arrive_utc, each.depart_utc) for each in found.done] == [(at(30), at(30)), (at(140), at(150))]


def test_unloading_empties_the_truck_and_limits_of_the_day_remember() -> None:
    """Glass goes on top of nothing; yet the day's litres are those of the morning too."""
    events = [
        tapped(EventKind.EMPTIED, 12, "b1"),
        tapped(EventKind.UNLOADED, 70),
        tapped(EventKind.EMPTIED, 95, "b6"),
    ]
    found = standing(96, *events)
    assert {code: waste.volume_l for code, waste in found.aboard.items()} == {GLASS: 300.0}
    assert (found.collected.bins, found.collected.unloads) == (2, 1)
    assert found.next_stop == "b3", "the bin it passed by is still on its list"


def test_a_bin_that_no_plan_had_counts_with_a_guess() -> None:
    """Emptied on the way: half full, as far as anybody knows."""
    found = standing(14, tapped(EventKind.EMPTIED, 13, "b4"))
    assert found.aboard[RESIDUAL].volume_l == 330.0


def test_a_truck_that_did_everything_is_at_its_depot_again() -> None:
    """It may be sent out once more, and its day is paid."""
    events = [tapped(EventKind.EMPTIED, 10 + n, name) for n, name in enumerate(("b1", "b3", "b6"))]
    events += [tapped(EventKind.UNLOADED, 60), tapped(EventKind.UNLOADED, 120), tapped(EventKind.BREAK_STARTED, 61)]
    found = standing(151, *events)
    assert (found.out, found.started, found.place, found.ahead) == (False, True, None, ())
