"""Small days to plan, by hand and at random. By hand: metres along one street, driven at 10 m/s."""

from collections.abc import Sequence
from dataclasses import replace
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


times = st.integers(0, 24).map(lambda hour: hour * HOUR_S)
loads = st.one_of(st.integers(0, 1_500), st.sampled_from([0, 3_000, 10**9]))


@st.composite
def _bin_nodes(draw: DrawFn, places: int, first: int) -> BinNode:
    open_s, latest_s = draw(st.tuples(times, times)) if draw(st.booleans()) else (0, 24 * HOUR_S)
    return BinNode(
        place=draw(st.integers(first, places - 1)),
        volume_l=draw(loads),
        weight_kg=draw(loads),
        service_s=draw(st.sampled_from([0, 60, 600, 30 * HOUR_S])),
        fraction=draw(st.integers(0, 2)),
        must=draw(st.booleans()),
        prize_minor=draw(st.sampled_from([0, 1, 3_000, 50_000, 10**12])),
        open_s=open_s,
        latest_s=latest_s,
    )


@st.composite
def _trucks(draw: DrawFn, depots: int) -> Truck:
    start_s, end_s = sorted(draw(st.tuples(times, times)))
    rest_s = draw(st.integers(start_s, end_s))
    rest = BreakRule(rest_s, min(end_s, rest_s + draw(st.sampled_from([0, 600, 2 * HOUR_S]))), 1_800)
    return Truck(
        start_place=draw(st.integers(0, depots - 1)),
        end_place=draw(st.integers(0, depots - 1)),
        capacity_l=draw(st.sampled_from([0, 1_000, 3_000, 10**9])),
        capacity_kg=draw(st.sampled_from([0, 1_000, 10**9])),
        fractions=draw(st.frozensets(st.integers(0, 2))),
        shift_start_s=start_s,
        shift_end_s=end_s,
        fixed_minor=draw(st.sampled_from([0, 10_000, 10**12])),
        breaks=draw(st.sampled_from([(), (rest,)])),
    )


@st.composite
def any_problem(draw: DrawFn) -> Problem:
    """Return any problem that may be stated, sensible or absurd: no truck, no road, no room, no hour left."""
    depots, sites = draw(st.integers(1, 2)), draw(st.integers(0, 2))
    bins = draw(st.integers(0, 8))
    places = depots + sites + max(1, bins)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    reach = draw(st.sampled_from([60, 5_000, 10**8]))
    disposals = tuple(
        DisposalNode(
            depots + site,
            draw(st.sampled_from([frozenset({0, 1, 2}), frozenset({0}), frozenset[int]()])),
            draw(st.sampled_from([0, 900])),
            *sorted(draw(st.tuples(times, times))),
        )
        for site in range(sites)
    )
    return Problem(
        distance_m=rng.integers(0, reach, (places, places)).astype(np.int32),
        duration_s=rng.integers(0, reach, (places, places)).astype(np.int32),
        reachable=rng.random((places, places)) >= draw(st.sampled_from([0.0, 0.2, 1.0])),
        halt_s=rng.integers(0, 120, places).astype(np.int32),
        bins=tuple(draw(_bin_nodes(places, depots + sites)) for _ in range(bins)),
        disposals=disposals,
        trucks=tuple(draw(_trucks(depots)) for _ in range(draw(st.integers(0, 3)))),
        rates=draw(st.sampled_from([RATES, Rates(0, 0, 0), Rates(10**9, 10**9, 10**9)])),
    )
