"""The trucks drive their plans through the true town: what does not fit is unloaded first, what gets too late waits.

A plan knows expected litres; the street has the true ones. A driver who cannot take a bin any more drives to the
disposal site, comes back and goes on, all later stops that much later; once a stop would end later than the shift
and `OVERTIME_S`, it and all after it are left. Waste on board at the plan's end is unloaded at its last disposal.

All is booked as it is done, so that a day can be handed over to another plan in the middle.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from routing.answer import TruckRoute, Visit, VisitKind
from routing.integers import HORIZON_S
from routing.planning.build import Built
from simulator.draws import HOUR_S
from simulator.proving.contents import Contents, Emptied
from simulator.proving.router import Routed
from tomma.model import BinId, VehicleId

OVERTIME_S = 3_600


@dataclass
class Logbook:
    """What one day's driving came to."""

    distance_m: int = 0
    driving_s: int = 0
    handling_s: int = 0
    lifts: int = 0
    lifts_overflowing: int = 0
    """Lifts of bins with something beside them."""
    out: set[str] = field(default_factory=set)
    """Names of the trucks that left their depots; tours of one truck on one day share its name."""
    fixed_minor: int = 0
    unloads: int = 0
    extra_unloads: int = 0
    """Unloadings that the plan did not foresee."""
    left_behind: int = 0
    """Planned bins that it became too late for."""
    taken_l: float = 0.0
    unloaded_l: float = 0.0
    fill_before: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Done:
    """A visit that came to pass: what its driver taps."""

    truck: int
    visit: Visit
    ended_s: int
    """Since midnight."""


@dataclass
class Load:
    """What a truck carries."""

    volume_l: float = 0.0
    weight_kg: float = 0.0


@dataclass
class _Truck:
    route: TruckRoute
    place: int
    load: Load
    next_visit: int = 0
    is_home: bool = False
    delay_s: int = 0
    gave_up: bool = False


