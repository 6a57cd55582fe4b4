"""Which of PyVRP's locations, dimensions and vehicle types is what of ours.

Locations: the trucks' depots, the disposal sites, then one per place and kind of bin, where bins are of a kind if
the same trucks may take them; last, one per truck that is on the road. Vehicle types: one per group of like trucks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from routing.answer import VisitKind
from routing.engines.arcs import FORBIDDEN_S, Arcs, before_breaks
from routing.engines.bins import Bins, is_wanted, worth_minor
from routing.engines.schedule import homebound, timed
from routing.integers import Bool, Gaps, Int64
from routing.problem import Problem
from routing.truck import Truck

MONEY_CEILING = 2**36
"""Costs above are scaled down together: PyVRP sums penalties of many times an arc in 64 bits."""
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """One location for bins: they stand at one place, and the same vehicle types may take them."""

    place: int
    takers: tuple[bool, ...]
    kept_by: int = -1
    """The vehicle type that has no price of change to pay here; -1: there is no such price."""
    own: int = -1
    """A bin with a price of change has a spot of its own: the price is paid per bin."""


@dataclass(frozen=True, slots=True)
class World:
    """What makes two vehicle types drive in different worlds."""

    arcs: int
    """A truck with these arcs."""
    sites: tuple[int, ...]
    home: int
    taken: tuple[bool, ...]
    """By spot."""
    dear: tuple[bool, ...]
    """By spot: whether the price of change is paid."""


class Layout:
    """A fleet's problem laid out for PyVRP."""

    def __init__(self, problem: Problem, arcs: Arcs, trucks: Sequence[int], *, strict: bool) -> None:
        self.problem, self.arcs, self.strict = problem, arcs, strict
        offered = frozenset(trucks)
        groups = (tuple(truck for truck in group if truck in offered) for group in problem.like_trucks)
        self.kinds = [group for group in groups if group]
        """The trucks of each vehicle type."""
        self.fleet = [problem.trucks[kind[0]] for kind in self.kinds]
        self._choose_bins()
        self._place_everything()
        self.worlds = list(dict.fromkeys(self.world(kind) for kind in range(len(self.kinds))))

    def _choose_bins(self) -> None:
        columns = Bins(self.problem)
        allowed = np.stack([columns.allowed(self.problem, kind[0]) for kind in self.kinds])
        self.bins = [int(at) for at in np.flatnonzero(allowed.any(axis=0)) if is_wanted(self.problem, int(at))]
        """Those PyVRP is told of."""
        kind_of = {truck: at for at, kind in enumerate(self.kinds) for truck in kind}
        self.spot_of: dict[int, Spot] = {}
        for index in self.bins:
            node = self.problem.bins[index]
            takers = tuple(bool(each) for each in allowed[:, index])
            if node.kept_truck is None or not self.problem.change_minor:
                self.spot_of[index] = Spot(node.place, takers)
            else:
                self.spot_of[index] = Spot(node.place, takers, kind_of.get(node.kept_truck, len(self.kinds)), index)

    def _place_everything(self) -> None:
        problem = self.problem
        self.depot_places = sorted({place for truck in self.fleet for place in (truck.start_place, truck.end_place)})
        self.first_site = len(self.depot_places)
        self.first_spot = self.first_site + len(problem.disposals)
        self.out = [kind for kind in range(len(self.kinds)) if self._must_be_driven(kind)]
        """Vehicle types of one truck each that is on the road: they cannot stay unused."""
        starts = [
            Spot(self.fleet[at].start_place, tuple(kind == at for kind in range(len(self.kinds)))) for at in self.out
        ]
        spots = sorted(set(self.spot_of.values()))
        self.location_of = {spot: self.first_spot + at for at, spot in enumerate(spots)}
        self.location_of_out = {kind: self.first_spot + len(spots) + at for at, kind in enumerate(self.out)}
        self.spots = [*spots, *starts]
        heads = self.depot_places + [site.place for site in problem.disposals]
        self.places = np.array(heads + [spot.place for spot in self.spots], dtype=np.int64)

    def _must_be_driven(self, kind: int) -> bool:
        """Whether the truck is on the road and can still keep its hours; if not, it just drives home."""
        truck = self.kinds[kind][0]
        if not self.fleet[kind].on_road:
            return False
        route = homebound(self.problem, truck)
        if route is None:
            return False
        order = tuple((visit.kind, visit.index) for visit in route.visits if visit.kind is VisitKind.DISPOSE)
        unloads = bool(order) or not self.fleet[kind].aboard
        return unloads and timed(self.problem, truck, order) is not None

    def world(self, kind: int) -> World:
        """Return the world a vehicle type drives in."""
        truck = self.kinds[kind][0]
        return World(
            self.arcs.world_of_truck.index(self.arcs.world_of_truck[truck]) if self.arcs.worlds else 0,
            self.problem.disposals_of_truck[truck],
            self.fleet[kind].end_place,
            tuple(spot.takers[kind] for spot in self.spots),
            tuple(spot.kept_by not in (-1, kind) for spot in self.spots),
        )

    @cached_property
    def money_divisor(self) -> int:
        """What every amount of money is divided by."""
        amounts = [int(world.cost_minor.max(initial=0)) for world in self.arcs.worlds or (self.arcs,)]
        amounts += [truck.fixed_minor for truck in self.fleet]
        dearest = max(*amounts, sum(worth_minor(self.problem, index) for index in range(len(self.problem.bins))))
        return 1 + dearest // MONEY_CEILING

    def money(self, amount_minor: int) -> int:
        """Return an amount of money as PyVRP is told."""
        return amount_minor // self.money_divisor

    @cached_property
    def must_prize(self) -> int:
        """More than a detour across the whole city with a truck of its own."""
        farthest = 0
        for world in self.arcs.worlds or (self.arcs,):
            farthest = max(farthest, int(world.cost_minor[world.duration_s < FORBIDDEN_S].max(initial=0)))
        return 10 * (1 + farthest) + max(truck.fixed_minor for truck in self.fleet) + self.problem.change_minor

    @cached_property
    def parts(self) -> list[frozenset[int]]:
        """The streams that share a compartment in some truck: each has load dimensions of its own."""
        return sorted({part.fractions for truck in self.problem.trucks for part in truck.compartments}, key=sorted)

    @cached_property
    def counts_bins(self) -> bool:
        """Whether the number of bins is a load dimension as well: so with every fleet, strict or not.

        Searches hand their penalties on, one per dimension, and PyVRP trusts their number: with one too many it
        reads beyond its loads and never comes to an end.
        """
        return any(truck.daily_limit_bins is not None for truck in self.problem.trucks)

    @cached_property
    def weighs(self) -> bool:
        """Whether weight is a load dimension: not where all there is would not fill the smallest truck.

        A dimension that never binds still costs every move its check: on RC208, which knows no weight, a third of
        the time. As with `counts_bins` it is the problem that decides, not the fleet.
        """
        trucks = self.problem.trucks
        if self.parts or any(truck.aboard or truck.daily_limit_kg is not None for truck in trucks):
            return True
        return sum(node.weight_kg for node in self.problem.bins) > min(truck.capacity_kg for truck in trucks)

    def loads(self, fraction: int, volume_l: int, weight_kg: int, bins: int) -> list[int]:
        """Return amounts by dimension: the whole truck's, each compartment's, and how many bins if they count."""
        inside = [amount for part in self.parts for amount in self._in(part, fraction, volume_l, weight_kg)]
        whole = [volume_l, weight_kg] if self.weighs else [volume_l]
        return [*whole, *inside, *([bins] if self.counts_bins else [])]

    def _in(self, part: frozenset[int], fraction: int, volume_l: int, weight_kg: int) -> tuple[int, int]:
        return (volume_l, weight_kg) if fraction in part else (0, 0)

    def aboard(self, truck: Truck) -> list[int]:
        """Return what is in the truck at the start, by dimension."""
        total = np.array(self.loads(-1, 0, 0, 0), dtype=np.int64)
        for load in truck.aboard:
            total += np.array(self.loads(load.fraction, load.volume_l, load.weight_kg, 0))
        return [int(each) for each in total]

    def capacity(self, truck: Truck) -> tuple[list[int], int]:
        """Return how much a trip may take by dimension, and how many unloadings in between are allowed."""
        trips = self._trips(truck)
        shares = [
            None if most is None or trips is None or not self.strict else most // trips
            for most in (truck.daily_limit_l, truck.daily_limit_kg)
        ]
        endless = 1 + sum(node.volume_l + node.weight_kg + 1 for node in self.problem.bins)
        endless += sum(load.volume_l + load.weight_kg for each in self.fleet for load in each.aboard)
        rooms = {part.fractions: (part.capacity_l, part.capacity_kg) for part in truck.compartments}
        inside = [most for part in self.parts for most in rooms.get(part, (endless, endless))]
        whole = [_least(truck.capacity_l, shares[0])]
        if self.weighs:
            whole.append(_least(truck.capacity_kg, shares[1]))
        reloads = len(self.problem.bins) if trips is None else min(trips - 1, len(self.problem.bins))
        # The number of bins hardly ever binds: a trip may have all of the day's, and settling mends what is too much.
        return [*whole, *inside, *([_least(endless, truck.daily_limit_bins)] if self.counts_bins else [])], reloads

    def _trips(self, truck: Truck) -> int | None:
        """Return the most trips in a day; None when nothing limits them.

        PyVRP knows no limit that outlasts an unloading. As many full trips as the limit of the day holds, each with
        its share of it, keep it by themselves: tried beside stating it as a distance, this searched far better.
        """
        pairs = ((truck.capacity_l, truck.daily_limit_l), (truck.capacity_kg, truck.daily_limit_kg))
        by_limit = [max(1, -(-most // max(1, capacity))) for capacity, most in pairs if most is not None]
        trips = [*([max(by_limit)] if by_limit else []), *([truck.max_unloads] if truck.max_unloads else [])]
        return min(trips, default=None)

    def latest_s(self, moments_s: Sequence[int]) -> list[int]:
        """Return deadlines before every truck's breaks: PyVRP knows one window per client, not per truck."""
        latest = np.array(moments_s, dtype=np.int64)
        shrunk = np.minimum.reduce([before_breaks(latest, breaks) for breaks in {each.breaks for each in self.fleet}])
        return [max(0, int(each)) for each in shrunk]

    def windows(self, open_s: int, latest_s: int, shut_s: Gaps) -> list[Span]:
        """Return when work may begin, at least one span, breaks allowed for."""
        given = list(_spans(open_s, latest_s, shut_s)) or [(open_s, latest_s)]
        shrunk = self.latest_s([span[1] for span in given])
        kept = [(span[0], last) for span, last in zip(given, shrunk, strict=True) if span[0] <= last]
        return kept or [(shrunk[0], shrunk[0])]

    def foreign(self, world: World) -> Bool:
        """Which locations are not for trucks of this world."""
        return np.array([False] * self.first_spot + [not taken for taken in world.taken], dtype=np.bool_)

    def costs(self, world: World) -> Int64:
        """Return the matrix of money for a world."""
        rates = self.problem.rates_of(world.arcs)
        unload = [rates.handling_minor(site.unload_s) for site in self.problem.disposals]
        arcs = self.arcs.of(world.arcs)
        full = self._folded(arcs.cost_minor, unload, unload, world)
        # A reload depot's service time is PyVRP's own; the money for it is ours.
        full[:, self.first_site : self.first_spot] += np.array(unload, dtype=np.int64)[None, :]
        full[:, self.first_spot :] += np.where(world.dear, self.problem.change_minor, 0)[None, :]
        full[:, self.foreign(world)] = 10 * (1 + int(full.max(initial=0)))
        np.fill_diagonal(full, 0)
        return full // self.money_divisor

    def durations(self, world: World) -> Int64:
        """Return the matrix of seconds for a world."""
        rates = self.problem.rates_of(world.arcs)
        unload = [rates.handling_minor(site.unload_s) for site in self.problem.disposals]
        full = self._folded(
            self.arcs.of(world.arcs).duration_s, [site.unload_s for site in self.problem.disposals], unload, world
        )
        full[:, self.foreign(world)] = FORBIDDEN_S
        np.fill_diagonal(full, 0)
        return full

    def _folded(self, arc: Int64, unload: Sequence[int], unload_minor: Sequence[int], world: World) -> Int64:
        """Expand places to locations; bin -> home becomes bin -> best site -> home, unless nothing is aboard."""
        full = arc[np.ix_(self.places, self.places)].copy()
        if not world.sites or not self.spots:
            return full
        empty = [self.location_of_out[kind] for kind in self.out if not self.fleet[kind].aboard]
        loaded = np.setdiff1d(np.arange(self.first_spot, len(self.places)), np.array(empty, dtype=np.int64))
        here, cost = self.places[loaded], self.arcs.of(world.arcs).cost_minor
        best = self._ways(cost, here, unload_minor, world).argmin(axis=1)
        through = self._ways(arc, here, unload, world)
        full[loaded, self.depot_places.index(world.home)] = through[np.arange(len(here)), best]
        return full

    def _ways(self, arc: Int64, here: Int64, unload: Sequence[int], world: World) -> Int64:
        sites = [(self.problem.disposals[site].place, unload[site]) for site in world.sites]
        return np.stack([arc[here, place] + work + arc[place, world.home] for place, work in sites], axis=1)


def _least(capacity: int, share: int | None) -> int:
    return capacity if share is None else min(capacity, share)


def _spans(open_s: int, latest_s: int, shut_s: Gaps) -> Iterator[Span]:
    for from_s, to_s in shut_s:
        if open_s < from_s <= latest_s:
            yield open_s, from_s - 1
        open_s = max(open_s, to_s) if from_s <= latest_s else open_s
    if open_s <= latest_s:
        yield open_s, latest_s
