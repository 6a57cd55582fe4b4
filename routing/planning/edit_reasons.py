"""Why each bin is where it is once a person has changed the plan: by hand, or for its own reasons. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from routing.choice.demand import Demand
from tomma.edits import Edit, EditKind
from tomma.errors import ConflictError, Refusal
from tomma.model import BinId, VehicleId
from tomma.plan import LeftOut, Plan, Route, Stop
from tomma.reasons import Reason, ReasonCode

NOT_WANTED = frozenset({ReasonCode.NOT_NEEDED_YET, ReasonCode.NOT_WORTH_THE_DETOUR, ReasonCode.EXCLUDED})
"""What is no reason any more once a person has put the bin on the plan."""
BY_HAND = frozenset({ReasonCode.ADDED, ReasonCode.LOCKED})


def locks_after(parent: Plan, edits: Sequence[Edit]) -> dict[BinId, VehicleId]:
    """Return who is locked to which truck after the edits."""
    locks = dict(parent.locks)
    truck_of = {stop.bin_id: route.vehicle_id for route in parent.routes for stop in route.stops if stop.bin_id}
    for each in edits:
        if each.kind in (EditKind.UNLOCK, EditKind.REMOVE):
            locks.pop(each.bin_id, None)
        elif each.kind is EditKind.LOCK:
            truck = each.vehicle_id or truck_of.get(each.bin_id)
            if truck is None:
                raise ConflictError(
                    f"bin {each.bin_id} is on no truck's round: name the vehicle_id to lock it to",
                    Refusal.BIN_OFF_PLAN,
                    bin_id=each.bin_id,
                )
            locks[each.bin_id] = truck
        if each.vehicle_id is not None:
            truck_of[each.bin_id] = each.vehicle_id
    return locks


def told_by_hand(demand: Demand, parent: Plan, edits: Sequence[Edit], locks: Mapping[BinId, VehicleId]) -> Demand:
    """Return the demand with what a person decided first among its reasons."""
    bin_id = demand.bin_id
    added = any(why.code is ReasonCode.ADDED for why in demand.reasons)  # by the order of the day
    for each in (*parent.edits, *edits):
        if each.bin_id == bin_id and each.kind in (EditKind.ADD, EditKind.REMOVE):
            added = each.kind is EditKind.ADD
    added |= bin_id in locks and bin_id not in parent.bins_collected
    codes = [code for code, holds in ((ReasonCode.ADDED, added), (ReasonCode.LOCKED, bin_id in locks)) if holds]
    before = next((stop.reasons for route in parent.routes for stop in route.stops if stop.bin_id == bin_id), ())
    own = _why(demand.reasons) or _why(before)
    codes = codes if codes or own else [ReasonCode.ADDED]  # it was locked, and nothing else wanted it
    return replace(demand, reasons=(*(Reason(code) for code in codes), *own))


def _why(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return what wants a bin that is on the plan, people apart."""
    return tuple(each for each in reasons if each.code not in (NOT_WANTED | BY_HAND))


def reasoned(route: Route, demands: Sequence[Demand]) -> Route:
    """Return the route with the reasons as the edits left them: also a lock is told, which moves nothing."""
    why = {each.bin_id: each.reasons for each in demands}

    def told(stop: Stop) -> Stop:
        if stop.bin_id not in why:
            return stop
        by_hand = tuple(each for each in why[stop.bin_id] if each.code in BY_HAND)
        return replace(stop, reasons=(*by_hand, *(each for each in stop.reasons if each.code not in BY_HAND)))

    return replace(route, stops=tuple(told(stop) for stop in route.stops))


def left_out_of(parent: Plan, removed: frozenset[BinId], demands: Sequence[Demand]) -> tuple[LeftOut, ...]:
    """Return the bins of these demands with why they are left out; those a person took off say so before all else."""
    former = {each.bin_id: each.reasons for each in parent.left_out}

    def why(own: Demand) -> tuple[Reason, ...]:
        if own.bin_id in former and own.bin_id not in removed:
            return former[own.bin_id]
        return (Reason(ReasonCode.EXCLUDED), *(each for each in own.reasons if each.code not in BY_HAND))

    return tuple(LeftOut(each.bin_id, why(each)) for each in demands)
