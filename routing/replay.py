"""One route driven again from the problem alone, noting whatever goes wrong: the heart of `routing.check`.

It shares no code with the engines or with what builds timetables, so a fault there cannot hide here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from routing.problem import BinNode, Compartment, DisposalNode, Problem, Truck, TruckRoute, Visit, VisitKind


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


@dataclass
class _Body:
    """What one compartment, or the whole of a truck without any, holds."""

    room: Compartment
    volume_l: int = 0
    weight_kg: int = 0
    aboard: set[int] = field(default_factory=set)

    def put(self, fraction: int, volume_l: int, weight_kg: int) -> None:
        self.volume_l += volume_l
        self.weight_kg += weight_kg
        self.aboard.add(fraction)


def _bodies(truck: Truck) -> list[_Body]:
    rooms = truck.compartments or (Compartment(truck.fractions, truck.capacity_l, truck.capacity_kg),)
    bodies = [_Body(room) for room in rooms]
    for load in truck.aboard:
        for body in bodies:
            if load.fraction in body.room.fractions:
                body.put(load.fraction, load.volume_l, load.weight_kg)
    return bodies


@dataclass
class Replay:
    """Drives one route and notes what goes wrong."""

    problem: Problem
    route: TruckRoute
    found: list[str] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    unloads: int = 0
    distance_m: int = 0
    driving_s: int = 0
    cost_minor: int = 0

    def __post_init__(self) -> None:
        """Look up whose route it is."""
        self.truck = self.problem.trucks[self.route.truck]
        self.rates = self.truck.rates or self.problem.rates
        self.roads = self.problem.profiles[self.truck.profile]
        self.bodies = _bodies(self.truck)
        self.homebound = self.truck.on_road and not self._collects()
        """A truck that is out must come home, late or not, if nothing else is asked of it."""

    def _collects(self) -> bool:
        return any(visit.kind is VisitKind.COLLECT for visit in self.route.visits)

    def faults(self) -> list[str]:
        """Return what is wrong with the route."""
        truck = self.truck
        self.cost_minor = truck.fixed_minor
        here, halted_at, now_s = truck.start_place, truck.start_place, self.route.start_s
        if now_s < truck.shift_start_s:
            self._note(f"leaves at {now_s} s, before the shift begins at {truck.shift_start_s} s")
        if not self._collects() and not truck.on_road:
            self._note("collects nothing")
        for visit in self.route.visits:
            if not self._known(visit):
                return self.found
            self._drive(here, visit.place, now_s, visit.arrive_s)
            self._do(visit, fresh_halt=halted_at != visit.place)
            here, now_s = visit.place, visit.depart_s
            if visit.kind is not VisitKind.BREAK:
                halted_at = visit.place
        self._drive(here, truck.end_place, now_s, self.route.end_s)
        self._end()
        return self.found

    def _note(self, fault: str) -> None:
        self.found.append(f"truck {self.route.truck}: {fault}")

    def _known(self, visit: Visit) -> bool:
        """Whether the visit points at something; without that there is nothing to replay."""
        sizes = {
            VisitKind.COLLECT: len(self.problem.bins),
            VisitKind.DISPOSE: len(self.problem.disposals),
            VisitKind.BREAK: len(self.truck.breaks),
        }
        known = 0 <= visit.index < sizes[visit.kind] and 0 <= visit.place < self.problem.places
        if not known:
            self._note(f"unknown {visit.kind} {visit.index} at place {visit.place}")
        return known

    def _drive(self, here: int, there: int, leave_s: int, arrive_s: int) -> None:
        if here != there:
            if not self.roads.reachable[here, there]:
                self._note(f"no road leads from place {here} to place {there}")
            metres, seconds = int(self.roads.distance_m[here, there]), int(self.roads.duration_s[here, there])
            self.distance_m += metres
            self.driving_s += seconds
            rates = self.rates
            self.cost_minor += _half_up(metres * rates.per_km_minor * 36 + seconds * rates.per_h_minor * 10, 36_000)
            leave_s += seconds
        if arrive_s != leave_s:
            self._note(f"arrives at place {there} at {arrive_s} s, the drive from place {here} ends at {leave_s} s")

    def _do(self, visit: Visit, *, fresh_halt: bool) -> None:
        if visit.kind is VisitKind.COLLECT:
            self._collect(visit, fresh_halt=fresh_halt)
        elif visit.kind is VisitKind.DISPOSE:
            self._dispose(visit)
        else:
            self._rest(visit)

    def _times(self, visit: Visit, name: str, window_s: tuple[int, int], park_s: int, work_s: int) -> None:
        if visit.begin_s < visit.arrive_s + park_s:
            self._note(f"{name} begins at {visit.begin_s} s, halted at {visit.arrive_s + park_s} s")
        if not window_s[0] <= visit.begin_s <= window_s[1]:
            self._note(f"{name} begins at {visit.begin_s} s, outside its window {window_s[0]}-{window_s[1]} s")
        if visit.depart_s != visit.begin_s + work_s:
            self._note(f"{name} takes {visit.depart_s - visit.begin_s} s in place of {work_s} s")

    def _gate(self, visit: Visit, name: str, node: BinNode | DisposalNode) -> None:
        for from_s, to_s in node.shut_s:
            if from_s <= visit.begin_s < to_s:
                self._note(f"{name} begins at {visit.begin_s} s, while it is shut from {from_s} to {to_s} s")

    def _collect(self, visit: Visit, *, fresh_halt: bool) -> None:
        node, name = self.problem.bins[visit.index], f"bin {visit.index}"
        if visit.place != node.place:
            self._note(f"{name} stands at place {node.place}, not {visit.place}")
        if node.fraction not in self.truck.fractions:
            self._note(f"{name} holds fraction {node.fraction}, which the truck does not take")
        if not node.skills <= self.truck.skills:
            self._note(f"{name} needs skills {sorted(node.skills - self.truck.skills)}, which the truck has not")
        if node.only_trucks is not None and self.route.truck not in node.only_trucks:
            self._note(f"{name} is locked to trucks {sorted(node.only_trucks)}")
        park_s = int(self.problem.halt_s[node.place]) if fresh_halt else 0
        self._times(visit, name, (node.open_s, node.latest_s), park_s, node.service_s)
        self._gate(visit, name, node)
        self._handle(park_s)
        self._handle(node.service_s)
        self._load(name, node)

    def _load(self, name: str, node: BinNode) -> None:
        for number, body in enumerate(self.bodies):
            if node.fraction not in body.room.fractions:
                continue
            body.put(node.fraction, node.volume_l, node.weight_kg)
            if self.truck.compartments:
                whose = f"load of compartment {number} after {name}"
                self._hold(whose, body.volume_l, body.room.capacity_l, "l")
                self._hold(whose, body.weight_kg, body.room.capacity_kg, "kg")
        self._hold(f"load after {name}", sum(each.volume_l for each in self.bodies), self.truck.capacity_l, "l")
        self._hold(f"load after {name}", sum(each.weight_kg for each in self.bodies), self.truck.capacity_kg, "kg")

    def _hold(self, what: str, amount: int, most: int, unit: str) -> None:
        if amount > most:
            self._note(f"{what} is {amount} {unit} of {most} {unit}")

    def _dispose(self, visit: Visit) -> None:
        site, name = self.problem.disposals[visit.index], f"disposal site {visit.index}"
        if visit.place != site.place:
            self._note(f"{name} is at place {site.place}, not {visit.place}")
        loaded = [body for body in self.bodies if body.aboard]
        welcome = [body for body in loaded if body.aboard <= site.fractions]
        if not site.skills <= self.truck.skills:
            self._note(f"{name} asks for skills {sorted(site.skills - self.truck.skills)}, which the truck has not")
        if loaded and not welcome and not self.truck.compartments:  # else it came in vain, which harms nobody
            refused = set[int]().union(*(body.aboard for body in loaded)) - site.fractions
            self._note(f"{name} does not take fractions {sorted(refused)}")
        if not self.homebound:
            self._times(visit, name, (site.open_s, site.latest_s), 0, site.unload_s)
            self._gate(visit, name, site)
        elif visit.depart_s != visit.begin_s + site.unload_s or visit.begin_s < visit.arrive_s:
            self._note(f"{name} takes {visit.depart_s - visit.begin_s} s in place of {site.unload_s} s")
        self._handle(site.unload_s)
        self.unloads += 1
        for body in welcome:
            body.volume_l = body.weight_kg = 0
            body.aboard.clear()

    def _rest(self, visit: Visit) -> None:
        rule = self.truck.breaks[visit.index]
        self._times(visit, f"break {visit.index}", (rule.earliest_s, rule.latest_s), 0, rule.duration_s)
        self.breaks.append(visit.index)

    def _handle(self, seconds: int) -> None:
        self.cost_minor += _half_up(seconds * self.rates.per_handling_h_minor, 3600)

    def _end(self) -> None:
        late_s = max(0, self.route.end_s - self.truck.shift_end_s)
        self.cost_minor += _half_up(late_s * self.truck.overtime_per_h_minor, 3600)
        if not self.homebound:
            self._end_of_shift(late_s)
            self._locked_first()
        self._come_home_empty()
        self._keep_limits()
        for name in ("distance_m", "driving_s", "cost_minor"):
            if getattr(self.route, name) != getattr(self, name):
                self._note(f"{name} is given as {getattr(self.route, name)}, the sum is {getattr(self, name)}")

    def _end_of_shift(self, late_s: int) -> None:
        truck, end_s = self.truck, self.route.end_s
        if late_s > truck.overtime_s:
            more = f" and {truck.overtime_s} s of overtime" if truck.overtime_s else ""
            self._note(f"is home at {end_s} s, after the shift ends at {truck.shift_end_s} s{more}")
        for index, rule in enumerate(truck.breaks):
            taken = self.breaks.count(index)
            if taken > 1:
                self._note(f"break {index} is taken {taken} times")
            if not taken and end_s > rule.latest_s:
                self._note(f"break {index} is not taken though the route ends after {rule.latest_s} s")

    def _come_home_empty(self) -> None:
        volume_l = sum(body.volume_l for body in self.bodies)
        weight_kg = sum(body.weight_kg for body in self.bodies)
        left = any(body.aboard for body in self.bodies)
        if (volume_l or weight_kg or left) and not (self.homebound and not self._could_unload()):
            self._note(f"comes home with {volume_l} l and {weight_kg} kg aboard")

    def _could_unload(self) -> bool:
        """Whether a truck that is out would find some site open that takes all it has, going there at once."""
        aboard = {load.fraction for load in self.truck.aboard}
        start, home = self.truck.start_place, self.truck.end_place
        for site in self.problem.disposals:
            there = start == site.place or self.roads.reachable[start, site.place]
            back = home == site.place or self.roads.reachable[site.place, home]
            drive_s = 0 if start == site.place else int(self.roads.duration_s[start, site.place])
            in_time = self.truck.shift_start_s + drive_s <= site.latest_s
            welcome = aboard <= site.fractions and site.skills <= self.truck.skills
            if welcome and there and back and in_time:
                return True
        return False

    def _keep_limits(self) -> None:
        truck = self.truck
        if truck.max_unloads is not None and self.unloads > truck.max_unloads:
            self._note(f"unloads {self.unloads} times, at most {truck.max_unloads} are allowed")
        bins = [self.problem.bins[visit.index] for visit in self.route.visits if visit.kind is VisitKind.COLLECT]
        for unit, sum_of_day, most in (
            ("l", sum(node.volume_l for node in bins), truck.daily_limit_l),
            ("kg", sum(node.weight_kg for node in bins), truck.daily_limit_kg),
            ("bins", len(bins), truck.daily_limit_bins),
        ):
            if most is not None and sum_of_day > most:
                self._note(f"collects {sum_of_day} {unit} in the day of {most} {unit}")

    def _locked_first(self) -> None:
        """The bins with a rank, as far as they are collected, come before all else and in their order."""
        work = [visit for visit in self.route.visits if visit.kind is not VisitKind.BREAK]
        ranks = [self._rank(visit) for visit in work]
        locked = sorted(rank for rank in ranks if rank is not None)
        if ranks[: len(locked)] != locked:
            self._note(f"does not begin with its locked bins: ranks come as {ranks[: 1 + len(locked)]}")

    def _rank(self, visit: Visit) -> int | None:
        return self.problem.bins[visit.index].lock_rank if visit.kind is VisitKind.COLLECT else None


def trucks_out(problem: Problem, routes: Sequence[TruckRoute]) -> list[str]:
    """Every truck at most once, and every one that is on the road already."""
    used = Counter(route.truck for route in routes)
    faults = [f"truck {truck} drives {count} routes" for truck, count in used.items() if count > 1]
    faults += [f"unknown truck {truck}" for truck in used if not 0 <= truck < len(problem.trucks)]
    for index, truck in enumerate(problem.trucks):
        way_home = truck.start_place == truck.end_place or _leads_home(problem, truck)
        if truck.on_road and way_home and not used[index]:
            faults.append(f"truck {index} is on the road and has no route home")
    return faults


def _leads_home(problem: Problem, truck: Truck) -> bool:
    return bool(problem.profiles[truck.profile].reachable[truck.start_place, truck.end_place])
