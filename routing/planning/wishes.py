"""What a person wishes of a plan: bins named, locked or left out, the areas it is ordered for, gates closed. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from routing.choice.demand import Demand
from routing.planning.build import Built
from routing.problem import BinNode
from tomma.city import City
from tomma.model import BinId, FractionCode
from tomma.plan import LeftOut, Wishes
from tomma.reasons import Reason, ReasonCode

NOT_YET = ReasonCode.NOT_NEEDED_YET


def wished(demands: Sequence[Demand], wishes: Wishes, city: City) -> tuple[Demand, ...]:
    """Return the bins to choose from as a person wishes: without the excluded, those that were named as musts."""
    return tuple(
        named(each, wishes)
        for each in demands
        if each.bin_id not in wishes.excluded and in_areas(each.bin_id, wishes, city)
    )


def in_areas(bin_id: BinId, wishes: Wishes, city: City) -> bool:
    """Return whether the bin is in the areas that the plan was ordered for, or named by itself."""
    named = bin_id in wishes.locked or bin_id in wishes.included
    return named or not wishes.areas or city.sites[city.bins[bin_id].site_id].area in wishes.areas


def named(demand: Demand, wishes: Wishes) -> Demand:
    """Return the demand as a must that says so, if a person named its bin."""
    told = ((ReasonCode.LOCKED, demand.bin_id in wishes.locked), (ReasonCode.ADDED, demand.bin_id in wishes.included))
    codes = [code for code, holds in told if holds]
    if not codes:
        return demand
    reasons = (*(Reason(code) for code in codes), *(each for each in demand.reasons if each.code is not NOT_YET))
    return replace(demand, must=True, prize_minor=0, reasons=reasons, reasons_if_left=())


def told_closed(left_out: Sequence[LeftOut], streams: frozenset[FractionCode], city: City) -> tuple[LeftOut, ...]:
    """Return them with the truth of those `streams` that only closed disposal sites take: no truck is to blame."""

    def told(each: LeftOut) -> LeftOut:
        no_truck = each.reasons[0].code is ReasonCode.NO_VEHICLE_FOR_FRACTION
        if not no_truck or city.bins[each.bin_id].fraction_code not in streams:
            return each
        return replace(each, reasons=(Reason(ReasonCode.DISPOSAL_CLOSED), *each.reasons[1:]))

    return tuple(told(each) for each in left_out)


def locked_in(built: Built, wishes: Wishes) -> Built:
    """Return the problem with each locked bin kept to its truck, if that truck is on duty."""
    trucks = {vehicle_id: index for index, vehicle_id in enumerate(built.vehicle_ids)}
    truck_of = {bin_id: trucks[vehicle_id] for bin_id, vehicle_id in wishes.locked.items() if vehicle_id in trucks}

    def kept(node: BinNode, bin_id: BinId) -> BinNode:
        return replace(node, only_trucks=frozenset({truck_of[bin_id]})) if bin_id in truck_of else node

    bins = tuple(kept(node, id_) for node, id_ in zip(built.problem.bins, built.bin_ids, strict=True))
    return replace(built, problem=replace(built.problem, bins=bins))
