"""`tomma bench plan`: how fast this machine plans a synthetic city, and whether the checker agrees with the outcome.

The city is drawn from a seed: bins in clusters of sites and scattered, with fill, weight, prize and service as a
mid-size Swedish town has them; streets are straight lines with a detour and one-way asymmetry, or with `--osm` the
true streets of an extract. It is no simulation of a working day: that is `tomma demo`.
"""

import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import typer
from numpy.typing import NDArray

from routing.answer import Solution
from routing.bench.replan import after_events
from routing.check import violations
from routing.problem import BinNode, DisposalNode, Problem
from routing.roads import open_roads
from routing.roads.port import Matrix, Roads
from routing.roads.sample_streets import HUBS, street_places
from routing.roads.straight_line import StraightLineRoads
from routing.solve import Solved, solve_in_child
from routing.truck import BreakRule, Rates, Truck
from tomma.city import Position
from tomma.earth import M_PER_DEG
from tomma.planning_settings import RoadSettings
from tomma.settings import load_settings

app = typer.Typer(add_completion=False, help="Plan a synthetic city and report times, cost and the checker's verdict.")

HOUR_S = 3600
CENTRE = Position(60.17, 24.94)
MUST_SHARE = 0.3
MEMORY_LIMIT_MB = 2_048
PROMISED_SIZES = ((300, 4), (1_000, 12))
"""Bins and trucks: a re-plan is to be there within 1 s and 3 s."""
GREEDY_S = 30.0
"""Far more than a greedy plan takes; it ends by its one round."""


