"""The days before a demo's morning leave behind what a city's own days would have left, and nothing else."""

from datetime import date, timedelta
from pathlib import Path

from routing.daytime import WorkingDay
from routing.saving.heard import DayHeard, hear
from simulator.drivers import SCALES_KG
from simulator.history import live_through
from simulator.past import PlannedDays
from simulator.towns import Town, make_town
from simulator.world import World
from tests.simulator.support import MIDNIGHT_UTC
from tomma.events import Event, EventKind
from tomma.model import BinId, Reading
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores

TUESDAY, WEDNESDAY = date(2026, 6, 2), date(2026, 6, 3)
"""`MIDNIGHT_UTC` begins the Tuesday."""
THURSDAY_UTC = MIDNIGHT_UTC + timedelta(days=2)
BINS = 40


def live_two_days(town: Town, settings: Settings, stores: Stores) -> World:
    """A Tuesday of old rounds and a planned Wednesday; what sensors say is stored hour by hour."""
    world = World(town, MIDNIGHT_UTC, 1)
    planned = PlannedDays(town.city, stores, settings, WEDNESDAY, WEDNESDAY + timedelta(days=1), seed=1)
    for _ in live_through(world, town.city, THURSDAY_UTC, 1, planned):
        stores.readings.append(
            [
                Reading(each.bin_id, each.sensor_id, world.now_utc, world.now_utc, world.fill_fraction(each.bin_id))
                for each in town.truths
            ]
        )
    return world


def emptied_on(world: World, day: date) -> set[BinId]:
    """The bins that were truly emptied on the day."""
    begin = WorkingDay(day, "Europe/Helsinki").at_utc(0)
    return {each.bin_id for each in world.emptyings if begin <= each.at_utc < begin + timedelta(days=1)}


def test_a_planned_day_of_the_past_was_planned_driven_tapped_and_weighed(tmp_path: Path) -> None:
    """So the figures and the saving count it by their own rules: made-up numbers would prove nothing."""
    town, settings = make_town(BINS, seed=1), Settings(data_dir=tmp_path)
    with open_stores(settings) as stores:
        stores.registry.save(town.city)
        world = live_two_days(town, settings, stores)
        assert stores.plans.published(TUESDAY) is None
        plan = stores.plans.published(WEDNESDAY)
        assert plan is not None
        assert plan.created_utc == WorkingDay(WEDNESDAY, "Europe/Helsinki").at_utc(5 * 3600)
        events = list(stores.events.of_plan(plan.id))
        heard = hear(town.city, stores.readings, stores.events, stores.plans, WorkingDay(WEDNESDAY, "Europe/Helsinki"))
    told = {each.bin_id: each.kind for each in events if each.bin_id is not None}
    assert set(told) == plan.bins_collected, "every stop was tapped"
    assert emptied_on(world, WEDNESDAY) == {id_ for id_, kind in told.items() if kind is EventKind.EMPTIED}
    assert emptied_on(world, TUESDAY), "the day before went by the old rounds"
    counted_with_its_weight(heard, events)


def counted_with_its_weight(heard: DayHeard, events: list[Event]) -> None:
    """The audited saving knows what was driven, and the scales said what a truck can have carried."""
    assert heard.planned is not None
    assert {trip.vehicle_id for trip in heard.driven} == {each.vehicle_id for each in events}
    weights = [each.weight_kg for each in events if each.kind is EventKind.UNLOADED]
    assert weights
    assert all(each is not None and each % SCALES_KG == 0 for each in weights)
    assert heard.weighed_kg == sum(each for each in weights if each is not None) > 0
