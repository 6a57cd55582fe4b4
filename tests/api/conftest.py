"""A small town, real stores, a real server on a free port: what the tests of the API share."""

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from api.app import create_app
from api.context import ApiContext, BinOutlook, CityAhead, ForecastStep, Pace, Planner, WeeklyAtRisk
from api.server import Server, listen_on
from routing.ahead.coming_days import coming_days
from routing.alternatives.pareto_maker import CurveMaker
from routing.alternatives.rule_columns import rule_columns
from routing.planning.basis import to_bytes
from routing.planning.edit_plan import edit_plan
from routing.planning.planner import make_plan
from routing.roads.straight_line import StraightLineRoads
from tests.api.in_process import InProcess
from tomma.city import Bin, City, Depot, DisposalSite, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.containers import ContainerType
from tomma.model import (
    BinId,
    ContainerTypeId,
    DepotId,
    DisposalSiteId,
    FractionCode,
    PlanId,
    Reading,
    SensorId,
    SiteId,
    VehicleId,
)
from tomma.notify_settings import AlertSettings
from tomma.people_settings import PeopleSettings
from tomma.plan import LeftOut, Plan, PlanProgress, PlanStatus, RoadsSource, Route, Stop, StopKind, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.ports import ProgressSink
from tomma.reasons import Reason, ReasonCode
from tomma.server_settings import ServerSettings
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores
from tomma.trucks import Shift, Vehicle
from tomma.workers import Fact, WorkerKind, WorkerReport

NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)
PATIENCE_S = 30.0
BINS = 6
FAST = Pace(
    poll_s=0.02,
    heartbeat_s=0.2,
    forecast_every_clock_s=3_600.0,
    forecast_pause_min_s=0.05,
    left_plans_s=3_600.0,
    curve_draws=1,
)
CALM = replace(FAST, poll_s=0.5)
"""For a server that is asked thousands of times, by tests that wait for none of its looks at the stores."""


def make_city() -> City:
    """Three places with two bins each, B1 to B6; each has a sensor but B6; two trucks, V1 and V2."""
    residual = FractionCode("residual")
    container = ContainerType(ContainerTypeId("C240"), "240 l", volume_l=240, empty_mm=1000, full_mm=100, max_kg=90)
    sites = [
        Site(SiteId(f"S{n}"), f"Gata {n}", Position(lat_deg, 24.931), f"grind {n}")
        for n, lat_deg in ((1, 60.161), (2, 60.162), (3, 60.163))
    ]
    bins = [Bin(BinId(f"B{n}"), SiteId(f"S{(n + 1) // 2}"), container.id, residual) for n in range(1, BINS + 1)]
    sensors = [Sensor(SensorId(f"H{n}"), make="Acme", model="U1") for n in range(1, BINS)]
    depot = Depot(DepotId("D1"), "Depå", Position(60.17, 24.95))
    tip = DisposalSite(
        DisposalSiteId("T1"), "Tipp", Position(60.18, 24.96), frozenset({residual}), opens_s=25_200, closes_s=61_200
    )
    vehicles = [
        Vehicle(VehicleId(f"V{n}"), f"Bil {n}", depot.id, 10_000, 5_000, frozenset({residual}), Shift(21_600, 52_200))
        for n in (1, 2)
    ]
    return City(
        organisation=Organisation("O1", "Exempelstad", "Europe/Stockholm", "SEK"),
        fractions={residual: Fraction(residual, "Restavfall", "Residual waste", 0.1)},
        container_types={container.id: container},
        sites={site.id: site for site in sites},
        bins={each.id: each for each in bins},
        sensors={each.id: each for each in sensors},
        installations=tuple(
            Installation(SensorId(f"H{n}"), BinId(f"B{n}"), datetime(2026, 1, 1, tzinfo=UTC)) for n in range(1, BINS)
        ),
        vehicles={each.id: each for each in vehicles},
        depots={depot.id: depot},
        disposal_sites={tip.id: tip},
    )


