"""When a bin's next opportunity is, counted from when a truck comes today."""

from datetime import datetime, timedelta

from tomma.planning_settings import PlanningSettings

LEAST_H = 1.0


def until_the_next(planning: PlanningSettings, usual_utc: datetime, at_utc: datetime) -> PlanningSettings:
    """Return the settings with the hours from `at_utc` to the next opportunity.

    Trucks that come late today, because the plan is made or changed in the middle of the day, come tomorrow when they
    usually do. Else a plan changed at noon would empty bins that tomorrow's trucks find in time.

    Args:
        planning: With the hours from one usual coming to the next.
        usual_utc: When a truck comes on this day as a rule, on average.
        at_utc: When it comes by this plan.
    """
    late_h = (at_utc - usual_utc) / timedelta(hours=1)
    if late_h <= 0.0:
        return planning
    return planning.model_copy(update={"next_opportunity_h": max(LEAST_H, planning.next_opportunity_h - late_h)})
