"""The waste collection VRPTW of Kim, Kim and Sahoo (2006): its files, and a judge of its rules.

Distances are Manhattan, in feet; a truck drives at one speed. It holds so many yards, may collect only so many
yards and stops a day (unloading does not reset that), unloads at any disposal site as often as it likes, is empty
when it comes home, and its driver's lunch of an hour begins between 11:00 and 12:00.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from routing.bench_solver.case import Routes, Score
from tomma.errors import ConfigurationError

FEET_PER_MILE = 5_280.0
LUNCH_FROM_S, LUNCH_LATEST_S = 11 * 3600, 12 * 3600
DEPOT, STOP, LANDFILL = "0", "1", "2"
SLACK = 1e-6
"""Sums of decimals are not exact."""


@dataclass(frozen=True, slots=True)
class KimNode:
    """The depot, a stop or a landfill; service begins within [open_s, latest_s]."""

    x_ft: float
    y_ft: float
    open_s: int
    latest_s: int
    service_s: int
    yards: float


@dataclass(frozen=True)
class KimInstance:
    """One file. Nodes are numbered: 0 the depot, then the landfills, then the stops."""

    name: str
    capacity_yards: float
    yards_a_day: float
    stops_a_day: int
    lunch_s: int
    speed_mph: float
    depot: KimNode
    landfills: tuple[KimNode, ...]
    stops: tuple[KimNode, ...]

    @property
    def nodes(self) -> tuple[KimNode, ...]:
        """All nodes by number."""
        return (self.depot, *self.landfills, *self.stops)

    def is_landfill(self, node: int) -> bool:
        """Tell a landfill's number from a stop's."""
        return 1 <= node <= len(self.landfills)


def feet(here: KimNode, there: KimNode) -> float:
    """Return the Manhattan distance."""
    return abs(here.x_ft - there.x_ft) + abs(here.y_ft - there.y_ft)


def driving_s(instance: KimInstance, distance_ft: float) -> float:
    """Return how long the distance takes at the file's speed."""
    return distance_ft / FEET_PER_MILE / instance.speed_mph * 3600


def read_instance(path: Path) -> KimInstance:
    """Read one file; its encoding is older than its numbers.

    Raises:
        ConfigurationError: If it is no such file.
    """
    try:
        return _instance(path.stem, path.read_text(encoding="latin-1").splitlines())
    except (ValueError, IndexError, OSError) as exc:
        raise ConfigurationError(f"{path} is no waste collection instance as Kim et al. wrote them: {exc}") from exc


def _instance(name: str, lines: Sequence[str]) -> KimInstance:
    capacity, yards, stops, lunch, speed = (float(line.split()[0]) for line in lines[:5])
    by_kind: dict[str, list[KimNode]] = {DEPOT: [], STOP: [], LANDFILL: []}
    for fields in (line.split() for line in lines[6:] if line.strip()):
        by_kind[fields[7]].append(_node(fields))
    (depot,) = by_kind[DEPOT]
    if not by_kind[LANDFILL]:
        raise ValueError("no landfill")
    return KimInstance(
        name, capacity, yards, int(stops), int(lunch), speed, depot, tuple(by_kind[LANDFILL]), tuple(by_kind[STOP])
    )


def _node(fields: Sequence[str]) -> KimNode:
    _, x, y, opens, closes, service, load, kind = fields
    return KimNode(
        float(x), float(y), _clock_s(opens), _clock_s(closes), int(float(service)), float(load) if kind == STOP else 0.0
    )


def _clock_s(hhmm: str) -> int:
    """Return seconds after midnight; one file writes 1675 for a quarter past five."""
    hours, minutes = divmod(int(hhmm), 100)
    return hours * 3600 + minutes * 60


def score(instance: KimInstance, routes: Routes) -> Score:
    """Judge routes of stops and landfills: trucks used, and miles."""
    used = [route for route in routes if route]
    known = range(1, len(instance.nodes))
    visits = Counter(node for route in used for node in route if not instance.is_landfill(node))
    faults = [f"there is no node {node}" for route in used for node in route if node not in known]
    faults += [f"stop {node} is visited {count} times" for node, count in sorted(visits.items()) if count > 1]
    faults += [
        f"stop {node} is not visited"
        for node in range(1 + len(instance.landfills), len(instance.nodes))
        if not visits[node]
    ]
    if any("there is no" in fault for fault in faults):
        return Score(math.inf, len(used), tuple(faults))
    total_ft = 0.0
    for number, route in enumerate(used):
        total_ft += sum(feet(here, there) for here, there in _legs(instance, route))
        faults += [f"truck {number} {fault}" for fault in _route_faults(instance, route)]
    return Score(total_ft / FEET_PER_MILE, len(used), tuple(faults))


def _legs(instance: KimInstance, route: Sequence[int]) -> Iterator[tuple[KimNode, KimNode]]:
    stations = [instance.depot, *(instance.nodes[node] for node in route), instance.depot]
    return pairwise(stations)


def _route_faults(instance: KimInstance, route: Sequence[int]) -> Iterator[str]:
    aboard = day = 0.0
    stops = 0
    for node in route:
        if instance.is_landfill(node):
            aboard = 0.0
            continue
        stops += 1
        aboard += instance.nodes[node].yards
        day += instance.nodes[node].yards
        if aboard > instance.capacity_yards + SLACK:
            yield f"holds {aboard:g} of {instance.capacity_yards:g} yards at stop {node}"
    if aboard > 0:
        yield f"comes home with {aboard:g} yards aboard"
    if day > instance.yards_a_day + SLACK:
        yield f"collects {day:g} of {instance.yards_a_day:g} yards a day"
    if stops > instance.stops_a_day:
        yield f"makes {stops} of {instance.stops_a_day} stops a day"
    if _home_s(instance, route) is None:
        yield "has no timetable with a lunch that keeps the windows"


def _home_s(instance: KimInstance, route: Sequence[int]) -> float | None:
    """Return when the truck is home at the earliest; lunch is taken at any node, or on the way.

    Two clocks run: of the driver still hungry, and of the one who has eaten. Who is home by the latest start of
    lunch eats at home.
    """
    hungry: float = instance.depot.open_s
    fed = math.inf
    nodes = [*(instance.nodes[node] for node in route), instance.depot]
    here = instance.depot
    for node in nodes:
        leg_s = driving_s(instance, feet(here, node))
        fed = min(fed + leg_s, _after_lunch(instance, hungry, leg_s))
        hungry += leg_s
        service_s = 0 if node is instance.depot else node.service_s
        hungry, fed = (_served(moment, node, service_s) for moment in (hungry, fed))
        here = node
    if hungry <= LUNCH_LATEST_S:
        return hungry
    return None if math.isinf(fed) else fed


def _after_lunch(instance: KimInstance, leave_s: float, leg_s: float) -> float:
    """Return when the next node is reached if lunch is had on the way there, waiting for it if need be."""
    lunch_at = max(leave_s, LUNCH_FROM_S)
    if lunch_at > LUNCH_LATEST_S:
        return math.inf
    driven_before = min(leg_s, lunch_at - leave_s)
    return lunch_at + instance.lunch_s + leg_s - driven_before


def _served(arrive_s: float, node: KimNode, service_s: int) -> float:
    begin = max(arrive_s, node.open_s)
    return begin + service_s if begin <= node.latest_s + SLACK else math.inf
