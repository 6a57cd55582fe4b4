"""From a plan and a person's edits to a draft: what the API calls for every change on the planning page.

The draft is weighed as the plan was: with its demands, trucks and prices (`routing.planning.basis`) and on the drives
that are kept on disk. No engine runs, so the answer takes a fraction of a second; the checker's objections are
warnings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from routing.answer import Order, Solution, VisitKind
from routing.choice.demand import Demand
from routing.daytime import WorkingDay, hours_of
from routing.planning.basis import Basis, from_bytes
from routing.planning.bill import co2_kg, cost_minor_of, expected_overflows
from routing.planning.build import Built, build_problem, points_of
from routing.planning.drives import Drives, ask_drives
from routing.planning.editing import Change, Desk, Driven, changed
from routing.planning.nodes import words_of
from routing.planning.planner import morning_of
from routing.planning.replan import Morning, locked_in, on_the_road, wished, with_places
from routing.planning.replan_history import spent_minor, with_history
from routing.planning.tell import routes_of
from routing.roads.port import Roads
from tomma.city import City
from tomma.edits import BrokenRule, Edit, EditKind, RuleCode
from tomma.errors import ConflictError, Refusal
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import LeftOut, Plan, PlanStatus, Route, Stop
from tomma.ports import EventLog, PlanStore
from tomma.reasons import Reason, ReasonCode

CHANGEABLE = frozenset({PlanStatus.READY, PlanStatus.DRAFT, PlanStatus.PUBLISHED})
NOT_WANTED = frozenset({ReasonCode.NOT_NEEDED_YET, ReasonCode.NOT_WORTH_THE_DETOUR, ReasonCode.EXCLUDED})
"""What is no reason any more once a person has put the bin on the plan."""
BY_HAND = frozenset({ReasonCode.ADDED, ReasonCode.LOCKED})


def edit_plan(
    *,
    city: City,
    plans: PlanStore,
    events: EventLog,
    roads: Roads,
    plan_id: PlanId,
    edits: Sequence[Edit],
    draft_id: PlanId,
    now_utc: datetime,
) -> Plan:
    """Return the plan with the edits carried out in order, as a draft with the rules that it breaks.

    Args:
        city: The master data as it is now.
        plans: Where the plan is, and what it was made from.
        events: What drivers did, for a plan that changed another one on the road.
        roads: The streets.
        plan_id: A ready plan, a draft, or a published plan whose trucks have not left.
        edits: What to change.
        draft_id: The draft's identity.
        now_utc: When it is made.

    Raises:
        ConflictError: If the plan cannot be changed by hand (any more), or an edit does not fit it.
        NotFoundError: If there is no such plan.
    """
    parent = plans.get(plan_id)
    _check_changeable(parent, now_utc)
    root_id = parent.based_on or parent.id
    kept = plans.basis(root_id)
    if kept is None:
        raise ConflictError(
            f"what plan {root_id} was made from is no longer kept: order the plan of its day anew", Refusal.BASIS_GONE
        )
    try:
        basis = from_bytes(kept)
    except ValueError as exc:
        raise ConflictError(
            f"what plan {root_id} was made from cannot be read: order the day anew ({exc})", Refusal.BASIS_GONE
        ) from exc
    bench = _Bench.of(city, basis, parent, edits, roads, _morning(plans, events, city, basis))
    return bench.draft(draft_id, root_id, edits, now_utc)


def _check_changeable(plan: Plan, now_utc: datetime) -> None:
    if plan.status not in CHANGEABLE:
        raise ConflictError(
            f"plan {plan.id} is {plan.status}; only a ready, drafted or published plan is changed",
            Refusal.PLAN_NOT_CHANGEABLE,
        )
    leaves_utc = min((route.start_utc for route in plan.routes), default=None)
    if plan.status is PlanStatus.PUBLISHED and leaves_utc is not None and leaves_utc <= now_utc:
        raise ConflictError(
            f"the trucks of plan {plan.id} have left: order a plan with replan_of instead", Refusal.TRUCKS_LEFT
        )


def _morning(plans: PlanStore, events: EventLog, city: City, basis: Basis) -> Morning | None:
    if basis.wishes.replan_of is None:
        return None
    then = basis.snapshot_utc
    return morning_of(plans, events, city, basis.day, then, basis.wishes, until_utc=then)


@dataclass(frozen=True)
class _Bench:
    """One plan laid out to be changed."""

    city: City
    basis: Basis
    parent: Plan
    roads: Roads
    day: WorkingDay
    morning: Morning | None
    locks: Mapping[BinId, VehicleId]
    demand_of: Mapping[BinId, Demand]
    """Of every bin, before edits."""
    built: Built
    drives: Drives
    orders: Mapping[int, Order]
    done_bins: Mapping[VehicleId, int]
    """How many bins of a truck's round were done before the plan was made."""

    @classmethod
    def of(
        cls,
        city: City,
        basis: Basis,
        parent: Plan,
        edits: Sequence[Edit],
        roads: Roads,
        morning: Morning | None,
    ) -> "_Bench":
        """Lay out the bins that are on the plan and those that the edits name."""
        day = WorkingDay(basis.day, city.organisation.timezone)
        ahead = {route.vehicle_id: _ahead(route, morning) for route in parent.routes}
        on_it = [stop.bin_id for stops in ahead.values() for stop in stops if stop.bin_id is not None]
        chosen = list(dict.fromkeys((*on_it, *(each.bin_id for each in edits))))
        demand_of = {each.bin_id: each for each in basis.asked}
        demand_of |= {each.bin_id: each for each in wished(basis.asked, basis.wishes, city)}
        _check_known(city, basis, demand_of, chosen, edits, morning)
        locks = _locks(parent, edits)
        demands = [_told(demand_of[each], parent, edits, locks) for each in chosen]
        points = points_of(city, demands, basis.vehicles)
        if morning is not None:
            points = with_places(points, city, morning.standings)
        hours = hours_of(basis.vehicles, day, basis.not_before_s)
        drives = ask_drives(roads, points.positions, basis.vehicles, basis.day, *hours)
        built = build_problem(
            city,
            demands,
            drives.matrices[0],
            points,
            basis.vehicles,
            day,
            basis.settings,
            not_before_s=basis.not_before_s,
            further=drives.matrices[1:],
            profile_of=drives.profile_of,
        )
        built = _carrying(built, city, basis)
        built = locked_in(built, replace(basis.wishes, locked=locks, excluded=frozenset(), unavailable=frozenset()))
        if morning is not None:
            built = on_the_road(built, morning, city, basis.settings, day, basis.snapshot_utc)
        orders = _orders(built, ahead)
        done_bins = {route.vehicle_id: _bins(route.stops) - _bins(ahead[route.vehicle_id]) for route in parent.routes}
        return cls(city, basis, parent, roads, day, morning, locks, demand_of, built, drives, orders, done_bins)

    def draft(self, draft_id: PlanId, root_id: PlanId, edits: Sequence[Edit], now_utc: datetime) -> Plan:
        """Return the plan as the edits make it."""
        desk = changed(self.built.problem, self.orders, self._changes(edits), self.built.bin_ids)
        driven = {truck: self._driven(desk, truck) for truck in range(len(self.built.problem.trucks))}
        rounds = {truck: each for truck, each in driven.items() if each is not None}
        solution = Solution(routes=tuple(each.route for each in rounds.values()))
        solution = replace(solution, cost_minor=sum(route.cost_minor for route in solution.routes))
        routes = self._routes(solution, desk)
        collected = frozenset(stop.bin_id for route in routes for stop in route.stops if stop.bin_id is not None)
        settings, spent = self.basis.settings, 0
        if self.morning is not None:
            spent = spent_minor(self.morning, self.city, settings)
        return replace(
            self.parent,
            id=draft_id,
            created_utc=now_utc,
            status=PlanStatus.DRAFT,
            roads_source=self.drives.source,
            routes=routes,
            left_out=self._left_out(collected, edits),
            cost_minor=cost_minor_of(solution, settings) + spent,
            lost_prize_minor=self._lost_prize_minor(collected),
            violations=(),
            co2_kg=co2_kg(routes, len(collected), settings),
            expected_overflows=expected_overflows(self.basis.asked, collected),
            locks=self.locks,
            based_on=root_id,
            edited_from=self.parent.id,
            edits=(*self.parent.edits, *edits),
            warnings=(*self._broken(rounds), *self._musts_left(collected, (*self.parent.edits, *edits))),
        )

    def _changes(self, edits: Sequence[Edit]) -> list[Change]:
        bins = {bin_id: index for index, bin_id in enumerate(self.built.bin_ids)}
        trucks = {vehicle_id: index for index, vehicle_id in enumerate(self.built.vehicle_ids)}
        truck_of = {stop.bin_id: route.vehicle_id for route in self.parent.routes for stop in route.stops}
        found = []
        for each in edits:
            if each.vehicle_id is not None and each.vehicle_id not in trucks:
                raise ConflictError(
                    f"truck {each.vehicle_id} is not on duty in this plan: choose one of {[*trucks]}",
                    Refusal.TRUCK_OFF_DUTY,
                    vehicle_id=each.vehicle_id,
                )
            if each.vehicle_id is not None:
                truck_of[each.bin_id] = each.vehicle_id
            truck = trucks[each.vehicle_id] if each.vehicle_id is not None else None
            found.append(Change(each.kind, bins[each.bin_id], truck, self._position(each, truck_of.get(each.bin_id))))
        return found

    def _position(self, edit: Edit, truck: VehicleId | None) -> int | None:
        """Return the place among the bins that lie ahead: a person counts those that the truck has emptied, too."""
        if edit.position is None:
            return None
        return max(edit.position - (self.done_bins.get(truck, 0) if truck is not None else 0), 0)

    def _driven(self, desk: Desk, truck: int) -> Driven | None:
        order = desk.orders.get(truck, ())
        driven = desk.drive(truck, order)
        if driven is None and order:
            name = self.built.vehicle_ids[truck]
            raise ConflictError(f"truck {name} finds no road along this round", Refusal.NO_ROAD, vehicle_id=name)
        return driven

    def _routes(self, solution: Solution, desk: Desk) -> tuple[Route, ...]:
        """Return the trucks' days; a round that nobody touched is told as it was, streets and all."""
        if self.morning is not None:
            return with_history(routes_of(self.built, solution, self.day, self.drives), self.morning, self.city)
        former = {route.vehicle_id: route for route in self.parent.routes}
        known = dict(enumerate(self.built.vehicle_ids))
        same = {truck for truck, order in self.orders.items() if desk.orders.get(truck) == order}
        fresh = replace(solution, routes=tuple(each for each in solution.routes if each.truck not in same))
        told = {each.vehicle_id: each for each in routes_of(self.built, fresh, self.day, self.drives)}
        ids = [known[each.truck] for each in solution.routes]
        return tuple(self._reasoned(told[each] if each in told else former[each]) for each in ids)

    def _reasoned(self, route: Route) -> Route:
        """Return the route with the reasons as the edits left them: also a lock is told, which moves nothing."""
        why = {each.bin_id: each.reasons for each in self.built.demands}

        def told(stop: Stop) -> Stop:
            if stop.bin_id not in why:
                return stop
            by_hand = tuple(each for each in why[stop.bin_id] if each.code in BY_HAND)
            return replace(stop, reasons=(*by_hand, *(each for each in stop.reasons if each.code not in BY_HAND)))

        return replace(route, stops=tuple(told(stop) for stop in route.stops))

    def _left_out(self, collected: frozenset[BinId], edits: Sequence[Edit]) -> tuple[LeftOut, ...]:
        """Return every bin that is not collected: those a person took off say so before all else."""
        former = {each.bin_id: each.reasons for each in self.parent.left_out}
        removed = {each.bin_id for each in edits if each.kind is EditKind.REMOVE}
        found = []
        for bin_id in self.city.bins:
            if bin_id in collected:
                continue
            why = former.get(bin_id)
            if bin_id in removed or why is None:
                own = self.demand_of[bin_id]
                why = (Reason(ReasonCode.EXCLUDED), *(each for each in own.reasons if each.code not in BY_HAND))
            found.append(LeftOut(bin_id, why))
        return tuple(found)

    def _lost_prize_minor(self, collected: frozenset[BinId]) -> int:
        """Return the parent's with the prizes of what came and went."""
        before = self.parent.bins_collected
        gone = sum(self.demand_of[each].prize_minor for each in before - collected)
        come = sum(self.demand_of[each].prize_minor for each in collected - before)
        return max(0, self.parent.lost_prize_minor + gone - come)

    def _broken(self, rounds: Mapping[int, Driven]) -> list[BrokenRule]:
        return [
            BrokenRule(
                fault.code,
                self.built.vehicle_ids[truck],
                None if fault.bin_index is None else self.built.bin_ids[fault.bin_index],
                {name: float(value) for name, value in fault.values.items()},
            )
            for truck, each in rounds.items()
            for fault in each.faults
        ]

    def _musts_left(self, collected: frozenset[BinId], edits: Sequence[Edit]) -> list[BrokenRule]:
        removed = dict.fromkeys(each.bin_id for each in edits if each.kind is EditKind.REMOVE)
        left = [self.demand_of[each] for each in removed if each not in collected and each in self.demand_of]
        return [
            BrokenRule(RuleCode.MUST_LEFT, None, each.bin_id, {"p_overflow": each.p_overflow})
            for each in left
            if each.must
        ]


