"""Lives through the days before today, with the town's old rounds, and in the end with plans if somebody makes them."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from simulator.draws import Draw, generator
from simulator.messages import OutMessage
from simulator.world import World
from tomma.city import City

STARTS_LOCAL = time(6, 0)
ROUND_S = (20 * 60, int(7.5 * 3600))  # a bin's turn comes within the shift
COLLECT_FROM_FRACTION = 0.55  # with a day's growth the mean fill at collection comes near Edinburgh's 77 %
MISSED_SHARE = 0.08  # a parked car, a truck off the road: the bin waits another day


class Planned(Protocol):
    """Days on which trucks drive plans; `simulator.past.PlannedDays` keeps it."""

    def covers(self, now_utc: datetime) -> bool:
        """Return whether the old rounds have ended by that day."""

    def live(self, world: World, until_utc: datetime) -> None:
        """Have done what the office and the trucks do until then; the world itself stays where it is."""


def live_through(
    world: World, city: City, until_utc: datetime, seed: int, planned: Planned | None = None
) -> Iterator[list[OutMessage]]:
    """Advance the world to the minute of `until_utc`, a day's rounds each morning; yields an hour at a time.

    On the `planned` days there are no rounds. When these are asked for an hour, what was sent before it was yielded.
    """
    until_utc = until_utc.replace(second=0, microsecond=0)  # the world knows whole minutes only
    zone = ZoneInfo(city.organisation.timezone)
    while world.now_utc < until_utc:
        local = world.now_utc.astimezone(zone)
        next_utc = min(_next_full_hour(world.now_utc), until_utc)
        if planned is not None and planned.covers(world.now_utc):
            planned.live(world, next_utc)
        elif (local.hour, local.minute) == (STARTS_LOCAL.hour, STARTS_LOCAL.minute):
            send_rounds(world, city, seed)
        yield world.advance(next_utc)


def send_rounds(world: World, city: City, seed: int) -> int:
    """Have today's rounds empty what looks full this morning, at times over the shift; return how many."""
    start_utc = world.now_utc
    rng = generator(seed, Draw.ROUNDS, int(start_utc.timestamp()) // 60)
    turn_s = rng.uniform(*ROUND_S, len(city.bins))
    missed = rng.random(len(city.bins)) < MISSED_SHARE
    sent = 0
    for number, bin_id in enumerate(city.bins):
        if world.fill_fraction(bin_id) >= COLLECT_FROM_FRACTION and not missed[number]:
            at_utc = start_utc + timedelta(seconds=float(turn_s[number]))
            world.empty(bin_id, at_utc, f"round-{start_utc:%Y%m%d}-{bin_id}")
            sent += 1
    return sent


def _next_full_hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
