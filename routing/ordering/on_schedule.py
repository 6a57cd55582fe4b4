"""What a plan is weighed by, on the days on which trucks come: as the schedule says, and while some gate is open. Pure.

A person who presses the button on a Friday means the same week as the clock does.
"""

from tomma.city import City
from tomma.hours import ISO_WEEKDAYS
from tomma.mornings import Schedule
from tomma.planning_settings import PlanningSettings


def on_schedule(planning: PlanningSettings, schedule: Schedule, city: City) -> PlanningSettings:
    """Return the settings with the city's days of collection.

    Args:
        planning: As they are set; its days count where no schedule makes plans.
        schedule: The plan of every morning, on or off.
        city: A day on which none of its disposal sites is ever open is no day of collection: no truck could unload.
    """
    days = schedule.collection_days if schedule.enabled else planning.collection_days
    gates = city.disposal_sites.values()
    if gates:
        days = days.only(day for day in ISO_WEEKDAYS if any(gate.open_on(day) for gate in gates))
    return planning.collecting_on(days)
