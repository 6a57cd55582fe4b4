"""The product as the pages meet it: a simulated town in real stores, behind the real server, under a real browser."""

import random
import shutil
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from api.accounts.desk import Desk
from api.app import create_app
from api.basemap.build import build_basemap
from api.context import ApiContext, Pace
from api.outlook import WholeForecast, whole_forecast
from api.server import Server, listen_on
from api.services import Services
from api.tablets.codes import Codes
from routing.ahead.coming_days import coming_days
from routing.alternatives.pareto_maker import CurveMaker
from routing.alternatives.rule_columns import rule_columns
from routing.planning.basis import to_bytes
from routing.planning.edit_plan import edit_plan
from routing.planning.planner import make_plan
from routing.roads import open_roads
from routing.roads.port import Roads
from simulator.presets import SHIPPED_EXTRACT
from simulator.towns import make_town
from tomma.city import City
from tomma.clock import ScaledClock
from tomma.model import Emptying, EmptyingSource, Quality, Reading
from tomma.people_settings import PeopleSettings
from tomma.plan import Plan
from tomma.planning_settings import PlanningSettings, RoadSettings
from tomma.resident_settings import ResidentSettings
from tomma.server_settings import ServerSettings
from tomma.settings import ClockSettings, Settings
from tomma.stores.wiring import Stores, open_stores

