"""The independent judge: what is wrong with a solution, in plain sentences. Runs on every plan in production.

It replays each route minute by minute from the problem alone and shares no code with the engines or with what
builds timetables, so a fault there cannot hide here. Cost is linear in the number of visits.
"""

from collections import Counter
from dataclasses import dataclass, field

from routing.problem import Problem, Solution, Truck, TruckRoute, Visit, VisitKind
from tomma.model import ReasonCode


def violations(problem: Problem, solution: Solution) -> tuple[str, ...]:
    """Return one sentence per broken rule; empty when the solution may be driven."""
    faults: list[str] = []
    faults += _account(problem, solution)
    faults += _trucks(problem, solution)
    for route in solution.routes:
        if 0 <= route.truck < len(problem.trucks):
            faults += _Replay(problem, route).faults()
    faults += _totals(problem, solution)
    return tuple(faults)


def _account(problem: Problem, solution: Solution) -> list[str]:
    """Every bin exactly once: on a route, or left out with a reason."""
    faults: list[str] = []
    seen = Counter(
        visit.index for route in solution.routes for visit in route.visits if visit.kind is VisitKind.COLLECT
    )
    for index, node in enumerate(problem.bins):
        if seen[index] > 1:
            faults.append(f"bin {index} is collected {seen[index]} times")
        if seen[index] and index in solution.unvisited:
            faults.append(f"bin {index} is collected and listed as left out")
        if not seen[index] and index not in solution.unvisited:
            faults.append(f"{'must ' if node.must else ''}bin {index} is missing without a reason")
    for index, code in solution.unvisited.items():
        if not 0 <= index < len(problem.bins):
            faults.append(f"unknown bin {index} is listed as left out")
        elif not isinstance(code, ReasonCode):
            faults.append(f"bin {index} is left out for {code!r}, which is no reason code")
    return faults


def _trucks(problem: Problem, solution: Solution) -> list[str]:
    used = Counter(route.truck for route in solution.routes)
    faults = [f"truck {truck} drives {count} routes" for truck, count in used.items() if count > 1]
    return faults + [f"unknown truck {truck}" for truck in used if not 0 <= truck < len(problem.trucks)]


def _totals(problem: Problem, solution: Solution) -> list[str]:
    collected = {visit.index for route in solution.routes for visit in route.visits if visit.kind is VisitKind.COLLECT}
    absent = [node for index, node in enumerate(problem.bins) if index not in collected]
    expected = {
        "cost_minor": sum(route.cost_minor for route in solution.routes),
        "lost_prize_minor": sum(node.prize_minor for node in absent),
        "must_missed": sum(node.must for node in absent),
    }
    return [
        f"{name} of the solution is {getattr(solution, name)}, the sum is {value}"
        for name, value in expected.items()
        if getattr(solution, name) != value
    ]


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


