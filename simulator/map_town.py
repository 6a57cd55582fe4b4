"""A town's readings without a broker: days of true fills, measured every few hours, straight into the store."""

from datetime import datetime, timedelta

import numpy as np

from simulator.history import live_through
from simulator.towns import Town
from simulator.world import World
from tomma.model import Quality, Reading
from tomma.ports import ReadingStore

NOISE_FRACTION = 0.01
MEASURED_EVERY_H = 4


def live_into(store: ReadingStore, town: Town, start_utc: datetime, until_utc: datetime, seed: int) -> int:
    """Let the town live with its old rounds, store what its sensors measure, and return how many readings that is.

    A sensor that dies says nothing any more, as in the field; frames, decoders and the broker are left out.
    """
    world = World(town, start_utc, seed)
    rng = np.random.default_rng([seed, 0x4D4150])
    count = 0
    for hour, _ in enumerate(live_through(world, town.city, until_utc, seed)):
        if hour % MEASURED_EVERY_H == 0:
            count += len(measured := _measured(world, town, start_utc, rng))
            store.append(measured)
    return count


def _measured(world: World, town: Town, start_utc: datetime, rng: np.random.Generator) -> list[Reading]:
    age_days = (world.now_utc - start_utc) / timedelta(days=1)
    seen = np.clip(world.fills.fraction + rng.normal(0.0, NOISE_FRACTION, len(town.truths)), 0.0, 1.0).tolist()
    return [
        Reading(truth.bin_id, truth.sensor_id, at_utc, at_utc, level, Quality.GOOD)
        for truth, level in zip(town.truths, seen, strict=True)
        if truth.silent_after_days is None or age_days < truth.silent_after_days
        for at_utc in [world.now_utc - timedelta(seconds=MEASURED_EVERY_H * 3600 - truth.report_phase_s % 3600)]
    ]
