"""One route driven again from the problem alone, noting whatever goes wrong: the heart of `routing.check`.

It shares no code with the engines or with what builds timetables, so a fault there cannot hide here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routing.answer import TruckRoute, Visit, VisitKind
from routing.problem import BinNode, DisposalNode, Problem
from routing.truck import Compartment, Truck
from tomma.edits import RuleCode


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule: in a sentence for the log, and in a code with numbers for a page."""

    code: RuleCode
    text: str
    truck: int | None = None
    bin_index: int | None = None
    values: Mapping[str, float] = field(default_factory=dict)


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
    found: list[Fault] = field(default_factory=list)
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

    def faults(self) -> list[Fault]:
        """Return what is wrong with the route."""
        truck = self.truck
        self.cost_minor = truck.fixed_minor
        here, halted_at, now_s = truck.start_place, truck.start_place, self.route.start_s
        if now_s < truck.shift_start_s:
            fault = f"leaves at {now_s} s, before the shift begins at {truck.shift_start_s} s"
            self._note(RuleCode.SHIFT_START, fault, early_s=truck.shift_start_s - now_s)
        if not self._collects() and not truck.on_road:
            self._note(RuleCode.UNSOUND, "collects nothing")
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

    def _note(self, code: RuleCode, fault: str, bin_index: int | None = None, **values: float) -> None:
        text = f"truck {self.route.truck}: {fault}"
        self.found.append(Fault(code, text, self.route.truck, bin_index, values))

    def _known(self, visit: Visit) -> bool:
        """Whether the visit points at something; without that there is nothing to replay."""
        sizes = {
            VisitKind.COLLECT: len(self.problem.bins),
            VisitKind.DISPOSE: len(self.problem.disposals),
            VisitKind.BREAK: len(self.truck.breaks),
        }
        known = 0 <= visit.index < sizes[visit.kind] and 0 <= visit.place < self.problem.places
        if not known:
            self._note(RuleCode.UNSOUND, f"unknown {visit.kind} {visit.index} at place {visit.place}")
        return known

    def _drive(self, here: int, there: int, leave_s: int, arrive_s: int) -> None:
        if here != there:
            if not self.roads.reachable[here, there]:
                self._note(RuleCode.NO_ROAD, f"no road leads from place {here} to place {there}")
            metres, seconds = int(self.roads.distance_m[here, there]), int(self.roads.duration_s[here, there])
            self.distance_m += metres
            self.driving_s += seconds
            rates = self.rates
            self.cost_minor += _half_up(metres * rates.per_km_minor * 36 + seconds * rates.per_h_minor * 10, 36_000)
            leave_s += seconds
        if arrive_s != leave_s:
            fault = f"arrives at place {there} at {arrive_s} s, the drive from place {here} ends at {leave_s} s"
            self._note(RuleCode.UNSOUND, fault)

    def _do(self, visit: Visit, *, fresh_halt: bool) -> None:
        if visit.kind is VisitKind.COLLECT:
            self._collect(visit, fresh_halt=fresh_halt)
        elif visit.kind is VisitKind.DISPOSE:
            self._dispose(visit)
        else:
            self._rest(visit)

    def _times(self, visit: Visit, name: str, window_s: tuple[int, int], park_s: int, work_s: int) -> None:
        which = visit.index if visit.kind is VisitKind.COLLECT else None
        if visit.begin_s < visit.arrive_s + park_s:
            fault = f"{name} begins at {visit.begin_s} s, halted at {visit.arrive_s + park_s} s"
            self._note(RuleCode.UNSOUND, fault, which)
        fault = f"{name} begins at {visit.begin_s} s, outside its window {window_s[0]}-{window_s[1]} s"
        resting = visit.kind is VisitKind.BREAK
        if visit.begin_s < window_s[0]:
            code = RuleCode.BREAK_TIME if resting else RuleCode.ACCESS_EARLY
            self._note(code, fault, which, early_s=window_s[0] - visit.begin_s)
        if visit.begin_s > window_s[1]:
            code = RuleCode.BREAK_TIME if resting else RuleCode.ACCESS_LATE
            self._note(code, fault, which, late_s=visit.begin_s - window_s[1])
        if visit.depart_s != visit.begin_s + work_s:
            fault = f"{name} takes {visit.depart_s - visit.begin_s} s in place of {work_s} s"
            self._note(RuleCode.UNSOUND, fault, which)

    def _gate(self, visit: Visit, name: str, node: BinNode | DisposalNode) -> None:
        which = visit.index if visit.kind is VisitKind.COLLECT else None
        for from_s, to_s in node.shut_s:
            if from_s <= visit.begin_s < to_s:
                fault = f"{name} begins at {visit.begin_s} s, while it is shut from {from_s} to {to_s} s"
                self._note(RuleCode.ACCESS_SHUT, fault, which, late_s=visit.begin_s - from_s)

    def _collect(self, visit: Visit, *, fresh_halt: bool) -> None:
        index = visit.index
        node, name = self.problem.bins[index], f"bin {index}"
        if visit.place != node.place:
            self._note(RuleCode.UNSOUND, f"{name} stands at place {node.place}, not {visit.place}", index)
        if node.fraction not in self.truck.fractions:
            fault = f"{name} holds fraction {node.fraction}, which the truck does not take"
            self._note(RuleCode.FRACTION, fault, index)
        if not node.skills <= self.truck.skills:
            fault = f"{name} needs skills {sorted(node.skills - self.truck.skills)}, which the truck has not"
            self._note(RuleCode.SKILL, fault, index)
        if node.only_trucks is not None and self.route.truck not in node.only_trucks:
            self._note(RuleCode.LOCKED, f"{name} is locked to trucks {sorted(node.only_trucks)}", index)
        park_s = int(self.problem.halt_s[node.place]) if fresh_halt else 0
        self._times(visit, name, (node.open_s, node.latest_s), park_s, node.service_s)
        self._gate(visit, name, node)
        self._handle(park_s)
        self._handle(node.service_s)
        self._load(name, index, node)

    def _load(self, name: str, index: int, node: BinNode) -> None:
        for number, body in enumerate(self.bodies):
            if node.fraction not in body.room.fractions:
                continue
            body.put(node.fraction, node.volume_l, node.weight_kg)
            if self.truck.compartments:
                whose = f"load of compartment {number} after {name}"
                room = body.room
                self._hold(whose, index, (body.volume_l, room.capacity_l), (body.weight_kg, room.capacity_kg))
        held_l, held_kg = (sum(each.volume_l for each in self.bodies), sum(each.weight_kg for each in self.bodies))
        truck = self.truck
        self._hold(f"load after {name}", index, (held_l, truck.capacity_l), (held_kg, truck.capacity_kg))

    def _hold(self, what: str, index: int, litres: tuple[int, int], kilos: tuple[int, int]) -> None:
        if litres[0] > litres[1]:
            fault = f"{what} is {litres[0]} l of {litres[1]} l"
            self._note(RuleCode.OVERLOAD_L, fault, index, volume_l=litres[0], capacity_l=litres[1])
        if kilos[0] > kilos[1]:
            fault = f"{what} is {kilos[0]} kg of {kilos[1]} kg"
            self._note(RuleCode.OVERLOAD_KG, fault, index, weight_kg=kilos[0], capacity_kg=kilos[1])

    def _dispose(self, visit: Visit) -> None:
        site, name = self.problem.disposals[visit.index], f"disposal site {visit.index}"
        if visit.place != site.place:
            self._note(RuleCode.UNSOUND, f"{name} is at place {site.place}, not {visit.place}")
        loaded = [body for body in self.bodies if body.aboard]
        welcome = [body for body in loaded if body.aboard <= site.fractions]
        if not site.skills <= self.truck.skills:
            fault = f"{name} asks for skills {sorted(site.skills - self.truck.skills)}, which the truck has not"
            self._note(RuleCode.GATE_SKILL, fault)
        if loaded and not welcome and not self.truck.compartments:  # else it came in vain, which harms nobody
            refused = set[int]().union(*(body.aboard for body in loaded)) - site.fractions
            self._note(RuleCode.GATE_FRACTION, f"{name} does not take fractions {sorted(refused)}")
        if not self.homebound:
            self._times(visit, name, (site.open_s, site.latest_s), 0, site.unload_s)
            self._gate(visit, name, site)
        elif visit.depart_s != visit.begin_s + site.unload_s or visit.begin_s < visit.arrive_s:
            fault = f"{name} takes {visit.depart_s - visit.begin_s} s in place of {site.unload_s} s"
            self._note(RuleCode.UNSOUND, fault)
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
                fault = f"{name} is given as {getattr(self.route, name)}, the sum is {getattr(self, name)}"
                self._note(RuleCode.UNSOUND, fault)

    def _end_of_shift(self, late_s: int) -> None:
        truck, end_s = self.truck, self.route.end_s
        if late_s > truck.overtime_s:
            more = f" and {truck.overtime_s} s of overtime" if truck.overtime_s else ""
            fault = f"is home at {end_s} s, after the shift ends at {truck.shift_end_s} s{more}"
            beyond_s = late_s - truck.overtime_s
            self._note(RuleCode.SHIFT_END, fault, late_s=beyond_s, overtime_s=truck.overtime_s)
        for index, rule in enumerate(truck.breaks):
            taken = self.breaks.count(index)
            if taken > 1:
                self._note(RuleCode.UNSOUND, f"break {index} is taken {taken} times")
            left_later = not truck.on_road and self.route.start_s > rule.latest_s
            if not taken and end_s > rule.latest_s and not left_later:
                fault = f"break {index} is not taken though the route ends after {rule.latest_s} s"
                self._note(RuleCode.BREAK_MISSING, fault, over_s=end_s - rule.latest_s)

    def _come_home_empty(self) -> None:
        volume_l = sum(body.volume_l for body in self.bodies)
        weight_kg = sum(body.weight_kg for body in self.bodies)
        left = any(body.aboard for body in self.bodies)
        if (volume_l or weight_kg or left) and not (self.homebound and not self._could_unload()):
            fault = f"comes home with {volume_l} l and {weight_kg} kg aboard"
            self._note(RuleCode.NOT_UNLOADED, fault, volume_l=volume_l, weight_kg=weight_kg)

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
            fault = f"unloads {self.unloads} times, at most {truck.max_unloads} are allowed"
            self._note(RuleCode.UNLOAD_LIMIT, fault, unloads=self.unloads, limit_unloads=truck.max_unloads)
        bins = [self.problem.bins[visit.index] for visit in self.route.visits if visit.kind is VisitKind.COLLECT]
        for code, unit, name, sum_of_day, most in (
            (RuleCode.DAILY_LIMIT_L, "l", "volume_l", sum(node.volume_l for node in bins), truck.daily_limit_l),
            (RuleCode.DAILY_LIMIT_KG, "kg", "weight_kg", sum(node.weight_kg for node in bins), truck.daily_limit_kg),
            (RuleCode.DAILY_LIMIT_BINS, "bins", "bins", len(bins), truck.daily_limit_bins),
        ):
            if most is not None and sum_of_day > most:
                fault = f"collects {sum_of_day} {unit} in the day of {most} {unit}"
                self._note(code, fault, **{name: sum_of_day, f"limit_{unit}": most})

    def _locked_first(self) -> None:
        """The bins with a rank, as far as they are collected, come before all else and in their order."""
        work = [visit for visit in self.route.visits if visit.kind is not VisitKind.BREAK]
        ranks = [self._rank(visit) for visit in work]
        locked = sorted(rank for rank in ranks if rank is not None)
        if ranks[: len(locked)] != locked:
            fault = f"does not begin with its locked bins: ranks come as {ranks[: 1 + len(locked)]}"
            self._note(RuleCode.LOCK_ORDER, fault)

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
