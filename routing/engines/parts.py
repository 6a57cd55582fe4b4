"""Days that do not touch each other: trucks and bins that no stream connects can be planned apart, and better.

Compactors for residual waste and crane trucks for glass share streets, not bins: two small problems are easier than
one large one, and the fleets to try add up where they would multiply.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from routing.problem import BinNode, Order, Orders, Problem, VisitKind


@dataclass(frozen=True)
class Part:
    """Some of the trucks and bins, as a problem of their own."""

    problem: Problem
    trucks: tuple[int, ...]
    """Which truck of the whole each is."""
    bins: tuple[int, ...]

    def to_whole(self, orders: Orders) -> dict[int, Order]:
        """Return orders of this part in the numbers of the whole."""
        return {
            self.trucks[truck]: tuple(
                (kind, self.bins[index] if kind is VisitKind.COLLECT else index) for kind, index in order
            )
            for truck, order in orders.items()
        }

    def from_whole(self, orders: Mapping[int, Order]) -> dict[int, Order]:
        """Return what orders of the whole say of this part's trucks."""
        truck_of = {whole: own for own, whole in enumerate(self.trucks)}
        bin_of = {whole: own for own, whole in enumerate(self.bins)}
        return {
            truck_of[truck]: tuple(
                (kind, bin_of[index] if kind is VisitKind.COLLECT else index)
                for kind, index in order
                if kind is not VisitKind.COLLECT or index in bin_of
            )
            for truck, order in orders.items()
            if truck in truck_of
        }


def parts(problem: Problem) -> tuple[Part, ...]:
    """Return the problem's independent parts, those with bins and trucks; the largest first."""
    groups = _streams_together(problem)
    found = []
    for streams in groups:
        trucks = tuple(
            index
            for index, truck in enumerate(problem.trucks)
            if truck.fractions & streams and problem.disposals_of_truck[index]
        )
        bins = tuple(index for index, node in enumerate(problem.bins) if node.fraction in streams)
        if trucks and bins:
            found.append(part_of(problem, trucks, bins))
    return tuple(sorted(found, key=lambda part: (-len(part.bins), part.bins)))


def part_of(problem: Problem, trucks: Sequence[int], bins: Sequence[int]) -> Part:
    """Return these trucks and bins as a problem of their own; what points at trucks is renumbered.

    A bin locked to trucks of which none comes along can then be collected by nobody; one that was kept by a truck
    elsewhere is moved whatever happens, so its price of moving is left out.
    """
    own = {whole: index for index, whole in enumerate(trucks)}
    smaller = replace(
        problem,
        trucks=tuple(problem.trucks[index] for index in trucks),
        bins=tuple(_renumbered(problem.bins[index], own) for index in bins),
    )
    return Part(smaller, tuple(trucks), tuple(bins))


def _renumbered(node: BinNode, own: Mapping[int, int]) -> BinNode:
    if node.only_trucks is None and node.kept_truck is None:
        return node
    locked = None if node.only_trucks is None else frozenset(own[each] for each in node.only_trucks if each in own)
    kept = None if node.kept_truck is None else own.get(node.kept_truck)
    rank = node.lock_rank if locked else None
    return replace(node, only_trucks=locked, kept_truck=kept, lock_rank=rank)


def _streams_together(problem: Problem) -> list[frozenset[int]]:
    """Group streams that some truck carries together."""
    present = frozenset(node.fraction for node in problem.bins)
    groups = [frozenset({stream}) for stream in sorted(present)]
    for truck in problem.trucks:
        joined = [group for group in groups if group & truck.fractions]
        groups = [group for group in groups if not group & truck.fractions]
        if joined:
            groups.append(frozenset().union(*joined))
    return groups
