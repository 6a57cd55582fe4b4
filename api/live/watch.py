"""Looks at the stores and tells the pages what changed.

Readings come in through another process, plans and events through this one or another: the stores are where all
meet, so they are asked, twice a second, for what is new.
"""

import logging
import threading
import time
from collections import deque
from dataclasses import asdict
from datetime import datetime

from api.bins.board import Board, Scene
from api.bins.forecasts import Forecasts
from api.city.keeper import CityKeeper
from api.context import Pace
from api.driver.flags import flags_of
from api.driver.ledger import DriverLedger
from api.live.hub import Hub
from api.live.topics import CITY
from api.plans.today import Today
from api.turns import TurnTaker
from tomma.clock import Clock
from tomma.fold import tried_again
from tomma.model import AlertKind, BinId, PlanId
from tomma.ports import ReadingStore

log = logging.getLogger(__name__)

RATE_WINDOW_S = 60.0


class Watch(TurnTaker):
    """Keeps the board up to date in a thread of its own; `look` may be called from any thread."""

    def __init__(
        self,
        *,
        city: CityKeeper,
        readings: ReadingStore,
        today: Today,
        ledger: DriverLedger,
        forecasts: Forecasts,
        board: Board,
        hub: Hub,
        clock: Clock,
        pace: Pace,
    ) -> None:
        super().__init__("watch", log, every_s=pace.poll_s, rest_s=pace.poll_s / 10)
        self._city = city
        self._readings = readings
        self._today = today
        self._ledger = ledger
        self._forecasts = forecasts
        self._board = board
        self._hub = hub
        self._clock = clock
        self._looking = threading.Lock()
        self._scene: Scene | None = None
        self._told_plan: PlanId | None = None
        self._heard: deque[tuple[float, int]] = deque()

    @property
    def failure(self) -> str:
        """Why the last look failed; empty when it did not."""
        return self._turns.failure

    def scene(self) -> Scene:
        """Return the newest scene; NotFoundError before the first import of a city."""
        return self._scene or self.look()

    def look(self) -> Scene:
        """Look at the stores, draw the board and tell the pages what changed."""
        with self._looking:
            before = self._scene
            scene = self._new_scene()
            if before is not None:
                self._count(before, scene)
            changes = self._board.draw(scene, self._clock.now_utc())
            self._scene = scene
        if changes:
            self._hub.tell(CITY, "bins", {"bins": changes})
        if before is not None:
            self._tell_anew(before, scene)
        return scene

    def readings_per_min(self) -> int:
        """Return how many fill levels changed within the last minute of the wall clock."""
        since = time.monotonic() - RATE_WINDOW_S
        return sum(count for moment, count in list(self._heard) if moment >= since)

    def last_reading_utc(self) -> datetime | None:
        """Return when the newest reading of all was measured."""
        scene = self._scene
        return max((each.measured_utc for each in scene.latest.values()), default=None) if scene else None

    def _new_scene(self) -> Scene:
        city = self._city.current()
        news = self._ledger.news()
        contradicted = self._ledger.contradicted(news)
        for event in news:
            flags = flags_of(event, city, contradicted=event.key in contradicted)
            self._hub.tell(CITY, "event", {**asdict(event), "flags": flags})
        day = self._today.day()
        self._ledger.forget_before(day)
        plan = self._today.published()
        if plan is not None and plan.id != self._told_plan:
            self._told_plan = plan.id
            self._hub.tell(CITY, "plan", {"id": plan.id, "status": plan.status.value})
        done = self._ledger.day(day)
        return Scene(
            city=city,
            latest=self._readings.latest(),
            forecast=self._forecasts.current,
            plan=plan,
            day=done if plan is None else tried_again(done, plan),
            silent=self._silent(),
        )

    def _silent(self) -> frozenset[BinId]:
        standing = self._readings.active_alerts()
        return frozenset(each.bin_id for each in standing if each.kind is AlertKind.SENSOR_SILENT and each.bin_id)

    def _tell_anew(self, before: Scene, scene: Scene) -> None:
        """Tell the pages when what they loaded whole must be loaded again."""
        if scene.city is not before.city:
            self._hub.tell(CITY, "city", {"bins": len(scene.city.bins)})
        if scene.forecast is not before.forecast and scene.forecast is not None:
            self._hub.tell(CITY, "forecast", {"as_of_utc": scene.forecast.as_of_utc})

    def _count(self, before: Scene, now: Scene) -> None:
        moment = time.monotonic()
        fresh = sum(before.latest.get(bin_id) is not reading for bin_id, reading in now.latest.items())
        if fresh:
            self._heard.append((moment, fresh))
        while self._heard and self._heard[0][0] < moment - RATE_WINDOW_S:
            self._heard.popleft()

    def _turn(self) -> None:
        self.look()
