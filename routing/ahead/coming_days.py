"""The outlook of the coming days from what is stored: what the API and the command line call."""

from collections.abc import Sequence
from datetime import date, datetime

from routing.ahead.days_ahead import DaysAhead, look_ahead
from routing.ahead.outlook import Foresight, city_outlook
from routing.choice.asked import standing_requests
from routing.daytime import WorkingDay
from tomma.city import City
from tomma.model import VehicleId
from tomma.planning_settings import PlanningSettings
from tomma.ports import EventLog, ReadingStore, RequestBook

OUTLOOK_S = 5.0
"""Who asks for the week can wait for it; a plan that looks ahead cannot so long."""


def coming_days(
    *,
    city: City,
    readings: ReadingStore,
    events: EventLog,
    settings: PlanningSettings,
    first_day: date,
    days: int,
    now_utc: datetime,
    requests: RequestBook | None = None,
    vehicle_ids: Sequence[VehicleId] | None = None,
    foresight: Foresight | None = None,
) -> DaysAhead:
    """Return what so many days from `first_day` on hold: which bins, how much work, and what nobody has time for.

    Days on which no truck comes are not among them; the first is in any case.
    """
    outlook = city_outlook(city, readings, events, now_utc, foresight)
    asked = standing_requests(requests, outlook.last_emptied, now_utc)
    chosen = set(city.vehicles if vehicle_ids is None else vehicle_ids)
    return look_ahead(
        city,
        outlook.forecast,
        settings,
        WorkingDay(first_day, city.organisation.timezone).those(settings.collection_days.within(first_day, days)),
        outlook.unemptied_since,
        asked,
        [each for id_, each in sorted(city.vehicles.items()) if id_ in chosen],
        budget_s=OUTLOOK_S,
    )
