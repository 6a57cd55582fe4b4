"""A plan changed in the middle of the day: the day's problem with trucks on the road.

`routing.planning.build` states the day as if every truck stood at its depot; here each truck that is out is put where
it is (`placing`), and each bin is known by whose it was. What was done is put back into the answer by
`replan_history`, so that a tablet shows one day and not two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from routing.answer import Orders
from routing.choice.demand import Demand
from routing.daytime import WorkingDay
from routing.planning.build import Built, Points
from routing.planning.morning import Morning
from routing.planning.orders import collecting, orders_of
from routing.planning.placing import Placing
from routing.planning.standing import Standing
from routing.planning.wishes import NOT_YET
from routing.problem import BinNode
from tomma.city import City
from tomma.events import EventKind
from tomma.fold import StopState, by_our_clock
from tomma.model import BinId, SiteId, VehicleId
from tomma.planning_settings import PlanningSettings
from tomma.reasons import Reason, ReasonCode
from tomma.trucks import Vehicle

AGAIN_FROM_FILL = 0.2
"""A bin emptied an hour ago is no driver's errand, however sure it is to be full tomorrow. With so much in it again a
second visit gained most on the proving ground (docs/benchmarks/evaluate.md), with half of it nothing."""


def still_open(
    demands: Sequence[Demand],
    morning: Morning,
    city: City,
    planning: PlanningSettings,
    asked: frozenset[BinId],
    now_utc: datetime,
) -> tuple[Demand, ...]:
    """Return the demands that the rest of the day is about.

    What was emptied is done, unless it must be emptied again and the city wants that; what a driver skipped is not
    tried again unless somebody asked since (`asked`). What the plan had promised stays wanted, at least for the price
    of its own minutes, and the next stops are certain.
    """
    heading = {each.next_stop for each in morning.standings.values()}
    promised, again_of = morning.truck_of, _again(morning, now_utc)
    found = []
    for each in demands:
        state = morning.state.state_of(each.bin_id)
        is_again = planning.empty_again_same_day and each.must and each.fill_fraction >= AGAIN_FROM_FILL
        if (state is StopState.EMPTIED and not is_again) or (state is StopState.SKIPPED and each.bin_id not in asked):
            continue
        again = again_of.get(each.bin_id, ())
        if each.bin_id in heading:
            reasons = (Reason(ReasonCode.NEXT_STOP), *(why for why in each.reasons if why.code is not NOT_YET), *again)
            found.append(replace(each, must=True, prize_minor=0, reasons=reasons, reasons_if_left=()))
        elif each.bin_id in promised and not each.must and not each.prize_minor:
            own_s = city.bins[each.bin_id].service_s
            least = max(1, round(own_s * planning.cost_per_h_minor / 3600.0))
            kept = (Reason(ReasonCode.ON_THE_PLAN), *again)
            found.append(replace(each, prize_minor=least, reasons=kept, reasons_if_left=each.reasons))
        else:
            found.append(replace(each, reasons=(*again, *each.reasons)))
    return tuple(found)


def _again(morning: Morning, now_utc: datetime) -> Mapping[BinId, tuple[Reason, ...]]:
    """Return what a plan must say of each bin that was emptied today and is on it: else tablets take it for done."""
    last_utc = {
        event.bin_id: by_our_clock(event)
        for event in morning.state.standing
        if event.bin_id is not None and event.kind is EventKind.EMPTIED
    }
    return {
        bin_id: (Reason(ReasonCode.EMPTIED_AGAIN, {"ago_h": (now_utc - at_utc) / timedelta(hours=1)}),)
        for bin_id, at_utc in last_utc.items()
    }


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
    placing = Placing(built, streams, day, day.since_midnight_s(now_utc))
    placed = [
        placing.placed(morning.standings.get(vehicle_id), truck, city.vehicles[vehicle_id])
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
