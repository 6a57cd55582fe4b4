"""Sectors: a large city is cut into pieces that a search can handle, each with its share of the trucks.

Cuts follow the streets' seconds, not the map: a city is halved by which of two far bins a bin is nearer to, so that
both halves have as much work as they get trucks, and halved again until a sector is small enough. Work is the time
that what must be emptied takes, and a part of what may be; the farther away, the more of a truck's day it costs.

No bin is lost: one that no truck of its sector may collect goes to the nearest sector with a truck that may.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.answer import Orders, Solution, VisitKind
from routing.engines.arcs import FORBIDDEN_S
from routing.engines.bins import Bins, is_wanted
from routing.engines.finish import settle
from routing.engines.parts import Part, joined, part_of
from routing.integers import Bool, Int64
from routing.problem import Problem
from tomma.reasons import ReasonCode

Float64 = NDArray[np.float64]
MOST_BINS = 1_100
"""Wanted bins of a problem that is planned in one piece."""
SECTOR_BINS = 750
"""Wanted bins of a sector, about."""
OPTIONAL_SHARE = 0.2
"""Of an optional bin's work that counts: most of them stay where they are."""
MOST_HOURS = 4.0
"""On duty for an hour of work, where bins are farther away than a truck gets in a day."""
SAMPLE = 200
"""Bins looked at where all of them would be too many."""


def is_large(problem: Problem) -> bool:
    """Whether the problem is better cut; a single truck is never shared."""
    trucks = sum(1 for sites in problem.disposals_of_truck if sites)
    return trucks > 1 and len(problem.bins) > MOST_BINS and len(_wanted(problem)) > MOST_BINS


def first_answer(problem: Problem) -> Solution:
    """Return what insertion makes of the problem, sector by sector where it is large."""
    return greedy_by_sector(problem, sectors(problem)) if is_large(problem) else settle(problem, {})


def mended(problem: Problem, orders: Orders) -> Solution:
    """Return a feasible solution near the orders; in a large city no truck is given what another had to leave."""
    if not is_large(problem):
        return settle(problem, orders)
    pieces = []
    out = {index for index, truck in enumerate(problem.trucks) if truck.on_road}
    for truck in sorted(set(orders) | out):
        bins = sorted({index for kind, index in orders.get(truck, ()) if kind is VisitKind.COLLECT})
        pieces.append(part_of(problem, [truck], bins))
    taken = [(part, settle(part.problem, part.from_whole(orders))) for part in pieces]
    return joined(problem, nothing_done(problem), taken)


def greedy_by_sector(problem: Problem, pieces: Sequence[Part]) -> Solution:
    """Return the sectors' insertions as one solution."""
    return joined(problem, nothing_done(problem), [(part, settle(part.problem, {})) for part in pieces])


def nothing_done(problem: Problem) -> Solution:
    """Return the plan in which no truck leaves; only something to join sectors to."""
    absent = dict.fromkeys(range(len(problem.bins)), ReasonCode.NOT_WORTH_THE_DETOUR)
    return joined(problem, Solution(routes=(), unvisited=absent), [])


def sectors(problem: Problem) -> tuple[Part, ...]:
    """Return the sectors: every wanted bin and every truck that can work is in exactly one."""
    trucks = [
        truck
        for kind in problem.like_trucks
        for truck in kind
        if problem.disposals_of_truck[truck] or problem.trucks[truck].on_road
    ]
    wanted = np.array(_wanted(problem), dtype=np.int64)
    count = max(1, min(len(trucks), round(len(wanted) / SECTOR_BINS)))
    cut = _Cut(problem, Bins(problem))
    pieces = cut.into(count, wanted, _mixed(problem, trucks))
    return tuple(part_of(problem, sorted(piece.trucks), sorted(piece.bins.tolist())) for piece in cut.mended(pieces))


def _wanted(problem: Problem) -> list[int]:
    return [index for index in range(len(problem.bins)) if is_wanted(problem, index)]


def _mixed(problem: Problem, trucks: Sequence[int]) -> list[int]:
    """Order trucks so that any run of them has a fair share of every kind."""
    shares = []
    for kind in problem.like_trucks:
        own = [truck for truck in kind if truck in set(trucks)]
        shares += [((at + 0.5) / len(own), own[0], truck) for at, truck in enumerate(own)]
    return [truck for _, _, truck in sorted(shares)]


@dataclass(frozen=True, slots=True)
class _Piece:
    bins: Int64
    trucks: list[int]


