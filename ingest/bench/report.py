"""From what every taker did in every run to one line of figures: medians, ratios, and which aims are met."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from ingest.bench.big_store import Reads
from ingest.bench.measure import Outcome

OURS, PLAIN, BATCHES = "tomma", "plain_loop", "plain_loop_batches"
NODE_RED = "node_red_"
"""Begins the name of every taker that is Node-RED."""
type Figures = dict[str, object]


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure that the project promises on two cores."""

    key: str
    bound: float
    at_least: bool

    def is_met(self, figures: Figures) -> bool | None:
        """Return whether the figure is on the right side of its bound; None when it was not measured."""
        found = figures.get(self.key)
        if not isinstance(found, int | float):
            return None
        return found >= self.bound if self.at_least else found <= self.bound


AIMS = (
    Aim("lost", 0, at_least=False),
    Aim("readings_per_s", 10_000, at_least=True),
    Aim("ratio_to_node_red", 3.0, at_least=True),
    Aim("p99_ms", 250.0, at_least=False),
    Aim("bytes_per_reading", 40.0, at_least=False),
    Aim("latest_10k_ms", 20.0, at_least=False),
    Aim("range_14d_ms", 5.0, at_least=False),
)


def figures_of(outcomes: Sequence[Outcome]) -> Figures:
    """Return the medians of one taker's runs, and its sums of what went wrong."""
    return {
        "readings_per_s": round(median(each.readings_per_s for each in outcomes)),
        "cpu_us_per_reading": _median(outcomes, lambda each: each.taker_cpu_us),
        "broker_cpu_us_per_reading": _median(outcomes, lambda each: each.broker_cpu_us),
        "publisher_cpu_us_per_reading": _median(outcomes, lambda each: each.publisher_cpu_us),
        "p50_ms": _percentile(outcomes, 50),
        "p99_ms": _percentile(outcomes, 99),
        "lost": sum(each.reckoning.lost for each in outcomes),
        "doubled": sum(each.reckoning.doubled for each in outcomes),
        "wrong": sum(each.reckoning.wrong for each in outcomes),
        "messages": sum(each.messages for each in outcomes),
        "run_bytes_per_reading": _median(outcomes, lambda each: each.bytes_on_disk / each.messages),
    }


def summary(
    takers: Mapping[str, Sequence[Outcome]], reads: Reads, rows: int, bytes_per_reading: float, why_no_node_red: str
) -> Figures:
    """Return the figures of the bench: ours by their bare names, everybody's under `takers`."""
    everybody = {name: figures_of(outcomes) for name, outcomes in takers.items()}
    ours = everybody[OURS]
    node_red = _fastest({name: each for name, each in everybody.items() if name.startswith(NODE_RED)})
    told: Figures = {
        **ours,
        "ratio_to_node_red": _ratio(ours, everybody.get(node_red or "")),
        "ratio_to_plain_loop": _ratio(ours, everybody.get(PLAIN)),
        "ratio_to_plain_loop_batches": _ratio(ours, everybody.get(BATCHES)),
        "node_red": node_red or f"not measured: {why_no_node_red}",
        "bytes_per_reading": round(bytes_per_reading, 1),
        "latest_10k_ms": round(reads.latest_ms, 1),
        "latest_again_ms": round(reads.latest_again_ms, 2),
        "range_14d_ms": round(reads.fortnight_ms, 2),
        "rows": rows,
        "runs": len(takers[OURS]),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "takers": everybody,
    }
    return {**told, "aims_met": {aim.key: aim.is_met(told) for aim in AIMS}}


def _median(outcomes: Sequence[Outcome], of: Callable[[Outcome], float]) -> float:
    return round(median(map(of, outcomes)), 1)


def _percentile(outcomes: Sequence[Outcome], percent: float) -> float | None:
    """Return the median over the runs of each run's percentile."""
    found = [float(np.percentile(each.latencies_ms, percent)) for each in outcomes if each.latencies_ms]
    return round(median(found), 1) if found else None


def _fastest(of: Mapping[str, Figures]) -> str | None:
    return max(of, key=lambda name: _per_s(of[name]), default=None)


def _ratio(ours: Figures, theirs: Figures | None) -> float | None:
    return None if theirs is None else round(_per_s(ours) / max(1.0, _per_s(theirs)), 2)


def _per_s(figures: Figures) -> float:
    found = figures["readings_per_s"]
    return float(found) if isinstance(found, int | float) else 0.0