class Drive:
    """One day's routes on their way."""

    def __init__(
        self,
        routed: Routed,
        contents: Contents,
        midnight_utc: datetime,
        rows: Mapping[BinId, int],
        *,
        former: "Drive | None" = None,
    ) -> None:
        """Start the day, or go on with the rest of it.

        Args:
            routed: The plan.
            contents: The true town.
            midnight_utc: What the plan's seconds count from.
            rows: Each bin's index in the town.
            former: The drive by the plan that this one changes: its books and what its trucks carry are taken over.
        """
        self.log: Logbook = Logbook() if former is None else former.log
        self.loads: dict[VehicleId, Load] = {} if former is None else former.loads
        """What each truck carries."""
        self.done: list[Done] = []
        """In the order of the trucks, then of time."""
        self._built: Built = routed.built
        self._names = [each.name for each in routed.vehicles]
        self._contents = contents
        self._midnight_s = int(midnight_utc.timestamp())
        self._rows = [rows[bin_id] for bin_id in routed.built.bin_ids]
        trucks = routed.built.problem.trucks
        self._trucks = [
            _Truck(each, trucks[each.truck].start_place, self._load_of(each.truck)) for each in routed.solution.routes
        ]

    def _load_of(self, truck: int) -> Load:
        return self.loads.setdefault(self._built.vehicle_ids[truck], Load())

    def hour(self, hour: int, day_ordinal: int) -> list[Emptied]:
        """Do what lies within this hour; return which bins were emptied when."""
        emptied: list[Emptied] = []
        ends_s = (hour + 1) * HOUR_S - self._midnight_s
        for truck in self._trucks:
            while truck.next_visit < len(truck.route.visits):
                visit = truck.route.visits[truck.next_visit]
                if visit.begin_s + truck.delay_s >= ends_s:
                    break
                done = self._visit(truck, visit, hour, ends_s, day_ordinal)
                if done is None:
                    break
                emptied.extend(done)
                self._book_way(truck, visit)
                truck.next_visit += 1
            self._come_home(truck, ends_s)
        return emptied

    def _book_way(self, truck: _Truck, visit: Visit) -> None:
        """Book the way to a visit, and the truck's day with the first one."""
        problem, number = self._built.problem, truck.route.truck
        if not truck.next_visit:
            self.log.out.add(self._names[number])
            self.log.fixed_minor += problem.trucks[number].fixed_minor
        if visit.kind is VisitKind.COLLECT and visit.place != truck.place:
            self.log.handling_s += int(problem.halt_s[visit.place])
        if visit.kind is not VisitKind.BREAK:
            self._book_drive(truck, visit.place)

    def _book_drive(self, truck: _Truck, place: int) -> None:
        streets = self._built.problem.roads_of(truck.route.truck)
        if place != truck.place:
            self.log.distance_m += int(streets.distance_m[truck.place, place])
            self.log.driving_s += int(streets.duration_s[truck.place, place])
        truck.place = place

    def _come_home(self, truck: _Truck, ends_s: int) -> None:
        """Book the way home of a truck that is there by then."""
        is_done = truck.next_visit == len(truck.route.visits)
        if is_done and not truck.is_home and truck.route.end_s + truck.delay_s < ends_s:
            self._book_drive(truck, self._built.problem.trucks[truck.route.truck].end_place)
            truck.is_home = True

    def hand_over(self, still_out: Collection[VehicleId]) -> None:
        """End here: another plan goes on with the trucks that are out; one late on its way home gets there."""
        for truck in self._trucks:
            if self._built.vehicle_ids[truck.route.truck] not in still_out and truck.next_visit:
                self._come_home(truck, HORIZON_S)

    def _visit(
        self, truck: _Truck, visit: Visit, hour: int, ends_s: int, day_ordinal: int
    ) -> tuple[Emptied, ...] | None:
        """Do one thing; None when a detour pushed it beyond this hour."""
        if visit.kind is VisitKind.BREAK:
            self._note_done(truck, visit)
            return ()
        if visit.kind is VisitKind.DISPOSE:
            self._unload(truck, visit.index)
            self._note_done(truck, visit)
            return ()
        return self._collect(truck, visit, hour, ends_s, day_ordinal)

    def _collect(
        self, truck: _Truck, visit: Visit, hour: int, ends_s: int, day_ordinal: int
    ) -> tuple[Emptied, ...] | None:
        problem, index = self._built.problem, self._rows[visit.index]
        begin_s = visit.begin_s + truck.delay_s
        minute = max(0, (begin_s + self._midnight_s - hour * HOUR_S) // 60)
        there_l = self._contents.waiting_l(index, hour, minute)
        taken_l = max(there_l - self._contents.residue_l(index, day_ordinal), 0.0)
        density = self._contents.density_kg_per_l[index]
        limits = problem.trucks[truck.route.truck]
        taken_l = min(taken_l, limits.capacity_l, limits.capacity_kg / density)
        full = (
            truck.load.volume_l + taken_l > limits.capacity_l
            or truck.load.weight_kg + taken_l * density > limits.capacity_kg
        )
        if full and not truck.gave_up:
            self._detour(truck, visit)
            begin_s = visit.begin_s + truck.delay_s
        if truck.gave_up or begin_s + problem.bins[visit.index].service_s > limits.shift_end_s + OVERTIME_S:
            truck.gave_up = True
            self.log.left_behind += 1
            return ()
        if begin_s >= ends_s:
            return None
        minute = (begin_s + self._midnight_s - hour * HOUR_S) // 60
        truck.load.volume_l += taken_l
        truck.load.weight_kg += taken_l * density
        self._book_lift(visit, index, there_l, taken_l)
        self._note_done(truck, visit)
        return (Emptied(index, max(0, minute), taken_l, there_l > float(self._contents.volume_l[index])),)

    def _note_done(self, truck: _Truck, visit: Visit) -> None:
        self.done.append(Done(truck.route.truck, visit, visit.depart_s + truck.delay_s))

    def _book_lift(self, visit: Visit, index: int, there_l: float, taken_l: float) -> None:
        self.log.handling_s += self._built.problem.bins[visit.index].service_s
        self.log.lifts += 1
        self.log.taken_l += taken_l
        self.log.fill_before.append(there_l / float(self._contents.volume_l[index]))
        self.log.lifts_overflowing += there_l > self._contents.volume_l[index]

    def _detour(self, truck: _Truck, visit: Visit) -> None:
        """Unload out of turn and come back."""
        problem = self._built.problem
        sites = problem.disposals_of_truck[truck.route.truck]
        site = min(sites, key=lambda each: int(problem.duration_s[visit.place, problem.disposals[each].place]))
        place = problem.disposals[site].place
        there_and_back_s = int(problem.duration_s[visit.place, place] + problem.duration_s[place, visit.place])
        self.log.distance_m += int(problem.distance_m[visit.place, place] + problem.distance_m[place, visit.place])
        self.log.driving_s += there_and_back_s
        self._unload(truck, site)
        self.log.extra_unloads += 1
        truck.delay_s += there_and_back_s + problem.disposals[site].unload_s

    def _unload(self, truck: _Truck, site: int) -> None:
        self.log.handling_s += self._built.problem.disposals[site].unload_s
        self.log.unloads += 1
        self.log.unloaded_l += truck.load.volume_l
        truck.load.volume_l = truck.load.weight_kg = 0.0

    @property
    def aboard_l(self) -> float:
        """What the trucks carry now."""
        return sum(load.volume_l for load in self.loads.values())
