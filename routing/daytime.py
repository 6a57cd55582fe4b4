"""The clock on the wall and the seconds that pass: a working day in one time zone, changes of the clock included."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """A local day. On the night the clocks go forward, six in the morning comes five hours after midnight."""

    day: date
    timezone: str

    def later(self, days: int) -> "WorkingDay":
        """Return the working day so many days later."""
        return WorkingDay(self.day + timedelta(days=days), self.timezone)

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