def _ahead(route: Route, morning: Morning | None) -> Sequence[Stop]:
    """Return the stops that are still to be made: what was done before a re-plan comes first, and stays."""
    standing = morning.standings.get(route.vehicle_id) if morning is not None else None
    done = {(stop.kind, stop.bin_id, stop.arrive_utc) for stop in standing.done} if standing else set()
    return [stop for stop in route.stops if (stop.kind, stop.bin_id, stop.arrive_utc) not in done]


def _bins(stops: Sequence[Stop]) -> int:
    return sum(stop.bin_id is not None for stop in stops)


def _check_known(
    city: City,
    basis: Basis,
    demand_of: Mapping[BinId, Demand],
    chosen: Sequence[BinId],
    edits: Sequence[Edit],
    morning: Morning | None,
) -> None:
    for bin_id in chosen:
        if bin_id not in city.bins or bin_id not in demand_of:
            raise ConflictError(
                f"bin {bin_id} was not in the city when this plan was made, or is no more: plan anew",
                Refusal.BIN_UNKNOWN,
                bin_id=bin_id,
            )
    gone = [each.id for each in basis.vehicles if each.depot_id not in city.depots]
    if gone or any(each not in demand_of for each in city.bins):
        raise ConflictError(
            "bins or depots of the city have changed since this plan was made: plan anew", Refusal.CITY_CHANGED
        )
    done = {stop.bin_id for each in (morning.standings.values() if morning else ()) for stop in each.done}
    for each in edits:
        if each.bin_id in done:
            raise ConflictError(
                f"bin {each.bin_id} was done before this plan was made: it stays as it was",
                Refusal.BIN_DONE,
                bin_id=each.bin_id,
            )


