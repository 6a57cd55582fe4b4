"""A large town's readings, straight into the store: what the page and its server are measured with."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from simulator.map_town import MEASURED_EVERY_H, live_into
from simulator.towns import Town, make_town
from tomma.model import Reading
from tomma.settings import Settings
from tomma.stores.wiring import open_stores

START = datetime(2026, 11, 16, 4, tzinfo=UTC)
DAYS = 3
SEED = 3


def lived(folder: Path, bins: int, days: int, silent_share: float = 0.03) -> tuple[Town, Sequence[Reading]]:
    """A town that has lived, and what lies in its store."""
    town = make_town(bins, SEED, silent_share=silent_share)
    until_utc = START + timedelta(days=days)
    with open_stores(Settings(data_dir=folder)) as stores:
        count = live_into(stores.readings, town, START, until_utc, SEED)
        found = [
            reading
            for truth in town.truths
            for reading in stores.readings.range(truth.bin_id, START - timedelta(days=1), until_utc)
        ]
    assert count == len(found)
    return town, found


def test_every_sensor_measures_until_it_dies_and_bins_are_emptied(tmp_path: Path) -> None:
    """Levels rise and fall as in a city; a dead sensor is silent, not stuck."""
    town, found = lived(tmp_path, 40, DAYS, silent_share=1.0)
    heard = Counter(each.bin_id for each in found)
    times = DAYS * 24 // MEASURED_EVERY_H
    dead = {truth.bin_id for truth in town.truths if (truth.silent_after_days or DAYS) < DAYS - 1}
    assert dead
    for truth in town.truths:
        if truth.bin_id in dead:
            assert heard[truth.bin_id] < times
        elif (truth.silent_after_days or DAYS) > DAYS:
            assert heard[truth.bin_id] >= times - 1
    by_bin = pairwise(found)
    falls = [
        (one, other)
        for one, other in by_bin
        if one.bin_id == other.bin_id and other.fill_fraction < one.fill_fraction - 0.3
    ]
    assert falls, "the old rounds empty what is full"


def test_the_same_seed_gives_the_same_readings(tmp_path: Path) -> None:
    """Two measurements compare only when they measure the same."""
    assert lived(tmp_path / "first", 20, 1)[1] == lived(tmp_path / "second", 20, 1)[1]