@dataclass
class _Replay:
    """Drives one route and notes what goes wrong."""

    problem: Problem
    route: TruckRoute
    found: list[str] = field(default_factory=list)
    volume_l: int = 0
    weight_kg: int = 0
    aboard: set[int] = field(default_factory=set)
    breaks: list[int] = field(default_factory=list)
    distance_m: int = 0
    driving_s: int = 0
    cost_minor: int = 0

    def faults(self) -> list[str]:
        """Return what is wrong with the route."""
        truck = self.problem.trucks[self.route.truck]
        self.cost_minor = truck.fixed_minor
        here, halted_at, now_s = truck.start_place, truck.start_place, self.route.start_s
        if now_s < truck.shift_start_s:
            self._note(f"leaves at {now_s} s, before the shift begins at {truck.shift_start_s} s")
        if not any(visit.kind is VisitKind.COLLECT for visit in self.route.visits):
            self._note("collects nothing")
        for visit in self.route.visits:
            if not self._known(visit, truck):
                return self.found
            self._drive(here, visit.place, now_s, visit.arrive_s)
            self._do(visit, truck, fresh_halt=halted_at != visit.place)
            here, now_s = visit.place, visit.depart_s
            if visit.kind is not VisitKind.BREAK:
                halted_at = visit.place
        self._drive(here, truck.end_place, now_s, self.route.end_s)
        self._end(truck)
        return self.found

    def _note(self, fault: str) -> None:
        self.found.append(f"truck {self.route.truck}: {fault}")

    def _known(self, visit: Visit, truck: Truck) -> bool:
        """Whether the visit points at something; without that there is nothing to replay."""
        sizes = {
            VisitKind.COLLECT: len(self.problem.bins),
            VisitKind.DISPOSE: len(self.problem.disposals),
            VisitKind.BREAK: len(truck.breaks),
        }
        known = 0 <= visit.index < sizes[visit.kind] and 0 <= visit.place < self.problem.places
        if not known:
            self._note(f"unknown {visit.kind} {visit.index} at place {visit.place}")
        return known

    def _drive(self, here: int, there: int, leave_s: int, arrive_s: int) -> None:
        if here != there:
            if not self.problem.reachable[here, there]:
                self._note(f"no road leads from place {here} to place {there}")
            metres, seconds = int(self.problem.distance_m[here, there]), int(self.problem.duration_s[here, there])
            rates = self.problem.rates
            self.distance_m += metres
            self.driving_s += seconds
            self.cost_minor += _half_up(metres * rates.per_km_minor * 36 + seconds * rates.per_h_minor * 10, 36_000)
            leave_s += seconds
        if arrive_s != leave_s:
            self._note(f"arrives at place {there} at {arrive_s} s, the drive from place {here} ends at {leave_s} s")

    def _do(self, visit: Visit, truck: Truck, *, fresh_halt: bool) -> None:
        if visit.kind is VisitKind.COLLECT:
            self._collect(visit, truck, fresh_halt=fresh_halt)
        elif visit.kind is VisitKind.DISPOSE:
            self._dispose(visit)
        else:
            self._rest(visit, truck)

    def _times(self, visit: Visit, name: str, window_s: tuple[int, int], park_s: int, work_s: int) -> None:
        if visit.begin_s < visit.arrive_s + park_s:
            self._note(f"{name} begins at {visit.begin_s} s, halted at {visit.arrive_s + park_s} s")
        if not window_s[0] <= visit.begin_s <= window_s[1]:
            self._note(f"{name} begins at {visit.begin_s} s, outside its window {window_s[0]}-{window_s[1]} s")
        if visit.depart_s != visit.begin_s + work_s:
            self._note(f"{name} takes {visit.depart_s - visit.begin_s} s in place of {work_s} s")

    def _collect(self, visit: Visit, truck: Truck, *, fresh_halt: bool) -> None:
        node = self.problem.bins[visit.index]
        if visit.place != node.place:
            self._note(f"bin {visit.index} stands at place {node.place}, not {visit.place}")
        if node.fraction not in truck.fractions:
            self._note(f"bin {visit.index} holds fraction {node.fraction}, which the truck does not take")
        park_s = int(self.problem.halt_s[node.place]) if fresh_halt else 0
        self._times(visit, f"bin {visit.index}", (node.open_s, node.latest_s), park_s, node.service_s)
        self._handle(park_s)
        self._handle(node.service_s)
        self.volume_l += node.volume_l
        self.weight_kg += node.weight_kg
        self.aboard.add(node.fraction)
        if self.volume_l > truck.capacity_l:
            self._note(f"load after bin {visit.index} is {self.volume_l} l of {truck.capacity_l} l")
        if self.weight_kg > truck.capacity_kg:
            self._note(f"load after bin {visit.index} is {self.weight_kg} kg of {truck.capacity_kg} kg")

    def _dispose(self, visit: Visit) -> None:
        site = self.problem.disposals[visit.index]
        if visit.place != site.place:
            self._note(f"disposal site {visit.index} is at place {site.place}, not {visit.place}")
        if not self.aboard <= site.fractions:
            self._note(f"disposal site {visit.index} does not take fractions {sorted(self.aboard - site.fractions)}")
        self._times(visit, f"disposal site {visit.index}", (site.open_s, site.latest_s), 0, site.unload_s)
        self._handle(site.unload_s)
        self.volume_l = self.weight_kg = 0
        self.aboard.clear()

    def _rest(self, visit: Visit, truck: Truck) -> None:
        rule = truck.breaks[visit.index]
        self._times(visit, f"break {visit.index}", (rule.earliest_s, rule.latest_s), 0, rule.duration_s)
        self.breaks.append(visit.index)

    def _handle(self, seconds: int) -> None:
        self.cost_minor += _half_up(seconds * self.problem.rates.per_handling_h_minor, 3600)

    def _end(self, truck: Truck) -> None:
        if self.route.end_s > truck.shift_end_s:
            self._note(f"is home at {self.route.end_s} s, after the shift ends at {truck.shift_end_s} s")
        if self.volume_l or self.weight_kg or self.aboard:
            self._note(f"comes home with {self.volume_l} l and {self.weight_kg} kg aboard")
        for index, rule in enumerate(truck.breaks):
            taken = self.breaks.count(index)
            if taken > 1:
                self._note(f"break {index} is taken {taken} times")
            if not taken and self.route.end_s > rule.latest_s:
                self._note(f"break {index} is not taken though the route ends after {rule.latest_s} s")
        for name in ("distance_m", "driving_s", "cost_minor"):
            if getattr(self.route, name) != getattr(self, name):
                self._note(f"{name} is given as {getattr(self.route, name)}, the sum is {getattr(self, name)}")
