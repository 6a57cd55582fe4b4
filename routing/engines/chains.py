"""Trucks with compartments that no single site empties: unloading at one gate after the other, as one gate.

A chain of gates gets a row of its own in the matrices: one drives in by the first gate and out by the last. Engines
see an ordinary disposal site that only such trucks may use; `order_of_whole` puts the gates back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, permutations

import numpy as np

from routing.answer import Order, VisitKind
from routing.integers import HORIZON_S, MAX_ARC, Gaps
from routing.problem import DisposalNode, Problem, RoadProfile
from routing.truck import Truck

COLLECT, DISPOSE = VisitKind.COLLECT, VisitKind.DISPOSE
LONGEST = 3
"""Gates in one chain."""
MOST = 12
"""Chains that one kind of truck may choose from: those with the shortest ways between their gates."""
FIRST_TOKEN = 1_000_000
"""Skills from here on are permits for chains; the city's own are counted from 0."""


@dataclass(frozen=True)
class Chained:
    """A problem in which every chain is a disposal site."""

    problem: Problem
    gates: Mapping[int, tuple[int, ...]]
    """By the disposal sites that stand for chains."""
    trucks: frozenset[int]
    """Those that use them."""

    def order_in(self, truck: int, order: Order) -> Order:
        """Return an order of the whole problem with chains in place of gates: where an engine may begin."""
        if truck not in self.trucks:
            return order
        chain = next(site for site in self.problem.disposals_of_truck[truck] if site in self.gates)
        out: list[tuple[VisitKind, int]] = []
        for kind, index in order:
            if kind is COLLECT:
                out.append((kind, index))
            elif out and out[-1][0] is COLLECT:
                out.append((DISPOSE, chain))
        return tuple(out)

    def order_of_whole(self, whole: Problem, truck: int, order: Order) -> Order:
        """Return the order with the gates in place of their chains, without those that would unload nothing."""
        parts = whole.trucks[truck].compartments
        inside: list[set[int]] = [
            {load.fraction for load in whole.trucks[truck].aboard} & part.fractions for part in parts
        ]
        out: list[tuple[VisitKind, int]] = []
        for kind, index in order:
            if kind is COLLECT:
                fraction = whole.bins[index].fraction
                for held, part in zip(inside, parts, strict=True):
                    held.update({fraction} & part.fractions)
                out.append((kind, index))
            for gate in self.gates.get(index, (index,)) if kind is DISPOSE else ():
                welcome = [held for held in inside if held and held <= whole.disposals[gate].fractions]
                if welcome or not parts:
                    out.append((DISPOSE, gate))
                for held in welcome:
                    held.clear()
        return tuple(out)


def chain(problem: Problem) -> Chained:
    """Return the problem with chains for every truck that needs them; the problem itself when none does."""
    found: dict[tuple[object, ...], list[tuple[int, ...]]] = {}
    users: dict[int, tuple[object, ...]] = {}
    for index, truck in enumerate(problem.trucks):
        if truck.compartments and not problem.disposals_of_truck[index]:
            aboard = frozenset(load.fraction for load in truck.aboard)
            key: tuple[object, ...] = (truck.compartments, truck.fractions, aboard, truck.skills, truck.profile)
            if key not in found:
                found[key] = list(_chains(problem, truck))
            if found[key] and (truck.max_unloads is None or truck.max_unloads >= len(found[key][0])):
                users[index] = key
    kinds = [key for key in found if key in users.values()]
    if not kinds:
        return Chained(problem, {}, frozenset())
    chains = [(gates, FIRST_TOKEN + at) for at, key in enumerate(kinds) for gates in found[key]]
    trucks = list(problem.trucks)
    for index, key in users.items():
        trucks[index] = _permitted(trucks[index], FIRST_TOKEN + kinds.index(key), len(found[key][0]))
    return _extended(problem, chains, trucks, frozenset(users))


def _permitted(truck: Truck, token: int, gates: int) -> Truck:
    unloads = None if truck.max_unloads is None else truck.max_unloads // gates
    return replace(truck, skills=truck.skills | {token}, max_unloads=unloads)


def _chains(problem: Problem, truck: Truck) -> Iterator[tuple[int, ...]]:
    """Yield the shortest chains that empty every compartment, none of their gates in vain."""
    present = {node.fraction for node in problem.bins} | {load.fraction for load in truck.aboard}
    needs = [part.fractions & truck.fractions & present for part in truck.compartments]
    needs = [need for need in needs if need]
    usable = [
        at for at, site in enumerate(problem.disposals) if site.skills <= truck.skills and site.open_s <= site.latest_s
    ]

    def empties(gates: Iterable[int]) -> bool:
        takes = [problem.disposals[gate].fractions for gate in gates]
        return all(any(need <= each for each in takes) for need in needs)

    between_s = problem.profiles[truck.profile].duration_s

    def way_s(gates: tuple[int, ...]) -> int:
        places = [problem.disposals[gate].place for gate in gates]
        return sum(int(between_s[here, there]) for here, there in pairwise(places))

    for length in range(2, LONGEST + 1):
        fitting = [
            gates
            for gates in permutations(usable, length)
            if empties(gates) and not any(empties(gates[:at] + gates[at + 1 :]) for at in range(length))
        ]
        if fitting:
            yield from sorted(fitting, key=lambda gates: (way_s(gates), gates))[:MOST]
            return


