"""What a change of the plan on the road takes over: what people had decided, as far as it can still be meant. Pure.

The office's button, the clock's noon and the command line all go on from it, so that none of them forgets a word that
was said to another.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from routing.ordering.earlier import Earlier
from tomma.city import City
from tomma.edits import EditKind
from tomma.model import BinId, VehicleId
from tomma.plan import Plan, Wishes
from tomma.ports import RequestBook
from tomma.reasons import ReasonCode


def still_wished(former: Plan, city: City, requests: RequestBook, earlier: Earlier, areas: frozenset[str]) -> Wishes:
    """Return what was decided for the plan on the road and holds for the next change of it, too.

    A truck that broke down stays where it is, a disposal site that closed stays closed, a bin left for today is left,
    one given to a truck is given to it, one that was added is taken; unless the truck or the bin is gone by now, or
    somebody has asked for the bin since.
    """
    again = {each.bin_id for each in requests.not_withdrawn(former.created_utc)}
    left = {each.bin_id for each in former.left_out if any(why.code is ReasonCode.EXCLUDED for why in each.reasons)}
    gone = former.unavailable & city.vehicles.keys()
    locked = still_locked(former, city)
    added = added_by_hand(former) & city.bins.keys()
    return Wishes(
        frozenset(left & city.bins.keys()) - again - locked.keys(),
        locked,
        gone,
        included=added,
        areas=areas,
        balanced=earlier.balanced,
        closed=former.closed,
    )


def added_by_hand(plan: Plan) -> frozenset[BinId]:
    """Return which bins a person wanted on the plan, those among them that no truck had time for, too."""
    stops = [(stop.bin_id, stop.reasons) for route in plan.routes for stop in route.stops if stop.bin_id is not None]
    told = [*stops, *((each.bin_id, each.reasons) for each in plan.left_out)]
    codes = {bin_id: {why.code for why in reasons} for bin_id, reasons in told}
    return frozenset(
        bin_id for bin_id, own in codes.items() if ReasonCode.ADDED in own and ReasonCode.EXCLUDED not in own
    )


def let_go(plan: Plan | None, city: City, wishes: Wishes) -> Iterator[tuple[BinId, VehicleId | None]]:
    """Yield what a person had decided on the plan and nobody can keep: the bin or its truck is gone or stands still."""
    if plan is None:
        return
    for bin_id in sorted((added_by_hand(plan) | changed_by_hand(plan)[0]) - city.bins.keys() - plan.locks.keys()):
        yield bin_id, None
    driving = city.vehicles.keys() - wishes.unavailable
    for bin_id, vehicle_id in sorted(plan.locks.items()):
        is_settled = bin_id in wishes.locked or bin_id in wishes.excluded
        if not is_settled and (bin_id not in city.bins or vehicle_id not in driving):
            yield bin_id, vehicle_id


def still_locked(plan: Plan, city: City) -> dict[BinId, VehicleId]:
    """Return which bin was given to which truck, of those that the city still has."""
    return {
        bin_id: vehicle_id
        for bin_id, vehicle_id in plan.locks.items()
        if bin_id in city.bins and vehicle_id in city.vehicles
    }


@dataclass(frozen=True, slots=True)
class BinWishes:
    """What is decided of single bins."""

    excluded: frozenset[BinId]
    included: frozenset[BinId]
    locked: Mapping[BinId, VehicleId]


def with_former(ordered: BinWishes, still: Wishes, gone: frozenset[VehicleId]) -> BinWishes:
    """Add what holds from the plan on the road; of a bin that the order names, the order's word counts."""
    stays = {
        bin_id: truck for bin_id, truck in still.locked.items() if truck not in gone and bin_id not in ordered.excluded
    }
    excluded = ordered.excluded | (still.excluded - ordered.included - ordered.locked.keys())
    freed = still.locked.keys() - stays.keys()  # still to be emptied, by another truck
    included = ordered.included | ((still.included | freed) - excluded)
    return BinWishes(excluded, included, {**stays, **ordered.locked})


def changed_by_hand(draft: Plan) -> tuple[frozenset[BinId], frozenset[BinId]]:
    """Return which bins a person added and removed, as the last word on each says."""
    last = {each.bin_id: each.kind for each in draft.edits if each.kind in (EditKind.ADD, EditKind.REMOVE)}
    added, removed = (
        frozenset(bin_id for bin_id, kind in last.items() if kind is wanted)
        for wanted in (EditKind.ADD, EditKind.REMOVE)
    )
    return added, removed
