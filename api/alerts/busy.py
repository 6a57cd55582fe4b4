"""Residents who asked as often as the city takes on one day: who taps now is sent away until midnight. Pure."""

from collections.abc import Iterator
from datetime import datetime

from tomma.model import Alert, AlertKind


def busy(asked: int, day_max: int, standing: bool, now_utc: datetime) -> Iterator[Alert]:
    """Yield the alert's beginning, or its end.

    Args:
        asked: How often residents asked since midnight.
        day_max: The city's bound of a day.
        standing: Whether it is raised already.
        now_utc: The moment.
    """
    is_busy = asked >= day_max
    if is_busy is not standing:
        values = {"asked": float(asked), "day_max": float(day_max)} if is_busy else {}
        yield Alert(AlertKind.RESIDENTS_BUSY, now_utc, active=is_busy, values=values)
