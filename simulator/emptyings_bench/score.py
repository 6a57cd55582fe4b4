"""How many of the true emptyings were told, and how many that were told are true."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from simulator.world import TrueEmptying
from tomma.model import BinId, Reading

TINY_FRACTION = 0.10
"""A truck that took less than a tenth of a bin is nobody's emptying: telling it is neither right nor wrong."""
TRACE_FRACTION = 0.05
"""A true emptying after which the next reading is not even so much lower left nothing to tell it by."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Told:
    """An emptying that a detector told, dated, and when it said so."""

    bin_id: BinId
    at_utc: datetime
    told_utc: datetime


@dataclass(frozen=True, slots=True)
class Score:
    """The outcome on one data set; `candidates` is every fall of a tenth or more between two readings."""

    true: int
    traces: int
    """How many of the true ones left a trace: see `TRACE_FRACTION`."""
    told: int
    hits: int
    candidates: int
    median_delay_h: float

    @property
    def precision(self) -> float:
        """Share of the told ones that happened."""
        return self.hits / self.told if self.told else 1.0

    @property
    def recall(self) -> float:
        """Share of those that happened that were told."""
        return self.hits / self.true if self.true else 1.0

    @property
    def recall_of_traces(self) -> float:
        """Share of those that left a trace in the readings that were told: what a detector can be asked."""
        return min(1.0, self.hits / self.traces) if self.traces else 1.0

    @property
    def accuracy(self) -> float:
        """Share of the candidates that were judged rightly: is this fall an emptying or not?

        A true emptying that is no candidate, since every reading near it was lost, counts as one.
        """
        wrong = (self.told - self.hits) + (self.true - self.hits)
        return 1.0 - wrong / max(self.candidates, self.true + self.told - self.hits, 1)

    def as_json(self) -> dict[str, object]:
        """Return the figures as shown."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "recall_of_traces": round(self.recall_of_traces, 4),
            "accuracy": round(self.accuracy, 4),
            "median_delay_h": round(self.median_delay_h, 2),
            "true": self.true,
            "traces": self.traces,
            "told": self.told,
        }


type Histories = Mapping[BinId, Sequence[Reading]]
"""Each bin's readings, in order of time and once each."""


def score(told: Sequence[Told], truth: Sequence[TrueEmptying], histories: Histories, candidates: int) -> Score:
    """Match each told emptying with one true one of its bin.

    They match when the told date is the first reading after the true one, or one of the two readings around that:
    a false echo just before, or one lost just after, moves the date by a reading. What happened so near the end that
    no two readings follow cannot be known yet, and does not count.
    """
    per_bin: dict[BinId, list[TrueEmptying]] = defaultdict(list)
    for each in truth:
        per_bin[each.bin_id].append(each)
    hits, told_count, true_count, traces = 0, 0, 0, 0
    delays_h: list[float] = []
    for bin_id, found in histories.items():
        measured = [each.measured_utc for each in found]
        of_bin = [each for each in told if each.bin_id == bin_id]
        pairs, idle = _matched(of_bin, per_bin[bin_id], measured)
        counted = [each for each in per_bin[bin_id] if _counts(each, measured)]
        hits += sum(_counts(true, measured) for _, true in pairs)
        true_count += len(counted)
        traces += sum(_leaves_trace(each, measured, found) for each in counted)
        told_count += idle + sum(_counts(true, measured) for _, true in pairs)
        delays_h += [(one.told_utc - true.at_utc) / HOUR for one, true in pairs]
    return Score(true_count, traces, told_count, hits, candidates, median(delays_h) if delays_h else 0.0)


def _counts(true: TrueEmptying, measured: Sequence[datetime]) -> bool:
    seen_before, place = bisect_right(measured, true.at_utc), bisect_left(measured, true.at_utc)
    taken = true.fill_before_fraction - true.fill_after_fraction
    return taken >= TINY_FRACTION and seen_before >= 3 and place <= len(measured) - 4


def _leaves_trace(true: TrueEmptying, measured: Sequence[datetime], found: Sequence[Reading]) -> bool:
    """Return whether the level was lower when the sensor next spoke: else the bin was full again by then."""
    place = bisect_left(measured, true.at_utc)
    return found[place - 1].fill_fraction - found[place].fill_fraction >= TRACE_FRACTION


def _matched(
    told: Sequence[Told], truth: Sequence[TrueEmptying], measured: Sequence[datetime]
) -> tuple[list[tuple[Told, TrueEmptying]], int]:
    """Return the pairs, and how many told ones found no partner."""
    free, pairs, idle = list(truth), [], 0
    for one in sorted(told, key=lambda each: each.at_utc):
        place = bisect_left(measured, one.at_utc)
        match = next((each for each in free if -1 <= place - bisect_left(measured, each.at_utc) <= 2), None)
        if match is None:
            idle += int(place <= len(measured) - 4)
        else:
            free.remove(match)
            pairs.append((one, match))
    return pairs, idle
