"""Each truck as it is in the middle of the day: where, from when, with what aboard and which rests to come. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from routing.daytime import WorkingDay
from routing.integers import HORIZON_S
from routing.planning.build import Built, Points
from routing.planning.standing import Standing, Taken
from routing.problem import Problem
from routing.truck import BreakRule, Load, Truck
from tomma.model import DisposalSiteId, FractionCode, SiteId
from tomma.plan import StopKind
from tomma.trucks import Vehicle

OVERDUE_S = 3600
"""Within so long a driver whose break did not come to pass has it: after the stop they are at, and one or two more."""


@dataclass(frozen=True, slots=True)
class Placing:
    """What puts the trucks of one problem where they are."""

    built: Built
    """The rest of the day as if all trucks stood at their depots; its points know where they are."""
    streams: Mapping[FractionCode, int]
    day: WorkingDay
    now_s: int
    """Since midnight; no truck arrives anywhere before."""

    def placed(self, standing: Standing | None, truck: Truck, vehicle: Vehicle) -> Truck:
        """Return the truck as it is now; one that is not out stays as it was built, its fixed cost spent if it was."""
        if standing is None or not standing.started:
            return truck
        over = len(vehicle.shift.breaks) - len(truck.breaks)  # whose time has passed, had or not
        rests = truck.breaks[max(0, standing.breaks_had - over) :]
        left = replace(_less_taken(truck, standing.collected), fixed_minor=0, breaks=rests)
        if not standing.out:
            return left
        out = self._out(standing, left)
        at_s = max(out.shift_start_s, self.now_s)
        rests = _from_now(rests, at_s)
        out = replace(out, breaks=(*_overdue(standing, vehicle, over, at_s, before=rests), *rests))
        late_s = self._home_s(standing, out) - out.shift_end_s
        return replace(out, overtime_s=min(max(out.overtime_s, late_s), HORIZON_S - out.shift_end_s))

    def _out(self, standing: Standing, truck: Truck) -> Truck:
        """Return the truck on the road, its rests still to be told."""
        place = _row(self.built.points, standing.place, truck.start_place)
        start_s = self._start_s(standing, truck, place)
        end_s = max(truck.shift_end_s, start_s)
        aboard = tuple(
            Load(self.streams[code], _ceil(waste.volume_l), _ceil(waste.weight_kg))
            for code, waste in sorted(standing.aboard.items())
        )
        return replace(
            truck,
            start_place=place,
            shift_start_s=start_s,
            shift_end_s=end_s,
            overtime_s=min(truck.overtime_s, HORIZON_S - end_s),
            breaks=(),
            on_road=True,
            aboard=aboard,
            fractions=_carried_on(truck.fractions, {load.fraction for load in aboard}, self.built.problem),
        )

    def _start_s(self, standing: Standing, truck: Truck, place: int) -> int:
        """Return when it left, so that it arrives at its next stop now at the earliest; without one, now."""
        problem, drive_s = self.built.problem, 0
        if standing.next_stop in self.built.bin_ids:
            there = problem.bins[self.built.bin_ids.index(standing.next_stop)].place
            drive_s = int(problem.profiles[truck.profile].duration_s[place, there]) if place != there else 0
        return min(max(self.day.since_midnight_s(standing.free_utc), self.now_s - drive_s, 0), HORIZON_S)

    def _home_s(self, standing: Standing, truck: Truck) -> int:
        """Return when it can be home at the earliest, having emptied where it is heading and unloaded."""
        problem, here = self.built.problem, truck.start_place
        at_s = truck.shift_start_s + sum(rest.duration_s for rest in truck.breaks)
        roads = problem.profiles[truck.profile]
        loaded = bool(truck.aboard)
        if standing.next_stop in self.built.bin_ids:
            node = problem.bins[self.built.bin_ids.index(standing.next_stop)]
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


def _carried_on(fractions: frozenset[int], aboard: set[int], problem: Problem) -> frozenset[int]:
    """Return what it may collect beside what is aboard: streams that some site takes together with it."""
    if not aboard - fractions:
        return fractions
    together = [site.fractions for site in problem.disposals if aboard <= site.fractions]
    return frozenset(aboard) | max((fractions & site for site in together), key=len, default=frozenset())
