"""Turns what was asked on the command line into tasks."""

from dataclasses import replace
from pathlib import Path

from simulator.proving.arms import OURS, POLICIES, Arm, policy_of
from simulator.proving.compare import Task
from simulator.proving.events import Happenings
from simulator.proving.scenarios import find_scenario
from tomma.errors import ConfigurationError


def tasks_of(
    scenario_name: str,
    happenings: Happenings,
    roads_dir: Path,
    *,
    quick: bool,
    seeds: int | None,
    days: int | None,
    policies: tuple[str, ...],
    silent: tuple[float, ...],
) -> list[Task]:
    """Return every arm on every seed, seed by seed.

    Raises:
        ConfigurationError: If a name is unknown or a share lies outside [0, 1].
    """
    scenario = find_scenario(scenario_name)
    size = scenario.quick if quick else scenario.full
    size = replace(size, days=days or size.days)
    for share in silent:
        if not 0.0 <= share <= 1.0:
            raise ConfigurationError(f"silent must be within [0, 1], got {share}")
    chosen = policies or (scenario.quick_policies if quick else POLICIES)
    for name in chosen:
        policy_of(name, scenario)
    shares = silent or ((0.0, 0.2) if not policies else ())
    arms = list(dict.fromkeys([*map(Arm, chosen), *(Arm(OURS, share) for share in shares)]))
    return [
        Task(scenario_name, arm, seed, size, happenings, roads_dir)
        for seed in range(1, (seeds or size.seeds) + 1)
        for arm in arms
    ]
