"""Plays a data set through the pipeline as a subscriber would, and through two naive detectors beside it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from ingest.context import IngestContext
from ingest.memory import SensorMemory
from ingest.pipeline import process
from simulator.emptyings_bench.cases import Case
from simulator.emptyings_bench.flags import FlagScore, flag_scores
from simulator.emptyings_bench.score import Score, Told, score
from tomma.model import BinId, Emptying, Reading, SensorId

BATCH_S = 300
ZERO_FRACTION = 0.05
DROP_FRACTION = 0.30
CANDIDATE_FRACTION = 0.10


class _Kept:
    """Memories in a dict, as a running subscriber has them."""

    def __init__(self) -> None:
        self.held: dict[SensorId, SensorMemory] = {}

    def of(self, sensor_id: SensorId, bin_id: BinId) -> SensorMemory:
        """Return what was kept."""
        held = self.held.get(sensor_id)
        return held if held is not None and held.bin_id == bin_id else SensorMemory(bin_id)


def measure(case: Case) -> tuple[Mapping[str, Score], Mapping[str, FlagScore]]:
    """Return the scores of our detector and of the baselines by name, and of the flags on the readings.

    The baselines get every reading once and in order of time: more than they would have in a stream.
    """
    readings, told = _ours(case)
    in_order = {bin_id: _once(found) for bin_id, found in readings.items()}
    candidates = sum(
        earlier.fill_fraction - later.fill_fraction >= CANDIDATE_FRACTION
        for found in in_order.values()
        for earlier, later in pairwise(found)
    )
    tellers = {
        "tomma": told,
        "drops to zero": [each for found in in_order.values() for each in _to_zero(found)],
        "drop > 30 points": [each for found in in_order.values() for each in _by_thirty(found)],
    }
    scores = {name: score(each, case.truth, in_order, candidates) for name, each in tellers.items()}
    return scores, flag_scores(in_order, case.disturbed)


def _ours(case: Case) -> tuple[Mapping[BinId, list[Reading]], list[Told]]:
    """Return every bin's readings in order of arrival, and what the pipeline told and did not withdraw."""
    kept, readings = _Kept(), defaultdict[BinId, list[Reading]](list)
    told: dict[tuple[object, ...], Told] = {}
    for _, arrived in groupby(case.messages, key=lambda each: int(each.received_utc.timestamp()) // BATCH_S):
        some = tuple(arrived)
        batch = process(some, IngestContext(case.city, kept))
        kept.held.update(batch.memory)
        for each in batch.withdrawn:
            if isinstance(each, Emptying):
                told.pop((each.bin_id, each.at_utc), None)
        for each in batch.emptyings:
            told[each.bin_id, each.at_utc] = Told(each.bin_id, each.at_utc, some[-1].received_utc)
        for reading in batch.readings:
            readings[reading.bin_id].append(reading)
    return readings, list(told.values())


def _once(found: Sequence[Reading]) -> list[Reading]:
    return sorted({each.measured_utc: each for each in reversed(found)}.values(), key=lambda each: each.measured_utc)


def _to_zero(found: Sequence[Reading]) -> Iterator[Told]:
    """The bin was not empty and now is."""
    for earlier, later in pairwise(found):
        if earlier.fill_fraction > ZERO_FRACTION >= later.fill_fraction:
            yield Told(later.bin_id, later.measured_utc, later.received_utc)


def _by_thirty(found: Sequence[Reading]) -> Iterator[Told]:
    """The level is more than 30 points below the one before."""
    for earlier, later in pairwise(found):
        if earlier.fill_fraction - later.fill_fraction > DROP_FRACTION:
            yield Told(later.bin_id, later.measured_utc, later.received_utc)
