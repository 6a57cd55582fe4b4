"""Runs cases, one after the other or several at once, and adds up what came of them."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from simulator.faults.case import Case, Effort, Outcome
from simulator.faults.command import Starter
from simulator.faults.here import NotHereError
from simulator.faults.rig import PATIENCE_S, Bench

SHOWN = 200
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case: an outcome, or why there is none."""

    case: Case
    took_s: float
    outcome: Outcome | None = None
    skipped: str = ""
    """What this machine lacks for the case."""
    crashed: str = ""

    def faults(self, limit_s: float) -> list[str]:
        """Return everything that must be true and was not; recovery may take `limit_s`."""
        if self.outcome is None:
            return [self.crashed] if self.crashed else []
        found = [*self.outcome.broken]
        if not self.outcome.verdict.is_clean:
            found.append(str(self.outcome.verdict))
        slowest_s = max(self.outcome.recovered_s, default=0.0)
        if slowest_s > limit_s:
            found.append(f"answered again after {slowest_s:.1f} s, {limit_s:g} s are allowed")
        return found

    def as_json(self, limit_s: float) -> dict[str, Any]:
        """Return the case as one flat object."""
        told: dict[str, Any] = {"id": self.case.id, "took_s": round(self.took_s, 1)}
        if self.outcome is not None:
            verdict = self.outcome.verdict
            told |= {
                "acknowledged": verdict.acknowledged,
                "lost": len(verdict.lost),
                "stored_twice": len(verdict.stored_twice),
                "recovered_s_max": _rounded(max(self.outcome.recovered_s, default=None)),
                "kills": self.outcome.kills,
                **({"lost_as_stated": self.outcome.lost_as_stated} if self.outcome.lost_as_stated else {}),
                **self.outcome.facts,
            }
        if self.skipped:
            told["skipped"] = self.skipped
        return told | {"failed": self.faults(limit_s)}


def run_cases(
    cases: Sequence[Case],
    effort_of: Callable[[Case], Effort],
    *,
    jobs: int,
    program: Path | None = None,
    patience_s: float = PATIENCE_S,
    on_result: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Run each case in a directory of its own; `jobs` of them at once, the results in the order of the cases.

    `program` runs in place of `tomma`: a script with a fault planted, to try the harness itself.
    """
    with TemporaryDirectory(prefix="tomma-faults-") as name, Starter(Path(name), program) as starter:
        bench = Bench(Path(name), starter, patience_s)

        def one(case: Case) -> Result:
            result = _run(case, bench, effort_of(case))
            on_result(result)
            return result

        with ThreadPoolExecutor(jobs, thread_name_prefix="case") as pool:
            return list(pool.map(one, cases))


def effort(seed: int, kills: int, images: int, *, quick: bool) -> Callable[[Case], Effort]:
    """Return how hard each case tries; each draws from its own seed, so one alone does what it did among others."""
    return lambda case: Effort(Random(f"{seed} {case.id}"), kills=kills, images=images, quick=quick)  # noqa: S311


def _run(case: Case, bench: Bench, effort: Effort) -> Result:
    began_s = time.monotonic()
    outcome, skipped, crashed = None, "", ""
    try:
        outcome = case.run(bench, effort)
    except NotHereError as exc:
        skipped = str(exc)
    except Exception as exc:  # a case that breaks has failed; the others still tell what they know
        log.info("case broke id=%s", case.id, exc_info=True)
        crashed = _in_short(f"{type(exc).__name__}: {exc}")
    return Result(case, time.monotonic() - began_s, outcome, skipped, crashed)


def _in_short(text: str) -> str:
    """Return the beginning and the end: what failed, and the last that was said."""
    return text if len(text) <= 2 * SHOWN else f"{text[:SHOWN]} ... {text[-SHOWN:]}"


def summary(results: Iterable[Result], limit_s: float) -> dict[str, Any]:
    """Return the one line: totals over all cases, then the cases."""
    listed = list(results)
    outcomes = [result.outcome for result in listed if result.outcome is not None]
    return {
        "acknowledged": sum(each.verdict.acknowledged for each in outcomes),
        "lost": sum(len(each.verdict.lost) for each in outcomes),
        "stored_twice": sum(len(each.verdict.stored_twice) for each in outcomes),
        "lost_as_stated": sum(each.lost_as_stated for each in outcomes),
        "recovered_s_max": _rounded(max((s for each in outcomes for s in each.recovered_s), default=None)),
        "kills": sum(each.kills for each in outcomes),
        "failed": [result.case.id for result in listed if result.faults(limit_s)],
        "skipped": [result.case.id for result in listed if result.skipped],
        "cases": [result.as_json(limit_s) for result in listed],
    }


def _rounded(value_s: float | None) -> float | None:
    return None if value_s is None else round(value_s, 3)
