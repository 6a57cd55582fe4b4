"""Which instances are planned for how long: the whole suite, or what fits within a minute."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from routing.bench_solver import kim_case, vrplib_case
from routing.bench_solver.case import Case
from routing.bench_solver.peers import PEERS
from routing.bench_solver.run import Task
from routing.bench_solver.waste_city_case import WasteCityCase

BOTH = tuple(PEERS)
QUICK_S = 4.0
"""Five instances, ours and then both peers side by side, with starts and judging: 44 s where nothing else runs."""
QUICK_INSTANCES = {"102_stop": 3.0, "X-n101-k25": QUICK_S, "RC208": 6.0, "X-n251-k28": 5.0}
"""With seconds, the same for ours and theirs. In the order of worth: on a busy machine there is no time for the last
ones. RC208 has few and long routes: PyVRP's default seed meets the best known after 3.9 s of a core, others after 1.5
or never, so that with 4 s a start of half a second more or less decided. X-n251 has the most stops."""
QUICK_CITY = (300, 4, 0)


def public_cases(data: Path) -> list[Case]:
    """Return every instance below a folder, the small ones first."""
    cases: list[Case] = [vrplib_case.open_case(path) for path in sorted(data.rglob("*.vrp"))]
    cases += [kim_case.open_case(path) for path in sorted(data.rglob("*_stop.txt"))]
    return sorted(cases, key=lambda case: (case.group, case.size, case.name))


def public_tasks(data: Path | None, seconds: float, peers: Sequence[str]) -> list[Task]:
    """Return the public instances, each for the same time."""
    return [Task(case, seconds, peers=peers) for case in public_cases(data)] if data else []


def city_tasks(path: Path | None, cities: int, peers: Sequence[str]) -> list[Task]:
    """Return the waste_city tasks: what each must show is named by its key."""
    if path is None:
        return []

    def city(bins: int, trucks: int, seed: int = 0) -> Case:
        return WasteCityCase(path, bins, trucks, seed)

    return [
        *(Task(city(300, 4, seed), 5, f"waste_city_300_s{seed}", peers) for seed in range(cities)),
        Task(city(1_000, 6), 20, "waste_city_1000_20s", peers),
        Task(city(1_000, 6), 60, "waste_city_1000_60s", peers),
        Task(city(3_000, 15), 45, "waste_city_3000_45s", peers),
        Task(city(1_000, 2), 20, "waste_city_too_few_trucks", left_outs_allowed=True),
        Task(city(10_000, 50), 300, "waste_city_10000_300s"),
    ]


def quick_tasks(data: Path | None, city: Path | None, peers: Sequence[str]) -> list[Task]:
    """Return one instance of each kind, for seconds."""
    chosen = [
        replace(task, seconds=QUICK_INSTANCES[task.case.name])
        for task in public_tasks(data, QUICK_S, peers)
        if task.case.name in QUICK_INSTANCES
    ]
    order = [*QUICK_INSTANCES]
    bins, trucks, seed = QUICK_CITY
    cities = [replace(task, seconds=QUICK_S) for task in city_tasks(city, 1, peers) if task.case.size == bins]
    assert all(task.case.name == WasteCityCase(Path(), bins, trucks, seed).name for task in cities)  # noqa: S101
    return cities + sorted(chosen, key=lambda task: order.index(task.case.name))


def only(tasks: Sequence[Task], wanted: Sequence[str]) -> list[Task]:
    """Return the tasks whose group, name or key is, or contains, one of the words; all without words."""
    return [
        task
        for task in tasks
        if not wanted or any(word in f"{task.case.group} {task.case.name} {task.key}" for word in wanted)
    ]
