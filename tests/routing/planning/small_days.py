"""Small days to plan, by hand and at random. By hand: metres along one street, driven at 10 m/s."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from routing.problem import BinNode, BreakRule, DisposalNode, Problem, Rates, Truck

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
def any_problem(draw: DrawFn) -> Problem:
    """Return any problem that may be stated, sensible or absurd: no truck, no road, no room, no hour left."""
    absurd = draw(st.sampled_from(Absurd))
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
