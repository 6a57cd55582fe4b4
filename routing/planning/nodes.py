"""One bin, one gate, one truck of the city as the integers a solver sees, on one day. Pure.

Loads are rounded up, capacities and limits down. Times of day become seconds elapsed since local midnight, so the
night of a clock change keeps its true length.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from routing.choice.demand import Demand
from routing.choice.nearby import per_km_minor
from routing.daytime import WorkingDay
from routing.integers import HORIZON_S, Gaps
from routing.problem import BinNode, DisposalNode
from routing.truck import BreakRule, Compartment, Rates, Truck
from tomma.city import City, DisposalSite
from tomma.hours import DAY_S, open_spans
from tomma.model import FractionCode
from tomma.planning_settings import PlanningSettings
from tomma.trucks import Vehicle

Spans = tuple[tuple[int, int], ...]
"""When something may begin: (first, last) seconds after midnight, both included."""


@dataclass(frozen=True)
class Words:
    """Whose number is whose: streams and skills."""

    fractions: Mapping[FractionCode, int]
    skills: Mapping[str, int]


def words_of(city: City) -> Words:
    """Return numbers for every stream and every skill that a bin may ask for or a truck have."""
    asked = {skill for each in city.bins.values() for skill in each.skills}
    asked |= {skill for each in city.container_types.values() for skill in each.skills}
    asked |= {skill for each in city.vehicles.values() for skill in each.skills}
    return Words(
        {code: index for index, code in enumerate(sorted(city.fractions))},
        {skill: index for index, skill in enumerate(sorted(asked))},
    )


@dataclass(frozen=True)
class Hours:
    """Turns hours of weekdays into seconds of the day that is planned, and of the night after it if a shift runs on."""

    day: WorkingDay
    last_s: int
    """How far the shifts reach, by the clock on the wall."""

    def spans(self, of_weekday: Mapping[int, Spans], work_s: int = 0) -> Spans:
        """Return when work that must be done by closing may begin."""
        found: list[tuple[int, int]] = []
        for later in range(1 + (self.last_s > DAY_S)):
            weekday = (self.day.day.isoweekday() + later - 1) % 7 + 1
            for opens_s, closes_s in of_weekday[weekday]:
                first, last = self.day.elapsed_s(later * DAY_S + opens_s), self.day.elapsed_s(later * DAY_S + closes_s)
                if found and first <= found[-1][1] + work_s + 1:  # no closing in between: midnight, or touching hours
                    found[-1] = (found[-1][0], last - work_s)
                elif first <= last - work_s:
                    found.append((first, last - work_s))
        return tuple(found)


WEEKDAYS = range(1, 8)
NEVER = (1, 0, ())
"""A window in which nothing can begin."""


def _window(spans: Spans) -> tuple[int, int, Gaps]:
    """Return open_s, latest_s and the gaps between the spans."""
    if not spans:
        return NEVER
    gaps = tuple((before[1] + 1, after[0]) for before, after in pairwise(spans))
    return spans[0][0], spans[-1][1], gaps


def bin_node(city: City, demand: Demand, place: int, words: Words, hours: Hours) -> BinNode:
    """Return a bin; it may begin while its site may be entered."""
    standing = city.bins[demand.bin_id]
    access = city.sites[standing.site_id].access
    always: Spans = ((0, HORIZON_S),)
    spans = hours.spans({each: open_spans(access, each) for each in WEEKDAYS}) if access else always
    open_s, latest_s, shut_s = _window(spans)
    skills = standing.skills | city.container_type_of(demand.bin_id).skills
    return BinNode(
        place=place,
        volume_l=math.ceil(demand.volume_l),
        weight_kg=math.ceil(demand.weight_kg),
        service_s=standing.service_s,
        fraction=words.fractions[standing.fraction_code],
        must=demand.must,
        prize_minor=demand.prize_minor,
        open_s=open_s,
        latest_s=latest_s,
        shut_s=shut_s,
        skills=frozenset(words.skills[each] for each in skills),
    )


def disposal_node(site: DisposalSite, place: int, words: Words, hours: Hours) -> DisposalNode:
    """Return a gate: a truck must be unloaded by closing time; one open for less than an unloading takes none."""
    spans = _open_spans(site, hours)
    open_s, latest_s, shut_s = _window(spans)
    takes = frozenset(words.fractions[code] for code in site.fractions if code in words.fractions)
    return DisposalNode(
        place=place,
        fractions=takes if spans else frozenset(),
        unload_s=site.unload_s,
        open_s=open_s,
        latest_s=latest_s,
        shut_s=shut_s,
    )


def _open_spans(site: DisposalSite, hours: Hours) -> Spans:
    """Return when an unloading may begin and end there; nothing on a day on which it is closed."""
    return hours.spans({each: site.open_on(each) for each in WEEKDAYS}, site.unload_s)


@dataclass(frozen=True)
class Duty:
    """Where a truck starts and ends today, what it collects, and what it pays."""

    start_place: int
    end_place: int
    carried: frozenset[FractionCode]
    profile: int
    not_before_s: int


def truck_node(vehicle: Vehicle, duty: Duty, words: Words, day: WorkingDay, planning: PlanningSettings) -> Truck:
    """Return a truck."""
    start_s = max(day.elapsed_s(vehicle.shift.start_s), duty.not_before_s)
    end_s = min(HORIZON_S, day.elapsed_s(vehicle.shift.end_s))
    return Truck(
        start_place=duty.start_place,
        end_place=duty.end_place,
        capacity_l=math.floor(vehicle.capacity_l),
        capacity_kg=math.floor(vehicle.capacity_kg),
        fractions=frozenset(words.fractions[code] for code in duty.carried),
        shift_start_s=start_s,
        shift_end_s=end_s,
        fixed_minor=vehicle.fixed_cost_minor,
        breaks=_breaks(vehicle, day, start_s),
        skills=frozenset(words.skills[each] for each in vehicle.skills),
        compartments=tuple(
            Compartment(
                frozenset(words.fractions[code] for code in part.fractions),
                math.floor(part.capacity_l),
                math.floor(part.capacity_kg),
            )
            for part in vehicle.compartments
        ),
        overtime_s=min(vehicle.overtime_s, HORIZON_S - end_s),
        overtime_per_h_minor=vehicle.overtime_cost_per_h_minor,
        rates=_own_rates(vehicle, planning),
        profile=duty.profile,
        max_unloads=vehicle.max_unloads_per_day,
        daily_limit_l=None if vehicle.max_l_per_day is None else math.floor(vehicle.max_l_per_day),
        daily_limit_kg=None if vehicle.max_kg_per_day is None else math.floor(vehicle.max_kg_per_day),
        daily_limit_bins=vehicle.max_bins_per_day,
    )


def rates_of(planning: PlanningSettings, vehicle: Vehicle | None = None) -> Rates:
    """Return what kilometres and hours cost, CO2 counted in: of the usual truck, or of one that has its own costs."""
    km = vehicle.cost_per_km_minor if vehicle is not None else None
    hour = vehicle.cost_per_h_minor if vehicle is not None else None
    if km is not None:
        planning = planning.model_copy(update={"cost_per_km_minor": km})
    per_h_minor = planning.cost_per_h_minor if hour is None else hour
    return Rates(round(per_km_minor(planning)), per_h_minor, per_h_minor)


def _own_rates(vehicle: Vehicle, planning: PlanningSettings) -> Rates | None:
    """Return what its own costs make of the rates; None when it has none, so that like trucks stay alike."""
    has_own = vehicle.cost_per_km_minor is not None or vehicle.cost_per_h_minor is not None
    return rates_of(planning, vehicle) if has_own else None


def _breaks(vehicle: Vehicle, day: WorkingDay, start_s: int) -> tuple[BreakRule, ...]:
    """Breaks still ahead at the start, in order; of two that overlap the later one waits for the first's window."""
    rules: list[BreakRule] = []
    for each in sorted(vehicle.shift.breaks, key=lambda rest: (rest.earliest_s, rest.latest_s)):
        earliest_s, latest_s = day.elapsed_s(each.earliest_s), day.elapsed_s(each.latest_s)
        if latest_s < start_s:
            continue
        earliest_s = max([earliest_s, *(rule.latest_s for rule in rules)])
        rules.append(BreakRule(earliest_s, max(earliest_s, latest_s), each.duration_s))
    return tuple(rules)


