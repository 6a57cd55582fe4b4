"""Edinburgh's recording as a test of the detector: what it can show, and what it cannot.

The export has no readings between collections and its level after every collection is zero, so the pairs alone would
let "drops to zero" win every time: they show neither precision nor what a rest does. What is real in it are the times
between collections and the levels before them: 10,000 of them. So each bin's life is filled in: between two
collections the level climbs from the rest to the recorded level in steps of random size, busier by day, and a sensor
with noise, echoes and a radio that loses 28 % in bursts looks at it once an hour. Once with nothing left behind, as
recorded, and once with the rests of Swedish glass containers.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from simulator.catalogue import HOUR_WEIGHT
from simulator.draws import Draw, generator
from simulator.emptyings_bench.cases import Case, message_of
from simulator.messages import OutMessage, Report, plain_json
from simulator.radio import Channel
from simulator.replay.edinburgh import Collection, read_collections, sensor_of
from simulator.truth import Device
from simulator.world import TrueEmptying
from tomma.city import Bin, City, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.containers import ContainerType
from tomma.model import BinId, ContainerTypeId, FractionCode, SensorId, SiteId

HOUR = timedelta(hours=1)
NOISE_FRACTION = 0.015
ECHO_PROBABILITY = 0.004
SWEDISH_REST = (0.20, 0.74)
"""Of what was in the bin; the published levels are of the whole container, and these bins are not always full."""
LEFT = 0.12
"""A rest leaves at least this much of a drop: less is not called an emptying by anybody."""


def edinburgh(path: Path, *, rests: bool, sites: int, seed: int) -> Case:
    """Fill in the lives of the first `sites` bins of the recording."""
    per_site: dict[str, list[Collection]] = defaultdict(list)
    for each in read_collections(path):
        per_site[each.site].append(each)
    chosen = sorted(per_site)[:sites]
    truth: list[TrueEmptying] = []
    sent: list[tuple[datetime, OutMessage]] = []
    for number, site in enumerate(chosen):
        rng = generator(seed, Draw.DISTURBANCES, number, int(rests))
        lived = _lived(per_site[site], rng, rests=rests)
        truth += [TrueEmptying(BinId(site), *each) for each in lived]
        sent += _reported(sensor_of(site), lived, rng)
    sent.sort(key=lambda pair: pair[0])
    name = "edinburgh-rests" if rests else "edinburgh"
    about = "real times and levels before, filled in hourly; " + ("20-74 % of it stays" if rests else "nothing stays")
    messages = [message_of(each, moment) for moment, each in sent]
    return Case(name, about, _city(chosen), messages, tuple(truth), HOUR)


type Pickup = tuple[datetime, float, float]
"""When, the level before, the level after."""


def _lived(collections: Sequence[Collection], rng: np.random.Generator, *, rests: bool) -> list[Pickup]:
    found: list[Pickup] = []
    for each in collections:
        before = each.fill_before_pct / 100.0
        share = float(rng.uniform(*SWEDISH_REST)) if rests else 0.0
        after = min(before * share, max(before - LEFT, 0.0))
        found.append((each.at_utc(), before, after))
    return found


def _reported(
    sensor_id: SensorId, lived: Sequence[Pickup], rng: np.random.Generator
) -> Iterator[tuple[datetime, OutMessage]]:
    channel = Channel[Report](Device.LASER_TTS)
    for counter, (moment, level) in enumerate(_levels(lived, rng), start=1):
        echo = rng.random() < ECHO_PROBABILITY
        seen = rng.random() if echo else level + rng.normal(0.0, NOISE_FRACTION)
        fill_pct = round(100.0 * min(1.0, max(0.0, float(seen))), 1)
        report = Report(sensor_id, moment, counter, 15.0, 0.9, None, fill_pct)
        fade, loss, doubled = rng.random(3)
        for each in channel.offer(report, fade=float(fade), loss=float(loss), is_doubled=bool(doubled < 0.01)):
            for _ in range(each.copies):
                yield moment, plain_json(each.report)


def _levels(lived: Sequence[Pickup], rng: np.random.Generator) -> Iterator[tuple[datetime, float]]:
    """Yield a level an hour from a day before the first collection to six hours after the last."""
    offset = timedelta(minutes=float(rng.uniform(0, 60)))
    since, level = lived[0][0] - 24 * HOUR, 0.3 * lived[0][1]
    for at_utc, before, after in lived:
        yield from _climb(since + offset, at_utc, level, max(before, level), rng)
        since, level = at_utc, after
    yield from _climb(since + offset, since + 6 * HOUR, level, min(level + 0.05, 1.0), rng)


def _climb(
    from_utc: datetime, to_utc: datetime, low: float, high: float, rng: np.random.Generator
) -> Iterator[tuple[datetime, float]]:
    hours = int((to_utc - from_utc) / HOUR) + 1
    if to_utc <= from_utc:
        return
    busy = np.array([HOUR_WEIGHT[(from_utc + number * HOUR).hour] for number in range(hours)], dtype=np.float64)
    steps = rng.gamma(np.maximum(busy / busy.mean(), 1e-3))  # lumpy, and by day
    risen = low + (high - low) * np.cumsum(steps) / steps.sum()
    for number in range(hours):
        moment = from_utc + number * HOUR
        if moment < to_utc:
            yield moment.astimezone(UTC).replace(microsecond=0), float(risen[number])


def _city(sites: Sequence[str]) -> City:
    container = ContainerType(ContainerTypeId("litter"), "Litter bin", 240.0, 1000.0, 100.0, 100.0)
    long_ago = datetime(2015, 6, 1, tzinfo=UTC)
    return City(
        organisation=Organisation("edinburgh", "Edinburgh", "Europe/London", "GBP"),
        fractions={FractionCode("mixed"): Fraction(FractionCode("mixed"), "Blandat", "Mixed", 0.07)},
        container_types={container.id: container},
        sites={SiteId(site): Site(SiteId(site), site, Position(55.95, -3.19)) for site in sites},
        bins={BinId(site): Bin(BinId(site), SiteId(site), container.id, FractionCode("mixed")) for site in sites},
        sensors={sensor_of(site): Sensor(sensor_of(site), "Enevo", "WE-008") for site in sites},
        installations=tuple(Installation(sensor_of(site), BinId(site), long_ago) for site in sites),
        vehicles={},
        depots={},
        disposal_sites={},
    )
