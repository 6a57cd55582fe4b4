"""A plan laid out to be changed by hand: the problem of the bins that are on it and of those that the edits name.

It is weighed as the plan was, with its demands, trucks and prices (`routing.planning.basis`), and its rounds are the
plan's own, as far as they still lie ahead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from routing.answer import Order
from routing.choice.demand import Demand
from routing.daytime import WorkingDay, hours_of
from routing.planning.basis import Basis
from routing.planning.build import Built, Fleet, Points, build_problem, points_of
from routing.planning.drives import Drives, ask_drives
from routing.planning.edit_reasons import locks_after, told_by_hand
from routing.planning.morning import Morning
from routing.planning.nodes import words_of
from routing.planning.orders import orders_of
from routing.planning.replan import on_the_road, still_open, with_places
from routing.planning.wishes import locked_in, wished
from routing.roads.port import Roads
from tomma.city import City
from tomma.edits import Edit
from tomma.errors import ConflictError, Refusal
from tomma.model import BinId, VehicleId
from tomma.plan import Plan, Route, Stop


@dataclass(frozen=True)
class Made:
    """What a plan was made from: the city now, the rest as it was kept."""

    city: City
    basis: Basis
    morning: Morning | None
    """What the day was so far, of a plan that changed another one on the road."""

    @property
    def day(self) -> WorkingDay:
        """The day on the city's clock."""
        return WorkingDay(self.basis.day, self.city.organisation.timezone)

    def demand_of(self) -> dict[BinId, Demand]:
        """Return the demand of every bin, before edits."""
        asked = self.basis.asked
        free = wished(asked, self.basis.wishes, self.city)
        return {each.bin_id: each for each in (*asked, *free, *self._open(free))}

    def open_again(self) -> frozenset[BinId]:
        """Return the bins that were emptied today and may be another time."""
        free = wished(self.basis.asked, self.basis.wishes, self.city)
        return frozenset(each.bin_id for each in self._open(free))

    def _open(self, free: Sequence[Demand]) -> Sequence[Demand]:
        """Return what the day so far leaves open, with what it adds to the reasons."""
        if self.morning is None:
            return ()
        now_utc, nobody_asked = self.basis.snapshot_utc, frozenset[BinId]()
        return still_open(free, self.morning, self.city, self.basis.settings, nobody_asked, now_utc)


@dataclass(frozen=True)
class Layout:
    """One plan laid out to be changed."""

    made: Made
    parent: Plan
    locks: Mapping[BinId, VehicleId]
    """After the edits."""
    demand_of: Mapping[BinId, Demand]
    """Of every bin, before edits."""
    built: Built
    drives: Drives
    orders: Mapping[int, Order]
    """What lies ahead, before edits."""
    done_bins: Mapping[VehicleId, int]
    """How many bins of a truck's round were done before the plan was made."""


def lay_out(made: Made, parent: Plan, edits: Sequence[Edit], roads: Roads) -> Layout:
    """Lay out the bins that are on the plan and those that the edits name.

    Raises:
        ConflictError: If the plan's bins are no longer the city's, or an edit is about what is done or on no round.
    """
    ahead = {route.vehicle_id: _ahead(route, made.morning) for route in parent.routes}
    on_it = [stop.bin_id for stops in ahead.values() for stop in stops if stop.bin_id is not None]
    chosen = list(dict.fromkeys((*on_it, *(each.bin_id for each in edits))))
    demand_of = made.demand_of()
    _check_known(made, demand_of, chosen)
    _check_open(made, edits, on_it)
    locks = locks_after(parent, edits)
    demands = [told_by_hand(demand_of[each], parent, edits, locks) for each in chosen]
    points = _points(made, demands)
    drives = _drives(made, points, roads)
    built = _built(made, demands, points, drives, locks)
    done_bins = {route.vehicle_id: _bins(route.stops) - _bins(ahead[route.vehicle_id]) for route in parent.routes}
    return Layout(made, parent, locks, demand_of, built, drives, orders_of(built, ahead), done_bins)


def _ahead(route: Route, morning: Morning | None) -> Sequence[Stop]:
    """Return the stops that are still to be made: what was done before a re-plan comes first, and stays."""
    standing = morning.standings.get(route.vehicle_id) if morning is not None else None
    done = {(stop.kind, stop.bin_id, stop.arrive_utc) for stop in standing.done} if standing else set()
    return [stop for stop in route.stops if (stop.kind, stop.bin_id, stop.arrive_utc) not in done]


def _bins(stops: Sequence[Stop]) -> int:
    return sum(stop.bin_id is not None for stop in stops)


def _check_known(made: Made, demand_of: Mapping[BinId, Demand], chosen: Sequence[BinId]) -> None:
    city = made.city
    for bin_id in chosen:
        if bin_id not in city.bins or bin_id not in demand_of:
            raise ConflictError(
                f"bin {bin_id} was not in the city when this plan was made, or is no more: plan anew",
                Refusal.BIN_UNKNOWN,
                bin_id=bin_id,
            )
    gone = [each.id for each in made.basis.vehicles if each.depot_id not in city.depots]
    if gone or any(each not in demand_of for each in city.bins):
        raise ConflictError(
            "bins or depots of the city have changed since this plan was made: plan anew", Refusal.CITY_CHANGED
        )


def _check_open(made: Made, edits: Sequence[Edit], ahead: Sequence[BinId]) -> None:
    standings = made.morning.standings.values() if made.morning is not None else ()
    done = {stop.bin_id for each in standings for stop in each.done} - made.open_again() - frozenset(ahead)
    for each in edits:
        if each.bin_id in done:
            raise ConflictError(
                f"bin {each.bin_id} was done before this plan was made: it stays as it was",
                Refusal.BIN_DONE,
                bin_id=each.bin_id,
            )


def _points(made: Made, demands: Sequence[Demand]) -> Points:
    points = points_of(made.city, demands, made.basis.vehicles)
    return points if made.morning is None else with_places(points, made.city, made.morning.standings)


def _drives(made: Made, points: Points, roads: Roads) -> Drives:
    basis = made.basis
    hours = hours_of(basis.vehicles, made.day, basis.not_before_s)
    return ask_drives(roads, points.positions, basis.vehicles, basis.day, *hours)


def _built(
    made: Made, demands: Sequence[Demand], points: Points, drives: Drives, locks: Mapping[BinId, VehicleId]
) -> Built:
    city, basis, day = made.city, made.basis, made.day
    fleet = Fleet(basis.vehicles, day, basis.not_before_s)
    built = build_problem(city, demands, points, fleet, drives.matrices, basis.settings, drives.profile_of)
    built = _carrying(built, city, basis)
    built = locked_in(built, replace(basis.wishes, locked=locks, excluded=frozenset(), unavailable=frozenset()))
    if made.morning is None:
        return built
    return on_the_road(built, made.morning, city, basis.settings, day, basis.snapshot_utc)


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
