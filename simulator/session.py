"""One run of `tomma simulate`: a town from its history into the present, and on."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from simulator.dispatcher import Dispatcher
from simulator.history import Planned
from simulator.live import Live
from simulator.office import Office
from simulator.publisher import BrokerLogin, Publisher
from simulator.towns import Town, make_town
from simulator.world import World
from tomma.city import City
from tomma.clock import Clock, ScaledClock
from tomma.errors import ConfigurationError
from tomma.settings import Settings
from tomma.stores.wiring import open_stores

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SessionChoices:
    """What the person asked for."""

    size: str | int
    extract: Path
    seed: int
    history: timedelta
    planned_days: int
    """How many of the last days of the history were planned and driven, not gone by old rounds."""
    speed: float
    reports_per_hour: int
    silent_share: float
    api: str
    api_key: str
    dispatches: bool
    drives: bool
    plan_budget_s: float | None
    duration_s: float | None


def simulate_town(
    settings: Settings,
    login: BrokerLogin,
    choices: SessionChoices,
    register: Callable[[City], None],
    stop: threading.Event,
    tell: Callable[[str], None],
) -> dict[str, object]:
    """Run the town until `stop` is set or its duration is over; return the counts."""
    clock = _clock(settings, choices.speed, tell)
    town = make_town(choices.size, choices.seed, extract=choices.extract, silent_share=choices.silent_share)
    register(town.city)
    start_utc = clock.now_utc() - choices.history
    world = World(town, start_utc, choices.seed)
    office = Office(choices.api, choices.api_key) if choices.api else None
    zone = ZoneInfo(town.city.organisation.timezone)
    dispatcher = Dispatcher(office, zone, choices.plan_budget_s, tell) if office and choices.dispatches else None
    with Publisher(login, f"tomma-simulator-{choices.seed}") as publisher:
        live = Live(town, world, publisher, clock, choices.seed, office, dispatcher, choices.drives)
        with _planned(settings, town, clock, choices, publisher.flush) as planned:
            live.catch_up(stop, tell, planned)
        history = publisher.acknowledged
        tell(f"history published readings={history}")
        world.reports_per_hour = choices.reports_per_hour
        live.settle(stop)
        tell("live")
        ends_s = None if choices.duration_s is None else time.monotonic() + choices.duration_s
        live.run(stop, lambda: ends_s is not None and time.monotonic() >= ends_s)
        publisher.flush()
    if office is not None:
        office.close()
    return {
        "bins": len(town.truths),
        "history": history,
        "published": publisher.acknowledged,
        "true_emptyings": len(world.emptyings),
        "taps": live.counts.taps,
        "emptied_by_drivers": live.counts.emptied,
        "until_utc": world.now_utc.isoformat(),
    }


@contextlib.contextmanager
def _planned(
    settings: Settings, town: Town, clock: Clock, choices: SessionChoices, flush: Callable[[], None]
) -> Iterator[Planned | None]:
    """Give the days before today that are planned, with the stores open for so long; None when there are none."""
    if not choices.planned_days:
        yield None
        return
    from simulator.past import PlannedDays  # brings the planner with it: a second that sensors alone need not wait

    today = clock.now_utc().astimezone(ZoneInfo(town.city.organisation.timezone)).date()
    first = today - timedelta(days=choices.planned_days)
    with open_stores(settings) as stores:
        yield PlannedDays(town.city, stores, settings, first, today, choices.seed, flush)


def _clock(settings: Settings, speed: float, tell: Callable[[str], None]) -> Clock:
    clock = settings.clock.clock()
    if speed == 1.0:
        return clock
    if settings.clock.start_utc is not None:
        raise ConfigurationError("--speed and TOMMA_CLOCK__* say the same thing twice; leave one out")
    began_utc, began_s = clock.now_utc(), time.time()
    tell(
        f"the other processes must share this clock: TOMMA_CLOCK__START_UTC={began_utc.isoformat()} "
        f"TOMMA_CLOCK__REAL_START_S={began_s} TOMMA_CLOCK__FACTOR={speed:g}"
    )
    return ScaledClock(began_utc, began_s, speed)
