"""Which day a plan is for when nobody says, and when the trucks of a day may leave."""

from datetime import date, datetime, timedelta

from routing.daytime import WorkingDay, local_day
from tomma.city import City
from tomma.errors import ConflictError

LEAD_S = 600
"""Between pressing the button and leaving the depot when the shift has begun."""
WORTH_LEAVING_S = 3600
"""With less of every shift left, `default_day` is tomorrow."""
MAX_DAYS_AHEAD = 31


def default_day(city: City, now_utc: datetime) -> date:
    """Return the first local day on which some truck has an hour of its shift left."""
    today = local_day(now_utc, city.organisation.timezone)
    working_day = WorkingDay(today, city.organisation.timezone)
    leave_s = working_day.since_midnight_s(now_utc) + LEAD_S
    ends = [working_day.elapsed_s(each.shift.end_s) for each in city.vehicles.values()]
    return today if any(end_s - leave_s >= WORTH_LEAVING_S for end_s in ends) else today + timedelta(days=1)


def not_before_s(day: WorkingDay, now_utc: datetime, *, is_on_road: bool = False) -> int:
    """Return the second of the day before which no truck leaves; ConflictError for a day over or too far ahead.

    With `is_on_road` its trucks are out: they may be on the night after it.
    """
    today = local_day(now_utc, day.timezone)
    if day.day < today - timedelta(days=is_on_road):
        raise ConflictError(f"{day.day} is over (it is {today}): choose today or a later day")
    if (day.day - today).days > MAX_DAYS_AHEAD:
        raise ConflictError(f"{day.day} is more than {MAX_DAYS_AHEAD} days ahead of {today}: choose an earlier day")
    if day.day > today:
        return 0
    leave_s = max(0, day.since_midnight_s(now_utc)) + LEAD_S
    return -(-leave_s // 60) * 60  # a whole minute, as people say it
