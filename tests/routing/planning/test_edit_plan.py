"""Plans changed by hand: whatever a person clicks, no bin vanishes and the figures add up."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.planning import search
from routing.planning.basis import Basis, to_bytes
from routing.planning.edit_plan import edit_plan
from routing.planning.planner import make_plan
from routing.planning.totals import totals_of
from routing.roads.straight_line import StraightLineRoads
from tests.routing.planning.at_once import at_once
from tests.routing.planning.small_city import small_city, ten_days_of_readings
from tomma.edits import Edit, EditKind
from tomma.errors import ConflictError
from tomma.events import Event, EventKind
from tomma.fold import StopState, fold, tried_again
from tomma.model import BinId, PlanId, Reading, SensorId, VehicleId
from tomma.plan import Plan, PlanStatus, Route, StopKind, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.reasons import ReasonCode
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores

TODAY = date(2026, 11, 23)
MORNING_UTC = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
ROADS = StraightLineRoads(1.35, 22.0)
ALL_DUE = PlanningSettings(budget_s=20.0, seed=4, next_opportunity_h=150.0)
"""With the next truck almost a week away every bin but b6 must be emptied."""
BINS = tuple(BinId(f"b{n}") for n in range(1, 7))
TRUCKS = (None, VehicleId("v1"), VehicleId("v2"))


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Real stores with ten days of readings and the morning's plan; how good that plan is does not matter here."""
    monkeypatch.setattr(search, "solve_in_child", at_once)
    with open_stores(Settings(data_dir=tmp_path)) as opened:
        opened.readings.append(ten_days_of_readings(small_city(), MORNING_UTC))
        plan(opened)
        yield opened


def plan(
    stores: Stores,
    plan_id: str = "p",
    now_utc: datetime = MORNING_UTC,
    planning: PlanningSettings = ALL_DUE,
    **wishes: object,
) -> Plan:
    """Press the button."""

    def keep(of: PlanId, basis: Basis) -> None:
        stores.plans.keep_basis(of, to_bytes(basis))

    made = make_plan(
        city=small_city(),
        readings=stores.readings,
        events=stores.events,
        roads=ROADS,
        settings=planning,
        day=TODAY,
        now_utc=now_utc,
        plan_id=PlanId(plan_id),
        iterations=5,
        plans=stores.plans,
        wishes=Wishes(**wishes),  # type: ignore[arg-type]
        keep_basis=keep,
    )
    stores.plans.save(made)
    return made


def edited(
    stores: Stores, plan_id: str, edits: Sequence[Edit], draft_id: str = "d", at: datetime = MORNING_UTC
) -> Plan:
    """Carry out edits."""
    draft = edit_plan(
        city=small_city(),
        plans=stores.plans,
        events=stores.events,
        roads=ROADS,
        plan_id=PlanId(plan_id),
        edits=edits,
        draft_id=PlanId(draft_id),
        now_utc=at,
    )
    stores.plans.save(draft)
    return draft


