"""The towns that policies are tried on, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from routing.roads.opening import open_roads
from routing.roads.port import Roads
from routing.roads.straight_line import StraightLineRoads
from simulator.deposits import inflow_of
from simulator.presets import SHIPPED_EXTRACT
from simulator.proving.groningen import make_groningen
from simulator.proving.town import ProvingTown, places_of
from simulator.towns import make_town
from tomma.errors import ConfigurationError
from tomma.planning_settings import PlanningSettings, RoadSettings

MAKE = Callable[[int, Path], ProvingTown]


AS_SHIPPED = PlanningSettings()


@dataclass(frozen=True, slots=True)
class Size:
    """How much is tried."""

    seeds: int
    warm_up_days: int
    settling_days: int
    days: int
    iterations: int | None = None
    """Of the engine, for each day's routes; None means as the scenario says."""


LARGE, LARGE_QUICK = Size(1, 14, 2, 7), Size(1, 7, 1, 1)
"""A week of a large city takes minutes for each policy."""
STUDY, STUDY_QUICK = Size(3, 28, 10, 28), Size(1, 21, 5, 7, iterations=300)
STUDY_POLICIES = ("groningen_rule", "groningen_prize", "ours")
AS_IN_THE_STUDY = PlanningSettings(accepted_overflow_probability=0.5, overflow_cost_minor=128 * 1_600)
"""No threshold but the price of an overflow keeps the service: 128 km do, found in towns other than those measured."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A town and how it is tried."""

    name: str
    bins: int
    make: MAKE
    """From a seed and the folder of prepared street networks."""
    iterations: int
    """Of the engine, for each day's routes."""
    fixed_margin: float
    """Tuned: see `simulator.proving.policies.Fixed`."""
    rule_bins_a_day: int
    prize_rho_minor: float
    planning: PlanningSettings = AS_SHIPPED
    """As this city has set it."""
    quick: Size = Size(1, 21, 5, 14)
    full: Size = Size(5, 28, 7, 56)
    quick_policies: tuple[str, ...] = ("fixed", "risk", "groningen_prize", "ours", "perfect")


def helsinki(bins: int, report_every_h: int = 3) -> MAKE:
    """Return who makes the simulated town of that size, on the shipped streets of central Helsinki."""

    def make(seed: int, roads_dir: Path) -> ProvingTown:
        town = make_town(bins, seed, silent_share=0.0)
        roads: Roads = open_roads(RoadSettings(osm_extract=SHIPPED_EXTRACT), roads_dir)
        if bins > STREETS_UP_TO_BINS:
            roads = StraightLineRoads(RoadSettings().detour_factor, RoadSettings().straight_line_speed_kmh)
        matrix = roads.matrix([position for _, position in places_of(town.city)])
        return ProvingTown(town.city, town.truths, inflow_of(town.truths), matrix, report_every_h)

    return make


def groningen(*, with_loads: bool) -> MAKE:
    """Return who makes the city like Groningen's."""
    return lambda seed, roads_dir: make_groningen(seed, with_loads=with_loads)  # noqa: ARG005  (no streets of its own)


STREETS_UP_TO_BINS = 7_000
IN_THE_STUDY = (AS_IN_THE_STUDY, STUDY_QUICK, STUDY, STUDY_POLICIES)

SCENARIOS = {
    each.name: each
    for each in (
        Scenario("groningen", 850, groningen(with_loads=False), 1_000, 0.6, 250, 16_384_000, *IN_THE_STUDY),
        Scenario("groningen-loads", 850, groningen(with_loads=True), 1_000, 0.6, 250, 16_384_000, *IN_THE_STUDY),
        Scenario("small-town", 160, helsinki(160), 300, 0.6, 64, 60_000),
        Scenario("town-300", 300, helsinki(300), 300, 0.6, 120, 60_000),
        Scenario("city-1400", 1_400, helsinki(1_400), 200, 0.6, 560, 60_000, full=Size(3, 28, 7, 28)),
        Scenario("city-6540", 6_540, helsinki(6_540, 6), 20, 0.6, 2_600, 60_000, full=LARGE, quick=LARGE_QUICK),
        Scenario("city-11100", 11_100, helsinki(11_100, 6), 0, 0.6, 4_400, 60_000, full=LARGE, quick=LARGE_QUICK),
    )
}


def find_scenario(name: str) -> Scenario:
    """Return the scenario, or raise ConfigurationError naming the ones there are."""
    try:
        return SCENARIOS[name]
    except KeyError:
        raise ConfigurationError(f"scenario must be one of {', '.join(SCENARIOS)}, got {name}") from None
