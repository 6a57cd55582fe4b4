"""Days that do not touch each other: trucks and bins that no stream connects can be planned apart, and better.

Compactors for residual waste and crane trucks for glass share streets, not bins: two small problems are easier than
one large one, and the fleets to try add up where they would multiply.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from routing.problem import Order, Orders, Problem, VisitKind


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
            smaller = replace(
                problem,
                trucks=tuple(problem.trucks[index] for index in trucks),
                bins=tuple(problem.bins[index] for index in bins),
            )
            found.append(Part(smaller, trucks, bins))
    return tuple(sorted(found, key=lambda part: (-len(part.bins), part.bins)))


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
