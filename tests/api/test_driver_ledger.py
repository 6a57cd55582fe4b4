"""What the server keeps of drivers' taps: the last days as they are, the older ones in what they come to."""

import tracemalloc
from datetime import date, timedelta

from api.driver.ledger import OPEN_DAYS, DriverLedger
from tests.api.town import NOW, TODAY, make_city, plan_of
from tests.api.world import World
from tomma.events import Event, EventKind
from tomma.fold import StopState
from tomma.model import BinId, PlanId, VehicleId

DAYS = 12
EVER = NOW - timedelta(days=100), NOW + timedelta(days=1)


def plan_days(world: World, days: int = DAYS) -> list[date]:
    """Have a plan on the road on each of the days up to today, the oldest first."""
    found = [TODAY - timedelta(days=ago) for ago in reversed(range(days))]
    for day in found:
        world.stores.plans.save(plan_of(make_city(), PlanId(f"P{day}"), day, NOW))
        world.stores.plans.publish(PlanId(f"P{day}"))
    return found


def emptied(day: date, bin_id: str | None = "B1", number: int = 0, **changes: object) -> Event:
    """What a driver tapped that day."""
    at_utc = NOW - timedelta(days=(TODAY - day).days) + timedelta(seconds=number)
    what = {"kind": EventKind.EMPTIED, "bin_id": bin_id and BinId(bin_id)} | changes
    return Event(
        key=f"{day}-{bin_id}-{number}-{what['kind']}",
        device_id="tab",
        sequence=number,
        plan_id=PlanId(f"P{day}"),
        vehicle_id=VehicleId("V1"),
        tapped_utc=at_utc,
        received_utc=at_utc,
        **what,  # type: ignore[arg-type]
    )


def tap(world: World, *taps: tuple[date, str, int]) -> None:
    """Have drivers empty these bins."""
    world.stores.events.append([emptied(*each) for each in taps])


def test_a_bins_history_reaches_back_beyond_the_taps_in_memory(world: World) -> None:
    """Each day is told once and in order, of one bin or of all, whatever is kept of it."""
    days = plan_days(world)
    tap(world, *((day, bin_id, number) for day in days for number, bin_id in enumerate(("B1", "B2"))))
    ledger = DriverLedger(world.stores.events, world.stores.plans)

    of_one, of_all = ledger.confirmed(*EVER, BinId("B2")), ledger.confirmed(*EVER)
    assert [each.at_utc.date() for each in of_one] == days
    assert {each.bin_id for each in of_one} == {"B2"}
    assert [(each.bin_id, each.at_utc.date()) for each in of_all] == [
        (bin_id, d) for d in days for bin_id in ("B1", "B2")
    ]
    assert ledger.confirmed(of_one[1].at_utc, of_one[3].at_utc, BinId("B2")) == of_one[1:3]


def test_a_tap_that_comes_in_late_counts_on_its_day(world: World) -> None:
    """A tablet lay in a drawer for a week: what was told of the day before holds no longer."""
    days = plan_days(world)
    tap(world, *((day, "B1", 0) for day in days))
    ledger = DriverLedger(world.stores.events, world.stores.plans)
    assert len(ledger.confirmed(*EVER, BinId("B1"))) == DAYS
    assert ledger.day(days[0]).state_of(BinId("B2")) is StopState.TODO

    tap(world, (days[0], "B2", 1))
    undone = emptied(days[0], number=2, kind=EventKind.UNDONE, bin_id=None, undoes_key=emptied(days[0]).key)
    world.stores.events.append([undone])

    assert [each.at_utc.date() for each in ledger.confirmed(*EVER, BinId("B1"))] == days[1:]
    assert [each.at_utc.date() for each in ledger.confirmed(*EVER, BinId("B2"))] == days[:1]
    assert ledger.day(days[0]).state_of(BinId("B2")) is StopState.EMPTIED


def test_what_was_in_the_log_when_it_was_first_read_is_no_news(world: World) -> None:
    """Nobody listened yet, and to tell a year of a large city takes minutes and gigabytes."""
    (today,) = plan_days(world, 1)
    tap(world, (today, "B1", 0))
    ledger = DriverLedger(world.stores.events, world.stores.plans)

    assert ledger.news() == []
    tap(world, (today, "B2", 1))
    assert [each.bin_id for each in ledger.news()] == ["B2"]


def test_an_old_day_stays_in_memory_with_a_few_bytes_a_tap(world: World) -> None:
    """Eleven thousand bins are emptied some million times a year; a tap as it came takes a kilobyte."""
    days, taps = plan_days(world, 5 * OPEN_DAYS), 300
    tap(world, *((day, f"B{number % 6 + 1}", number) for day in days for number in range(taps)))
    ledger = DriverLedger(world.stores.events, world.stores.plans)
    tracemalloc.start()
    try:
        ledger.news()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < (OPEN_DAYS + 1) * taps * 1_200
