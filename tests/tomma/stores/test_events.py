"""The driver's actions: stored once, never changed, told in the order in which they arrived."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tomma.events import Event, EventKind, ReportKind, SkipReason
from tomma.model import BinId, DisposalSiteId, PlanId, VehicleId
from tomma.stores.books.events import SqlEventLog

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)


def _event(number: int = 0, kind: EventKind = EventKind.EMPTIED, device: str = "tablet-1", plan: str = "p1") -> Event:
    return Event(
        key=f"{plan}-{device}-{number:04}",
        device_id=device,
        sequence=number,
        plan_id=PlanId(plan),
        vehicle_id=VehicleId("V1"),
        kind=kind,
        tapped_utc=T0 + timedelta(minutes=number, microseconds=123),
        received_utc=T0 + timedelta(hours=6),
        bin_id=BinId("B1") if kind in (EventKind.EMPTIED, EventKind.SKIPPED) else None,
        disposal_site_id=DisposalSiteId("X1") if kind is EventKind.UNLOADED else None,
        skip_reason=SkipReason.BLOCKED if kind is EventKind.SKIPPED else None,
        undoes_key="p1-tablet-1-0000" if kind is EventKind.UNDONE else None,
        lat_deg=59.3293,
        lon_deg=18.0686,
        overflowing=kind is EventKind.SKIPPED,
        weight_kg=2_140.0 if kind is EventKind.UNLOADED else None,
        ticket="V-20431" if kind is EventKind.UNLOADED else "",
        report=ReportKind.BIN_DAMAGED if kind is EventKind.REPORTED else None,
        note="locket saknas" if kind is EventKind.REPORTED else "",
        clock_skew_s=1.5,
    )


def test_every_kind_of_event_comes_back_as_it_was(engine: sa.Engine, open_engine: Callable[[], sa.Engine]) -> None:
    """To the microsecond, also for a process that opens the database later."""
    events = [_event(number, kind) for number, kind in enumerate(EventKind)]
    assert SqlEventLog(engine).append(events) == ["stored"] * len(events)

    assert SqlEventLog(open_engine()).of_plan(PlanId("p1")) == events
    assert SqlEventLog(open_engine()).since(0) == (len(events), events)


def test_an_event_that_is_sent_again_is_a_duplicate(engine: sa.Engine) -> None:
    """The reply was lost; the second sending has another time of receipt and means the same."""
    log = SqlEventLog(engine)
    log.append([_event()])
    again = replace(_event(), received_utc=T0 + timedelta(days=1), clock_skew_s=-40.0)

    assert log.append([again, _event(1), again]) == ["duplicate", "stored", "duplicate"]
    assert log.of_plan(PlanId("p1")) == [_event(), _event(1)]


def test_a_key_that_comes_with_another_body_is_a_conflict_and_the_first_stands(engine: sa.Engine) -> None:
    """An event is never changed; a tablet that says otherwise is broken or copied."""
    log = SqlEventLog(engine)
    other = replace(_event(), bin_id=BinId("B2"))
    assert log.append([_event(), other]) == ["stored", "conflict"]
    assert log.append([other]) == ["conflict"]

    assert log.of_plan(PlanId("p1")) == [_event()]


def test_events_of_a_plan_come_in_the_order_of_the_taps(engine: sa.Engine) -> None:
    """Two tablets were offline and sync in any order."""
    log = SqlEventLog(engine)
    late = _event(5, device="tablet-2")
    same_moment = replace(_event(9), tapped_utc=late.tapped_utc)
    log.append([late, same_moment, _event(2), _event(1, plan="p2")])

    assert log.of_plan(PlanId("p1")) == [_event(2), same_moment, late]
    assert log.of_plan(PlanId("none")) == []


def test_a_follower_is_told_every_event_once(engine: sa.Engine) -> None:
    """The pages and the simulator go on from where they were."""
    log = SqlEventLog(engine)
    assert log.since(0) == (0, [])
    log.append([_event(3), _event(1)])
    first, told = log.since(0, limit=1)
    assert told == [_event(3)]
    log.append([_event(1), _event(2)])

    second, told = log.since(first)
    assert told == [_event(1), _event(2)]
    assert log.since(second) == (second, [])


def test_a_window_holds_what_was_received_in_it_and_after(engine: sa.Engine) -> None:
    """A forecast of four weeks must not read ten years; when the tablet was tapped is not asked here."""
    log = SqlEventLog(engine)
    edge = _event(2).received_utc
    old = replace(_event(1), received_utc=edge - timedelta(milliseconds=1))
    late = replace(_event(3), tapped_utc=edge - timedelta(days=1), received_utc=edge)
    log.append([late, old, _event(2)])

    assert log.received_since(edge) == [late, _event(2)]
    assert log.received_since(edge + timedelta(milliseconds=1)) == []


def test_writers_at_once_leave_no_gap_that_a_follower_would_miss(engine: sa.Engine) -> None:
    """A position that is told must be behind everything that is stored later."""
    log = SqlEventLog(engine)
    threads = [
        Thread(target=lambda n=n: [log.append([_event(k, device=f"tablet-{n}")]) for k in range(15)]) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    followed: list[Event] = []
    position = 0
    while any(thread.is_alive() for thread in threads):
        position, told = log.since(position)
        followed += told
    for thread in threads:
        thread.join(60)
    followed += log.since(position)[1]

    assert len(followed) == 60
    assert followed == log.since(0)[1]


def test_writers_of_one_process_take_turns_however_slow_the_disk_is(engine: sa.Engine) -> None:
    """Polling for the lock, one of several threads once lost every race for longer than a writer may wait."""
    if engine.dialect.name != "sqlite":
        pytest.skip("a server queues its writers itself")
    log = SqlEventLog(engine)
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
    sa.event.listen(engine, "commit", lambda _: time.sleep(0.02))
    engine.dispose()
    with ThreadPoolExecutor(4) as tablets:
        verdicts = list(tablets.map(lambda n: log.append([_event(n)]), range(24)))

    assert verdicts == [["stored"]] * 24


@given(arrival=st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_arrives_each_key_is_stored_once(engine: sa.Engine, arrival: list[tuple[int, bool]]) -> None:
    """Any mixture of resends and contradictions: the verdict tells which first body stands."""
    log = SqlEventLog(engine)
    before = {event.key: event for event in log.since(0)[1]}
    events = [replace(_event(number), vehicle_id=VehicleId("V2" if other else "V1")) for number, other in arrival]
    verdicts = log.append(events)

    expected = dict(before)
    for event, verdict in zip(events, verdicts, strict=True):
        first = expected.setdefault(event.key, event)
        known = event.key in before or first is not event
        assert verdict == ("stored" if not known else "duplicate" if first == event else "conflict")
    assert {event.key: event for event in log.since(0)[1]} == expected
