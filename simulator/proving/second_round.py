"""The rest of a day chosen and routed anew, by what the office knows then: the morning's plan and its drivers' taps.

What is wanted, where the trucks are and what they may still do is told by the service's own code for a plan changed on
the road (`routing.planning.replan`). True loads and delays stay with the trucks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from routing.answer import VisitKind
from routing.planning.build import Fleet, build_problem, points_of, wanted
from routing.planning.drives import Drives
from routing.planning.leaving import not_before_s
from routing.planning.morning import Morning as Known
from routing.planning.replan import on_the_road, still_on_duty, still_open, with_places
from routing.planning.standing import Standing, standing_of
from routing.planning.tell import routes_of
from routing.roads.straight_line import StraightLineRoads
from simulator.proving.driving import Done
from simulator.proving.morning import Morning
from simulator.proving.policies import every_demand
from simulator.proving.router import Routed, routed_by
from tomma.events import Event, EventKind
from tomma.fold import fold
from tomma.model import PlanId, VehicleId
from tomma.plan import Plan, PlanStatus
from tomma.planning_settings import RoadSettings

TAPS = {
    VisitKind.COLLECT: EventKind.EMPTIED,
    VisitKind.DISPOSE: EventKind.UNLOADED,
    VisitKind.BREAK: EventKind.BREAK_ENDED,
}
PLAN_ID = PlanId("morning")
NO_STREETS = StraightLineRoads(RoadSettings().detour_factor, RoadSettings().straight_line_speed_kmh)
"""Draws the lines of a plan that nobody looks at; its drives come from the town."""


@dataclass(frozen=True, slots=True)
class SecondRound:
    """The rest of one day."""

    routed: Routed
    standings: Mapping[VehicleId, Standing]
    """Where the trucks were."""


def second_round(noon: Morning, former: Routed, done: Sequence[Done], iterations: int, seed: int) -> SecondRound:
    """Return the rest of the day, bins that were emptied in the morning included where they fill up again.

    Args:
        noon: What the office knows now of bins and trucks.
        former: The plan on the road.
        done: What its drivers have tapped.
        iterations: Of the engine; with none, by insertion alone.
        seed: Of the engine.
    """
    known = _known(noon, former, done)
    city, day, planning = noon.town.city, noon.day, noon.planning.model_copy(update={"empty_again_same_day": True})
    begins_s = not_before_s(day, noon.now_utc)
    vehicles = still_on_duty(noon.vehicles, known, day, begins_s)
    chosen = wanted(still_open(every_demand(noon), known, city, planning, frozenset(), noon.now_utc))
    points = with_places(points_of(city, chosen, vehicles), city, known.standings)
    built = build_problem(city, chosen, points, Fleet(vehicles, day, begins_s), [noon.town.drives(points)], planning)
    built = on_the_road(built, known, city, planning, day, noon.now_utc)
    return SecondRound(routed_by(built, city, iterations, seed), known.standings)


def _known(noon: Morning, former: Routed, done: Sequence[Done]) -> Known:
    state = fold(_tap(noon, former, number, each) for number, each in enumerate(done))
    plan = _plan(noon, former)
    return Known(plan, state, standing_of(plan, state, noon.town.city, noon.now_utc))


def _tap(noon: Morning, former: Routed, number: int, done: Done) -> Event:
    """Return what the driver told; a visit that ends a few minutes from now is taken to be over."""
    ended_utc = noon.day.at_utc(0) + timedelta(seconds=done.ended_s)
    index, kind = done.visit.index, done.visit.kind
    return Event(
        key=f"tap-{number:06}",
        device_id=f"tablet-{done.truck}",
        sequence=number,
        plan_id=PLAN_ID,
        vehicle_id=former.built.vehicle_ids[done.truck],
        kind=TAPS[kind],
        tapped_utc=ended_utc,
        received_utc=ended_utc,
        bin_id=former.built.bin_ids[index] if kind is VisitKind.COLLECT else None,
        disposal_site_id=former.built.points.disposal_ids[index] if kind is VisitKind.DISPOSE else None,
    )


def _plan(noon: Morning, former: Routed) -> Plan:
    matrix = noon.town.drives(former.built.points)
    return Plan(
        id=PLAN_ID,
        day=noon.day.day,
        created_utc=noon.now_utc,
        snapshot_utc=noon.now_utc,
        status=PlanStatus.PUBLISHED,
        engine="",
        roads_source=matrix.source,
        routes=routes_of(former.built, former.solution, noon.day, Drives((matrix,), {}, (NO_STREETS,))),
        left_out=(),
        cost_minor=former.solution.cost_minor,
        lost_prize_minor=0,
    )
