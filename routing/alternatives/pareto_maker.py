"""The curve's points from what is stored: what the API asks for, one setting and one future at a time."""

from collections.abc import Sequence
from datetime import date, datetime

from routing.ahead.outlook import Outlook, city_outlook
from routing.alternatives.pareto import at_risk
from routing.alternatives.pareto_weeks import Fortnight, Weekly, fortnight
from routing.planning.leaving import default_day
from routing.roads.port import Roads
from routing.solve_run import StopSign
from tomma.city import City
from tomma.planning_settings import PlanningSettings
from tomma.ports import EventLog, ReadingStore


class CurveMaker:
    """Keeps the last fortnights between two questions: nine settings ask for the same one."""

    def __init__(self, readings: ReadingStore, events: EventLog, roads: Roads) -> None:
        self._readings = readings
        self._events = events
        self._roads = roads
        self._outlook: tuple[tuple[City, datetime], Outlook] | None = None
        self._weeks: tuple[tuple[City, datetime, date, int], Fortnight] | None = None

    def weekly(
        self,
        *,
        city: City,
        planning: PlanningSettings,
        now_utc: datetime,
        risk: float,
        draw: int,
        stop: StopSign | None = None,
    ) -> Weekly | None:
        """Return a week's figures at that risk; None once `stop` is set.

        Args:
            city: One snapshot of the master data.
            planning: As the city has set them.
            now_utc: Readings after this are not looked at; the same in every question of one curve.
            risk: The knob, 0 to 1.
            draw: The number of the future.
            stop: Set when somebody waits for a plan.
        """
        weeks = self._fortnight(city, now_utc, planning.seed + draw)
        return weeks.lived(at_risk(planning, risk), stop)

    def _fortnight(self, city: City, now_utc: datetime, seed: int) -> Fortnight:
        first_day = default_day(city, now_utc)
        key = (city, now_utc, first_day, seed)
        if self._weeks is None or not _same(self._weeks[0], key):
            self._weeks = (key, fortnight(city, self._outlook_of(city, now_utc), first_day, self._roads, seed))
        return self._weeks[1]

    def _outlook_of(self, city: City, now_utc: datetime) -> Outlook:
        if self._outlook is None or not _same(self._outlook[0], (city, now_utc)):
            # Without the forecast's memory on disk, which belongs to what is going on now.
            self._outlook = ((city, now_utc), city_outlook(city, self._readings, self._events, now_utc))
        return self._outlook[1]


def _same(known: Sequence[object], asked: Sequence[object]) -> bool:
    return tuple(known) == tuple(asked)
