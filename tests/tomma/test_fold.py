"""What drivers did adds up to the same state, in whatever order it is heard."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomma.events import Event, EventKind, ReportKind, SkipReason
from tomma.fold import StopState, by_our_clock, confirmed_emptyings, fold
from tomma.model import BinId, PlanId, VehicleId

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def tap(
    key: str,
    kind: EventKind = EventKind.EMPTIED,
    *,
    minute: int = 0,
    received_minute: int = 600,
    device: str = "tablet-1",
    sequence: int = 0,
    bin_id: str = "B1",
    undoes: str | None = None,
    vehicle: str = "V1",
    plan: str = "P1",
) -> Event:
    """One tap; an undo names a key and no bin."""
    return Event(
        key=key.ljust(8, "-"),
        device_id=device,
        sequence=sequence,
        plan_id=PlanId(plan),
        vehicle_id=VehicleId(vehicle),
        kind=kind,
        tapped_utc=NOON + timedelta(minutes=minute),
        received_utc=NOON + timedelta(minutes=received_minute),
        bin_id=None if kind is EventKind.UNDONE else BinId(bin_id),
        skip_reason=SkipReason.BLOCKED if kind is EventKind.SKIPPED else None,
        undoes_key=undoes.ljust(8, "-") if undoes else None,
    )


@pytest.mark.parametrize(
    ("tapped", "expected_min"),
    [
        pytest.param(timedelta(days=400), 600, id="a year ahead: not later than it came"),
        pytest.param(timedelta(days=-4_000), 600, id="of 2015: a battery that was empty"),
        pytest.param(timedelta(days=-3), -3 * 1440, id="three days without a network"),
        pytest.param(timedelta(minutes=599), 599, id="a minute ago"),
    ],
)
def test_a_time_that_nobody_can_have_tapped_at_is_that_of_its_receipt(tapped: timedelta, expected_min: int) -> None:
    """Wrong at the tap and right as it is sent: no skew tells, and the truck was busy until next year."""
    odd = replace(tap("odd"), tapped_utc=NOON + tapped)
    assert by_our_clock(odd) == NOON + timedelta(minutes=expected_min)
    assert fold([odd]).outcomes[BinId("B1")].at_utc == by_our_clock(odd)


KEYS = [f"key-{n:04d}" for n in range(8)]


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Two tablets that tap, skip and undo at will, with clocks that jump."""
    chosen = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=8))
    events = []
    for sequence, key in enumerate(chosen):
        kind = draw(st.sampled_from([EventKind.EMPTIED, EventKind.SKIPPED, EventKind.UNDONE]))
        events.append(
            tap(
                key,
                kind,
                minute=draw(st.integers(-60, 60)),
                received_minute=draw(st.integers(-30, 90)),
                device=draw(st.sampled_from(["tablet-1", "tablet-2"])),
                sequence=sequence,
                bin_id=draw(st.sampled_from(["B1", "B2"])),
                undoes=draw(st.sampled_from(KEYS)) if kind is EventKind.UNDONE else None,
            )
        )
    return events


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(events: list[Event], rng: object) -> None:
    """Two tablets sync in any order; server and pages must agree all the same."""
    shuffled = list(events)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(shuffled) == fold(events)
    assert confirmed_emptyings(shuffled) == confirmed_emptyings(events)


@given(histories())
def test_hearing_everything_twice_changes_nothing(events: list[Event]) -> None:
    """A tablet sends again whenever an answer did not arrive."""
    assert fold([*events, *events]) == fold(events)


@given(histories())
def test_a_bin_is_emptied_exactly_when_an_emptied_tap_stands(events: list[Event]) -> None:
    """The state shown and the emptying counted come from the same taps."""
    state = fold(events)
    emptied = {bin_id for bin_id, each in state.outcomes.items() if each.state is StopState.EMPTIED}
    assert emptied == {each.bin_id for each in state.standing if each.kind is EventKind.EMPTIED}
    assert emptied == {each.bin_id for each in confirmed_emptyings(events)}


@given(histories())
def test_no_emptying_is_later_than_its_receipt(events: list[Event]) -> None:
    """A tablet whose clock runs ahead must not put emptyings into the future."""
    if events:
        newest = max(each.received_utc for each in events)
        assert all(each.at_utc <= newest for each in confirmed_emptyings(events))


@pytest.mark.parametrize("emptied_first", [True, False], ids=["emptied first", "skipped first"])
def test_emptied_beats_skipped(emptied_first: bool) -> None:
    """An empty bin is a fact; who skipped it did not see it done. The manager is shown that they contradict."""
    emptied = tap("emptied", minute=0 if emptied_first else 5)
    skipped = tap("skipped", EventKind.SKIPPED, minute=5 if emptied_first else 0, device="tablet-2")
    outcome = fold([emptied, skipped]).outcomes[BinId("B1")]
    assert (outcome.state, outcome.event_key, outcome.contradicted) == (StopState.EMPTIED, emptied.key, True)


