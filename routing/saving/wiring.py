"""The world of the audited saving, opened once by each front door."""

from datetime import date, datetime

from routing.ahead.outlook import Foresight
from routing.roads import open_roads
from routing.saving.gather import World, make_day, next_day
from tomma.city import City
from tomma.saving import SavingDay
from tomma.settings import Settings
from tomma.stores.wiring import Stores


def open_world(settings: Settings, stores: Stores) -> World:
    """Return what the saving asks; opening the streets may take a while."""
    return World(
        readings=stores.readings,
        events=stores.events,
        plans=stores.plans,
        book=stores.saving,
        roads=open_roads(settings.roads, settings.roads_dir),
        planning=settings.planning,
        saving=settings.saving,
        foresight=Foresight.beside(settings.data_dir),
    )


def make_next(world: World, city: City, now_utc: datetime) -> SavingDay | None:
    """Compute and keep the next day that is over; None when there is none."""
    day: date | None = next_day(world, city, now_utc)
    return None if day is None else make_day(world, city, day, now_utc)