def carried_today(
    city: City, demands: Sequence[Demand], vehicles: Sequence[Vehicle], hours: Hours
) -> list[frozenset[FractionCode]]:
    """Return which streams each truck collects today: all it may, unless its load could not be unloaded.

    A body holds one load, so a truck whose streams no single site that is open today takes together keeps to those of
    one site: those with most waste not yet spoken for by a truck before it. Each compartment is such a body.
    """
    gates = [site.fractions for site in city.disposal_sites.values() if _open_spans(site, hours)]
    waiting_l: dict[FractionCode, float] = {}
    for each in demands:
        code = city.bins[each.bin_id].fraction_code
        waiting_l[code] = waiting_l.get(code, 0.0) + each.volume_l
    chosen: list[frozenset[FractionCode]] = []
    for vehicle in vehicles:
        bodies = [(part.fractions, part.capacity_l) for part in vehicle.compartments]
        bodies = bodies or [(vehicle.fractions, vehicle.capacity_l)]
        chosen.append(frozenset().union(*(_load_of(gates, body, waiting_l) for body in bodies)))
    return chosen


def _load_of(
    gates: Sequence[frozenset[FractionCode]],
    body: tuple[frozenset[FractionCode], float],
    waiting_l: dict[FractionCode, float],
) -> frozenset[FractionCode]:
    """Return what one body collects, and take it off what is waiting if that is not all it may."""
    streams, capacity_l = body
    may = streams & frozenset(waiting_l)
    loads = {may & gate for gate in gates}
    if may in loads or not any(loads):
        return streams
    best = max(loads, key=lambda load: (sum(waiting_l[code] for code in load), sorted(load)))
    for code in best:  # the next body looks elsewhere if this one has room
        waiting_l[code] = max(0.0, waiting_l[code] - capacity_l / len(best))
    return best
