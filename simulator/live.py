"""Runs the town live: the clock moves, bins fill, sensors publish, the dispatcher plans, trucks drive.

The loop closes over the public doors only: readings over MQTT, everything else over HTTP. What any driver taps,
simulated or at the driver's page, comes back from the server's event feed and empties the true bin.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from simulator.dispatcher import Dispatcher
from simulator.draws import Draw, generator
from simulator.drivers import Driver, Tap, kg_when_full
from simulator.history import Planned, live_through
from simulator.office import EventView, Office, OfficeUnavailableError
from simulator.publisher import Publisher
from simulator.towns import Town
from simulator.world import World
from tomma.clock import Clock
from tomma.model import BinId

log = logging.getLogger(__name__)

STEP_S = 0.5
SETTLE_S = 60.0
"""How long to wait for the history to come out at the other end before the first plan."""
SETTLED_SHARE = 0.9
NEW_BIN_FRACTION = 0.5
"""What a driver sees in a bin that somebody at the desk added to the city: nobody throws anything into it here."""


@dataclass
class Counts:
    """What happened so far."""

    published: int = 0
    taps: int = 0
    emptied: int = 0


@dataclass
class Live:
    """A town that runs. `office` and `dispatcher` may be None: then nobody drives, and sensors just report."""

    town: Town
    world: World
    publisher: Publisher
    clock: Clock
    seed: int
    office: Office | None = None
    dispatcher: Dispatcher | None = None
    drives: bool = True
    """Whether simulated drivers follow the plan."""
    counts: Counts = field(default_factory=Counts)
    _drivers: dict[str, Driver] = field(default_factory=dict)
    _bin_ids: frozenset[str] = frozenset()
    _position: int = 0
    _was_there: bool = True

    def __post_init__(self) -> None:
        """Know the bins of this town: events of others are not ours."""
        self._bin_ids = frozenset(self.town.city.bins)
        self._kg_when_full = kg_when_full(self.town.city)

    def catch_up(self, stop: threading.Event, tell: Callable[[str], None], planned: Planned | None = None) -> None:
        """Publish the history up to the clock's now; returns when the broker has all of it."""
        began_utc = self.world.now_utc
        total_s = max((self.clock.now_utc() - began_utc).total_seconds(), 1.0)
        told_pct = 0
        while not stop.is_set():
            goal_utc = self.clock.now_utc()
            if (goal_utc - self.world.now_utc).total_seconds() < 60.0:
                break
            for messages in live_through(self.world, self.town.city, goal_utc, self.seed, planned):
                self.publisher.publish(messages)
                pct = int(100 * (self.world.now_utc - began_utc).total_seconds() / total_s)
                if pct >= told_pct + 10 and pct <= 100:
                    told_pct = pct
                    tell(f"history {pct} % ({self.publisher.acknowledged} readings acknowledged)")
                if stop.is_set():
                    return
        self.publisher.flush()
        self.counts.published = self.publisher.acknowledged

    def settle(self, stop: threading.Event) -> None:
        """Wait, for `SETTLE_S` at most, until the server has seen nearly every bin: then a plan makes sense.

        Sensors go on meanwhile: half a minute without a word is an hour of the demo, and an alert that all are silent.
        """
        if self.office is None:
            return
        obstacle = ""
        for _ in range(int(SETTLE_S / STEP_S)):
            self.publisher.publish(self.world.advance(self.clock.now_utc()))
            try:
                known = self.office.known_fills()
                obstacle = f"{known} of {len(self.town.truths)} bins have a reading"
                if known >= SETTLED_SHARE * len(self.town.truths):
                    break
            except OfficeUnavailableError as exc:
                obstacle = str(exc)
            if stop.wait(STEP_S):
                return
        else:
            log.warning("going on although history has not come out at the server: %s", obstacle)
        self._skip_old_events()

    def run(self, stop: threading.Event, until: Callable[[], bool] = lambda: False) -> None:
        """Go on until `stop` is set or `until` says so."""
        while not stop.wait(STEP_S) and not until():
            self.step()

    def step(self) -> None:
        """Live up to now, publish what sensors said, and do what is due at the office and in the trucks."""
        now_utc = self.clock.now_utc()
        self.publisher.publish(self.world.advance(now_utc))
        self.counts.published = self.publisher.acknowledged
        if self.office is None:
            return
        try:
            if self.dispatcher is not None:
                self.dispatcher.step(now_utc)
            if self.drives:
                self._drive(self.office, now_utc)
            self._hear(self.office)
        except OfficeUnavailableError as exc:
            if self._was_there:
                log.warning("server away, sensors go on: %s", exc)
            self._was_there = False
        else:
            self._was_there = True

    def _drive(self, office: Office, now_utc: datetime) -> None:
        today = office.today()
        routes = {f"{today.plan_id}/{each.vehicle_id}": each.vehicle_id for each in today.routes}
        former = {each.route.vehicle_id: each for each in self._drivers.values()}
        self._drivers = {name: driver for name, driver in self._drivers.items() if name in routes}
        for number, (name, vehicle_id) in enumerate(routes.items()):
            if name not in self._drivers:
                rng = generator(self.seed, Draw.DRIVER, number, now_utc.toordinal())
                aboard_kg = former[vehicle_id].aboard_kg if vehicle_id in former else 0.0
                route = office.route(vehicle_id)
                self._drivers[name] = Driver(route, now_utc, rng, self._kg_when_full, aboard_kg)
        taps: list[Tap] = []
        for driver in self._drivers.values():
            taps += driver.taps_until(now_utc, self._sight)
        for result in office.tap(taps, now_utc) if taps else ():
            self.counts.taps += 1
            if result.status == "rejected":
                log.warning("tap rejected key=%s: %s", result.key, result.reason)

    def _sight(self, bin_id: str) -> float:
        return self.world.fill_fraction(BinId(bin_id)) if bin_id in self._bin_ids else NEW_BIN_FRACTION

    def _skip_old_events(self) -> None:
        """What happened before this town began is not its affair."""
        if self.office is None:
            return
        try:
            while True:
                position, events = self.office.events_after(self._position)
                self._position = position
                if not events:
                    return
        except OfficeUnavailableError as exc:
            log.warning("cannot read old events: %s", exc)

    def _hear(self, office: Office) -> None:
        self._position, events = office.events_after(self._position)
        for event in events:
            self._take(event)

    def _take(self, event: EventView) -> None:
        if event.kind == "emptied" and event.bin_id in self._bin_ids:
            self.world.empty(BinId(event.bin_id or ""), event.tapped_utc, event.key)
            self.counts.emptied += 1
        elif event.kind == "undone" and event.undoes_key:
            self.world.undo(event.undoes_key)
