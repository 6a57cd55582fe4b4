"""A municipality's fixed rounds, of today or from before its bins could tell: on which days a bin's turn comes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tomma.bounds import BoundError, Rule, check_within
from tomma.hours import ISO_WEEKDAYS

SOME_MONDAY = date(2024, 1, 1)
MOST_WEEKS = 52
_ROUNDS = "must be rounds such as tue+fri; wed/2 2026-01-07"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = f"(?:{'|'.join(_DAYS)})"
_CELL = re.compile(rf"({_DAY}(?:\+{_DAY})*)(?:/(\d{{1,2}})(?: (\d{{4}}-\d\d-\d\d))?)?")


@dataclass(frozen=True, slots=True)
class FixedRound:
    """Some weekdays of every week, or of every second, third ... week. Several rounds of one bin add up."""

    weekdays: frozenset[int]
    """1 is Monday, 7 is Sunday."""
    every_weeks: int = 1
    week_of: date = SOME_MONDAY
    """Any day of a week in which the round comes. Weeks are counted on from it and not by their number in the year:
    a year with 53 weeks would turn even weeks into odd ones."""

    def __post_init__(self) -> None:
        """Refuse days that no week has, and rounds that come less than once a year."""
        if not self.weekdays or not self.weekdays <= ISO_WEEKDAYS:
            raise ValueError(f"weekdays must be some of 1 (Monday) to 7 (Sunday), got {sorted(self.weekdays)}")
        check_within("every_weeks", self.every_weeks, 1, MOST_WEEKS)

    def comes_on(self, day: date) -> bool:
        """Return whether the round comes on that day."""
        return day.isoweekday() in self.weekdays and (_week(day) - _week(self.week_of)) % self.every_weeks == 0


def comes_on(rounds: Iterable[FixedRound], day: date) -> bool:
    """Return whether any of the rounds comes on that day."""
    return any(each.comes_on(day) for each in rounds)


def rounds_of(text: str) -> tuple[FixedRound, ...]:
    """Return the rounds that a spreadsheet's cell says; BoundError saying what it must be.

    >>> rounds_of("tue+fri; wed/2 2026-01-07")[1].every_weeks
    2
    """
    return tuple(_round(part) for part in text.split(";") if part.strip())


def told(rounds: Iterable[FixedRound]) -> str:
    """Return the cell that `rounds_of` reads."""
    return "; ".join(map(_told, rounds))


def _round(text: str) -> FixedRound:
    found = _CELL.fullmatch(text.strip().casefold())
    if found is None:
        raise BoundError("", Rule.ROUNDS, _ROUNDS)
    days, weeks, week_of = found.groups()
    try:
        in_week_of = date.fromisoformat(week_of) if week_of else SOME_MONDAY
    except ValueError as exc:
        raise BoundError("", Rule.ROUNDS, f"{_ROUNDS}: {exc}") from exc
    return FixedRound(frozenset(_DAYS.index(day) + 1 for day in days.split("+")), int(weeks or 1), in_week_of)


def _told(each: FixedRound) -> str:
    days = "+".join(_DAYS[day - 1] for day in sorted(each.weekdays))
    if each.every_weeks == 1:
        return days
    return f"{days}/{each.every_weeks} {each.week_of.isoformat()}"


def _week(day: date) -> int:
    """Return the number of the week that begins on a Monday, counted since the year 1."""
    return (day.toordinal() - 1) // 7