def _extended(
    problem: Problem, chains: Sequence[tuple[tuple[int, ...], int]], trucks: list[Truck], users: frozenset[int]
) -> Chained:
    """Return the problem with a row, a column and a disposal site for each chain."""
    base, *further = (_with_rows(roads, problem, [gates for gates, _ in chains]) for roads in problem.profiles)
    profile_of = {max(trucks[user].skills): trucks[user].profile for user in users}  # by permit, the largest skill
    nodes = [
        _node(problem, gates, problem.places + at, token, profile_of[token]) for at, (gates, token) in enumerate(chains)
    ]
    whole = replace(
        problem,
        distance_m=base.distance_m,
        duration_s=base.duration_s,
        reachable=base.reachable,
        road_profiles=tuple(further),
        halt_s=np.concatenate([problem.halt_s, np.zeros(len(chains), dtype=problem.halt_s.dtype)]),
        disposals=(*problem.disposals, *nodes),
        trucks=tuple(trucks),
    )
    return Chained(whole, {len(problem.disposals) + at: gates for at, (gates, _) in enumerate(chains)}, users)


def _with_rows(roads: RoadProfile, problem: Problem, chains: Sequence[tuple[int, ...]]) -> RoadProfile:
    old, size = problem.places, problem.places + len(chains)
    grown = [np.zeros((size, size), dtype=np.int64) for _ in range(2)]
    reachable = np.zeros((size, size), dtype=np.bool_)
    for new, matrix in zip(grown, (roads.distance_m, roads.duration_s), strict=True):
        new[:old, :old] = matrix
    reachable[:old, :old] = roads.reachable
    for at, gates in enumerate(chains):
        places, row = [problem.disposals[gate].place for gate in gates], old + at
        legs = list(pairwise(places))
        open_way = all(here == there or bool(roads.reachable[here, there]) for here, there in legs)
        reachable[:old, row] = roads.reachable[:, places[0]] & open_way
        reachable[places[0], row] = open_way
        reachable[row, :old] = roads.reachable[places[-1], :]
        reachable[row, places[-1]] = True
        for new, matrix in zip(grown, (roads.distance_m, roads.duration_s), strict=True):
            between = sum(int(matrix[here, there]) for here, there in legs if here != there)
            new[:old, row] = matrix[:, places[0]].astype(np.int64) + between
            new[row, :old] = matrix[places[-1], :]
            new[places[0], row], new[row, places[-1]] = between, 0
    distance_m, duration_s = grown
    reachable &= (distance_m <= MAX_ARC) & (duration_s <= MAX_ARC)
    return RoadProfile(
        np.minimum(distance_m, MAX_ARC).astype(np.int32), np.minimum(duration_s, MAX_ARC).astype(np.int32), reachable
    )


def _node(problem: Problem, gates: tuple[int, ...], place: int, token: int, profile: int) -> DisposalNode:
    """Return the chain as one site: its work begins when all of its ways between gates are driven already."""
    roads = problem.profiles[profile]
    places = [problem.disposals[gate].place for gate in gates]
    legs = [int(roads.duration_s[here, there]) if here != there else 0 for here, there in pairwise(places)]
    total_s, driven_s, worked_s = sum(legs), 0, 0
    open_s, latest_s, shut = 0, HORIZON_S, list[tuple[int, int]]()
    for at, gate in enumerate(gates):
        site = problem.disposals[gate]
        shift_s = total_s - driven_s - worked_s  # this gate's work begins so much before the chain's own time
        open_s, latest_s = max(open_s, site.open_s + shift_s), min(latest_s, site.latest_s + shift_s)
        shut += [(from_s + shift_s, to_s + shift_s) for from_s, to_s in site.shut_s]
        driven_s, worked_s = driven_s + (legs[at] if at < len(legs) else 0), worked_s + site.unload_s
    latest_s = min(latest_s, HORIZON_S)
    opens = open_s <= latest_s and latest_s >= 0 and worked_s <= HORIZON_S
    return DisposalNode(
        place=place,
        fractions=frozenset().union(*(problem.disposals[gate].fractions for gate in gates)),
        unload_s=min(worked_s, HORIZON_S),
        open_s=max(0, open_s) if opens else 1,
        latest_s=latest_s if opens else 0,
        shut_s=_joined(shut),
        skills=frozenset({token}),
    )


def _joined(gaps: list[tuple[int, int]]) -> Gaps:
    """Return the gaps in order, those that touch as one, none before midnight."""
    out: list[tuple[int, int]] = []
    inside = ((max(0, from_s), min(to_s, HORIZON_S)) for from_s, to_s in gaps)
    for from_s, to_s in sorted((from_s, to_s) for from_s, to_s in inside if from_s < to_s):
        if out and from_s <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], to_s))
        else:
            out.append((from_s, to_s))
    return tuple(out)
