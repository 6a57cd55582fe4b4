"""Small days to plan, by hand and at random. By hand: metres along one street, driven at 10 m/s."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from routing.integers import Gaps
from routing.problem import BinNode, DisposalNode, Problem, RoadProfile
from routing.truck import BreakRule, Compartment, Load, Rates, Truck

HOUR_S = 3600
RATES = Rates(per_km_minor=1_600, per_h_minor=43_200, per_handling_h_minor=43_200)
USUAL_TRUCK = Truck(0, 0, 3_000, 5_000, frozenset({0}), 6 * HOUR_S, 14 * HOUR_S, 10_000)
USUAL_BIN: dict[str, Any] = {"volume_l": 800, "weight_kg": 80, "service_s": 60, "must": True}
MORNING_REST = BreakRule(8 * HOUR_S, 10 * HOUR_S, 1_800)


def a_truck(**changes: Any) -> Truck:
    """Return a truck on duty 06:00-14:00 that takes 3,000 l, changed as told."""
    return replace(USUAL_TRUCK, **changes)


def a_street(
    bins_at_m: Sequence[int],
    *,
    bins: Sequence[dict[str, Any]] = (),
    trucks: Sequence[Truck] | None = None,
    disposals: Sequence[DisposalNode] | None = None,
    disposal_at_m: int = 2_000,
    halt_s: int = 60,
    rates: Rates = RATES,
) -> Problem:
    """Return a problem on one street: the depot at 0, a disposal site, and bins where told."""
    at_m = np.array([0, disposal_at_m, *bins_at_m])
    distance_m = np.abs(at_m[:, None] - at_m[None, :]).astype(np.int32)
    changes = [*bins, *[{}] * (len(bins_at_m) - len(bins))]
    return Problem(
        distance_m=distance_m,
        duration_s=(distance_m // 10).astype(np.int32),
        reachable=np.ones(distance_m.shape, dtype=np.bool_),
        halt_s=np.array([0, 0, *[halt_s] * len(bins_at_m)], dtype=np.int32),
        bins=tuple(BinNode(**({"place": 2 + at} | USUAL_BIN | change)) for at, change in enumerate(changes)),
        disposals=(DisposalNode(1, frozenset({0}), unload_s=900),) if disposals is None else tuple(disposals),
        trucks=(a_truck(),) if trucks is None else tuple(trucks),
        rates=rates,
    )


HOURS = st.integers(0, 24).map(lambda hour: hour * HOUR_S)
EVERYTHING = frozenset({0, 1, 2})


class Absurd(StrEnum):
    """Which side of a problem is drawn without sense; the rest is, so that most problems have routes."""

    NOTHING = "nothing"
    LOADS = "loads"
    WINDOWS = "windows"
    STREAMS = "streams"
    SHIFTS = "shifts"
    ROADS = "roads"
    MONEY = "money"
    EVERYTHING = "everything"


def _draw_bin(draw: DrawFn, absurd: Absurd, place: int) -> BinNode:
    loads = st.sampled_from([0, 3_000, 3_001, 10**9]) if _is(absurd, Absurd.LOADS) else st.integers(200, 1_500)
    open_s, latest_s = draw(st.tuples(HOURS, HOURS)) if _is(absurd, Absurd.WINDOWS) else (0, 24 * HOUR_S)
    prizes = [0, 1, 10**12] if _is(absurd, Absurd.MONEY) else [0, 5_000, 90_000]
    return BinNode(
        place=place,
        volume_l=draw(loads),
        weight_kg=draw(loads),
        service_s=draw(st.sampled_from([0, 30 * HOUR_S] if _is(absurd, Absurd.WINDOWS) else [0, 60, 600])),
        fraction=draw(st.integers(0, 2)) if _is(absurd, Absurd.STREAMS) else 0,
        must=draw(st.sampled_from([True, False, True])),
        prize_minor=draw(st.sampled_from(prizes)),
        open_s=open_s,
        latest_s=latest_s,
    )


def _draw_truck(draw: DrawFn, absurd: Absurd, depots: int) -> Truck:
    start_s, end_s = sorted(draw(st.tuples(HOURS, HOURS))) if _is(absurd, Absurd.SHIFTS) else (6 * HOUR_S, 14 * HOUR_S)
    rest_s = draw(st.integers(start_s, end_s))
    rest = BreakRule(rest_s, min(end_s, rest_s + draw(st.sampled_from([0, 600, 2 * HOUR_S]))), 1_800)
    capacities = [0, 10**9] if _is(absurd, Absurd.LOADS) else [1_500, 3_000]
    return Truck(
        start_place=draw(st.integers(0, depots - 1)),
        end_place=draw(st.integers(0, depots - 1)),
        capacity_l=draw(st.sampled_from(capacities)),
        capacity_kg=draw(st.sampled_from(capacities)),
        fractions=draw(st.frozensets(st.integers(0, 2))) if _is(absurd, Absurd.STREAMS) else EVERYTHING,
        shift_start_s=start_s,
        shift_end_s=end_s,
        fixed_minor=draw(st.sampled_from([0, 10**12] if _is(absurd, Absurd.MONEY) else [0, 10_000])),
        breaks=draw(st.sampled_from([(), (rest,)])),
    )


def _draw_site(draw: DrawFn, absurd: Absurd, place: int) -> DisposalNode:
    takes = [EVERYTHING, frozenset({0}), frozenset[int]()] if _is(absurd, Absurd.STREAMS) else [EVERYTHING]
    open_s, latest_s = draw(st.tuples(HOURS, HOURS)) if _is(absurd, Absurd.WINDOWS) else (5 * HOUR_S, 13 * HOUR_S)
    return DisposalNode(place, draw(st.sampled_from(takes)), draw(st.sampled_from([0, 900])), open_s, latest_s)


def _is(absurd: Absurd, side: Absurd) -> bool:
    return absurd in (side, Absurd.EVERYTHING)


@st.composite
def any_problem(draw: DrawFn, sides: Sequence[Absurd] = tuple(Absurd)) -> Problem:
    """Return any problem that may be stated, sensible or absurd: no truck, no road, no room, no hour left."""
    absurd = draw(st.sampled_from(sides))
    depots = draw(st.integers(1, 2))
    sites = draw(st.integers(0, 2)) if absurd is Absurd.EVERYTHING else draw(st.integers(1, 2))
    bins = draw(st.sampled_from([5, 1, 2, 3, 8, 12, 0]))
    places = depots + sites + max(1, bins)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    reach = draw(st.sampled_from([1, 20_000, 10**8])) if _is(absurd, Absurd.ROADS) else 1_500
    cut = draw(st.sampled_from([0.1, 0.5, 1.0])) if _is(absurd, Absurd.ROADS) else 0.0
    dear = Rates(10**9, 10**9, 10**9)
    return Problem(
        distance_m=rng.integers(0, 10 * reach if reach < 10**8 else reach, (places, places)).astype(np.int32),
        duration_s=rng.integers(0, reach, (places, places)).astype(np.int32),
        reachable=rng.random((places, places)) >= cut,
        halt_s=rng.integers(0, 120, places).astype(np.int32),
        bins=tuple(_draw_bin(draw, absurd, draw(st.integers(depots + sites, places - 1))) for _ in range(bins)),
        disposals=tuple(_draw_site(draw, absurd, depots + site) for site in range(sites)),
        trucks=tuple(_draw_truck(draw, absurd, depots) for _ in range(draw(st.sampled_from([1, 2, 3, 0])))),
        rates=draw(st.sampled_from([Rates(0, 0, 0), dear])) if _is(absurd, Absurd.MONEY) else RATES,
    )


class Rule(StrEnum):
    """A rule beyond the plain day: some of them at a time, so that most problems still have routes."""

    SKILLS = "skills"
    LOCKS = "locks"
    FIRST_STOPS = "first stops"
    KEPT = "kept"
    GAPS = "gaps"
    COMPARTMENTS = "compartments"
    UNLOADS = "unloads"
    DAILY_LIMITS = "daily limits"
    OVERTIME = "overtime"
    RATES = "rates"
    ROADS = "roads"
    ON_ROAD = "on road"


def _draw_gaps(draw: DrawFn) -> Gaps:
    hours = sorted(draw(st.sets(st.integers(6, 13), max_size=4)))
    return tuple((first * HOUR_S, second * HOUR_S - 1) for first, second in zip(hours[::2], hours[1::2], strict=False))


def _rule_for_bins(draw: DrawFn, rule: Rule, problem: Problem) -> Problem:
    trucks = len(problem.trucks)
    if rule is Rule.SKILLS:
        bins = [replace(node, skills=draw(st.frozensets(st.integers(0, 1), max_size=1))) for node in problem.bins]
        able = [replace(truck, skills=draw(st.frozensets(st.integers(0, 1)))) for truck in problem.trucks]
        return replace(problem, bins=tuple(bins), trucks=tuple(able))
    if rule is Rule.GAPS:
        shut = [replace(node, shut_s=_draw_gaps(draw)) for node in problem.bins]
        gates = [replace(site, shut_s=_draw_gaps(draw)) for site in problem.disposals]
        return replace(problem, bins=tuple(shut), disposals=tuple(gates))
    if not trucks:
        return problem
    if rule is Rule.KEPT:
        owners = st.none() | st.integers(0, trucks - 1)
        bins = [replace(node, kept_truck=draw(owners)) for node in problem.bins]
        return replace(problem, bins=tuple(bins), change_minor=draw(st.sampled_from([1, 3_000, 10**6])))
    locks = st.none() | st.frozensets(st.integers(0, trucks - 1), max_size=2)
    bins = [
        node if node.lock_rank is not None or draw(st.booleans()) else replace(node, only_trucks=draw(locks))
        for node in problem.bins
    ]
    if rule is Rule.FIRST_STOPS:
        for index in draw(st.sets(st.integers(0, max(0, len(bins) - 1)), max_size=min(3, len(bins)))):
            locked = frozenset({draw(st.integers(0, trucks - 1))})
            bins[index] = replace(bins[index], only_trucks=locked, lock_rank=10 + index if index % 2 else index)
    return replace(problem, bins=tuple(bins))


def _rule_for_truck(draw: DrawFn, rule: Rule, truck: Truck, places: int, profiles: int) -> Truck:
    if rule is Rule.COMPARTMENTS:
        first, *others = sorted(truck.fractions) or [0]
        halves = (frozenset({first}), frozenset(others))
        parts = tuple(
            Compartment(each, draw(st.sampled_from([800, 1_500, 9_000])), draw(st.sampled_from([800, 9_000])))
            for each in halves
        )
        return replace(truck, compartments=parts)
    if rule is Rule.UNLOADS:
        return replace(truck, max_unloads=draw(st.sampled_from([1, 2, None])))
    if rule is Rule.DAILY_LIMITS:
        most = st.sampled_from([None, 0, 1_000, 3_000])
        limits = (draw(most), draw(most), draw(st.sampled_from([None, 0, 1, 3])))
        return replace(truck, daily_limit_l=limits[0], daily_limit_kg=limits[1], daily_limit_bins=limits[2])
    if rule is Rule.OVERTIME:
        shorter = max(truck.shift_start_s, truck.shift_end_s - 6 * HOUR_S)
        return replace(
            truck, shift_end_s=shorter, overtime_s=draw(st.sampled_from([0, 3_600])), overtime_per_h_minor=70_001
        )
    if rule is Rule.RATES:
        return replace(truck, rates=draw(st.sampled_from([None, Rates(900, 30_000, 50_000), Rates(0, 0, 1)])))
    if rule is Rule.ROADS:
        return replace(truck, profile=draw(st.integers(0, profiles)))
    loads = st.tuples(st.sampled_from(sorted(truck.fractions) or [0]), st.sampled_from([0, 700, 2_900]))
    aboard = [Load(fraction, load, load) for fraction, load in draw(st.lists(loads, max_size=2)) if truck.fractions]
    return replace(truck, on_road=True, start_place=draw(st.integers(0, places - 1)), aboard=tuple(aboard))


@st.composite
def any_ruled_problem(draw: DrawFn) -> Problem:
    """Return a problem with rules beyond the plain day, one to four kinds of them."""
    problem = draw(any_problem([Absurd.NOTHING] * 4 + list(Absurd)))
    if draw(st.booleans()):
        bins = [replace(node, fraction=draw(st.integers(0, 2))) for node in problem.bins]
        problem = replace(problem, bins=tuple(bins))
    rules = draw(st.sets(st.sampled_from(Rule), min_size=1, max_size=4))
    if Rule.ROADS in rules:
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        cut = problem.reachable & (rng.random(problem.reachable.shape) >= 0.1)
        slower = RoadProfile(problem.distance_m, np.minimum(problem.duration_s * 2, 10**8).astype(np.int32), cut)
        problem = replace(problem, road_profiles=(slower,))
    if Rule.COMPARTMENTS in rules and len(problem.disposals) == 2 and draw(st.booleans()):
        first, second = problem.disposals
        apart = (replace(first, fractions=frozenset({0})), replace(second, fractions=frozenset({1, 2})))
        problem = replace(problem, disposals=apart)
    for rule in sorted(rules):
        if rule in (Rule.SKILLS, Rule.GAPS, Rule.KEPT, Rule.LOCKS, Rule.FIRST_STOPS):
            problem = _rule_for_bins(draw, rule, problem)
            continue
        profiles = len(problem.road_profiles)
        ruled = [
            _rule_for_truck(draw, rule, truck, problem.places, profiles) if draw(st.booleans()) else truck
            for truck in problem.trucks
        ]
        problem = replace(problem, trucks=tuple(ruled))
    return problem
