"""On which days trucks come: Friday's plan has to last until Monday where nobody collects at the weekend. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tomma.bounds import outside
from tomma.hours import ISO_WEEKDAYS

FARTHEST_DAYS = 7
"""So far reaches the forecast of a bin's level."""


@dataclass(frozen=True, slots=True)
class CollectionDays:
    """The days of every week on which trucks collect, but for some days off."""

    weekdays: frozenset[int] = ISO_WEEKDAYS
    """1 is Monday, 7 Sunday."""
    days_off: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuse a week without any, and days that no week has."""
        if not self.weekdays:
            raise ValueError("weekdays must name a day on which trucks come, got none")
        strange = sorted(self.weekdays - ISO_WEEKDAYS)
        if strange:
            raise outside("weekdays", strange[0], 1, 7)

    def gap_days(self, day: date) -> int:
        """Return in how many days from `day` on, which need not be one of them, the next one comes: 1 is tomorrow.

        At most `FARTHEST_DAYS`, however long the holidays are.
        """
        gaps = range(1, FARTHEST_DAYS)
        return next((gap for gap in gaps if self.has(day + timedelta(days=gap))), FARTHEST_DAYS)

    def within(self, first: date, days: int) -> tuple[date, ...]:
        """Return those of so many days from `first` on; that one in any case, for somebody plans for it."""
        later = (first + timedelta(days=at) for at in range(1, days))
        return (first, *(day for day in later if self.has(day)))

    def only(self, weekdays: Iterable[int]) -> "CollectionDays":
        """Return those on which that can be, too; all of them where it never can, for then something else is wrong."""
        both = self.weekdays & frozenset(weekdays)
        return replace(self, weekdays=both) if both else self

    def has(self, day: date) -> bool:
        """Return whether trucks come on that day."""
        return day.isoweekday() in self.weekdays and day not in self.days_off