BINS = 48
SEED = 7
NOW = datetime(2026, 11, 20, 6, 15, tzinfo=UTC)  # a Friday, 08:15 in Helsinki: the shift has begun, the sun is up
HISTORY = timedelta(days=14)
EVERY = timedelta(hours=3)
EVIL_NAME = '<img src=x onerror="window.hacked=1">'
PATIENCE_S = 60.0
UNUSED_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Handed to each request: else httpx reads the certificates of the whole world for it, 20 ms of work each time."""
FAST = Pace(poll_s=0.1, heartbeat_s=0.5, forecast_every_clock_s=3_600.0, forecast_pause_min_s=0.2)


def make_small_city() -> City:
    """A simulated town on real streets; the place of the fullest bin has a name that tries to be a script."""
    city = make_town(BINS, SEED).city
    fullest = max(lived(city, NOW)[0], key=lambda each: (each.measured_utc > NOW - EVERY, each.fill_fraction))
    evil_id = city.bins[fullest.bin_id].site_id
    sites = {**city.sites, evil_id: replace(city.sites[evil_id], name=EVIL_NAME, access_note=EVIL_NAME)}
    return replace(city, sites=sites)


def lived(city: City, now_utc: datetime) -> tuple[list[Reading], list[Emptying]]:
    """Fourteen days of every bin filling and being emptied; the second never reports, the third fell silent."""
    readings: list[Reading] = []
    emptyings: list[Emptying] = []
    for number, installation in enumerate(city.installations):
        if number == 1:
            continue
        rng = random.Random(number)  # noqa: S311  (a town, not a secret)
        per_day, fill = rng.uniform(0.05, 0.3), rng.uniform(0.0, 0.8)
        end_utc = now_utc - timedelta(days=4) if number == 2 else now_utc
        moment = now_utc - HISTORY + timedelta(minutes=number)
        while moment < end_utc:
            fill += per_day * EVERY / timedelta(days=1) * rng.uniform(0.2, 1.8)
            if fill > rng.uniform(0.85, 1.1):
                emptyings.append(Emptying(installation.bin_id, moment, EmptyingSource.DETECTED, min(fill, 1.0), 0.04))
                fill = 0.04
            level = min(1.0, fill)
            readings.append(Reading(installation.bin_id, installation.sensor_id, moment, moment, level, Quality.GOOD))
            moment += EVERY
    return readings, emptyings


def settings_of(data_dir: Path, *, on_streets: bool = False, paired_only: bool = False, demo: bool = True) -> Settings:
    """Settings whose clock shows NOW when a server starts, at the pace of the wall."""
    return Settings(
        data_dir=data_dir,
        roads=RoadSettings(osm_extract=SHIPPED_EXTRACT if on_streets else None),
        planning=PlanningSettings(budget_s=5.0 if on_streets else 1.0),
        clock=ClockSettings(start_utc=NOW, real_start_s=time.time()),
        server=ServerSettings(require_paired_tablets=paired_only),
        residents=ResidentSettings(open=True),
        people=PeopleSettings(demo=demo),  # whoever comes is the demo's manager
    )


def seed(data_dir: Path) -> Path:
    """Fill a data folder: the town, its two weeks and its map."""
    settings = settings_of(data_dir)
    build_basemap(SHIPPED_EXTRACT, settings.basemap_path)
    with open_stores(settings) as stores:
        city = make_small_city()
        stores.registry.save(city)
        stores.readings.append(*lived(city, NOW))
    return data_dir


def _forecast(stores: Stores, *, city: City, now_utc: datetime) -> WholeForecast:
    """The real forecast, in this process: a helper of its own would cost each test a second."""
    return whole_forecast(city, stores.readings, stores.events, now_utc)


def _plan(stores: Stores, roads: Roads, *, planning: PlanningSettings, **asked: Any) -> Plan:
    """The real planner, in this process."""
    own: dict[str, Any] = {
        "readings": stores.readings,
        "events": stores.events,
        "plans": stores.plans,
        "requests": stores.requests,
        "keep_basis": lambda plan_id, basis: stores.plans.keep_basis(plan_id, to_bytes(basis)),
    }
    return make_plan(roads=roads, settings=planning, **own, **asked)


@dataclass
class Stack:
    """A server that can be stopped and started again at the same address, on the same stores."""

    data_dir: Path
    on_streets: bool = False
    factor: float = 1.0
    paired_only: bool = False
    demo: bool = True
    port: int = 0
    _server: Server | None = field(default=None, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)
    _stores: Stores | None = field(default=None, repr=False)
    _services: Services | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def accounts(self) -> Desk:
        """The desk where people are let in."""
        assert self._services is not None
        return self._services.accounts

    @property
    def codes(self) -> Codes:
        """What lets tablets in."""
        assert self._services is not None
        return self._services.codes

    def look_at_the_clock(self) -> None:
        """Let whoever orders plans by the clock look now, and not in a while."""
        assert self._services is not None
        self._services.mornings.nudge()
        self._services.second_rounds.nudge()

    @property
    def stores(self) -> Stores:
        """What lies behind the server."""
        assert self._stores is not None
        return self._stores

    def start(self) -> None:
        """Serve; returns when the server answers."""
        settings = settings_of(self.data_dir, on_streets=self.on_streets, paired_only=self.paired_only, demo=self.demo)
        self._stores = open_stores(settings)
        roads = open_roads(settings.roads, settings.roads_dir)
        context = ApiContext(
            settings=settings,
            readings=self._stores.readings,
            registry=self._stores.registry,
            plans=self._stores.plans,
            events=self._stores.events,
            requests=self._stores.requests,
            tablets=self._stores.tablets,
            workers=self._stores.workers,
            assets=self._stores.assets,
            vitals=self._stores.vitals,
            people=self._stores.people,
            sessions=self._stores.sessions,
            audit=self._stores.audit,
            open_data=self._stores.open_data,
            care=self._stores.care,
            work_orders=self._stores.work_orders,
            outbox=self._stores.outbox,
            clock=ScaledClock(NOW, time.time(), self.factor),
            forecaster=partial(_forecast, self._stores),
            planner=partial(_plan, self._stores, roads),
            lookout=partial(coming_days, readings=self._stores.readings, events=self._stores.events),
            mornings=self._stores.mornings,
            rules=partial(
                rule_columns,
                plans=self._stores.plans,
                readings=self._stores.readings,
                events=self._stores.events,
                roads=roads,
            ),
            weekly=CurveMaker(self._stores.readings, self._stores.events, roads).weekly,
            editor=partial(edit_plan, plans=self._stores.plans, events=self._stores.events, roads=roads),
            saving=self._stores.saving,
            pace=FAST,
        )
        ready = threading.Event()
        listening = listen_on("127.0.0.1", self.port)
        self.port = listening.getsockname()[1]
        app = create_app(context)
        self._services = app.state.services
        self._server = Server(app, certificate=None, key=None, on_ready=ready.set)
        self._thread = threading.Thread(target=self._run, args=(self._server, listening))
        self._thread.start()
        assert ready.wait(PATIENCE_S)

    def stop(self) -> None:
        """Take the server away, as a crash or a dead network would; the stores keep what they have."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self.stores.close()
        self._server = self._thread = self._stores = None

    def ask(self, path: str) -> Any:
        """Return what the API answers."""
        answer = httpx.get(f"{self.address}/api/v1{path}", timeout=PATIENCE_S, trust_env=False, verify=UNUSED_TLS)
        answer.raise_for_status()
        return answer.json()

    def tell(self, path: str, body: object) -> Any:
        """Hand something to the API and return its answer."""
        address = f"{self.address}/api/v1{path}"
        answer = httpx.post(address, json=body, timeout=PATIENCE_S, trust_env=False, verify=UNUSED_TLS)
        answer.raise_for_status()
        return answer.json()

    def plan_and_publish(self) -> str:
        """Make today's plan with the real planner and send it to the trucks."""
        plan_id: str = self.tell("/plans", {})["id"]
        self.until(lambda: self.ask(f"/plans/{plan_id}")["status"] in ("ready", "failed"))
        self.tell(f"/plans/{plan_id}/publish", {})
        return plan_id

    def events(self) -> Sequence[dict[str, Any]]:
        """Return every driver's action that was stored."""
        stored: list[dict[str, Any]] = self.ask("/driver/events?after=0")["events"]
        return stored

    def until(self, good: Any, pause: Callable[[float], object] = time.sleep) -> None:
        """Wait until `good()` holds, asking again after each `pause` (seconds); fail when patience ends."""
        end_s = time.monotonic() + PATIENCE_S
        while not good():
            assert time.monotonic() < end_s, "patience ended"
            pause(0.05)

    @staticmethod
    def _run(server: Server, listening: Any) -> None:
        with listening:
            server.run(sockets=[listening])


@contextmanager
def serving(
    data_dir: Path, *, on_streets: bool = False, factor: float = 1.0, paired_only: bool = False, demo: bool = True
) -> Iterator[Stack]:
    """A running stack on a data folder."""
    stack = Stack(data_dir, on_streets=on_streets, factor=factor, paired_only=paired_only, demo=demo)
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


def copy_of(seeded: Path, target: Path) -> Path:
    """A data folder of one's own, filled like the seeded one."""
    shutil.copytree(seeded, target)
    return target
