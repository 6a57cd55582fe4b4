"""The planner of `routing` as the desk asks for it."""

from datetime import date, datetime
from threading import Event, Lock

from routing.planner import make_plan
from routing.roads import open_roads
from routing.roads.port import Roads
from tomma.city import City
from tomma.model import PlanId
from tomma.plan import Plan
from tomma.ports import EventLog, ProgressSink, ReadingStore
from tomma.settings import PlanningSettings, Settings


class RoutingPlanner:
    """Makes plans on the city's streets; the street network is opened at the first plan, since that takes a while."""

    def __init__(self, settings: Settings, readings: ReadingStore, events: EventLog) -> None:
        self._settings = settings
        self._readings = readings
        self._events = events
        self._lock = Lock()
        self._roads: Roads | None = None

    def __call__(
        self,
        *,
        city: City,
        planning: PlanningSettings,
        day: date,
        now_utc: datetime,
        plan_id: PlanId,
        on_progress: ProgressSink,
        stop: Event,
    ) -> Plan:
        """Return the plan of `day`, READY or FAILED; soon after `stop` is set, the best there is by then."""
        return make_plan(
            city=city,
            readings=self._readings,
            events=self._events,
            roads=self._open_roads(),
            settings=planning,
            day=day,
            now_utc=now_utc,
            plan_id=plan_id,
            on_progress=on_progress,
            stop=stop,
        )

    def _open_roads(self) -> Roads:
        with self._lock:
            if self._roads is None:
                self._roads = open_roads(self._settings.roads, self._settings.roads_dir)
            return self._roads
