"""Keeps the drivers' recent events in memory, by day, and what each day adds up to."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from threading import RLock

from tomma.errors import NotFoundError
from tomma.events import Event
from tomma.fold import SETTLING, DayState, confirmed_emptyings, fold
from tomma.model import Emptying, PlanId
from tomma.ports import EventLog, PlanStore

BATCH = 1_000
HISTORY_DAYS = 400
"""As far back as `/bins/{id}/history` reaches."""


class DriverLedger:
    """Reads the event log forward and folds each day when it is asked for and has changed.

    Events of one day belong together even when the plan was replaced at noon, so they are grouped by the day of
    their plan. Days older than `HISTORY_DAYS` are forgotten; the log keeps them.
    """

    def __init__(self, log: EventLog, plans: PlanStore) -> None:
        self._log = log
        self._plans = plans
        self._lock = RLock()
        self._position = 0
        self._day_of_plan: dict[PlanId, date | None] = {}
        self._events: dict[date, list[Event]] = {}
        self._folded: dict[date, DayState] = {}
        self._confirmed: dict[date, Sequence[Emptying]] = {}
        self._untold: list[Event] = []

    def news(self) -> Sequence[Event]:
        """Return every event once, in order of storing: also those that another question had this read before."""
        with self._lock:
            self._catch_up()
            told, self._untold = self._untold, []
            return told

    def contradicted(self, events: Sequence[Event]) -> frozenset[str]:
        """Return the keys of those that say of a bin what another event denies: emptied, and skipped."""
        days = {self._day(event.plan_id) for event in events}
        outcomes = {day: self.day(day).outcomes for day in days if day is not None}
        return frozenset(
            event.key
            for event in events
            if event.kind in SETTLING
            and event.bin_id is not None
            and (day := self._day(event.plan_id)) is not None
            and event.bin_id in outcomes[day]
            and outcomes[day][event.bin_id].contradicted
        )

    def _catch_up(self) -> None:
        while True:
            self._position, events = self._log.since(self._position, BATCH)
            for event in events:
                self._take(event)
            self._untold.extend(events)
            if len(events) < BATCH:
                return

    def day(self, day: date) -> DayState:
        """Return what the events of that day's plans add up to."""
        with self._lock:
            self._catch_up()
            if day not in self._folded:
                self._folded[day] = fold(self._events.get(day, ()))
            return self._folded[day]

    def confirmed(self, from_utc: datetime, to_utc: datetime) -> Sequence[Emptying]:
        """Return the confirmed emptyings with from_utc <= at_utc < to_utc, oldest first."""
        with self._lock:
            self._catch_up()
            for day in self._events.keys() - self._confirmed.keys():
                self._confirmed[day] = confirmed_emptyings(self._events[day])
            found = [each for of_day in self._confirmed.values() for each in of_day]
        within = [each for each in found if from_utc <= each.at_utc < to_utc]
        return sorted(within, key=lambda each: (each.at_utc, each.bin_id))

    def forget_before(self, today: date) -> None:
        """Drop the days that are too old to matter."""
        with self._lock:
            for day in [day for day in self._events if day < today - timedelta(days=HISTORY_DAYS)]:
                del self._events[day]
                self._changed(day)

    def _take(self, event: Event) -> None:
        day = self._day(event.plan_id)
        if day is not None:
            self._events.setdefault(day, []).append(event)
            self._changed(day)

    def _changed(self, day: date) -> None:
        self._folded.pop(day, None)
        self._confirmed.pop(day, None)

    def _day(self, plan_id: PlanId) -> date | None:
        if plan_id not in self._day_of_plan:
            try:
                self._day_of_plan[plan_id] = self._plans.get(plan_id).day
            except NotFoundError:
                self._day_of_plan[plan_id] = None
        return self._day_of_plan[plan_id]
