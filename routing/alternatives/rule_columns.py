"""What other rules would have made of a plan's day: the same bins, streets, trucks and prices, at the same time."""

from dataclasses import dataclass

from routing.ahead.outlook import city_outlook
from routing.alternatives.counterfactual import RuleDay, Totals, fixed_rounds, threshold_rule
from routing.daytime import WorkingDay, hours_of
from routing.planning.basis import from_bytes
from routing.planning.build import Points
from routing.planning.drives import Drives, ask_drives
from routing.roads.port import Roads
from tomma.city import City
from tomma.errors import ConflictError, Refusal
from tomma.model import PlanId
from tomma.ports import EventLog, PlanStore, ReadingStore


@dataclass(frozen=True, slots=True)
class RuleColumns:
    """The day by the two rules that cities come from."""

    fixed_rounds: Totals
    threshold: Totals


def rule_columns(
    *, city: City, plans: PlanStore, readings: ReadingStore, events: EventLog, roads: Roads, plan_id: PlanId
) -> RuleColumns:
    """Return the plan's day by fixed rounds and by a threshold, from the readings that the plan was made from.

    Raises:
        ConflictError: If what the plan was made from is no longer kept.
        NotFoundError: If there is no such plan.
    """
    plan = plans.get(plan_id)
    kept = plans.basis(plan.based_on or plan.id)
    if kept is None:
        raise ConflictError(
            f"what plan {plan_id} was made from is no longer kept: only newer plans are compared", Refusal.BASIS_GONE
        )
    basis = from_bytes(kept)
    city = city.closed_at(basis.wishes.closed)
    day = WorkingDay(basis.day, city.organisation.timezone)
    begins_s, ends_s = hours_of(basis.vehicles, day, basis.not_before_s)
    outlook = city_outlook(city, readings, events, basis.snapshot_utc)

    def asked(points: Points) -> Drives:
        return ask_drives(roads, points.positions, basis.vehicles, basis.day, begins_s, ends_s)

    task = RuleDay(
        city=city,
        day=day,
        vehicles=basis.vehicles,
        planning=basis.settings.on(basis.day),
        forecast=outlook.forecast,
        at_utc=max(basis.snapshot_utc, day.after_midnight_utc((begins_s + ends_s) // 2)),
        last_emptied=outlook.last_emptied,
        ask_drives=asked,
        seed=basis.settings.seed,
    )
    return RuleColumns(fixed_rounds(task), threshold_rule(task))