@dataclass
class HandClock:
    """A clock that is moved by hand."""

    now: datetime = NOW

    def now_utc(self) -> datetime:
        """The time it was set to."""
        return self.now

    def real_seconds(self, clock_s: float) -> float:
        """One second is one second."""
        return clock_s


@dataclass(frozen=True)
class PlainForecast:
    """Every bin rises a hundredth an hour; B1 is sure to overflow."""

    as_of_utc: datetime

    def outlook(self, bin_id: BinId) -> BinOutlook | None:
        """The same for all but B1."""
        return BinOutlook(1.0 if bin_id == "B1" else 0.125, 4.25 if bin_id == "B1" else None, "ok")

    def steps(self, bin_id: BinId, hours: int) -> Sequence[ForecastStep]:
        """One an hour."""
        return [
            ForecastStep(self.as_of_utc + timedelta(hours=hour), 0.1, 0.2 + hour / 100, 0.9, hour / 100)
            for hour in range(hours + 1)
        ]

    def ahead(self, hours: Sequence[int]) -> CityAhead:
        """The same for all but B1, which is full by the first hour."""
        rise = np.asarray([[0.2 + hour / 100 for hour in hours]] * BINS, dtype=np.float32)
        p_overflow = np.asarray([[hour / 100 for hour in hours]] * BINS, dtype=np.float32)
        rise[0, 1:] = p_overflow[0, 1:] = 1.0
        return CityAhead([BinId(f"B{n}") for n in range(1, BINS + 1)], rise, p_overflow)


@dataclass
class HandForecaster:
    """Fails when told to."""

    failure: Exception | None = None
    calls: int = 0

    def __call__(self, *, city: City, now_utc: datetime) -> PlainForecast:
        """Return the plain forecast."""
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        return PlainForecast(now_utc)


def plan_of(city: City, plan_id: PlanId, day: date, now_utc: datetime) -> Plan:
    """B1 to B4 on the first truck with an unloading between; B5 and B6 left, each with a reason."""
    start = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    reason = Reason(ReasonCode.OVERFLOW_RISK, {"p_overflow": 0.31, "by_h": 24.0, "alpha": 0.05})

    def stop(n: int, **what: Any) -> Stop:
        at = start + timedelta(minutes=10 * n)
        return Stop(StopKind(what.pop("kind")), at, at + timedelta(minutes=2), 500, 90, 240.0 * n, 24.0 * n, **what)

    stops = [
        stop(n, kind="collect", bin_id=BinId(f"B{n}"), expected_fill_fraction=0.8, reasons=(reason,))
        for n in (1, 2, 3, 4)
    ]
    stops.append(stop(5, kind="dispose", disposal_site_id=DisposalSiteId("T1")))
    leg = ((24.93, 60.16), (24.94, 60.17))
    routes = [
        Route(vehicle_id, start, start + timedelta(hours=1), tuple(stops), 3_000, 540, (leg,) * 6)
        for vehicle_id in list(city.vehicles)[:1]
    ]
    return Plan(
        id=plan_id,
        day=day,
        created_utc=now_utc,
        snapshot_utc=now_utc,
        status=PlanStatus.READY,
        engine="by hand",
        roads_source=RoadsSource.STREETS,
        routes=tuple(routes),
        left_out=tuple(
            LeftOut(BinId(f"B{n}"), (Reason(ReasonCode.NOT_NEEDED_YET, {"fill_fraction": 0.1}),)) for n in (5, 6)
        ),
        cost_minor=12_345,
        lost_prize_minor=67,
    )


