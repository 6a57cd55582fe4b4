"""Keeps what drivers did lately, what each day adds up to, and of older days when which bin was emptied."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from threading import RLock

from api.driver.emptied import Emptied
from tomma.events import Event
from tomma.fold import SETTLING, DayState, confirmed_emptyings, fold
from tomma.model import BinId, Emptying, PlanId
from tomma.ports import EventLog, PlanStore

BATCH = 1_000
HISTORY_DAYS = 400
"""As far back as `/bins/{id}/history` reaches."""
OPEN_DAYS = 3
"""Days of taps that stay in memory, the newest of the plans counted: tablets hand in late when they were offline."""
FOLDED_DAYS = 4
"""Sums that are kept: today's, and those of the days that somebody looks at."""


class DriverLedger:
    """Reads the event log forward and folds each day when it is asked for and has changed.

    Events of one day belong together even when the plan was replaced at noon, so they are grouped by the day of
    their plan. Only the taps of the last days stay in memory: those of a year are gigabytes in a large city. Of an
    older day it is kept when which bin was emptied, `HISTORY_DAYS` long, and its taps are read from the log again when
    somebody asks for its sums.
    """

    def __init__(self, log: EventLog, plans: PlanStore) -> None:
        self._log = log
        self._plans = plans
        self._lock = RLock()
        self._position = 0
        self._begun = False
        self._day_of_plan: dict[PlanId, date | None] = {}
        self._days: set[date] = set()
        self._open: dict[date, list[Event]] = {}
        self._folded: dict[date, DayState] = {}
        self._emptied: dict[date, Emptied] = {}
        self._untold: list[Event] = []

    def news(self) -> Sequence[Event]:
        """Return every event once, in order of storing: also those that another question had this read before.

        What was in the log when it was first read is no news: nobody listened yet.
        """
        with self._lock:
            self._catch_up()
            told, self._untold = self._untold, []
            return told

    def contradicted(self, events: Sequence[Event]) -> frozenset[str]:
        """Return the keys of those that say of a bin what another event denies: emptied, and skipped."""
        with self._lock:
            days = {event.plan_id: self._day(event.plan_id) for event in events}
            outcomes = {day: self.day(day).outcomes for day in days.values() if day is not None}
        return frozenset(
            event.key
            for event in events
            if event.kind in SETTLING
            and event.bin_id is not None
            and (day := days[event.plan_id]) is not None
            and event.bin_id in outcomes[day]
            and outcomes[day][event.bin_id].contradicted
        )

    def day(self, day: date) -> DayState:
        """Return what the events of that day's plans add up to."""
        with self._lock:
            self._catch_up()
            if day not in self._folded:
                self._folded[day] = fold(self._taps(day))
                for other in list(self._folded)[:-FOLDED_DAYS]:
                    del self._folded[other]
            return self._folded[day]

    def confirmed(self, from_utc: datetime, to_utc: datetime, bin_id: BinId | None = None) -> Sequence[Emptying]:
        """Return the confirmed emptyings with from_utc <= at_utc < to_utc, oldest first; of one bin or of all."""
        with self._lock:
            self._catch_up()
            known = [self._emptied_on(day) for day in self._days]
        found = (each for of_day in known for each in of_day.within(from_utc, to_utc, bin_id))
        return sorted(found, key=lambda each: (each.at_utc, each.bin_id))

    def forget_before(self, today: date) -> None:
        """Drop the days that are too old to matter."""
        with self._lock:
            for day in [day for day in self._days if day < today - timedelta(days=HISTORY_DAYS)]:
                self._days.remove(day)
                self._open.pop(day, None)
                self._changed(day)

    def _catch_up(self) -> None:
        while True:
            self._position, events = self._log.since(self._position, BATCH)
            self._take(events)
            if self._begun:
                self._untold.extend(events)
            if len(events) < BATCH:
                self._begun = True
                return

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            day = self._day(event.plan_id)
            if day is not None:
                self._changed(day)
                if day not in self._days or day in self._open:
                    self._open.setdefault(day, []).append(event)
                self._days.add(day)
        for day in sorted(self._open)[:-OPEN_DAYS]:
            self._emptied_on(day)
            del self._open[day]

    def _taps(self, day: date) -> Iterable[Event]:
        if day in self._open or day not in self._days:
            return self._open.get(day, ())
        of_day = [plan_id for plan_id, known in self._day_of_plan.items() if known == day]
        return [event for plan_id in of_day for event in self._log.of_plan(plan_id)]

    def _emptied_on(self, day: date) -> Emptied:
        if day not in self._emptied:
            self._emptied[day] = Emptied.of(confirmed_emptyings(self._taps(day)))
        return self._emptied[day]

    def _changed(self, day: date) -> None:
        self._folded.pop(day, None)
        self._emptied.pop(day, None)

    def _day(self, plan_id: PlanId) -> date | None:
        if plan_id not in self._day_of_plan:
            self._day_of_plan |= {head.id: head.day for head in self._plans.heads()}
            self._day_of_plan.setdefault(plan_id, None)
        return self._day_of_plan[plan_id]
