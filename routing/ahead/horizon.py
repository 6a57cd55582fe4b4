"""The days ahead: which bins fall due when, how much work that is, and how it is levelled over days and trucks.

A *unit* is what one halt in a neighbourhood takes: the bins of one cluster that fall due on the same day. Each unit
must be visited by its last day; earlier costs the share of the last visit that is thrown away. Going to a cluster at
all costs a way, so its units like to share a day; a truck costs its day, and has only so many hours; hours beyond
all trucks' shifts are told, never hidden. Integers only, no clock: `horizon_task` makes the task from a city.
"""

from collections import Counter
from dataclasses import dataclass

MAX_DAYS = 14
OVERTIME_FACTOR = 20
"""An hour that no truck has costs so many of one that a truck has: it is what must not be planned."""
PEAK_FACTOR = 0.5
"""An hour of the fullest day costs so much of one more: even days keep room for what nobody foresaw."""
PASSES = 4


@dataclass(frozen=True, slots=True)
class Unit:
    """Bins of one cluster that fall due together."""

    cluster: int
    due: int
    """The last day on which it may be visited; 0 is the first."""
    work_s: int
    """At the bins and between them, with their share of the unloading."""
    early_minor: int
    """What each day of visiting before the last one costs."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A neighbourhood, for one group of trucks."""

    group: int
    way_s: int
    """To go there at all."""
    way_minor: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """The trucks that share their streams."""

    trucks: int
    shift_s: int
    """Of one truck: what it can work between leaving and its last unloading."""
    truck_minor: int
    """What taking one out for a day costs."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """What is to be assigned to days."""

    days: int
    units: tuple[Unit, ...]
    clusters: tuple[Cluster, ...]
    fleets: tuple[Fleet, ...]
    """By group."""
    hour_minor: int

    @property
    def beyond_minor_per_s(self) -> int:
        """What a second costs that no truck has."""
        return self.hour_minor * OVERTIME_FACTOR // 3600

    @property
    def peak_minor_per_s(self) -> int:
        """What a second more of the fullest day costs."""
        return round(self.hour_minor * PEAK_FACTOR / 3600)

    def __post_init__(self) -> None:
        """Refuse references that lead nowhere."""
        if not 1 <= self.days <= MAX_DAYS:
            raise ValueError(f"days must be within [1, {MAX_DAYS}], got {self.days}")
        for unit in self.units:
            if not 0 <= unit.cluster < len(self.clusters) or not 0 <= unit.due < self.days:
                raise ValueError(f"a unit must name a cluster and a day of the horizon, got {unit}")
        for cluster in self.clusters:
            if not 0 <= cluster.group < len(self.fleets):
                raise ValueError(f"a cluster must name a group of trucks, got {cluster}")


@dataclass(frozen=True, slots=True)
class Levelled:
    """Which unit is visited on which day."""

    day_of: tuple[int, ...]
    """By unit; never after it is due."""
    engine: str

    def work_s(self, horizon: Horizon) -> tuple[tuple[int, ...], ...]:
        """Return the work of each day, by group of trucks."""
        work = [[0] * horizon.days for _ in horizon.fleets]
        gone = set()
        for unit, day in zip(horizon.units, self.day_of, strict=True):
            cluster = horizon.clusters[unit.cluster]
            work[cluster.group][day] += unit.work_s
            if (unit.cluster, day) not in gone:
                gone.add((unit.cluster, day))
                work[cluster.group][day] += cluster.way_s
        return tuple(tuple(each) for each in work)

    def trucks(self, horizon: Horizon) -> tuple[tuple[int, ...], ...]:
        """Return how many trucks each day needs, at most those there are, by group."""
        return tuple(
            tuple(min(fleet.trucks, -(-seconds // max(fleet.shift_s, 1))) for seconds in of_day)
            for fleet, of_day in zip(horizon.fleets, self.work_s(horizon), strict=True)
        )

    def beyond_s(self, horizon: Horizon) -> tuple[tuple[int, ...], ...]:
        """Return the work of each day for which there is no truck, by group."""
        return tuple(
            tuple(max(0, seconds - fleet.trucks * fleet.shift_s) for seconds in of_day)
            for fleet, of_day in zip(horizon.fleets, self.work_s(horizon), strict=True)
        )

    def cost_minor(self, horizon: Horizon) -> int:
        """Return what is compared between two answers."""
        units = zip(horizon.units, self.day_of, strict=True)
        ways = {(unit.cluster, day) for unit, day in zip(horizon.units, self.day_of, strict=True)}
        beyond = sum(sum(of_day) for of_day in self.beyond_s(horizon))
        peaks = sum(max(of_day) for of_day in self.work_s(horizon))
        return (
            sum(unit.early_minor * (unit.due - day) for unit, day in units)
            + sum(horizon.clusters[cluster].way_minor for cluster, _ in ways)
            + sum(
                fleet.truck_minor * sum(of_day)
                for fleet, of_day in zip(horizon.fleets, self.trucks(horizon), strict=True)
            )
            + beyond * horizon.beyond_minor_per_s
            + peaks * horizon.peak_minor_per_s
        )


def violations_of(horizon: Horizon, levelled: Levelled) -> tuple[str, ...]:
    """Return what is wrong with an answer: a unit forgotten, late, or on a day that is not there."""
    if len(levelled.day_of) != len(horizon.units):
        return (f"{len(levelled.day_of)} of {len(horizon.units)} units have a day",)
    return tuple(
        f"unit {at} is due on day {unit.due} and visited on day {day}"
        for at, (unit, day) in enumerate(zip(horizon.units, levelled.day_of, strict=True))
        if not 0 <= day <= unit.due
    )


def as_due(horizon: Horizon) -> Levelled:
    """Return the answer that visits everything on its last day."""
    return Levelled(tuple(unit.due for unit in horizon.units), "as due")


def greedy(horizon: Horizon) -> Levelled:
    """Return an answer at once: unit after unit to the day that costs least, again and again, from the last days on."""
    days = _Days(horizon)
    order = sorted(range(len(horizon.units)), key=lambda at: (-horizon.units[at].due, _price(horizon.units[at]), at))
    for _ in range(PASSES):
        if not sum(days.settle(at) for at in order):
            break
    best = Levelled(tuple(days.day_of), "greedy")
    return min(as_due(horizon), best, key=lambda each: each.cost_minor(horizon))


def _price(unit: Unit) -> float:
    return unit.early_minor / max(unit.work_s, 1)


class _Days:
    """An answer in the making, with the sums that tell what moving a unit costs."""

    def __init__(self, horizon: Horizon) -> None:
        self.horizon = horizon
        self.day_of = [unit.due for unit in horizon.units]
        self.work = [list(of_day) for of_day in as_due(horizon).work_s(horizon)]
        self.there: Counter[tuple[int, int]] = Counter((unit.cluster, unit.due) for unit in horizon.units)

    def settle(self, at: int) -> bool:
        """Put the unit on the day that costs least; return whether that is another one."""
        before = self.day_of[at]
        self._put(at, before, -1)
        costs = [self._cost(at, day) for day in range(self.horizon.units[at].due + 1)]
        best = min(range(len(costs)), key=lambda day: (costs[day], day != before, -day))
        self.day_of[at] = best
        self._put(at, best, 1)
        return best != before

    def _put(self, at: int, day: int, times: int) -> None:
        unit = self.horizon.units[at]
        cluster = self.horizon.clusters[unit.cluster]
        key = unit.cluster, day
        way = self.there[key] == (0 if times > 0 else 1)
        self.there[key] += times
        self.work[cluster.group][day] += times * (unit.work_s + (cluster.way_s if way else 0))

    def _cost(self, at: int, day: int) -> int:
        """Return what the unit costs on that day, ways, trucks, hours beyond and the peak included."""
        unit, horizon = self.horizon.units[at], self.horizon
        cluster = horizon.clusters[unit.cluster]
        fresh = not self.there[unit.cluster, day]
        had, most = self.work[cluster.group][day], max(self.work[cluster.group])
        has = had + unit.work_s + (cluster.way_s if fresh else 0)
        return (
            unit.early_minor * (unit.due - day)
            + (cluster.way_minor if fresh else 0)
            + self._day_minor(cluster.group, has)
            - self._day_minor(cluster.group, had)
            + max(0, has - most) * horizon.peak_minor_per_s
        )

    def _day_minor(self, group: int, work_s: int) -> int:
        fleet = self.horizon.fleets[group]
        trucks = min(fleet.trucks, -(-work_s // max(fleet.shift_s, 1)))
        beyond_s = max(0, work_s - fleet.trucks * fleet.shift_s)
        return trucks * fleet.truck_minor + beyond_s * self.horizon.beyond_minor_per_s
