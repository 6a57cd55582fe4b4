"""Turns what was asked on the command line into tasks."""

from dataclasses import replace
from pathlib import Path

from simulator.proving.arms import OURS, PERFECT, POLICIES, Arm, policy_of
from simulator.proving.compare import Task
from simulator.proving.events import Happenings
from simulator.proving.scenarios import find_scenario
from tomma.errors import ConfigurationError

FIRST_ROUND_H, LAST_ROUND_H = 6, 20


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
    second_rounds: tuple[int, ...] = (),
) -> list[Task]:
    """Return every arm on every seed, seed by seed.

    Raises:
        ConfigurationError: If a name is unknown, a share lies outside [0, 1], or an hour outside a working day.
    """
    scenario = find_scenario(scenario_name)
    size = scenario.quick if quick else scenario.full
    size = replace(size, days=days or size.days)
    for share in silent:
        if not 0.0 <= share <= 1.0:
            raise ConfigurationError(f"silent must be within [0, 1], got {share}")
    for hour in second_rounds:
        if not FIRST_ROUND_H < hour <= LAST_ROUND_H:
            raise ConfigurationError(f"second round must be within [{FIRST_ROUND_H + 1}, {LAST_ROUND_H}], got {hour}")
    chosen = policies or (scenario.quick_policies if quick else POLICIES)
    for name in chosen:
        policy_of(name, scenario)
    shares = silent or ((0.0, 0.2) if not policies else ())
    anew = [Arm(each, second_round_h=hour) for hour in second_rounds for each in (OURS, PERFECT) if each in chosen]
    arms = list(dict.fromkeys([*map(Arm, chosen), *(Arm(OURS, share) for share in shares), *anew]))
    return [
        Task(scenario_name, arm, seed, size, happenings, roads_dir)
        for seed in range(1, (seeds or size.seeds) + 1)
        for arm in arms
    ]
