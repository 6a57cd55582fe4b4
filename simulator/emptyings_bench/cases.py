"""The data sets: messages in the order of arrival, and what really happened."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ingest.message import Message
from simulator.disturbances import Disturbance, Disturbances
from simulator.history import live_through
from simulator.messages import OutMessage
from simulator.towns import Town, make_town
from simulator.truth import BinTruth
from simulator.world import TrueEmptying, World
from tomma.city import City
from tomma.model import BinId

START_UTC = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Case:
    """One data set."""

    name: str
    about: str
    city: City
    messages: Sequence[Message]
    truth: Sequence[TrueEmptying]
    interval: timedelta
    """How often a sensor speaks when nothing is lost."""
    disturbed: Mapping[BinId, Sequence[Disturbance]] = field(default_factory=dict)
    """What hung or stood before each sensor."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a simulated town differs from the usual one."""

    name: str
    about: str
    interval_h: float = 1.0
    noise: float = 1.0
    """A factor on the sensors' noise."""
    rest: tuple[float, float] | None = None
    """How full bins are just after each emptying; None: as the waste stream has it."""
    faults: float = 0.0
    """A factor on the rates of `simulator.disturbances`."""
    delay: timedelta = timedelta()
    """Every message comes up to so much late, in any order."""


SETTINGS = (
    Setting("hourly", "a usual town, every sensor type, hourly"),
    Setting("quarter-hourly", "a reading each quarter of an hour", interval_h=0.25),
    Setting("six-a-day", "a reading each four hours", interval_h=4.0),
    Setting("once-a-day", "a reading a day", interval_h=24.0),
    Setting("rests-20-74", "20 to 74 % is left after every emptying", rest=(0.20, 0.74)),
    Setting("partly", "emptied to anything between 0 and 60 %", rest=(0.0, 0.60)),
    Setting("noisy", "four times the noise", noise=4.0),
    Setting("faulty", "cardboard, blocked and stuck sensors, false echoes", faults=1.0),
    Setting("late", "up to a day late, in any order", delay=timedelta(hours=20)),
)


def simulated(setting: Setting, bins: int, days: float, seed: int) -> Case:
    """Live through some days of a town with its old rounds; 28 % of the radio's messages are lost in bursts."""
    town = make_town(bins, seed, silent_share=0.0)
    town = Town(town.city, tuple(_changed(truth, setting) for truth in town.truths))
    world = World(town, START_UTC, seed)
    world.reports_per_hour = max(1, round(1.0 / setting.interval_h))
    if setting.faults:
        world.disturbances = Disturbances(bins, START_UTC, days, seed, setting.faults)
    sent = [
        each
        for hour in live_through(world, town.city, START_UTC + timedelta(days=days), seed)
        for each in _received(hour)
    ]
    every = max(1, round(setting.interval_h))
    thinned = [each for each in sent if _is_turn(each[1], every)]
    arriving = thinned if not setting.delay else _delayed(thinned, setting.delay, random.Random(seed))  # noqa: S311  (a seeded story)
    interval = setting.interval_h * HOUR
    messages = [message_of(each, moment) for moment, each in arriving]
    disturbed = world.disturbances.of_bin if world.disturbances else ()
    of_bin = {truth.bin_id: each for truth, each in zip(town.truths, disturbed, strict=False)}
    return Case(setting.name, setting.about, town.city, messages, tuple(world.emptyings), interval, of_bin)


def _changed(truth: BinTruth, setting: Setting) -> BinTruth:
    stream = truth.stream
    if setting.rest is not None:
        stream = replace(stream, residue_probability=1.0, residue_fraction=setting.rest)
    return replace(truth, noise_mm=truth.noise_mm * setting.noise, stream=stream)


def _received(hour: Iterable[OutMessage]) -> Iterable[tuple[datetime, OutMessage]]:
    """What waited in a sensor comes when the next report gets through: after that one."""
    newest = datetime.min.replace(tzinfo=UTC)
    for each in hour:
        newest = max(newest, each.measured_utc or newest)
        yield newest, each


def _is_turn(message: OutMessage, every: int) -> bool:
    """A sensor that speaks each `every` hours says what the hourly one says in every so many hours."""
    if every == 1 or message.measured_utc is None:
        return True
    number = sum(message.sensor_id.encode())
    return (int(message.measured_utc.timestamp()) // 3600 + number) % every == 0


def _delayed(
    sent: Sequence[tuple[datetime, OutMessage]], at_most: timedelta, rng: random.Random
) -> list[tuple[datetime, OutMessage]]:
    return sorted(
        ((moment + rng.random() ** 3 * at_most, each) for moment, each in sent), key=lambda pair: pair[0]
    )  # the cube: most come soon


def message_of(message: OutMessage, received_utc: datetime) -> Message:
    """Return what the subscriber would hand to the pipeline."""
    envelope = "tts_v3" if message.topic.startswith("v3/") else "json"
    return Message(message.topic, message.payload, received_utc + timedelta(seconds=2), envelope)
