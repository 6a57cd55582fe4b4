"""What a plan comes to, in the figures that plans are compared by. Pure: from the plan alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from tomma.loads import visits_of
from tomma.plan import Plan, Route, Stop, StopKind

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class RouteTotals:
    """One truck's day in figures."""

    distance_m: int
    driving_s: int
    work_s: int
    """From leaving the depot to being home, rests taken off."""
    lifts: int
    stops: int
    """Halts: the bins of one site in one go are one."""
    disposals: int
    volume_l: float
    """Expected, of what is collected."""
    weight_kg: float


@dataclass(frozen=True, slots=True)
class PlanTotals:
    """All trucks' days together, and what they cost and leave undone."""

    distance_m: int
    driving_s: int
    work_s: int
    lifts: int
    stops: int
    disposals: int
    volume_l: float
    weight_kg: float
    co2_kg: float
    expected_overflows: float | None
    cost_minor: int
    lost_prize_minor: int
    trucks: int


def route_totals(route: Route) -> RouteTotals:
    """Return one truck's day in figures."""
    rests = sum((s.depart_utc - s.arrive_utc for s in route.stops if s.kind is StopKind.BREAK), timedelta())
    visits = tuple(visits_of(route))
    took = [(each.grown_l, each.grown_kg) for each in visits if each.stop.kind is StopKind.COLLECT]
    return RouteTotals(
        distance_m=route.distance_m,
        driving_s=route.driving_s,
        work_s=round((route.end_utc - route.start_utc - rests) / SECOND),
        lifts=len(took),
        stops=_halts(each.stop for each in visits),
        disposals=sum(stop.kind is StopKind.DISPOSE for stop in route.stops),
        volume_l=round(sum(litres for litres, _ in took), 1),
        weight_kg=round(sum(kilos for _, kilos in took), 1),
    )


def totals_of(plan: Plan) -> PlanTotals:
    """Return what the plan comes to."""
    days = [route_totals(route) for route in plan.routes]
    return PlanTotals(
        distance_m=sum(each.distance_m for each in days),
        driving_s=sum(each.driving_s for each in days),
        work_s=sum(each.work_s for each in days),
        lifts=sum(each.lifts for each in days),
        stops=sum(each.stops for each in days),
        disposals=sum(each.disposals for each in days),
        volume_l=round(sum(each.volume_l for each in days), 1),
        weight_kg=round(sum(each.weight_kg for each in days), 1),
        co2_kg=plan.co2_kg,
        expected_overflows=plan.expected_overflows,
        cost_minor=plan.cost_minor,
        lost_prize_minor=plan.lost_prize_minor,
        trucks=sum(each.lifts > 0 for each in days),
    )


def balance_of(plan: Plan) -> float | None:
    """Return the shortest working day over the longest, of the trucks that drive; None when none does."""
    hours = [route_totals(route).work_s for route in plan.routes]
    return round(min(hours) / max(hours), 3) if hours and max(hours) > 0 else None


def _halts(stops: Iterable[Stop]) -> int:
    """Count where a truck came to collect from elsewhere; a rest on the way does not end the way."""
    halts, moved = 0, True
    for stop in stops:
        moved |= stop.leg_distance_m > 0 or stop.leg_driving_s > 0
        if stop.kind is StopKind.COLLECT:
            halts += moved
        if stop.kind is not StopKind.BREAK:
            moved = False
    return halts