@app.command("plan")
def plan_command(
    bins: Annotated[int, typer.Option(min=0, max=20_000)] = 250,
    vehicles: Annotated[int, typer.Option(min=0, max=200)] = 4,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    budget_s: Annotated[float, typer.Option(min=0.2, max=3600.0)] = 20.0,
    osm: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Streets of this extract.")] = None,
    replans: Annotated[bool, typer.Option("--replans/--no-replans", help="Also plan anew after three events.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Plan a synthetic city and report times, cost and the checker's verdict; then plan anew after three events."""
    roads = _roads(osm)
    began_at = time.perf_counter()
    problem = synthetic(bins, vehicles, seed, roads, osm)
    built_s = time.perf_counter() - began_at
    solved = solve_in_child(problem, budget_s=budget_s, memory_limit_mb=MEMORY_LIMIT_MB, seed=seed)
    result = _result(problem, solved, built_s) | {"roads": roads.source.value, "seed": seed}
    if replans:
        result |= _replans(problem, solved.solution, seed)
    if as_json:
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
    else:
        for key, value in result.items():
            sys.stdout.write(f"{key:>20}  {value}\n")
    if not (result["checked"] and result.get("replan_checked", True)):
        raise typer.Exit(1)


def _roads(osm: Path | None) -> Roads:
    settings = RoadSettings()
    if osm is None:
        return StraightLineRoads(settings.detour_factor, settings.straight_line_speed_kmh)
    return open_roads(settings.model_copy(update={"osm_extract": osm}), load_settings().roads_dir)


def _result(problem: Problem, solved: Solved, built_s: float) -> dict[str, object]:
    """Times count from the moment the city is known: matrix, problem and solving."""
    solution = solved.solution
    return {
        "first_plan_s": round(built_s + solved.first_s, 2),
        "final_s": round(built_s + solved.elapsed_s, 2),
        "checked": not violations(problem, solution),
        "cost_minor": solution.cost_minor,
        "lost_prize_minor": solution.lost_prize_minor,
        "must_missed": solution.must_missed,
        "distance_km": round(sum(route.distance_m for route in solution.routes) / 1000, 1),
        "engine": solved.engine,
        "notes": list(solved.notes),
        "routes": len(solution.routes),
        "unvisited": len(solution.unvisited),
        "bins": len(problem.bins),
        "vehicles": len(problem.trucks),
    }


def _replans(problem: Problem, solution: Solution, seed: int) -> dict[str, object]:
    """Seconds from an event in the middle of the day to a checked plan: of this city, and of the sizes promised.

    Those two begin with a greedy plan on straight lines: what a re-plan takes does not depend on how good it was.
    """
    settings = RoadSettings()
    roads = StraightLineRoads(settings.detour_factor, settings.straight_line_speed_kmh)
    made = {"replan": after_events(problem, solution, MEMORY_LIMIT_MB)}
    for bins, vehicles in PROMISED_SIZES:
        town = synthetic(bins, vehicles, seed, roads)
        plan = solve_in_child(
            town, budget_s=GREEDY_S, memory_limit_mb=MEMORY_LIMIT_MB, seed=seed, engines=("greedy",), iterations=1
        )
        made[f"replan_{bins}"] = after_events(town, plan.solution, MEMORY_LIMIT_MB)
    return {
        **{f"{name}_s": max((each.seconds for each in found), default=None) for name, found in made.items()},
        "replan_events": {each.event: each.seconds for each in made["replan"]},
        "replan_checked": all(each.checked for found in made.values() for each in found),
    }


def synthetic(bins: int, vehicles: int, seed: int, roads: Roads, extract: Path | None = None) -> Problem:
    """Return a city's problem; the same numbers and the same streets give the same problem.

    With an `extract` the sites lie beside its streets, else in a made-up town.
    """
    rng = np.random.default_rng([seed, bins])
    sites = max(1, bins * 2 // 3)
    matrix = roads.matrix(
        street_places(extract, HUBS + sites, rng, roads) if extract else _made_up_places(rng, bins, sites)
    )
    halt_s = np.concatenate([[0, 0, 0], rng.integers(45, 121, sites)]).astype(np.int32)
    where = np.concatenate([np.arange(sites), rng.integers(0, sites, max(0, bins - sites))])[:bins] + 3
    return _problem(matrix, halt_s, _bins(rng, where), vehicles)


def _made_up_places(rng: np.random.Generator, bins: int, sites: int) -> list[Position]:
    half_m = 2_500.0 * (max(bins, 10) / 250) ** 0.35  # larger towns are also denser
    spots = np.vstack([[[-0.9, 0.8], [1.0, 0.3], [-0.5, -1.0]] * np.array(half_m), _sites_m(rng, sites, half_m)])
    return [_position(east_m, north_m) for east_m, north_m in spots]


def _sites_m(rng: np.random.Generator, count: int, half_m: float) -> NDArray[np.float64]:
    """Two thirds in neighbourhoods, the rest anywhere."""
    near = count * 2 // 3
    centres = rng.normal(0.0, 0.45 * half_m, (max(3, count // 40), 2))
    clustered = centres[rng.integers(0, len(centres), near)] + rng.normal(0.0, 0.1 * half_m, (near, 2))
    return np.vstack([clustered, rng.uniform(-half_m, half_m, (count - near, 2))])


def _position(east_m: float, north_m: float) -> Position:
    lat_deg = CENTRE.lat_deg + north_m / M_PER_DEG
    return Position(lat_deg, CENTRE.lon_deg + east_m / (M_PER_DEG * float(np.cos(np.radians(CENTRE.lat_deg)))))


def _bins(rng: np.random.Generator, places: NDArray[np.int64]) -> tuple[BinNode, ...]:
    count = len(places)
    size_l = rng.choice([660, 1_100, 3_000, 5_000], count, p=[0.35, 0.35, 0.2, 0.1])
    fill = rng.beta(2.2, 2.0, count)
    must = fill > np.quantile(fill, 1 - MUST_SHARE) if count else fill > 1
    volume_l = np.ceil(fill * size_l).astype(int)
    weight_kg = np.ceil(volume_l * rng.uniform(0.06, 0.2, count)).astype(int)
    prize = np.where(must | (fill < 0.25), 0, np.rint(3_000 * fill + 30_000 * fill**3)).astype(int)
    service_s = np.where(size_l >= 3_000, 240, 60)
    return tuple(
        BinNode(int(p), int(v), int(w), int(s), must=bool(m), prize_minor=int(z))
        for p, v, w, s, m, z in zip(places, volume_l, weight_kg, service_s, must, prize, strict=True)
    )


def _problem(matrix: Matrix, halt_s: NDArray[np.int32], bins: tuple[BinNode, ...], vehicles: int) -> Problem:
    everything = frozenset({0})
    rest = BreakRule(9 * HOUR_S, 11 * HOUR_S, 1_800)
    kinds = [(18_000, 6_000, 60_000), (12_000, 4_000, 45_000)]
    return Problem(
        distance_m=np.where(matrix.reachable, matrix.distance_m, 0).astype(np.int32),
        duration_s=np.where(matrix.reachable, matrix.duration_s, 0).astype(np.int32),
        reachable=matrix.reachable,
        halt_s=halt_s,
        bins=bins,
        disposals=tuple(DisposalNode(place, everything, 900, 6 * HOUR_S, 16 * HOUR_S) for place in (1, 2)),
        trucks=tuple(
            Truck(0, 0, volume_l, weight_kg, everything, 6 * HOUR_S, 14 * HOUR_S, fixed, (rest,))
            for volume_l, weight_kg, fixed in (kinds[number % len(kinds)] for number in range(vehicles))
        ),
        rates=Rates(1_600, 43_200, 43_200),
    )