def _locks(parent: Plan, edits: Sequence[Edit]) -> dict[BinId, VehicleId]:
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


def _told(demand: Demand, parent: Plan, edits: Sequence[Edit], locks: Mapping[BinId, VehicleId]) -> Demand:
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


def _carrying(built: Built, city: City, basis: Basis) -> Built:
    """Return the problem with the streams that each truck was given in the morning, whatever bins are left."""
    words = words_of(city).fractions
    trucks = tuple(
        replace(truck, fractions=frozenset(words[code] for code in basis.carried[id_] if code in words))
        if id_ in basis.carried
        else truck
        for id_, truck in zip(built.vehicle_ids, built.problem.trucks, strict=True)
    )
    return replace(built, problem=replace(built.problem, trucks=trucks))


def _orders(built: Built, ahead: Mapping[VehicleId, Sequence[Stop]]) -> dict[int, Order]:
    bins = {bin_id: index for index, bin_id in enumerate(built.bin_ids)}
    gates = {site_id: index for index, site_id in enumerate(built.points.disposal_ids)}
    trucks = {vehicle_id: index for index, vehicle_id in enumerate(built.vehicle_ids)}
    orders: dict[int, Order] = {}
    for vehicle_id, stops in ahead.items():
        order: list[tuple[VisitKind, int]] = []
        for stop in stops:
            if stop.bin_id is not None:
                order.append((VisitKind.COLLECT, bins[stop.bin_id]))
            elif stop.disposal_site_id in gates:
                order.append((VisitKind.DISPOSE, gates[stop.disposal_site_id]))
        if vehicle_id in trucks and order:
            orders[trucks[vehicle_id]] = tuple(order)
    return orders
