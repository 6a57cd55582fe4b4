"""The bins of a problem as columns for numpy, and which truck may collect which."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from routing.integers import Bool, Int64
from routing.problem import Problem
from routing.truck import Compartment, Truck


class Bins:
    """Columns of the problem's bins."""

    def __init__(self, problem: Problem) -> None:
        columns = [
            (b.place, b.volume_l, b.weight_kg, b.service_s, b.open_s, b.latest_s, b.prize_minor) for b in problem.bins
        ]
        table = np.array(columns, dtype=np.int64).reshape(-1, 7)
        self.place, self.volume_l, self.weight_kg, self.service_s, self.open_s, self.latest_s, self.prize = table.T
        self.must = np.array([b.must for b in problem.bins], dtype=np.bool_)
        self.fraction = np.array([b.fraction for b in problem.bins], dtype=np.int64)
        self.kept_truck = np.array([-1 if b.kept_truck is None else b.kept_truck for b in problem.bins], dtype=np.int64)
        self._demanding: dict[frozenset[int], list[int]] = {}
        self._locked: dict[frozenset[int], list[int]] = {}
        for index, node in enumerate(problem.bins):
            if node.skills:
                self._demanding.setdefault(node.skills, []).append(index)
            if node.only_trucks is not None:
                self._locked.setdefault(node.only_trucks, []).append(index)

    def streams_of(self, truck: Truck) -> Bool:
        """Which bins hold a stream the truck takes."""
        return np.isin(self.fraction, sorted(truck.fractions))

    def skilled(self, truck: Truck) -> Bool:
        """Which bins need no skill that the truck has not."""
        able = np.ones(len(self.place), dtype=np.bool_)
        for skills, bins in self._demanding.items():
            able[bins] = skills <= truck.skills
        return able

    def free_for(self, truck_index: int) -> Bool:
        """Which bins are not locked to other trucks."""
        free = np.ones(len(self.place), dtype=np.bool_)
        for trucks, bins in self._locked.items():
            free[bins] = truck_index in trucks
        return free

    def small_for(self, truck: Truck) -> Bool:
        """Which bins an empty truck of that kind can hold, and collect within its limits of the day."""
        small = np.ones(len(self.place), dtype=np.bool_)
        for room in rooms_of(self, truck):
            small &= room.amount <= room.capacity
        for amount, most in ((self.volume_l, truck.daily_limit_l), (self.weight_kg, truck.daily_limit_kg)):
            small &= True if most is None else amount <= most
        return small & (truck.daily_limit_bins != 0)

    def allowed(self, problem: Problem, truck_index: int) -> Bool:
        """Which bins the truck may collect at all, roads and time apart."""
        truck = problem.trucks[truck_index]
        fits = self.streams_of(truck) & self.skilled(truck) & self.free_for(truck_index) & self.small_for(truck)
        return fits & (self.open_s <= self.latest_s)


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """One limit on what may be aboard at a time: of each bin `amount` counts, `at_start` is there already."""

    amount: Int64
    capacity: int
    at_start: int


def rooms_of(bins: Bins, truck: Truck) -> list[Room]:
    """Return the truck's limits: litres and kilograms of the whole, and of each compartment."""
    whole = Compartment(truck.fractions, truck.capacity_l, truck.capacity_kg)
    return [room for each in (whole, *truck.compartments) for room in _rooms(bins, truck, each)]


def _rooms(bins: Bins, truck: Truck, part: Compartment) -> Iterator[Room]:
    inside = np.isin(bins.fraction, sorted(part.fractions)) if truck.compartments else True
    aboard = [load for load in truck.aboard if load.fraction in part.fractions]
    yield Room(bins.volume_l * inside, part.capacity_l, sum(load.volume_l for load in aboard))
    yield Room(bins.weight_kg * inside, part.capacity_kg, sum(load.weight_kg for load in aboard))


def is_wanted(problem: Problem, index: int) -> bool:
    """Whether a planner need think of the bin: it must be emptied, or is worth more than the work at it."""
    node = problem.bins[index]
    if node.must:
        return True
    return worth_minor(problem, index) > least_handling_minor(problem, node.service_s)


def least_handling_minor(problem: Problem, seconds: int) -> int:
    """Return what so much work costs with the truck whose hour is cheapest."""
    rates = {truck.rates or problem.rates for truck in problem.trucks} or {problem.rates}
    return min(each.handling_minor(seconds) for each in rates)


def worth_minor(problem: Problem, index: int) -> int:
    """Return what is lost when nobody collects the bin: its prize, and that it leaves its truck of before."""
    node = problem.bins[index]
    return node.prize_minor + (problem.change_minor if node.kept_truck is not None else 0)
