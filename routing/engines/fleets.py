"""Which trucks to offer an engine: it keeps every truck it is offered, also where fewer would do.

A fleet is told by how many trucks of each like group drive. Those that cannot do the work in any case are left out;
the rest are ordered so that the first of each size is the most promising.
"""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from routing.engines.arcs import FORBIDDEN_S, Arcs
from routing.engines.bins import Bins
from routing.problem import Problem
from routing.truck import Truck

Fleet = tuple[int, ...]
"""Trucks in ascending order."""
MAX_CHOICES = 4_000
"""With more choices of trucks than this only a few of each size are looked at."""
UNLIMITED = 10**12
"""More than all bins of a city hold together."""


def fleets(problem: Problem, priced: Arcs) -> dict[int, list[Fleet]]:
    """Return fleets by size, smallest size first, each size's cheapest and roomiest alternating.

    Each can take every must bin by its streams, skills and locks, and has the hours and the room for all of them,
    within the limits of the day, if nothing were far. Where no fleet has, there is only that of all trucks.
    """
    kinds = _kinds(problem)
    whole = tuple(sorted(truck for kind in kinds for truck in kind))
    able = _Able(problem, priced, kinds)
    found: dict[int, list[Fleet]] = {}
    for counts in _choices(problem, kinds):
        if able(counts):
            fleet = tuple(sorted(truck for kind, count in zip(kinds, counts, strict=True) for truck in kind[:count]))
            found.setdefault(len(fleet), []).append(fleet)
    if not found:
        return {len(whole): [whole]} if whole else {}
    return {size: _alternating(problem, found[size]) for size in sorted(found)}


def _kinds(problem: Problem) -> list[tuple[int, ...]]:
    """Like trucks that can unload somewhere, or must be driven home."""
    return [
        kind for kind in problem.like_trucks if problem.disposals_of_truck[kind[0]] or problem.trucks[kind[0]].on_road
    ]


def _choices(problem: Problem, kinds: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """Yield how many of each kind; trucks on the road always drive, and those that cost nothing always may."""
    least = [_always(problem, kind) for kind in kinds]
    choices = 1
    for kind, low in zip(kinds, least, strict=True):
        choices *= len(kind) + 1 - low
    if choices <= MAX_CHOICES:
        ranges = (range(low, len(kind) + 1) for kind, low in zip(kinds, least, strict=True))
        yield from (counts for counts in product(*ranges) if any(counts))
        return
    yield from dict.fromkeys(_some_choices(problem, kinds, least))


def _always(problem: Problem, kind: Sequence[int]) -> int:
    """Return how many of a kind are in every fleet: there is nothing to gain by leaving out what is free."""
    truck = problem.trucks[kind[0]]
    return 1 if truck.on_road else len(kind) if not truck.fixed_minor else 0


def _some_choices(
    problem: Problem, kinds: Sequence[tuple[int, ...]], least: Sequence[int]
) -> Iterator[tuple[int, ...]]:
    """Yield, for each size, the cheapest trucks, the roomiest, and a fair share of each kind."""
    trucks = [problem.trucks[kind[0]] for kind in kinds]
    cheap = sorted(range(len(kinds)), key=lambda at: (trucks[at].fixed_minor, -trucks[at].capacity_l))
    roomy = sorted(range(len(kinds)), key=lambda at: (-trucks[at].capacity_l, trucks[at].fixed_minor))
    available = sum(len(kind) for kind in kinds)
    for size in range(max(1, sum(least)), available + 1):
        for order in (cheap, roomy):
            yield _filled(kinds, least, order, size)
        fair = [max(low, size * len(kind) // available) for kind, low in zip(kinds, least, strict=True)]
        yield _filled(kinds, fair, cheap, size)


def _filled(kinds: Sequence[tuple[int, ...]], begin: Sequence[int], order: Sequence[int], size: int) -> tuple[int, ...]:
    """Fill up to `size` trucks in the order of kinds."""
    counts = list(begin)
    for at in order:
        counts[at] += max(0, min(len(kinds[at]) - counts[at], size - sum(counts)))
    return tuple(counts)


def _alternating(problem: Problem, same_size: list[Fleet]) -> list[Fleet]:
    """Order fleets of one size: the cheapest, the roomiest, the second cheapest, ..."""

    def price(fleet: Fleet) -> tuple[int, Fleet]:
        return sum(problem.trucks[truck].fixed_minor for truck in fleet), fleet

    def room(fleet: Fleet) -> tuple[int, int, Fleet]:
        return -sum(problem.trucks[truck].capacity_l for truck in fleet), *price(fleet)

    cheap, roomy = sorted(same_size, key=price), sorted(same_size, key=room)
    pairs = (fleet for pair in zip(roomy, cheap, strict=True) for fleet in pair)
    return list(dict.fromkeys(pairs))


class _Able:
    """Whether so many trucks of each kind may take all must bins, and have the hours and room if nothing were far."""

    def __init__(self, problem: Problem, priced: Arcs, kinds: Sequence[tuple[int, ...]]) -> None:
        bins = Bins(problem)
        musts = bins.must
        self._allowed = np.array([bins.allowed(problem, kind[0])[musts] for kind in kinds], dtype=np.bool_)
        self._allowed = self._allowed.reshape(len(kinds), int(musts.sum()))
        self._allowed = self._allowed[:, self._allowed.any(axis=0)]
        self._hours_s = np.array([_on_duty_s(problem, kind[0]) for kind in kinds], dtype=np.int64)
        self._needed_s = _least_work_s(bins, priced)
        self._most = np.array([_most_a_day(problem.trucks[kind[0]]) for kind in kinds], dtype=np.int64).reshape(-1, 3)
        self._load = np.array([bins.volume_l[musts].sum(), bins.weight_kg[musts].sum(), musts.sum()])

    def __call__(self, counts: Sequence[int]) -> bool:
        drives = np.array(counts) > 0
        covered = bool(self._allowed[drives].any(axis=0).all())
        enough = bool((np.array(counts) @ self._most >= self._load).all())
        return covered and enough and int(self._hours_s @ np.array(counts)) >= self._needed_s


def _on_duty_s(problem: Problem, truck_index: int) -> int:
    truck = problem.trucks[truck_index]
    return truck.latest_home_s - truck.shift_start_s


def _most_a_day(truck: Truck) -> tuple[int, int, int]:
    """Return the litres, kilograms and bins that the truck may collect, however short the ways."""

    def most(limit: int | None, capacity: int) -> int:
        trips = capacity * truck.max_unloads if truck.max_unloads is not None else UNLIMITED
        return min(trips, UNLIMITED if limit is None else limit)

    bins = UNLIMITED if truck.daily_limit_bins is None else truck.daily_limit_bins
    return most(truck.daily_limit_l, truck.capacity_l), most(truck.daily_limit_kg, truck.capacity_kg), bins


def _least_work_s(bins: Bins, priced: Arcs) -> int:
    """Return the seconds that the must bins take at least: service, and the shortest way to each place."""
    musts = np.flatnonzero(bins.must)
    if not len(musts):
        return 0
    places = np.unique(bins.place[musts])
    reaching = priced.duration_s[:, places].astype(np.int64)
    reaching[places, np.arange(len(places))] = FORBIDDEN_S
    nearest = reaching.min(axis=0)
    return int(bins.service_s[musts].sum() + nearest[nearest < FORBIDDEN_S].sum())


def idle_trucks_are_free(problem: Problem) -> bool:
    """Whether a fleet's size does not matter: an idle truck that costs nothing and drives one trip tempts nobody."""
    return all(truck.max_unloads == 1 and not truck.fixed_minor for truck in problem.trucks)
