"""The waste_city benchmark in our words: its cities as problems, our solutions judged by its own evaluator.

The benchmark is one Python file that lives outside this tree. It is loaded from the path it is given by, never
copied, and only asked for three things: `make`, `evaluate`, and the numbers of an instance.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from routing.answer import Solution, VisitKind
from routing.problem import BinNode, DisposalNode, Problem
from routing.truck import BreakRule, Rates, Truck
from tomma.errors import ConfigurationError

DEPOT, SITES, FIRST_BIN = 0, (1, 2), 3
"""The benchmark's node numbers; they are our places, too."""
PLAIN, CRANE = 0, 1
"""A bin that needs a crane is a stream that only trucks with a crane take, and every site."""
RATES = Rates(per_km_minor=1_600, per_h_minor=43_200, per_handling_h_minor=0)
"""The benchmark charges 1.6 a metre and 12 a second of driving, and nothing for handling."""


@dataclass(frozen=True)
class WasteCity:
    """One instance of the benchmark and its judge."""

    module: ModuleType
    instance: Mapping[str, Any]

    @cached_property
    def problem(self) -> Problem:
        """The instance as a solver sees it."""
        return _problem(self.instance)

    def objective(self, solution: Solution) -> int:
        """Return what the benchmark's own evaluator makes of the solution: driving, trucks and lost prizes.

        Raises:
            AssertionError: If the evaluator finds a broken rule, or a bin left out that must be collected.
        """
        return int(self.module.evaluate(self.instance, self.sequences(solution))["obj"])

    def sequences(self, solution: Solution) -> list[list[int]]:
        """Return the nodes that each truck visits in order; a truck without work has none."""
        nodes: list[list[int]] = [[] for _ in self.problem.trucks]
        for route in solution.routes:
            nodes[route.truck] = [visit.place for visit in route.visits if visit.kind is not VisitKind.BREAK]
        return nodes


def load(path: Path) -> ModuleType:
    """Return the benchmark's module.

    Raises:
        ConfigurationError: If there is no such file, or it is not the benchmark.
    """
    spec = importlib.util.spec_from_file_location("waste_city_benchmark", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ConfigurationError(f"{path} must be the waste_city benchmark's Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not (hasattr(module, "make") and hasattr(module, "evaluate")):
        raise ConfigurationError(f"{path} has no make and evaluate: it is not the waste_city benchmark")
    return module


def city(module: ModuleType, bins: int, trucks: int, seed: int) -> WasteCity:
    """Return one instance; the same numbers give the same city."""
    return WasteCity(module, module.make(bins, trucks, seed))


def _problem(instance: Mapping[str, Any]) -> Problem:
    count = int(instance["n"])
    return Problem(
        distance_m=np.asarray(instance["dist"]).astype(np.int32),
        duration_s=np.asarray(instance["dur"]).astype(np.int32),
        reachable=np.ones((count, count), dtype=np.bool_),
        halt_s=np.zeros(count, dtype=np.int32),
        bins=tuple(_bin(instance, node) for node in range(FIRST_BIN, count)),
        disposals=tuple(_site(instance, node) for node in SITES),
        trucks=_trucks(instance),
        rates=RATES,
    )


def _bin(instance: Mapping[str, Any], node: int) -> BinNode:
    open_s, latest_s = (int(each) for each in instance["tw"][node])
    return BinNode(
        place=node,
        volume_l=int(instance["vol"][node]),
        weight_kg=int(instance["wt"][node]),
        service_s=int(instance["svc"][node]),
        fraction=CRANE if instance["crane"][node] else PLAIN,
        must=bool(instance["must"][node]),
        prize_minor=int(instance["prize"][node]),
        open_s=open_s,
        latest_s=latest_s,
    )


def _site(instance: Mapping[str, Any], node: int) -> DisposalNode:
    open_s, latest_s = (int(each) for each in instance["tw"][node])
    return DisposalNode(node, frozenset({PLAIN, CRANE}), int(instance["svc"][node]), open_s, latest_s)


def _trucks(instance: Mapping[str, Any]) -> tuple[Truck, ...]:
    rest = instance["brk"]
    start_s, end_s = (int(each) for each in instance["tw"][DEPOT])
    pause = BreakRule(int(rest["lo"]), int(rest["hi"]), int(rest["dur"]))
    trucks: Sequence[Mapping[str, Any]] = instance["trucks"]
    return tuple(
        Truck(
            start_place=DEPOT,
            end_place=DEPOT,
            capacity_l=int(truck["cap"][1]),
            capacity_kg=int(truck["cap"][0]),
            fractions=frozenset({PLAIN, CRANE} if truck["crane"] else {PLAIN}),
            shift_start_s=start_s,
            shift_end_s=end_s,
            fixed_minor=int(truck["fixed"]),
            breaks=(pause,),
        )
        for truck in trucks
    )