@dataclass
class HandPlanner:
    """Waits at the gate, then makes the plan or fails as it is told."""

    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None
    violations: tuple[str, ...] = ()
    asked: list[tuple[City, PlanningSettings, date]] = field(default_factory=list)
    wishes: list[Wishes] = field(default_factory=list)
    stopped: list[bool] = field(default_factory=list)

    def __call__(
        self,
        *,
        city: City,
        planning: PlanningSettings,
        day: date,
        now_utc: datetime,
        plan_id: PlanId,
        on_progress: ProgressSink,
        wishes: Wishes,
        stop: threading.Event,
    ) -> Plan:
        """Tell two stages; between them, wait to be let through, or stopped."""
        self.asked.append((city, planning, day))
        self.wishes.append(wishes)
        on_progress(PlanProgress(plan_id, PlanStatus.SOLVING, "forecast", 0.1))
        self.begun.set()
        ends_at = time.monotonic() + PATIENCE_S
        while not self.gate.is_set() and not stop.is_set():
            assert time.monotonic() < ends_at
            self.gate.wait(0.02)
        self.stopped.append(stop.is_set())
        if self.failure is not None:
            raise self.failure
        on_progress(PlanProgress(plan_id, PlanStatus.SOLVING, "by hand", 0.2, 99_999, 4))
        made = plan_of(city, plan_id, day, now_utc)
        return replace(made, violations=self.violations, replaces=wishes.replan_of)


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


def settings_in(data_dir: Path) -> Settings:
    """Everything as it comes, but for where it is kept, and B1's overflow in four hours is nobody's alert."""
    return Settings(
        data_dir=data_dir,
        server=ServerSettings(trusted_hosts=("bins.example",)),
        people=PeopleSettings(demo=True),  # who shows nothing is the demo's manager
        alerts=AlertSettings(overflow_soon_h=1.0),
    )


@pytest.fixture(scope="session")
def made_town(tmp_path_factory: pytest.TempPathFactory, made_stores: Path) -> Path:
    """A data folder with the small town in its stores, made once and copied for each test."""
    made = shutil.copytree(made_stores, tmp_path_factory.mktemp("town") / "data")
    with open_stores(settings_in(made)) as stores:
        stores.registry.save(make_city())
    return made


@contextlib.contextmanager
def copy_of(made: Path, data_dir: Path) -> Iterator[World]:
    """Real stores of one's own."""
    shutil.copytree(made, data_dir)
    with open_stores(settings_in(data_dir)) as stores:
        yield World(settings_in(data_dir), stores)


@pytest.fixture
def empty_world(tmp_path: Path, made_stores: Path) -> Iterator[World]:
    """Real stores with nothing in them."""
    with copy_of(made_stores, tmp_path / "data") as world:
        yield world


@pytest.fixture
def world(tmp_path: Path, made_town: Path) -> Iterator[World]:
    """Real stores with the small town in them."""
    with copy_of(made_town, tmp_path / "data") as world:
        yield world


@pytest.fixture(scope="session")
def refusing_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of one server for all the tests that only ask for what is refused: nothing is changed by them."""
    settings = settings_in(tmp_path_factory.mktemp("refusing"))
    with open_stores(settings) as stores:
        stores.registry.save(make_city())
        with serving(World(settings, stores)) as client:
            yield client


@pytest.fixture
def client(world: World) -> Iterator[httpx.Client]:
    """A client of a server with the small town."""
    with serving(world) as client:
        yield client


def until[Answer](ask: Callable[[], Answer], good: Callable[[Answer], bool], patience_s: float = PATIENCE_S) -> Answer:
    """Ask again until the answer is good; fail when patience ends."""
    end_s = time.monotonic() + patience_s
    while True:
        answer = ask()
        if good(answer):
            return answer
        assert time.monotonic() < end_s, f"still {answer!r}"
        time.sleep(0.01)


def event_body(key: str, **changes: Any) -> dict[str, Any]:
    """A driver's tap on Emptied at B1, changed as told; None removes a field."""
    body: dict[str, Any] = {
        "key": key,
        "device_id": "tablet-1",
        "sequence": 1,
        "plan_id": "P1",
        "vehicle_id": "V1",
        "kind": "emptied",
        "tapped_utc": "2026-11-22T05:20:00Z",
        "bin_id": "B1",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def send(client: httpx.Client, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Hand in events as a tablet does; return what became of each."""
    answer = client.post("/api/v1/driver/events", json={"events": list(events), "sent_utc": "2026-11-22T05:30:00Z"})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results
