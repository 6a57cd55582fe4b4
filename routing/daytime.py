"""The clock on the wall and the seconds that pass: a working day in one time zone, changes of the clock included."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tomma.trucks import Vehicle

USUAL_SHIFT_S = 6 * 3600, 14 * 3600
"""Of a city without trucks: its bins are weighed for these hours."""


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """A local day. On the night the clocks go forward, six in the morning comes five hours after midnight."""

    day: date
    timezone: str

    def later(self, days: int) -> "WorkingDay":
        """Return the working day so many days later."""
        return WorkingDay(self.day + timedelta(days=days), self.timezone)

    def those(self, days: Iterable[date]) -> "list[WorkingDay]":
        """Return these days as working days of the same city."""
        return [WorkingDay(each, self.timezone) for each in days]

    def at_utc(self, wall_s: int) -> datetime:
        """Return the moment at which the clock on the wall shows `wall_s` seconds of this day (may exceed 24 h)."""
        wall = datetime(self.day.year, self.day.month, self.day.day) + timedelta(seconds=wall_s)  # noqa: DTZ001
        return wall.replace(tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)

    def elapsed_s(self, wall_s: int) -> int:
        """Return how many seconds after local midnight that is."""
        return max(0, self.since_midnight_s(self.at_utc(wall_s)))

    def since_midnight_s(self, moment_utc: datetime) -> int:
        """Return the whole seconds from local midnight to the moment; negative before it."""
        return round((moment_utc - self.at_utc(0)).total_seconds())

    def after_midnight_utc(self, elapsed_s: int) -> datetime:
        """Return the moment `elapsed_s` seconds after local midnight."""
        return self.at_utc(0) + timedelta(seconds=elapsed_s)


def local_day(moment_utc: datetime, timezone: str) -> date:
    """Return the date on the calendar there and then."""
    return moment_utc.astimezone(ZoneInfo(timezone)).date()


def hours_of(vehicles: Iterable[Vehicle], day: WorkingDay, not_before_s: int = 0) -> tuple[int, int]:
    """Return when the first truck leaves and the last one is home, in seconds after midnight."""
    shifts = [(each.shift.start_s, each.shift.end_s) for each in vehicles] or [USUAL_SHIFT_S]
    begins_s = min(day.elapsed_s(start_s) for start_s, _ in shifts)
    ends_s = max(day.elapsed_s(end_s) for _, end_s in shifts)
    return max(begins_s, not_before_s), max(ends_s, not_before_s)