def test_a_clock_known_to_be_off_is_corrected_for() -> None:
    """Its tap was made after the other tablet's, whatever it says; seconds are the network's and left alone."""
    behind = replace(
        tap("skipped", EventKind.SKIPPED, minute=-30), clock_skew_s=-3_600.0, skip_reason=SkipReason.DAMAGED
    )
    other = tap("skipped-too", EventKind.SKIPPED, minute=10, device="tablet-2")
    assert fold([behind, other]).outcomes[BinId("B1")].skip_reason is SkipReason.DAMAGED
    assert fold([replace(behind, clock_skew_s=-90.0), other]).outcomes[BinId("B1")].skip_reason is SkipReason.BLOCKED


def test_a_report_settles_nothing() -> None:
    """A broken lid does not make the bin empty; it stands beside what became of the bin."""
    told = Event(
        **{
            name: getattr(tap("reported", EventKind.EMPTIED), name)
            for name in (
                "key",
                "device_id",
                "sequence",
                "plan_id",
                "vehicle_id",
                "tapped_utc",
                "received_utc",
                "bin_id",
            )
        },
        kind=EventKind.REPORTED,
        report=ReportKind.BIN_DAMAGED,
    )
    state = fold([told])
    assert state.state_of(BinId("B1")) is StopState.TODO
    assert state.standing == (told,)


def test_undo_takes_the_tap_back() -> None:
    """The bin is to do again and no emptying is left behind."""
    events = [tap("emptied"), tap("undo", EventKind.UNDONE, minute=1, sequence=1, undoes="emptied")]
    assert fold(events).state_of(BinId("B1")) is StopState.TODO
    assert confirmed_emptyings(events) == ()


def test_an_undo_can_be_undone() -> None:
    """Undo is an action like any other."""
    events = [
        tap("emptied"),
        tap("undo", EventKind.UNDONE, minute=1, sequence=1, undoes="emptied"),
        tap("redo", EventKind.UNDONE, minute=2, sequence=2, undoes="undo"),
    ]
    assert fold(events).state_of(BinId("B1")) is StopState.EMPTIED


def test_two_undos_that_name_each_other_end() -> None:
    """Only a hostile client makes such a circle; the earlier one then counts for nothing, and nothing hangs."""
    events = [
        tap("emptied"),
        tap("undo-a", EventKind.UNDONE, minute=1, sequence=1, undoes="undo-b"),
        tap("undo-b", EventKind.UNDONE, minute=2, sequence=2, undoes="undo-a"),
    ]
    assert fold(events).state_of(BinId("B1")) is StopState.EMPTIED


def test_an_undo_holds_although_the_second_tablets_clock_is_behind() -> None:
    """Who names a key has seen the tap, whatever the clocks say."""
    events = [tap("emptied", minute=10), tap("undo", EventKind.UNDONE, minute=-10, device="tablet-2", undoes="emptied")]
    assert fold(events).state_of(BinId("B1")) is StopState.TODO


def test_an_undo_of_an_undo_holds_although_its_tablets_clock_was_set_in_between() -> None:
    """Sent by another clock than it was tapped by, it seems earlier than what it names; who names has seen."""
    events = [
        tap("emptied", minute=0),
        tap("undo", EventKind.UNDONE, minute=5, device="tablet-2", undoes="emptied"),
        replace(tap("redo", EventKind.UNDONE, minute=-1_400, sequence=1, undoes="undo"), clock_skew_s=7_200.0),
    ]
    assert fold(events).state_of(BinId("B1")) is StopState.EMPTIED


def test_nobody_undoes_another_trucks_tap() -> None:
    """A key that leaked must not let one driver erase another's work."""
    events = [tap("emptied"), tap("undo", EventKind.UNDONE, minute=1, undoes="emptied", vehicle="V2")]
    assert fold(events).state_of(BinId("B1")) is StopState.EMPTIED


def test_a_clock_that_jumps_back_does_not_reorder_one_tablets_taps() -> None:
    """The sequence of a tablet is the truth about its own order: the later reason for skipping stands."""
    first = tap("first", EventKind.SKIPPED, minute=30, sequence=1)
    second = replace(tap("second", EventKind.SKIPPED, minute=-30, sequence=2), skip_reason=SkipReason.NO_ACCESS)
    assert fold([first, second]).outcomes[BinId("B1")].skip_reason is SkipReason.NO_ACCESS


def test_a_bin_tapped_on_two_tablets_was_emptied_once_at_the_first_tap() -> None:
    """Two loaders in one truck both tap; the forecast must not see two emptyings."""
    events = [tap("one", minute=3), tap("two", minute=1, device="tablet-2")]
    assert [each.at_utc for each in confirmed_emptyings(events)] == [NOON + timedelta(minutes=1)]


def test_the_same_bin_on_two_days_was_emptied_twice() -> None:
    """Plans of two days are two visits."""
    events = [tap("one"), tap("two", minute=1440, received_minute=2000, plan="P2", sequence=1)]
    assert len(confirmed_emptyings(events)) == 2


def test_a_bin_that_is_not_on_the_plan_is_kept() -> None:
    """Whoever empties a bin on the way tells us something."""
    assert fold([tap("adhoc", bin_id="elsewhere")]).state_of(BinId("elsewhere")) is StopState.EMPTIED