@dataclass(frozen=True)
class _Cut:
    """Cuts one problem."""

    problem: Problem
    columns: Bins

    def into(self, count: int, bins: Int64, trucks: list[int]) -> list[_Piece]:
        """Halve until there are `count` pieces."""
        if count < 2 or len(bins) < 2:
            return [_Piece(bins, trucks)]
        left = count // 2
        drivers = min(max(left, round(len(trucks) * left / count)), len(trucks) - (count - left))
        every = np.linspace(0, len(trucks) - 1, drivers).round().astype(int).tolist()
        first = [trucks[at] for at in every]
        second = [truck for truck in trucks if truck not in set(first)]
        here, there = self._halves(bins, drivers / len(trucks))
        return self.into(left, here, first) + self.into(count - left, there, second)

    def _halves(self, bins: Int64, share: float) -> tuple[Int64, Int64]:
        """Cut between two bins far from each other, where the first half's work reaches its share."""
        places = self.columns.place[bins]
        sample = places[:: max(1, len(places) // SAMPLE)]
        apart = self._seconds(sample, sample)
        apart = apart + apart.T
        one, other = np.unravel_index(int(apart.argmax()), apart.shape)
        poles = sample[[one, other]]
        away = self._seconds(places, poles) + self._seconds(poles, places).T
        order = np.argsort(away[:, 0] - away[:, 1], kind="stable")
        done = np.cumsum(self._work_s(bins)[order])
        at = int(np.searchsorted(done, share * done[-1])) + 1
        at = min(max(1, at), len(bins) - 1)
        return bins[order[:at]], bins[order[at:]]

    def _seconds(self, rows: Int64, columns: Int64) -> Int64:
        at = np.ix_(rows, columns)
        seconds: Int64 = np.where(self.problem.reachable[at], self.problem.duration_s[at], FORBIDDEN_S).astype(np.int64)
        return seconds

    def _work_s(self, bins: Int64) -> Int64:
        """Return what each bin takes: halting and service, the way from a neighbour, its share of an unloading."""
        columns, problem = self.columns, self.problem
        sample = bins[:: max(1, len(bins) // SAMPLE)]
        near = self._seconds(columns.place[sample], columns.place[sample])
        np.fill_diagonal(near, FORBIDDEN_S)
        # Among all bins neighbours are nearer than in the sample, as the root of how many there are.
        way_s = float(np.median(near.min(axis=0))) * float(np.sqrt(len(sample) / len(bins)))
        gates = np.array([site.place for site in problem.disposals], dtype=np.int64)
        unload_s = min((site.unload_s for site in problem.disposals), default=0)
        cycle_s = 2.0 * float(np.median(self._seconds(columns.place[sample], gates).min(axis=1))) + unload_s
        litres = max(1, *(truck.capacity_l for truck in problem.trucks))
        kilograms = max(1, *(truck.capacity_kg for truck in problem.trucks))
        load = np.maximum(columns.volume_l[bins] / litres, columns.weight_kg[bins] / kilograms)
        seconds = columns.service_s[bins] + problem.halt_s[columns.place[bins]] + way_s + load * cycle_s
        seconds *= self._hours_per_hour(bins)
        work: Int64 = (np.where(columns.must[bins], 1.0, OPTIONAL_SHARE) * seconds).astype(np.int64) + 1
        return work

    def _hours_per_hour(self, bins: Int64) -> Float64:
        """Return how long a truck is on duty for an hour of work at each bin: it has to get there, and home."""
        problem, places = self.problem, self.columns.place[bins]
        starts = np.array(sorted({truck.start_place for truck in problem.trucks}), dtype=np.int64)
        ends = np.array(sorted({truck.end_place for truck in problem.trucks}), dtype=np.int64)
        home_s = np.full(len(bins), FORBIDDEN_S, dtype=np.int64)
        for site in problem.disposals:
            gate = np.array([site.place], dtype=np.int64)
            way_s = self._seconds(places, gate)[:, 0] + site.unload_s + int(self._seconds(gate, ends).min())
            home_s = np.minimum(home_s, way_s)
        away_s = self._seconds(starts, places).min(axis=0) + home_s
        duty_s = max(1.0, float(np.median([truck.latest_home_s - truck.shift_start_s for truck in problem.trucks])))
        factor: Float64 = duty_s / np.maximum(duty_s - away_s, duty_s / MOST_HOURS)
        return factor

    def mended(self, pieces: Sequence[_Piece]) -> list[_Piece]:
        """Move bins to the nearest piece with a truck that may collect them, if their own has none."""
        may = np.stack([self._may(piece.trucks) for piece in pieces])
        bins_of: list[list[int]] = [[] for _ in pieces]
        for at, piece in enumerate(pieces):
            others = [other for other in range(len(pieces)) if other != at]
            for index in piece.bins.tolist():
                able = [other for other in others if may[other, index]]
                stays = bool(may[at, index]) or not able
                bins_of[at if stays else self._nearest(index, able, pieces)].append(index)
        return [
            _Piece(np.array(bins, dtype=np.int64), piece.trucks) for bins, piece in zip(bins_of, pieces, strict=True)
        ]

    def _may(self, trucks: Sequence[int]) -> Bool:
        """Which bins some of the trucks may collect."""
        may = np.zeros(len(self.columns.place), dtype=np.bool_)
        for truck in trucks:
            may |= self.columns.allowed(self.problem, truck)
        return may

    def _nearest(self, index: int, able: Sequence[int], pieces: Sequence[_Piece]) -> int:
        here = self.columns.place[[index]]

        def away_s(at: int) -> tuple[int, int]:
            places = self.columns.place[pieces[at].bins]
            return (int(self._seconds(here, places).min()) if len(places) else FORBIDDEN_S), at

        return min(able, key=away_s)
