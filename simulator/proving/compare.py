"""Runs the arms of a comparison over the seeds, on as many cores as there are, and lays them side by side."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from routing.daytime import WorkingDay
from simulator.proving.arms import PERFECT, Arm, policy_of
from simulator.proving.events import Happenings, off_duty, surges_of, workshop
from simulator.proving.loop import PLAN_HOUR, Course, Outcome, Trial
from simulator.proving.scenarios import Size, find_scenario
from simulator.proving.tape import Tape

FIRST_DAY = date(2026, 3, 2)
"""A Monday; the measured weeks lie in spring."""


@dataclass(frozen=True, slots=True)
class Task:
    """One arm on one seed."""

    scenario: str
    arm: Arm
    seed: int
    size: Size
    happenings: Happenings
    roads_dir: Path


Tell = Callable[[str], None]
Outcomes = dict[Arm, dict[int, Outcome]]
"""By arm and seed."""


def run_task(task: Task) -> Outcome:
    """Live through one arm on one seed."""
    scenario, size = find_scenario(task.scenario), task.size
    town = scenario.make(task.seed, task.roads_dir)
    first = WorkingDay(FIRST_DAY, town.city.organisation.timezone).at_utc(PLAN_HOUR * 3_600)
    first_hour = int(first.timestamp()) // 3_600
    hours = 24 * (size.warm_up_days + size.settling_days + size.days)
    surges = surges_of(task.happenings, town, task.seed, first_hour, hours)
    tape = Tape(town, task.seed, first_hour, silent_share=task.arm.silent_share, surges=surges)
    course = Course(
        first_day=FIRST_DAY,
        warm_up_days=size.warm_up_days,
        settling_days=size.settling_days,
        days=size.days,
        iterations=scenario.iterations if task.size.iterations is None else task.size.iterations,
        planning=scenario.planning,
        trucks_off=workshop(task.happenings, town.city, task.seed, size.settling_days + size.days),
        is_off_duty=off_duty(task.happenings),
        second_round_h=task.arm.second_round_h,
    )
    trial = Trial(tape, course, policy_of(task.arm.policy, scenario), knows_future=task.arm.policy == PERFECT)
    return trial.run(task.arm.name)


def compare(tasks: Sequence[Task], *, workers: int | None, ends_at: float | None, tell: Tell) -> Outcomes:
    """Run the tasks, seed after seed; after `ends_at` (monotonic clock) no further seed is begun.

    Only seeds that all arms have lived through are returned, so that every comparison is paired.
    """
    workers = workers or min(len(tasks), os.cpu_count() or 1)
    found: Outcomes = {}
    seeds = sorted({task.seed for task in tasks})
    with ProcessPoolExecutor(workers, get_context("spawn")) as executor:
        rounds = [[task for task in tasks if task.seed == seed] for seed in seeds]
        if ends_at is None:
            rounds = [list(tasks)]
        took_s = 0.0
        for number, batch in enumerate(rounds):
            began_at = time.monotonic()
            if ends_at is not None and number and began_at + took_s > ends_at:
                tell(f"no time for seeds {', '.join(str(seed) for seed in seeds[number:])}")
                break
            _collect(found, ((task, executor.submit(run_task, task)) for task in batch), tell)
            took_s = time.monotonic() - began_at
    return found


def _collect(found: Outcomes, running: Iterable[tuple[Task, Future[Outcome]]], tell: Tell) -> None:
    task_of = {future: task for task, future in running}
    for future in as_completed(task_of):
        task, outcome = task_of[future], future.result()
        found.setdefault(task.arm, {})[task.seed] = outcome
        cost = sum(day.cost_minor for day in outcome.days) / len(outcome.days) / 100.0
        tell(f"{task.scenario} seed {task.seed} {task.arm.name}: {cost:,.0f} a day")