EDITS = st.builds(
    lambda kind, bin_id, truck, position: Edit(
        kind, bin_id, truck, position if kind in (EditKind.ADD, EditKind.MOVE) else None
    ),
    st.sampled_from(EditKind),
    st.sampled_from(BINS),
    st.sampled_from(TRUCKS),
    st.one_of(st.none(), st.integers(0, 6)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(EDITS, min_size=1, max_size=6))
def test_whatever_a_person_clicks_the_books_are_right(stores: Stores, edits: list[Edit]) -> None:
    """Each bin once, with a reason; legs for every stop; going back restores; warnings only where something is late."""
    current = stores.plans.get(PlanId("p"))
    root = current
    for number, edit in enumerate(edits):
        try:
            draft = edited(stores, current.id, [edit], f"d{number}")
        except ConflictError:
            continue
        out = {each.bin_id for each in draft.left_out}
        taken = [stop.bin_id for route in draft.routes for stop in route.stops if stop.bin_id is not None]
        assert len(taken) == len(set(taken))
        assert (set(taken) | out, set(taken) & out) == (set(BINS), set())
        assert draft.edits == (*current.edits, edit)
        for route in draft.routes:
            assert len(route.legs_lonlat) == len(route.stops) + 1
            assert route.stops[-1].kind is StopKind.DISPOSE
            assert sum(stop.leg_distance_m for stop in route.stops) <= route.distance_m
        for bin_id, vehicle_id in draft.locks.items():
            whose = {stop.bin_id: route.vehicle_id for route in draft.routes for stop in route.stops}
            broken = {each.bin_id for each in draft.warnings}
            assert whose.get(bin_id) == vehicle_id or bin_id in broken
        if set(taken) == root.bins_collected and not draft.locks and not draft.warnings:
            assert draft.lost_prize_minor == root.lost_prize_minor
        current = draft
    assert stores.plans.get(PlanId("p")) == root, "the plan itself stays as it was"


def two_stops_done(stores: Stores) -> tuple[Route, Plan, datetime]:
    """Return a truck's round of the morning, the plan made anew behind its second stop, and when that was."""
    driven = stores.plans.publish(PlanId("p"))
    route = driven.routes[0]
    for stop in route.stops[:2]:
        stores.events.append([tap(driven, route.vehicle_id, stop.bin_id, stop.depart_utc)])
    now = route.stops[1].depart_utc + timedelta(minutes=1)
    return route, plan(stores, "r", now, replan_of=driven.id), now


def test_a_changed_plan_on_the_road_keeps_what_was_done(stores: Stores) -> None:
    """The truck has been there: an edit is about what lies ahead of it."""
    route, replanned, now = two_stops_done(stores)
    done = [stop.bin_id for stop in route.stops[:2]]
    own = next(each for each in replanned.routes if each.vehicle_id == route.vehicle_id)
    heading = own.stops[2].bin_id
    later = next(stop.bin_id for stop in own.stops[3:] if stop.bin_id is not None)
    same = edited(stores, "r", [Edit(EditKind.LOCK, later)], "same", now)
    assert totals_of(same) == totals_of(replanned)
    draft = edited(stores, "r", [Edit(EditKind.REMOVE, later)], "less", now)
    after = next(each for each in draft.routes if each.vehicle_id == route.vehicle_id)
    assert [stop.bin_id for stop in after.stops[:3]] == [*done, heading]
    assert (draft.replaces, later in draft.bins_collected) == (PlanId("p"), False)
    with pytest.raises(ConflictError, match="stays as it was"):
        edited(stores, "r", [Edit(EditKind.REMOVE, BinId(str(done[0])))], "never", now)


def emptied_and_full_again(stores: Stores) -> tuple[BinId, BinId, datetime]:
    """Make plan "again", which visits a bin of this morning once more; return it, another one ahead, and when."""
    driven = stores.plans.publish(PlanId("p"))
    first = driven.routes[0].stops[0]
    assert first.bin_id is not None
    stores.events.append([tap(driven, driven.routes[0].vehicle_id, first.bin_id, first.depart_utc)])
    times = [(first.depart_utc + timedelta(hours=hours), 0.3 * hours) for hours in (1, 2, 3)]
    stores.readings.append([Reading(first.bin_id, SensorId("x"), at, at, fill) for at, fill in times])
    now = times[-1][0] + timedelta(minutes=1)
    twice = ALL_DUE.model_copy(update={"empty_again_same_day": True})
    made = plan(stores, "again", now, twice, replan_of=driven.id)
    ahead = [stop for route in made.routes for stop in route.stops[route.done_stops :] if stop.bin_id is not None]
    assert ReasonCode.EMPTIED_AGAIN in {
        why.code for stop in ahead if stop.bin_id == first.bin_id for why in stop.reasons
    }
    return first.bin_id, next(stop.bin_id for stop in ahead if stop.bin_id not in (None, first.bin_id)), now


def test_a_second_visit_stays_one_when_something_else_is_changed(stores: Stores) -> None:
    """Without its word the tablets would take the bin for done: it was emptied this morning."""
    bin_id, other, now = emptied_and_full_again(stores)
    draft = edited(stores, "again", [Edit(EditKind.LOCK, other)], "d", now)
    before, after = (
        [each.code for route in made.routes for stop in route.stops if stop.bin_id == bin_id for each in stop.reasons]
        for made in (stores.plans.get(PlanId("again")), draft)
    )
    assert after == before
    assert tried_again(fold(stores.events.of_plan(PlanId("p"))), draft).state_of(bin_id) is StopState.TODO


def test_a_second_visit_can_be_taken_off_and_put_elsewhere(stores: Stores) -> None:
    """It lies ahead; what was done this morning stays in the round and in the books."""
    bin_id, _, now = emptied_and_full_again(stores)
    draft = edited(stores, "again", [Edit(EditKind.REMOVE, bin_id)], "without", now)
    visits = [stop for route in draft.routes for stop in route.stops[: route.done_stops] if stop.bin_id == bin_id]
    assert len(visits) == 1
    assert bin_id not in {stop.bin_id for route in draft.routes for stop in route.stops[route.done_stops :]}
    back = edited(stores, "without", [Edit(EditKind.ADD, bin_id)], "back", now)
    assert bin_id in {stop.bin_id for route in back.routes for stop in route.stops[route.done_stops :]}
    moved = edited(stores, "again", [Edit(EditKind.MOVE, bin_id, VehicleId("v2"), 0)], "moved", now)
    (stop,) = [each for route in moved.routes for each in route.stops if each.bin_id == bin_id]
    assert ReasonCode.EMPTIED_AGAIN in {why.code for why in stop.reasons}


def test_a_place_in_a_round_is_counted_on_the_truck_that_the_edits_before_it_named(stores: Stores) -> None:
    """Two moves of one bin that reach us together end where the second one says, as if they had come one by one."""
    route, replanned, now = two_stops_done(stores)
    own = next(each for each in replanned.routes if each.vehicle_id == route.vehicle_id)
    moved = [stop.bin_id for stop in own.stops[3:] if stop.bin_id is not None]
    other = next(truck for truck in TRUCKS if truck not in (None, route.vehicle_id))
    away = [Edit(EditKind.MOVE, bin_id, other, 0) for bin_id in moved]
    last = Edit(EditKind.MOVE, moved[-1], None, len(moved) - 1)
    edited(stores, "r", away, "away", now)
    one_by_one = edited(stores, "away", [last], "two", now)
    assert edited(stores, "r", [*away, last], "both", now).routes == one_by_one.routes


def tap(of: Plan, vehicle: VehicleId, bin_id: BinId | None, at_utc: datetime) -> Event:
    """A driver's word that a bin is emptied."""
    assert bin_id is not None
    return Event(
        key=f"tap-{vehicle}-{bin_id}",
        device_id="tablet",
        sequence=int(at_utc.timestamp()),
        plan_id=of.id,
        vehicle_id=vehicle,
        kind=EventKind.EMPTIED,
        tapped_utc=at_utc,
        received_utc=at_utc,
        bin_id=bin_id,
    )


def test_a_plan_whose_basis_is_gone_is_not_guessed_at(stores: Stores) -> None:
    """Another forecast would give other figures, and nobody could tell which part was the edit's."""
    stores.plans.save(replace(stores.plans.get(PlanId("p")), id=PlanId("old"), status=PlanStatus.READY))
    with pytest.raises(ConflictError, match="no longer kept"):
        edited(stores, "old", [Edit(EditKind.REMOVE, BinId("b1"))])
    stores.plans.keep_basis(PlanId("old"), b"damaged")
    with pytest.raises(ConflictError, match="cannot be read"):
        edited(stores, "old", [Edit(EditKind.REMOVE, BinId("b1"))])


def test_a_bin_with_both_words_of_a_person_tells_both(stores: Stores) -> None:
    """Added, then locked: the lock is why it stays, the addition why it is there."""
    draft = edited(stores, "p", [Edit(EditKind.ADD, BinId("b6")), Edit(EditKind.LOCK, BinId("b6"), VehicleId("v2"))])
    (stop,) = [each for route in draft.routes for each in route.stops if each.bin_id == "b6"]
    assert [each.code for each in stop.reasons] == [ReasonCode.ADDED, ReasonCode.LOCKED]


@pytest.mark.parametrize(
    ("ordered", "edit", "told"),
    [
        pytest.param({"included": {BinId("b6")}}, Edit(EditKind.LOCK, BinId("b1")), [ReasonCode.ADDED], id="added"),
        pytest.param(
            {"locked": {BinId("b6"): VehicleId("v2")}},
            Edit(EditKind.UNLOCK, BinId("b6")),
            [ReasonCode.ADDED],
            id="unlocked",
        ),
        pytest.param(
            {"locked": {BinId("b6"): VehicleId("v2")}},
            Edit(EditKind.LOCK, BinId("b1")),
            [ReasonCode.LOCKED],
            id="locked",
        ),
    ],
)
def test_a_bin_of_the_order_keeps_its_reason_through_a_change_by_hand(
    stores: Stores, ordered: dict[str, Any], edit: Edit, told: list[ReasonCode]
) -> None:
    """An empty bin that was ordered with the plan stood there without any, as soon as something else was changed."""
    plan(stores, "with b6", **ordered)
    draft = edited(stores, "with b6", [edit])
    (stop,) = [stop for route in draft.routes for stop in route.stops if stop.bin_id == "b6"]
    assert [each.code for each in stop.reasons] == told
