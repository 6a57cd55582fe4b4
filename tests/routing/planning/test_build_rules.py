"""From the city to integers: hours by weekday, what trucks have and bins ask for, limits of a day."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from routing.daytime import WorkingDay
from routing.planning.build import points_of
from routing.problem import Problem
from routing.roads.port import KerbPosition
from routing.truck import Compartment
from tests.routing.planning.small_city import GLASS, HOUR_S, RESIDUAL, small_city
from tests.routing.planning.test_build import build, demands_of
from tomma.city import City, Depot, Position
from tomma.hours import OpenHours
from tomma.model import BinId, DepotId, SiteId
from tomma.trucks import Compartment as CityCompartment
from tomma.trucks import Shift

WORKDAYS = frozenset({1, 2, 3, 4, 5})
MONDAY, SATURDAY, SPRING_SUNDAY = date(2026, 11, 23), date(2026, 11, 28), date(2026, 3, 29)


def on(day: date) -> WorkingDay:
    """Return the day in Sweden."""
    return WorkingDay(day, "Europe/Stockholm")


def with_access(*access: OpenHours) -> City:
    """Return the village whose first site may be entered only then."""
    city = small_city()
    site = replace(city.sites[SiteId("s1")], access=access)
    return replace(city, sites={**city.sites, site.id: site})


def with_truck(**changes: Any) -> City:
    """Return the village with its first truck changed."""
    city = small_city()
    first, *others = city.vehicles.values()
    return replace(city, vehicles={each.id: each for each in (replace(first, **changes), *others)})


def with_hours(*hours: OpenHours, shift: Shift | None = None) -> City:
    """Return the village with such a gate."""
    city = small_city(shift=shift) if shift else small_city()
    sites = {id_: replace(site, hours=hours, unload_s=900) for id_, site in city.disposal_sites.items()}
    return replace(city, disposal_sites=sites)


def first_bin(problem: Problem) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    """Return when the first bin may be begun."""
    node = problem.bins[0]
    return node.open_s, node.latest_s, node.shut_s


@pytest.mark.parametrize(
    ("day", "window"),
    [
        pytest.param(MONDAY, (7 * HOUR_S, 15 * HOUR_S, ((9 * HOUR_S + 1, 13 * HOUR_S),)), id="a market day at noon"),
        pytest.param(SATURDAY, (10 * HOUR_S, 12 * HOUR_S, ()), id="Saturday"),
        pytest.param(SPRING_SUNDAY, (4 * HOUR_S, 5 * HOUR_S, ()), id="the Sunday that has 23 hours"),
        pytest.param(date(2026, 11, 24), (1, 0, ()), id="a day on which nobody may enter"),
    ],
)
def test_a_site_is_entered_only_in_its_hours_of_that_weekday(
    day: date, window: tuple[int, int, tuple[tuple[int, int], ...]]
) -> None:
    """By the clock on the wall; between two spans of one day the gate is shut."""
    city = with_access(
        OpenHours(13 * HOUR_S, 15 * HOUR_S, frozenset({1})),
        OpenHours(7 * HOUR_S, 9 * HOUR_S, frozenset({1})),
        OpenHours(10 * HOUR_S, 12 * HOUR_S, frozenset({6})),
        OpenHours(5 * HOUR_S, 6 * HOUR_S, frozenset({7})),
    )
    assert first_bin(build(city, day=on(day)).problem) == window


def test_a_site_without_hours_is_always_open() -> None:
    """As every site was before anybody could say more."""
    node = build(small_city()).problem.bins[0]
    assert (node.open_s, node.shut_s) == (0, ())
    assert node.latest_s > 24 * HOUR_S


def test_a_gate_that_shuts_at_noon_takes_nobody_who_would_not_be_done_by_then() -> None:
    """Fifteen minutes to unload: at 11:50 the truck waits until one."""
    gate = build(with_hours(OpenHours(13 * HOUR_S, 16 * HOUR_S), OpenHours(7 * HOUR_S, 12 * HOUR_S))).problem.disposals[
        0
    ]
    assert (gate.open_s, gate.latest_s) == (7 * HOUR_S, 16 * HOUR_S - 900)
    assert gate.shut_s == ((12 * HOUR_S - 899, 13 * HOUR_S),)


def test_a_gate_is_closed_on_the_days_it_does_not_name() -> None:
    """Nothing can be unloaded, so nothing is collected."""
    problem = build(with_hours(OpenHours(7 * HOUR_S, 16 * HOUR_S, WORKDAYS)), day=on(SATURDAY)).problem
    assert not any(problem.disposals_of_truck)


def test_a_shift_past_midnight_finds_the_gate_as_it_is_the_next_day() -> None:
    """Open round the clock from Monday to Friday: on Friday night until twelve, on Monday night on."""
    always = OpenHours(0, 24 * HOUR_S, WORKDAYS)
    night = Shift(22 * HOUR_S, 30 * HOUR_S)
    monday, friday = (
        build(with_hours(always, shift=night), day=on(day)).problem.disposals[0] for day in (MONDAY, date(2026, 11, 27))
    )
    assert (monday.latest_s, monday.shut_s) == (48 * HOUR_S - 900, ())
    assert friday.latest_s == 24 * HOUR_S - 900


def test_a_bin_asks_for_its_own_skills_and_its_containers() -> None:
    """The container wants a crane, the yard a key; the truck has both and a spare."""
    city = with_truck(skills=frozenset({"crane", "key", "ramp"}))
    kinds = {id_: replace(kind, skills=frozenset({"crane"})) for id_, kind in city.container_types.items()}
    yard = replace(city.bins[BinId("b1")], skills=frozenset({"key"}))
    problem = build(replace(city, container_types=kinds, bins={**city.bins, yard.id: yard})).problem
    assert len(problem.bins[0].skills) == 2
    assert len(problem.bins[1].skills) == 1
    assert problem.bins[1].skills < problem.bins[0].skills < problem.trucks[0].skills
    assert problem.trucks[1].skills == frozenset()


def test_what_a_truck_may_do_in_a_day_comes_along() -> None:
    """Limits are rounded down, and its own kilometre costs what it costs plus its CO2."""
    plain = build(small_city()).problem
    truck = build(
        with_truck(
            overtime_s=1_800,
            overtime_cost_per_h_minor=77,
            max_unloads_per_day=2,
            max_bins_per_day=30,
            max_l_per_day=9_000.9,
            max_kg_per_day=800.9,
            cost_per_km_minor=0,
        )
    ).problem.trucks[0]
    assert (truck.overtime_s, truck.overtime_per_h_minor, truck.max_unloads) == (1_800, 77, 2)
    assert (truck.daily_limit_bins, truck.daily_limit_l, truck.daily_limit_kg) == (30, 9_000, 800)
    assert truck.rates is not None
    assert 0 < truck.rates.per_km_minor < plain.rates.per_km_minor
    assert truck.rates.per_h_minor == plain.rates.per_h_minor
    assert plain.trucks[0].rates is None


def test_like_trucks_without_costs_of_their_own_stay_alike() -> None:
    """Engines try like trucks once."""
    city = small_city()
    first = next(iter(city.vehicles.values()))
    twins = {each: replace(first, id=each) for each in city.vehicles}
    assert build(replace(city, vehicles=twins)).problem.like_trucks == ((0, 1),)


def test_compartments_are_rounded_down_and_know_their_streams() -> None:
    """A truck of two halves."""
    halves = (CityCompartment(frozenset({GLASS}), 800.9, 300.0), CityCompartment(frozenset({RESIDUAL}), 2_000.0, 700.0))
    city = with_truck(fractions=frozenset({GLASS, RESIDUAL}), compartments=halves)
    glass, residual = (sorted(city.fractions).index(code) for code in (GLASS, RESIDUAL))
    assert build(city).problem.trucks[0].compartments == (
        Compartment(frozenset({glass}), 800, 300),
        Compartment(frozenset({residual}), 2_000, 700),
    )


def test_a_truck_with_a_compartment_for_each_keeps_streams_that_no_single_gate_takes() -> None:
    """With one body it has to choose; see the other truck."""
    halves = (CityCompartment(frozenset({GLASS}), 800.0, 300.0), CityCompartment(frozenset({RESIDUAL}), 2_000.0, 700.0))
    city = small_city(takes=(frozenset({GLASS}), frozenset({RESIDUAL})))
    both = frozenset({GLASS, RESIDUAL})
    first, second = (replace(each, fractions=both) for each in city.vehicles.values())
    city = replace(city, vehicles={first.id: replace(first, compartments=halves), second.id: second})
    apart, together = build(city).problem.trucks
    assert len(apart.fractions) == 2
    assert len(together.fractions) == 1


def test_a_truck_keeps_to_what_the_gates_that_are_open_that_day_take() -> None:
    """The one station that takes both streams is closed on Saturdays: a mixed load would come home again."""
    both = frozenset({GLASS, RESIDUAL})
    city = small_city(takes=(both, frozenset({GLASS}), frozenset({RESIDUAL})))
    for_both, *others = city.disposal_sites.values()
    for_both = replace(for_both, hours=(OpenHours(7 * HOUR_S, 16 * HOUR_S, WORKDAYS),))
    city = replace(city, disposal_sites={each.id: each for each in (for_both, *others)})
    monday, saturday = (build(city, day=on(day)).problem for day in (MONDAY, SATURDAY))
    assert {len(truck.fractions) for truck in monday.trucks if len(truck.fractions) > 1} == {2}
    assert {len(truck.fractions) for truck in saturday.trucks} == {1}
    assert all(saturday.disposals_of_truck)


def test_a_truck_may_end_its_day_elsewhere() -> None:
    """In the garage of the other depot, which no truck starts from."""
    garage = Depot(DepotId("zz"), "Garaget", Position(59.65, 16.60))
    city = with_truck(end_depot_id=garage.id)
    problem = build(replace(city, depots={**city.depots, garage.id: garage})).problem
    truck, other = problem.trucks
    assert truck.end_place != truck.start_place == other.start_place == other.end_place


def test_a_site_on_a_busy_street_is_stopped_at_on_its_own_side() -> None:
    """The streets are told; all other sites are plain points."""
    city = small_city()
    busy = replace(city.sites[SiteId("s2")], kerb=True)
    city = replace(city, sites={**city.sites, busy.id: busy})
    points = points_of(city, demands_of(city), list(city.vehicles.values()))
    kerbs = {site: isinstance(points.positions[row], KerbPosition) for site, row in points.site_row.items()}
    assert [site for site, kerb in kerbs.items() if kerb] == ["s2"]
