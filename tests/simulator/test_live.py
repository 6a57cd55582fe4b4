"""The town goes on whatever people do to its city at the desk."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from simulator.live import Live
from simulator.messages import OutMessage
from simulator.office import EventView, Office, RouteInShort, RouteView, StopView, TapResult, TodayView
from simulator.publisher import Publisher
from simulator.towns import Town
from simulator.world import World
from tests.simulator.support import MIDNIGHT_UTC

SIX = MIDNIGHT_UTC + timedelta(hours=6)
ADDED = "added-at-the-desk"


@dataclass(frozen=True)
class StandingClock:
    """Shows one moment."""

    now: datetime

    def now_utc(self) -> datetime:
        """Return that moment."""
        return self.now

    def real_seconds(self, clock_s: float) -> float:
        """Return how long a wait is: none ends."""
        return clock_s


class Desk:
    """An office whose one truck has one stop: at a bin that this town never had."""

    def __init__(self) -> None:
        """Nobody has tapped yet."""
        self.taps: list[dict[str, object]] = []

    def today(self) -> TodayView:
        """One truck."""
        return TodayView("plan-1", (RouteInShort("truck-1"),))

    def route(self, vehicle_id: str) -> RouteView:
        """One stop, at the bin that was added."""
        return RouteView(vehicle_id, "plan-1", SIX, (StopView("collect", SIX, SIX, bin_id=ADDED),))

    def tap(self, taps: Sequence[dict[str, object]], now_utc: datetime) -> tuple[TapResult, ...]:
        """Every tap is stored."""
        self.taps += taps
        return tuple(TapResult("stored") for _ in taps)

    def events_after(self, position: int) -> tuple[int, tuple[EventView, ...]]:
        """Tell them all."""
        told = self.taps[position:]
        return len(self.taps), tuple(
            EventView(str(each["key"]), str(each["kind"]), SIX, "plan-1", ADDED) for each in told
        )


class Silent:
    """A publisher that nobody hears."""

    acknowledged = 0

    def publish(self, messages: Sequence[OutMessage]) -> None:
        """Drop them."""


def test_a_bin_added_at_the_desk_is_emptied_and_ends_nothing(small_town: Town) -> None:
    """Whoever tries a demo adds a bin; the next morning's route has it, and the town must live on."""
    desk, clock = Desk(), StandingClock(SIX + timedelta(minutes=2))
    world = World(small_town, SIX, seed=1)
    town = Live(small_town, world, cast("Publisher", Silent()), clock, seed=2, office=cast("Office", desk))
    town.step()
    assert [(each["kind"], each["bin_id"]) for each in desk.taps] == [("emptied", ADDED)]
    town.step()
    assert town.counts.taps == 1


@dataclass
class SlowServer:
    """An office that knows the levels when it is asked for the second time, an hour of the town's clock later."""

    clock: "HandClock"
    bins: int
    asked: int = 0

    def known_fills(self) -> int:
        """None at first."""
        self.asked += 1
        self.clock.now += timedelta(hours=1)
        return self.bins if self.asked > 1 else 0

    def events_after(self, position: int) -> tuple[int, tuple[EventView, ...]]:
        """There are none."""
        return position, ()


@dataclass
class HandClock:
    """A clock that the server moves."""

    now: datetime

    def now_utc(self) -> datetime:
        """Return where it stands."""
        return self.now

    def real_seconds(self, clock_s: float) -> float:
        """Return how long a wait is."""
        return clock_s


@dataclass
class Heard(Silent):
    """A publisher that counts."""

    messages: list[OutMessage] = field(default_factory=list)

    def publish(self, messages: Sequence[OutMessage]) -> None:
        """Keep them."""
        self.messages += messages


def test_sensors_go_on_while_the_server_wakes_up(small_town: Town) -> None:
    """In the demo they waited for it, and its morning began with an alert that nothing comes in."""
    clock, heard = HandClock(SIX), Heard()
    server, world = SlowServer(clock, len(small_town.truths)), World(small_town, SIX, seed=1)
    town = Live(small_town, world, cast("Publisher", heard), clock, seed=2, office=cast("Office", server))
    town.settle(threading.Event())
    assert server.asked == 2
    assert world.now_utc == SIX + timedelta(hours=1)
    assert len({each.sensor_id for each in heard.messages}) > len(small_town.truths) / 2
