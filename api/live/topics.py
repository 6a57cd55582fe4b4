"""What can be listened to."""

from tomma.model import PlanId

CITY = "city"
"""Changes of bins, plans and events: what every page shows."""


def plan_topic(plan_id: PlanId) -> str:
    """Return the topic of one plan's progress."""
    return f"plan:{plan_id}"
