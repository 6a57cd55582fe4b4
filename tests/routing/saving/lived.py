"""Some days of a town as its stores would have them: sensors report, plans are published, drivers tap."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np

from routing.alternatives.counterfactual import routed
from routing.alternatives.rules import asked_by_rule
from routing.daytime import WorkingDay
from routing.planning.build import Points
from routing.planning.drives import Drives, ask_drives
from routing.planning.tell import routes_of
from routing.roads.port import Roads
from routing.roads.straight_line import StraightLineRoads
from routing.saving.gather import World
from routing.saving.wiring import make_next
from tomma.city import City
from tomma.events import Event, EventKind
from tomma.model import BinId, Emptying, EmptyingSource, PlanId, Reading, VehicleId
from tomma.plan import Plan, PlanStatus, RoadsSource, Route, Stop, StopKind
from tomma.planning_settings import PlanningSettings, SavingSettings
from tomma.saving import SavingDay
from tomma.stores.wiring import Stores

STREETS = StraightLineRoads(1.35, 22.0)
SETTINGS = PlanningSettings()
QUICK = SavingSettings(iterations=20)
TAKE_FROM = 0.6
EVERY_MIN = 120
SCALES_KG = 420.0


class Lived:
    """Bins that fill evenly, each at its own rate; who plans takes what stands above 60 %."""

    def __init__(self, city: City, stores: Stores, first: date, roads: Roads = STREETS) -> None:
        self.city, self.stores, self.roads = city, stores, roads
        self.day = WorkingDay(first, city.organisation.timezone)
        rng = random.Random(5)  # noqa: S311  (a town, not a secret)
        self.per_day = {bin_id: rng.uniform(0.12, 0.45) for bin_id in city.bins}
        self.level = {bin_id: rng.uniform(0.0, 0.6) for bin_id in city.bins}
        stores.registry.save(city)

    def live(self, days: int, *, planned: bool = True, taps: bool = True) -> None:
        """Let some days go by; without taps the drivers empty all the same."""
        for _ in range(days):
            self._live_a_day(planned=planned, taps=taps)
            self.day = self.day.later(1)

    @property
    def morning_utc(self) -> datetime:
        """Six o'clock on the first day that has not been lived."""
        return self.day.at_utc(6 * 3600)

    def compute(self, saving: SavingSettings = QUICK) -> list[SavingDay]:
        """Compute every day that is over."""
        world = self.world(saving)
        made = []
        while (day := make_next(world, self.city, self.morning_utc)) is not None:
            made.append(day)
        return made

    def world(self, saving: SavingSettings = QUICK) -> World:
        """Return what the saving asks."""
        stores = self.stores
        return World(stores.readings, stores.events, stores.plans, stores.saving, self.roads, SETTINGS, saving)

    def _live_a_day(self, *, planned: bool, taps: bool) -> None:
        midnight, next_midnight = self.day.at_utc(0), self.day.later(1).at_utc(0)
        lifts = self._plan_and_drive(taps=taps) if planned else {}
        readings: list[Reading] = []
        emptyings: list[Emptying] = []
        for installation in self.city.installations:
            bin_id, moment, emptied_utc = installation.bin_id, midnight, lifts.get(installation.bin_id)
            while moment < next_midnight:
                self.level[bin_id] += self.per_day[bin_id] * EVERY_MIN / 1440.0
                moment += timedelta(minutes=EVERY_MIN)
                if emptied_utc is not None and moment > emptied_utc:
                    before, self.level[bin_id], emptied_utc = min(self.level[bin_id], 1.0), 0.02, None
                    emptyings.append(Emptying(bin_id, moment, EmptyingSource.DETECTED, before, 0.02))
                told = min(self.level[bin_id], 1.0)
                readings.append(Reading(bin_id, installation.sensor_id, moment, moment, told))
        self.stores.readings.append(readings, emptyings)

    def _plan_and_drive(self, *, taps: bool) -> dict[BinId, datetime]:
        bin_ids = tuple(self.city.bins)
        level = np.array([self.level[each] for each in bin_ids])
        asked = asked_by_rule(self.city, bin_ids, level >= TAKE_FROM, level)
        vehicles = tuple(self.city.vehicles.values())
        asked_drives: list[Drives] = []

        def ask(points: Points) -> Drives:
            asked_drives.append(ask_drives(self.roads, points.positions, vehicles, self.day.day, 21_600, 50_400))
            return asked_drives[-1]

        built, solution = routed(self.city, asked, vehicles, self.day, SETTINGS, ask, iterations=20, seed=1)
        plan = self._plan(routes_of(built, solution, self.day, asked_drives[-1]))
        self.stores.plans.save(plan)
        self.stores.plans.publish(plan.id)
        if taps:
            taps_of = [each for route in plan.routes for each in taps_on(plan, route.vehicle_id, route.stops)]
            self.stores.events.append(taps_of)
        return {stop.bin_id: stop.depart_utc for route in plan.routes for stop in route.stops if stop.bin_id}

    def _plan(self, routes: tuple[Route, ...]) -> Plan:
        now_utc = self.day.at_utc(5 * 3600)
        return Plan(
            id=PlanId(f"plan-{self.day.day}"),
            day=self.day.day,
            created_utc=now_utc,
            snapshot_utc=now_utc,
            status=PlanStatus.READY,
            engine="pyvrp",
            roads_source=RoadsSource.STRAIGHT_LINE,
            routes=routes,
            left_out=(),
            cost_minor=0,
            lost_prize_minor=0,
        )


def taps_on(plan: Plan, vehicle_id: VehicleId, stops: Sequence[Stop]) -> list[Event]:
    """What the driver tells who does these stops of the plan."""
    kinds = {StopKind.COLLECT: EventKind.EMPTIED, StopKind.DISPOSE: EventKind.UNLOADED}
    return [
        Event(
            key=f"{plan.id}-{vehicle_id}-{at}",
            device_id=f"tablet-{vehicle_id}",
            sequence=plan.day.toordinal() * 1_000 + at,
            plan_id=plan.id,
            vehicle_id=vehicle_id,
            kind=kinds[stop.kind],
            tapped_utc=stop.depart_utc,
            received_utc=stop.depart_utc,
            bin_id=stop.bin_id,
            disposal_site_id=stop.disposal_site_id,
            weight_kg=SCALES_KG if stop.kind is StopKind.DISPOSE else None,
        )
        for at, stop in enumerate(stops)
        if stop.kind in kinds
    ]
