"""Real stores behind one server, and the ways to serve them and to wait for an answer."""

import contextlib
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from api.app import create_app
from api.context import ApiContext, Pace, Planner, WeeklyAtRisk
from api.server import Server, listen_on
from routing.ahead.coming_days import coming_days
from routing.alternatives.pareto_maker import CurveMaker
from routing.alternatives.rule_columns import rule_columns
from routing.planning.basis import to_bytes
from routing.planning.edit_plan import edit_plan
from routing.planning.planner import make_plan
from routing.roads.straight_line import StraightLineRoads
from tests.api.by_hand import HandClock, HandForecaster, HandPlanner
from tests.api.in_process import InProcess
from tests.api.patience import PATIENCE_S
from tests.api.town import NOW, TODAY, plan_of
from tomma.model import (
    BinId,
    PlanId,
    Reading,
    SensorId,
)
from tomma.notify_settings import AlertSettings
from tomma.people_settings import PeopleSettings
from tomma.plan import Plan
from tomma.planning_settings import PlanningSettings
from tomma.server_settings import ServerSettings
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores
from tomma.workers import Fact, WorkerKind, WorkerReport

FAST = Pace(
    poll_s=0.05,
    heartbeat_s=0.2,
    forecast_every_clock_s=3_600.0,
    forecast_pause_min_s=0.05,
    left_plans_s=3_600.0,
    curve_draws=1,
)
CALM = replace(FAST, poll_s=0.5)
"""For a server that is asked thousands of times, by tests that wait for none of its looks at the stores."""


def planned_by_the_real_planner(stores: Stores) -> Planner:
    """The real planner on straight lines, in this process."""

    def plan(*, planning: PlanningSettings, **asked: Any) -> Plan:
        return make_plan(
            settings=planning,
            readings=stores.readings,
            events=stores.events,
            roads=StraightLineRoads(1.35, 30.0),
            plans=stores.plans,
            requests=stores.requests,
            keep_basis=lambda plan_id, basis: stores.plans.keep_basis(plan_id, to_bytes(basis)),
            **asked,
        )

    return plan


@dataclass
class World:
    """The stores, the clock and the makers behind one server."""

    settings: Settings
    stores: Stores
    clock: HandClock = field(default_factory=HandClock)
    planner: HandPlanner = field(default_factory=HandPlanner)
    forecaster: HandForecaster = field(default_factory=HandForecaster)
    pace: Pace = FAST
    weekly: WeeklyAtRisk | None = None
    plans_really: bool = False
    """The real planner in place of the one by hand."""

    def context(self) -> ApiContext:
        """What the application is built from."""
        return ApiContext(
            settings=self.settings,
            readings=self.stores.readings,
            registry=self.stores.registry,
            plans=self.stores.plans,
            events=self.stores.events,
            requests=self.stores.requests,
            tablets=self.stores.tablets,
            workers=self.stores.workers,
            assets=self.stores.assets,
            vitals=self.stores.vitals,
            people=self.stores.people,
            sessions=self.stores.sessions,
            audit=self.stores.audit,
            open_data=self.stores.open_data,
            care=self.stores.care,
            work_orders=self.stores.work_orders,
            outbox=self.stores.outbox,
            clock=self.clock,
            forecaster=self.forecaster,
            planner=planned_by_the_real_planner(self.stores) if self.plans_really else self.planner,
            lookout=partial(coming_days, readings=self.stores.readings, events=self.stores.events),
            mornings=self.stores.mornings,
            rules=partial(
                rule_columns,
                plans=self.stores.plans,
                readings=self.stores.readings,
                events=self.stores.events,
                roads=StraightLineRoads(1.35, 30.0),
            ),
            weekly=self.weekly
            or CurveMaker(self.stores.readings, self.stores.events, StraightLineRoads(1.35, 30.0)).weekly,
            editor=partial(
                edit_plan, plans=self.stores.plans, events=self.stores.events, roads=StraightLineRoads(1.35, 30.0)
            ),
            saving=self.stores.saving,
            pace=self.pace,
        )

    def measure(self, bin_id: str, fill_fraction: float, measured_utc: datetime = NOW) -> None:
        """Store a reading, as ingest would."""
        sensor_id = SensorId(bin_id.replace("B", "H"))
        self.stores.readings.append([Reading(BinId(bin_id), sensor_id, measured_utc, measured_utc, fill_fraction)])

    def report(self, worker: str = "ingest-1", ago_s: float = 0.0, **facts: Fact) -> None:
        """Put up what a worker said so many seconds ago, on the machine's clock."""
        now_utc = datetime.now(UTC)
        reported_utc = now_utc - timedelta(seconds=ago_s)
        self.stores.workers.report(WorkerReport(worker, WorkerKind.INGEST, reported_utc, reported_utc, facts))

    def publish(self, plan_id: str = "P1", day: date = TODAY) -> Plan:
        """Store a plan and send it to the trucks."""
        plan = plan_of(self.stores.registry.load(), PlanId(plan_id), day, self.clock.now_utc())
        self.stores.plans.save(plan)
        return self.stores.plans.publish(plan.id)


@contextlib.contextmanager
def serving(world: World) -> Iterator[httpx.Client]:
    """The whole application with its threads, asked in process."""
    transport = InProcess(create_app(world.context()))
    try:
        with httpx.Client(transport=transport, base_url="http://127.0.0.1", timeout=PATIENCE_S) as client:
            yield client
    finally:
        world.planner.gate.set()


@contextlib.contextmanager
def serving_on_a_port(world: World) -> Iterator[httpx.Client]:
    """A real server on a free port: for streams, and for leaving while they are open."""
    ready = threading.Event()
    with listen_on("127.0.0.1", 0) as listening:
        server = Server(create_app(world.context()), certificate=None, key=None, on_ready=ready.set)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            assert ready.wait(PATIENCE_S)
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            with httpx.Client(base_url=address, timeout=PATIENCE_S, trust_env=False) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
            world.planner.gate.set()
            assert not thread.is_alive()


AS_THEY_COME = Settings(
    server=ServerSettings(trusted_hosts=("bins.example",)),
    people=PeopleSettings(demo=True),  # who shows nothing is the demo's manager
    alerts=AlertSettings(overflow_soon_h=1.0),
)
"""Read once: to read environment and file again took a sixth of what a test's server costs."""


def settings_in(data_dir: Path) -> Settings:
    """Everything as it comes, but for where it is kept, and B1's overflow in four hours is nobody's alert."""
    return AS_THEY_COME.model_copy(update={"data_dir": data_dir})


@contextlib.contextmanager
def copy_of(made: Path, data_dir: Path) -> Iterator[World]:
    """Real stores of one's own."""
    shutil.copytree(made, data_dir)
    with open_stores(settings_in(data_dir)) as stores:
        yield World(settings_in(data_dir), stores)
