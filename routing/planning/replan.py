"""A plan changed in the middle of the day: the day's problem with trucks on the road.

`routing.planning.build` states the day as if every truck stood at its depot; here each truck that is out is put where
it is, with what it carries, what it is on its way to, and the rests it had. What was done is put back into the answer
by `replan_history`, so that a tablet shows one day and not two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from routing.answer import Orders
from routing.choice.demand import Demand
from routing.daytime import WorkingDay
from routing.integers import HORIZON_S
from routing.planning.build import Built, Points
from routing.planning.morning import Morning
from routing.planning.orders import collecting, orders_of
from routing.planning.standing import Standing, Taken
from routing.planning.wishes import NOT_YET
from routing.problem import BinNode, Problem
from routing.truck import BreakRule, Load, Truck
from tomma.city import City
from tomma.fold import StopState
from tomma.model import BinId, DisposalSiteId, FractionCode, SiteId, VehicleId
from tomma.plan import StopKind
from tomma.planning_settings import PlanningSettings
from tomma.reasons import Reason, ReasonCode
from tomma.trucks import Vehicle

OVERDUE_S = 3600
"""Within so long a driver whose break did not come to pass has it: after the stop they are at, and one or two more."""


def still_open(
    demands: Sequence[Demand], morning: Morning, city: City, planning: PlanningSettings, asked: frozenset[BinId]
) -> tuple[Demand, ...]:
    """Return the demands that the rest of the day is about.

    What was emptied is done, and what a driver skipped is not tried again unless somebody asked since (`asked`). What
    the plan had promised stays wanted, at least for the price of its own minutes, and the next stops are certain.
    """
    heading = {each.next_stop for each in morning.standings.values()}
    promised = morning.truck_of
    found = []
    for each in demands:
        state = morning.state.state_of(each.bin_id)
        if state is StopState.EMPTIED or (state is StopState.SKIPPED and each.bin_id not in asked):
            continue
        if each.bin_id in heading:
            reasons = (Reason(ReasonCode.NEXT_STOP), *(why for why in each.reasons if why.code is not NOT_YET))
            found.append(replace(each, must=True, prize_minor=0, reasons=reasons, reasons_if_left=()))
        elif each.bin_id in promised and not each.must and not each.prize_minor:
            own_s = city.bins[each.bin_id].service_s
            least = max(1, round(own_s * planning.cost_per_h_minor / 3600.0))
            left = each.reasons
            found.append(
                replace(each, prize_minor=least, reasons=(Reason(ReasonCode.ON_THE_PLAN),), reasons_if_left=left)
            )
        else:
            found.append(each)
    return tuple(found)


def with_places(points: Points, city: City, standings: Mapping[VehicleId, Standing]) -> Points:
    """Return the points with the sites at which trucks stand and nothing is left to collect."""
    sites = {each.place for each in standings.values() if each.out and each.place in city.sites}
    fresh = sorted(SiteId(each) for each in sites if each is not None and each not in points.site_row)
    rows = {site: len(points.positions) + at for at, site in enumerate(fresh)}
    positions = (*points.positions, *(city.sites[each].position for each in fresh))
    return replace(points, site_row=points.site_row | rows, positions=positions)


def on_the_road(
    built: Built, morning: Morning, city: City, planning: PlanningSettings, day: WorkingDay, now_utc: datetime
) -> Built:
    """Return the problem with every truck that is out where it is, and each bin with whose it was.

    Args:
        built: The rest of the day as if all trucks stood at their depots; its points know where they are.
        morning: What the day was so far.
        city: The snapshot the problem was made from.
        planning: What a change costs.
        day: Turns moments into seconds.
        now_utc: No truck arrives anywhere before.
    """
    trucks = {vehicle_id: index for index, vehicle_id in enumerate(built.vehicle_ids)}
    streams = {code: index for index, code in enumerate(sorted(city.fractions))}
    placed = [
        _placed(built, morning.standings.get(vehicle_id), truck, city.vehicles[vehicle_id], streams, day, now_utc)
        for vehicle_id, truck in zip(built.vehicle_ids, built.problem.trucks, strict=True)
    ]
    heading = {each.next_stop: id_ for id_, each in morning.standings.items() if each.next_stop and id_ in trucks}
    kept = morning.truck_of

    def whose(node: BinNode, bin_id: BinId) -> BinNode:
        if bin_id in heading:
            return replace(node, only_trucks=frozenset({trucks[heading[bin_id]]}), lock_rank=0)
        vehicle_id = kept.get(bin_id)
        return node if vehicle_id not in trucks else replace(node, kept_truck=trucks[vehicle_id])

    bins = tuple(whose(node, id_) for node, id_ in zip(built.problem.bins, built.bin_ids, strict=True))
    return replace(
        built,
        problem=replace(built.problem, bins=bins, trucks=tuple(placed), change_minor=planning.change_cost_minor),
    )


def _placed(
    built: Built,
    standing: Standing | None,
    truck: Truck,
    vehicle: Vehicle,
    streams: Mapping[FractionCode, int],
    day: WorkingDay,
    now_utc: datetime,
) -> Truck:
    """Return the truck as it is now; one that is not out stays as it was built, its fixed cost spent if it was."""
    if standing is None or not standing.started:
        return truck
    over = len(vehicle.shift.breaks) - len(truck.breaks)  # whose time has passed, had or not
    rests = truck.breaks[max(0, standing.breaks_had - over) :]
    if not standing.out:
        return replace(_less_taken(truck, standing.collected), fixed_minor=0, breaks=rests)
    place = _row(built.points, standing.place, truck.start_place)
    start_s = _start_s(built.problem, built, standing, truck, place, day, now_utc)
    aboard = tuple(
        Load(streams[code], _ceil(waste.volume_l), _ceil(waste.weight_kg))
        for code, waste in sorted(standing.aboard.items())
    )
    at_s = max(start_s, day.since_midnight_s(now_utc))
    rests = _from_now(rests, at_s)
    rests = (*_overdue(standing, vehicle, over, at_s, before=rests), *rests)
    fractions = _carried_on(truck.fractions, {load.fraction for load in aboard}, built.problem)
    out = replace(
        _less_taken(truck, standing.collected),
        start_place=place,
        shift_start_s=start_s,
        shift_end_s=max(truck.shift_end_s, start_s),
        overtime_s=min(truck.overtime_s, HORIZON_S - max(truck.shift_end_s, start_s)),
        fixed_minor=0,
        breaks=rests,
        on_road=True,
        aboard=aboard,
        fractions=fractions,
    )
    home_s = _home_s(built, standing, out, rests_s=sum(rest.duration_s for rest in rests))
    return replace(out, overtime_s=min(max(out.overtime_s, home_s - out.shift_end_s), HORIZON_S - out.shift_end_s))


def _from_now(rests: Sequence[BreakRule], now_s: int) -> tuple[BreakRule, ...]:
    """Return the breaks that can still begin, none in the past: who is heading somewhere has left the place before."""
    return tuple(replace(rest, earliest_s=max(rest.earliest_s, now_s)) for rest in rests if rest.latest_s >= now_s)


def _overdue(
    standing: Standing, vehicle: Vehicle, over: int, now_s: int, before: Sequence[BreakRule]
) -> tuple[BreakRule, ...]:
    """Return the break that the plan on the road had and its driver has not, though its time has passed; due soon."""
    own = sorted(vehicle.shift.breaks, key=lambda rest: (rest.earliest_s, rest.latest_s))
    missed = own[standing.breaks_had : over]
    latest_s = min([now_s + OVERDUE_S, HORIZON_S, *(rest.earliest_s for rest in before)])
    if not missed or latest_s <= now_s or all(stop.kind is not StopKind.BREAK for stop in standing.ahead):
        return ()
    return (BreakRule(now_s, latest_s, missed[-1].duration_s),)


def _less_taken(truck: Truck, taken: Taken) -> Truck:
    """Return the truck with what is left of its limits of the day; it may always unload once more."""

    def left(limit: int | None, used: float) -> int | None:
        return None if limit is None else max(0, limit - _ceil(used))

    unloads = left(truck.max_unloads, taken.unloads)
    return replace(
        truck,
        daily_limit_bins=left(truck.daily_limit_bins, taken.bins),
        daily_limit_l=left(truck.daily_limit_l, taken.volume_l),
        daily_limit_kg=left(truck.daily_limit_kg, taken.weight_kg),
        max_unloads=None if unloads is None else max(1, unloads),
    )


def _ceil(amount: float) -> int:
    return -int(-amount // 1)


def _row(points: Points, place: SiteId | DisposalSiteId | None, depot_row: int) -> int:
    if place is not None and place in points.site_row:
        return points.site_row[SiteId(place)]
    if place is not None and place in points.disposal_ids:
        return points.disposal_row(points.disposal_ids.index(DisposalSiteId(place)))
    return depot_row


def _start_s(
    problem: Problem, built: Built, standing: Standing, truck: Truck, place: int, day: WorkingDay, now_utc: datetime
) -> int:
    """Return when it left, so that it arrives at its next stop now at the earliest; without one, now."""
    now_s, free_s = day.since_midnight_s(now_utc), day.since_midnight_s(standing.free_utc)
    if standing.next_stop in built.bin_ids:
        there = problem.bins[built.bin_ids.index(standing.next_stop)].place
        drive_s = int(problem.profiles[truck.profile].duration_s[place, there]) if place != there else 0
        return min(max(free_s, now_s - drive_s, 0), HORIZON_S)
    return min(max(free_s, now_s, 0), HORIZON_S)


def _carried_on(fractions: frozenset[int], aboard: set[int], problem: Problem) -> frozenset[int]:
    """Return what it may collect beside what is aboard: streams that some site takes together with it."""
    if not aboard - fractions:
        return fractions
    together = [site.fractions for site in problem.disposals if aboard <= site.fractions]
    return frozenset(aboard) | max((fractions & site for site in together), key=len, default=frozenset())


def _home_s(built: Built, standing: Standing, truck: Truck, rests_s: int) -> int:
    """Return when it can be home at the earliest, having emptied where it is heading and unloaded."""
    problem, here, at_s = built.problem, truck.start_place, truck.shift_start_s + rests_s
    roads = problem.profiles[truck.profile]
    loaded = bool(truck.aboard)
    if standing.next_stop in built.bin_ids:
        node = problem.bins[built.bin_ids.index(standing.next_stop)]
        at_s += int(roads.duration_s[here, node.place]) + int(problem.halt_s[node.place]) + node.service_s
        here, loaded = node.place, True
    if not loaded:
        return at_s + int(roads.duration_s[here, truck.end_place])
    ways = [
        max(at_s + int(roads.duration_s[here, site.place]), site.open_s)
        + site.unload_s
        + int(roads.duration_s[site.place, truck.end_place])
        for site in problem.disposals
        if {load.fraction for load in truck.aboard} <= site.fractions
    ]
    return min(ways, default=at_s)


def warm_orders(built: Built, morning: Morning) -> Orders:
    """Return what the plan on the road has left, as an answer to begin with."""
    ahead = {id_: morning.standings[id_].ahead for id_ in built.vehicle_ids if id_ in morning.standings}
    return collecting(orders_of(built, ahead))


def still_on_duty(vehicles: Sequence[Vehicle], morning: Morning, day: WorkingDay, not_before_s: int) -> list[Vehicle]:
    """Return the trucks whose shift is not over, and those that are out whatever the hour: they have to come home."""
    found = []
    for each in vehicles:
        standing = morning.standings.get(each.id)
        if day.elapsed_s(each.shift.end_s) > not_before_s:
            found.append(each)
        elif standing is not None and standing.out:
            found.append(replace(each, shift=replace(each.shift, end_s=not_before_s + 60)))
    return found
