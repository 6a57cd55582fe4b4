"""The last days before today as the service would have lived them: planned each morning, driven and tapped.

While a history is loaded no server runs, and a server would not take yesterday's plan. So this opens the stores of the
same installation and goes in by the doors behind the API: the planner with what ingest had stored by that hour, the
store of plans, the door where tablets hand in. What comes out is what a city has that began last week, and nothing in
it is drawn: the figures, the audited saving and the follow-up make of it what they would make of a city's own days.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from api.driver.door import EventDoor
from api.driver.schemas import EventIn
from routing.planning.planner import make_plan
from routing.roads import open_roads
from simulator.draws import Draw, generator
from simulator.drivers import Driver, Tap, kg_when_full
from simulator.office import RouteView, StopView
from simulator.world import World
from tomma.city import City
from tomma.model import BinId, PlanId
from tomma.plan import Plan, PlanStatus, Route
from tomma.settings import Settings
from tomma.stores.wiring import Stores

log = logging.getLogger(__name__)

PLANNED_AT = time_of_day(5, 0)
ITERATIONS = 300
"""Of the engine: enough for a town, and the same plan on every machine."""
BUDGET_S = 10.0
ON_TIME = timedelta(minutes=70)
"""A sensor that reports each hour has reported within this."""
PATIENCE_S = 5.0
LOOK_S = 0.05
STILL_S = 0.25
"""Without a further reading for so long, ingest is taken to be through."""

_EVENTS = TypeAdapter(list[EventIn])


@dataclass
class PlannedDays:
    """The days from `first` on of a town, planned and driven; those from `until` on are for whoever plans live."""

    city: City
    stores: Stores
    settings: Settings
    first: date
    until: date
    seed: int
    flush: Callable[[], None] = lambda: None
    """Returns when everything that sensors have sent is on its way into the stores."""
    _drivers: list[Driver] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the streets."""
        self._roads = open_roads(self.settings.roads, self.settings.roads_dir)
        self._zone = ZoneInfo(self.city.organisation.timezone)
        self._kg_when_full = kg_when_full(self.city)
        self._door = EventDoor(self.stores.plans, self.stores.events)

    def covers(self, now_utc: datetime) -> bool:
        """Return whether no old rounds go any more that day."""
        return now_utc.astimezone(self._zone).date() >= self.first

    def live(self, world: World, until_utc: datetime) -> None:
        """Do what the office and the trucks do until then; the world itself is advanced by the caller."""
        local = world.now_utc.astimezone(self._zone)
        if (local.hour, local.minute) == (PLANNED_AT.hour, PLANNED_AT.minute):
            self._drivers = self._begin(world.now_utc, local.date()) if local.date() < self.until else []
        taps = [tap for each in self._drivers for tap in each.taps_until(until_utc, _fills_of(world))]
        self._tap(taps, until_utc)
        for tap in taps:
            if tap["kind"] == "emptied":
                bin_id, at = BinId(str(tap["bin_id"])), datetime.fromisoformat(str(tap["tapped_utc"]))
                world.empty(bin_id, at, str(tap["key"]))

    def _begin(self, now_utc: datetime, day: date) -> list[Driver]:
        self._await_ingest(now_utc)
        plan = make_plan(
            city=self.city,
            readings=self.stores.readings,
            events=self.stores.events,
            roads=self._roads,
            settings=self.settings.planning.model_copy(update={"budget_s": BUDGET_S}),
            day=day,
            now_utc=now_utc,
            plan_id=PlanId(hashlib.blake2b(f"{self.seed}|{day}".encode(), digest_size=16).hexdigest()),
            iterations=ITERATIONS,
            plans=self.stores.plans,
        )
        self.stores.plans.save(plan)
        if plan.status is not PlanStatus.READY:
            log.warning("day without a plan day=%s: %s", day, plan.detail)
            return []
        self.stores.plans.publish(plan.id)
        return [self._driver(plan, route, number) for number, route in enumerate(plan.routes)]

    def _driver(self, plan: Plan, route: Route, number: int) -> Driver:
        rng = generator(self.seed, Draw.DRIVER, number, plan.day.toordinal())
        return Driver(_seen(plan, route, self.city), plan.created_utc, rng, self._kg_when_full)

    def _tap(self, taps: list[Tap], now_utc: datetime) -> None:
        if not taps:
            return
        results = self._door.take(_EVENTS.validate_python(taps), self.city, now_utc, now_utc)
        for each in results:
            if each.status == "rejected":
                log.warning("tap rejected key=%s: %s", each.key, each.reason)

    def _await_ingest(self, now_utc: datetime) -> None:
        """Wait until no further reading comes out of ingest: the plan shall know what was sent by now."""
        self.flush()
        seen, still_since_s, deadline_s = -1, time.monotonic(), time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            newest = self.stores.readings.latest().values()
            known = sum(each.measured_utc >= now_utc - ON_TIME for each in newest)
            if known != seen:
                seen, still_since_s = known, time.monotonic()
            elif known > len(self.city.bins) // 2 and time.monotonic() - still_since_s >= STILL_S:
                return
            time.sleep(LOOK_S)
        log.warning("planning with %d of %d bins on time", seen, len(self.city.bins))


def _fills_of(world: World) -> Callable[[str], float]:
    return lambda bin_id: world.fill_fraction(BinId(bin_id))


def _seen(plan: Plan, route: Route, city: City) -> RouteView:
    """Return the route as the tablet would show it."""
    stops = []
    for each in route.stops:
        place = city.position_of(each.bin_id) if each.bin_id is not None else None
        stops.append(
            StopView(
                kind=each.kind.value,
                arrive_utc=each.arrive_utc,
                depart_utc=each.depart_utc,
                leg_driving_s=each.leg_driving_s,
                bin_id=each.bin_id,
                disposal_site_id=each.disposal_site_id,
                lat_deg=place.lat_deg if place else None,
                lon_deg=place.lon_deg if place else None,
            )
        )
    return RouteView(route.vehicle_id, plan.id, route.start_utc, tuple(stops))
