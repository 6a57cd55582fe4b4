"""From a plan laid out and a person's edits to a draft: its rounds, its money, and the rules that it breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from routing.answer import Solution
from routing.planning.bill import co2_kg, cost_minor_of, expected_overflows
from routing.planning.edit_layout import Layout
from routing.planning.edit_reasons import left_out_of, reasoned
from routing.planning.editing import Change, Desk, Driven, changed
from routing.planning.replan_history import spent_minor, with_history
from routing.planning.tell import routes_of
from tomma.edits import BrokenRule, Edit, EditKind, RuleCode
from tomma.errors import ConflictError, Refusal
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import Plan, PlanStatus, Route


def draft_of(layout: Layout, edits: Sequence[Edit], draft_id: PlanId, root_id: PlanId, now_utc: datetime) -> Plan:
    """Return the plan as the edits make it; `root_id` is the plan that keeps what all of them were made from.

    Raises:
        ConflictError: If an edit does not fit the plan, or no road leads along a round.
    """
    parent, settings = layout.parent, layout.made.basis.settings
    desk = changed(layout.built.problem, layout.orders, _changes(layout, edits), layout.built.bin_ids)
    rounds = _rounds(layout, desk)
    driven = tuple(each.route for each in rounds.values())
    solution = Solution(routes=driven, cost_minor=sum(route.cost_minor for route in driven))
    routes = _routes(layout, solution, desk)
    collected = frozenset(stop.bin_id for route in routes for stop in route.stops if stop.bin_id is not None)
    all_edits = (*parent.edits, *edits)
    return replace(
        parent,
        id=draft_id,
        created_utc=now_utc,
        status=PlanStatus.DRAFT,
        roads_source=layout.drives.source,
        routes=routes,
        left_out=left_out_of(parent, _removed(edits), [layout.demand_of[each] for each in _left(layout, collected)]),
        cost_minor=cost_minor_of(solution, settings) + _spent_minor(layout),
        lost_prize_minor=_lost_prize_minor(layout, collected),
        violations=(),
        co2_kg=co2_kg(routes, len(collected), settings),
        expected_overflows=expected_overflows(layout.made.basis.asked, collected),
        locks=layout.locks,
        based_on=root_id,
        edited_from=parent.id,
        edits=all_edits,
        warnings=(*_broken(layout, rounds), *_musts_left(layout, collected, all_edits)),
    )


def _changes(layout: Layout, edits: Sequence[Edit]) -> list[Change]:
    bins = {bin_id: index for index, bin_id in enumerate(layout.built.bin_ids)}
    trucks = {vehicle_id: index for index, vehicle_id in enumerate(layout.built.vehicle_ids)}
    truck_of = {stop.bin_id: route.vehicle_id for route in layout.parent.routes for stop in route.stops}
    found = []
    for each in edits:
        if each.vehicle_id is not None:
            _check_on_duty(each.vehicle_id, trucks)
            truck_of[each.bin_id] = each.vehicle_id
        truck = trucks[each.vehicle_id] if each.vehicle_id is not None else None
        found.append(Change(each.kind, bins[each.bin_id], truck, _position(layout, each, truck_of.get(each.bin_id))))
    return found


def _check_on_duty(vehicle_id: VehicleId, trucks: Mapping[VehicleId, int]) -> None:
    if vehicle_id not in trucks:
        raise ConflictError(
            f"truck {vehicle_id} is not on duty in this plan: choose one of {[*trucks]}",
            Refusal.TRUCK_OFF_DUTY,
            vehicle_id=vehicle_id,
        )


def _position(layout: Layout, edit: Edit, truck: VehicleId | None) -> int | None:
    """Return the place among the bins that lie ahead: a person counts those that the truck has emptied, too."""
    if edit.position is None:
        return None
    return max(edit.position - (layout.done_bins.get(truck, 0) if truck is not None else 0), 0)


def _rounds(layout: Layout, desk: Desk) -> dict[int, Driven]:
    """Return each truck's round that has anything to drive."""
    driven = {truck: _driven(layout, desk, truck) for truck in range(len(layout.built.problem.trucks))}
    return {truck: each for truck, each in driven.items() if each is not None}


def _driven(layout: Layout, desk: Desk, truck: int) -> Driven | None:
    order = desk.orders.get(truck, ())
    driven = desk.drive(truck, order)
    if driven is None and order:
        name = layout.built.vehicle_ids[truck]
        raise ConflictError(f"truck {name} finds no road along this round", Refusal.NO_ROAD, vehicle_id=name)
    return driven


def _routes(layout: Layout, solution: Solution, desk: Desk) -> tuple[Route, ...]:
    """Return the trucks' days; a round that nobody touched is told as it was, streets and all."""
    built, made = layout.built, layout.made
    if made.morning is not None:
        return with_history(routes_of(built, solution, made.day, layout.drives), made.morning, made.city)
    former = {route.vehicle_id: route for route in layout.parent.routes}
    same = {truck for truck, order in layout.orders.items() if desk.orders.get(truck) == order}
    fresh = replace(solution, routes=tuple(each for each in solution.routes if each.truck not in same))
    told = {each.vehicle_id: each for each in routes_of(built, fresh, made.day, layout.drives)}
    ids = [built.vehicle_ids[each.truck] for each in solution.routes]
    return tuple(reasoned(told[each] if each in told else former[each], built.demands) for each in ids)


def _removed(edits: Sequence[Edit]) -> frozenset[BinId]:
    return frozenset(each.bin_id for each in edits if each.kind is EditKind.REMOVE)


def _left(layout: Layout, collected: frozenset[BinId]) -> list[BinId]:
    return [each for each in layout.made.city.bins if each not in collected]


def _spent_minor(layout: Layout) -> int:
    """Return what the day had cost when the plan was made."""
    made = layout.made
    return 0 if made.morning is None else spent_minor(made.morning, made.city, made.basis.settings)


def _lost_prize_minor(layout: Layout, collected: frozenset[BinId]) -> int:
    """Return the parent's with the prizes of what came and went."""
    before = layout.parent.bins_collected
    gone = sum(layout.demand_of[each].prize_minor for each in before - collected)
    come = sum(layout.demand_of[each].prize_minor for each in collected - before)
    return max(0, layout.parent.lost_prize_minor + gone - come)


def _broken(layout: Layout, rounds: Mapping[int, Driven]) -> list[BrokenRule]:
    return [
        BrokenRule(
            fault.code,
            layout.built.vehicle_ids[truck],
            None if fault.bin_index is None else layout.built.bin_ids[fault.bin_index],
            {name: float(value) for name, value in fault.values.items()},
        )
        for truck, each in rounds.items()
        for fault in each.faults
    ]


def _musts_left(layout: Layout, collected: frozenset[BinId], edits: Sequence[Edit]) -> list[BrokenRule]:
    removed = dict.fromkeys(each.bin_id for each in edits if each.kind is EditKind.REMOVE)
    left = [layout.demand_of[each] for each in removed if each not in collected and each in layout.demand_of]
    return [
        BrokenRule(RuleCode.MUST_LEFT, None, each.bin_id, {"p_overflow": each.p_overflow}) for each in left if each.must
    ]
