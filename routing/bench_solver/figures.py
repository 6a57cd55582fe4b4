"""The named figures of a run: what the README promises, under fixed keys; None where nothing was run for it."""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

from routing.bench_solver.case import Routes, Score
from routing.bench_solver.run import Result
from routing.bench_solver.waste_city_case import WasteCityCase

SMALL_NODES = 500
Figure = float | int | bool | str | None


def figures(results: Sequence[Result], elapsed_s: float) -> dict[str, object]:
    """Return the keys of the JSON line.

    Fractions are fractions (0.01 is 1 %); `worst_ratio_to_best_peer` is the largest of our objective divided by the
    best valid peer's in the same seconds, None when a peer was valid where we were not (see `failed`) or none ran.
    """
    return {
        "worst_ratio_to_best_peer": _finite(max(_known(result.ratio for result in results), default=None)),
        "mean_ratio_to_best_peer": _finite(_mean(_known(result.ratio for result in results))),
        "cvrp_gap_small": _gap(results, "cvrp", small=True),
        "cvrp_gap_large": _gap(results, "cvrp", small=False),
        "vrptw_gap": _gap(results, "vrptw"),
        "pcvrptw_gap": _gap(results, "pcvrptw"),
        **_kim(results),
        **_cities(results),
        "all_checked": all(result.checked for result in results),
        "failed": [result.task.case.name for result in results if not result.ours.valid],
        "instances": [instance(result) for result in results],
        "elapsed_s": round(elapsed_s, 1),
    }


def instance(result: Result) -> dict[str, object]:
    """Return one instance's figures."""
    published = result.task.case.published
    return {
        "name": result.task.case.name,
        "group": result.task.case.group,
        "nodes": result.task.case.size,
        "seconds": result.task.seconds,
        "ours": _objective(result.ours),
        "ours_trucks": result.ours.trucks,
        "ours_miles": _rounded(result.ours.miles),
        "checked": result.checked,
        "first_s": round(result.first_s, 2),
        "elapsed_s": round(result.elapsed_s, 2),
        "memory_mb": round(result.memory_mb),
        "must_missed": result.must_missed,
        **{name: _objective(score) for name, score in result.peers.items()},
        **{f"{name}_trucks": score.trucks if score else None for name, score in result.peers.items()},
        "best_known": published.value if published else None,
        "best_known_trucks": published.trucks if published else None,
        "gap": _rounded(result.gap, 5),
        "ratio_to_best_peer": _finite(result.ratio),
        "faults": list(result.ours.faults[:3]),
        "notes": [*result.notes, *(f"{name}: {note}" for name, note in result.peer_notes.items())],
    }


def _kim(results: Sequence[Result]) -> dict[str, Figure]:
    """Trucks beyond the published number (negative: fewer), and miles by the published miles, of the worst instance."""
    known = [
        (result.ours, best)
        for result in results
        if result.task.case.group == "kim" and (best := result.task.case.published) is not None and result.ours.valid
    ]
    more = [ours.trucks - best.trucks for ours, best in known if best.trucks is not None]
    ratios = [ours.comparable / best.value for ours, best in known]
    return {
        "kim_more_trucks": max(more, default=None),
        "kim_miles_ratio_worst": _rounded(max(ratios, default=None), 4),
        "kim_miles_ratio_mean": _rounded(_mean(ratios), 4),
    }


def _cities(results: Sequence[Result]) -> dict[str, Figure]:
    by_key = {result.task.key: result for result in results if result.task.key}
    towns = [result for key, result in by_key.items() if key.startswith("waste_city_300_s")]
    ours = [town.ours.objective for town in towns]
    plain = [score.objective for town in towns if (score := town.peers.get("pyvrp")) is not None and score.valid]
    both = bool(plain) and len(plain) == len(ours)
    too_few, huge = by_key.get("waste_city_too_few_trucks"), by_key.get("waste_city_10000_300s")
    large = by_key.get("waste_city_1000_60s")
    return {
        "waste_city_300_5s_seed_0": _value(by_key, "waste_city_300_s0"),
        "waste_city_300_5s_mean": _finite(_mean(ours)),
        "waste_city_300_5s_pyvrp_mean": _finite(_mean(plain)),
        "waste_city_300_under_pyvrp": _rounded(1 - sum(ours) / sum(plain), 4) if both else None,
        "waste_city_300_cities": len(towns),
        "waste_city_1000_20s": _value(by_key, "waste_city_1000_20s"),
        "waste_city_1000_60s": _value(by_key, "waste_city_1000_60s"),
        "waste_city_3000_45s": _value(by_key, "waste_city_3000_45s"),
        "waste_city_10000_300s": _value(by_key, "waste_city_10000_300s"),
        "waste_city_10000_cost_per_bin_ratio": _by_large(huge, large, WasteCityCase.cost_per_visit),
        "waste_city_10000_cost_between_bins_ratio": _by_large(huge, large, WasteCityCase.cost_from_bin_to_bin),
        "waste_city_10000_memory_mb": round(huge.memory_mb) if huge else None,
        "waste_city_too_few_trucks_checked": too_few.checked if too_few else None,
        "waste_city_too_few_trucks_must_left_out": too_few.must_missed if too_few else None,
    }


def _by_large(
    huge: Result | None, large: Result | None, per_visit: Callable[[WasteCityCase, Routes], float]
) -> float | None:
    """Compare a cost per visited bin: does a city of ten times the bins cost more a bin."""
    costs = []
    for result in (huge, large):
        if result is None or not result.ours.valid or not isinstance(result.task.case, WasteCityCase):
            return None
        costs.append(per_visit(result.task.case, result.routes))
    return _rounded(costs[0] / costs[1], 4)


def _gap(results: Sequence[Result], group: str, *, small: bool | None = None) -> float | None:
    gaps = _known(
        result.gap
        for result in results
        if result.task.case.group == group and small in (None, result.task.case.size <= SMALL_NODES)
    )
    return _rounded(max(gaps, default=None), 5)


def _value(by_key: Mapping[str, Result], key: str) -> float | None:
    return _objective(by_key[key].ours) if key in by_key else None


def _objective(score: Score | None) -> float | None:
    return _rounded(score.objective) if score is not None and score.valid else None


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def _finite(value: float | None) -> float | None:
    return _rounded(value, 5) if value is not None and math.isfinite(value) else None


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
