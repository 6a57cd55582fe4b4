"""From what a person asks for to an order with everything decided, or a refusal that says what cannot be meant."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Protocol

from api.city.keeper import CityKeeper
from api.context import ApiContext
from api.plans.order_schemas import CrewName, PlanOrder, ShiftIn
from api.plans.today import Today
from api.problems.model import NamedProblem, bound_refused, field_refused
from api.schema import Name
from routing.alternatives.pareto import at_risk
from routing.ordering.areas_now import AreasNow
from routing.ordering.earlier import Earlier
from routing.ordering.order import Order
from routing.ordering.taken_over import (
    BinWishes,
    changed_by_hand,
    let_go,
    still_locked,
    still_wished,
    with_former,
)
from routing.planning.leaving import MAX_DAYS_AHEAD, default_day
from tomma.bounds import Rule
from tomma.city import City
from tomma.errors import ConflictError, Refusal
from tomma.hours import DAY_S
from tomma.model import BinId, DisposalSiteId, PlanId, VehicleId
from tomma.plan import Plan, PlanStatus, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.trucks import Shift, Vehicle


class Asked(Protocol):
    """What an order is decided from: `api.services.Services` has it, and whoever orders by the clock."""

    @property
    def context(self) -> ApiContext:
        """The stores, the settings and the clock."""

    @property
    def city(self) -> CityKeeper:
        """The city as it is now."""

    @property
    def today(self) -> Today:
        """Which day it is."""


def decided(hands: Asked, order: PlanOrder) -> Order:
    """Return the order with everything decided."""
    city = hands.city.current()
    kept = hands.context.plans.get(PlanId(order.keep_edits_of)) if order.keep_edits_of is not None else None
    former = hands.context.plans.get(PlanId(order.replan_of)) if order.replan_of is not None else None
    earlier = Earlier.of(hands.context.plans, former)
    found = AreasNow.of(earlier.areas, former, city) if former is not None and order.areas is None else AreasNow()
    still = still_wished(former, city, hands.context.requests, earlier, found.areas) if former is not None else Wishes()
    wishes = _wishes(city, order, kept, still)
    gone = {bin_id: truck for each in (former, kept) for bin_id, truck in let_go(each, city, wishes)}
    working = _with_shifts(_with_trucks(city, order, earlier), order.shifts)
    day = order.day or (kept.day if kept is not None else default_day(working, hands.context.clock.now_utc()))
    if former is not None:
        day = _day_on_the_road(former, order.day)
    if kept is not None and kept.day != day:
        bound = f"must name a plan of the day {day}"
        raise field_refused("keep_edits_of", Rule.SAME_DAY, bound, f"{kept.day}", day=f"{day}")
    _check_day(day, hands.today.day())
    return Order(
        day=day,
        city=working,
        planning=_planning(hands.context.planning(city), order, earlier),
        wishes=wishes,
        crews={**earlier.crews, **_crews(city, order.crews)},
        gone_areas=found.gone,
        let_go=gone,
    )


def _planning(as_set: PlanningSettings, order: PlanOrder, earlier: Earlier) -> PlanningSettings:
    if order.risk is not None and order.accepted_overflow_probability is not None:
        bound = "must not stand beside accepted_overflow_probability, which says the same"
        raise field_refused("risk", Rule.NOT_BOTH, bound, other="accepted_overflow_probability")
    planning = earlier.planning(as_set)
    if order.risk is not None:  # on what the city has set: the knob is not turned twice
        planning = at_risk(as_set, order.risk).model_copy(update={"budget_s": planning.budget_s})
    asked = {
        "budget_s": order.budget_s,
        "accepted_overflow_probability": order.accepted_overflow_probability,
    }
    return planning.model_copy(update={name: value for name, value in asked.items() if value is not None})


def _wishes(city: City, order: PlanOrder, kept: Plan | None, still: Wishes) -> Wishes:
    told = order.unavailable_vehicle_ids
    gone = still.unavailable if told is None else frozenset(VehicleId(each) for each in told)
    bins = with_former(_of_the_order(order), still, gone)
    if kept is not None:
        bins = _with_edits(bins, kept, city)
    areas = still.areas if order.areas is None else frozenset(order.areas)
    balanced = still.balanced if order.balanced is None else order.balanced
    closed = _closed(city, order, still if kept is None else replace(still, closed=still.closed | kept.closed))
    _check_known(city, bins, gone, areas)
    replan_of = PlanId(order.replan_of) if order.replan_of is not None else None
    try:
        return Wishes(bins.excluded, bins.locked, gone, replan_of, bins.included, areas, balanced, closed)
    except ValueError as exc:
        raise bound_refused(exc) from exc


def _closed(city: City, order: PlanOrder, still: Wishes) -> frozenset[DisposalSiteId]:
    """Return the disposal sites that are closed: as the order says, else as for the plan that it goes on from."""
    if order.closed_disposal_site_ids is None:
        return still.closed & city.disposal_sites.keys()
    unknown = [each for each in order.closed_disposal_site_ids if DisposalSiteId(each) not in city.disposal_sites]
    if unknown:
        raise field_refused("closed_disposal_site_ids", Rule.KNOWN, "must be of this city", unknown[0])
    return frozenset(DisposalSiteId(each) for each in order.closed_disposal_site_ids)


def _of_the_order(order: PlanOrder) -> BinWishes:
    return BinWishes(
        excluded=frozenset(BinId(each) for each in order.exclude_bin_ids),
        included=frozenset(BinId(each) for each in order.include_bin_ids),
        locked={BinId(each.bin_id): VehicleId(each.vehicle_id) for each in order.lock},
    )


def _with_edits(bins: BinWishes, draft: Plan, city: City) -> BinWishes:
    """Add what a person changed on the draft whose edits are kept; what is decided already counts more."""
    added, removed = (each & city.bins.keys() for each in changed_by_hand(draft))
    return BinWishes(
        excluded=bins.excluded | (removed - bins.included),
        included=bins.included | (added - bins.excluded),
        locked={**still_locked(draft, city), **bins.locked},
    )


def _check_known(city: City, bins: BinWishes, gone: frozenset[VehicleId], areas: frozenset[str]) -> None:
    named = bins.excluded | bins.included | bins.locked.keys()
    strangers = [
        *(("bin_id", each) for each in sorted(named) if each not in city.bins),
        *(("vehicle_id", each) for each in sorted(gone.union(bins.locked.values())) if each not in city.vehicles),
        *(("areas", each) for each in sorted(areas - {each.area for each in city.sites.values()})),
    ]
    if strangers:
        field, value = strangers[0]
        raise field_refused(field, Rule.KNOWN, "must be of this city", value)


def _day_on_the_road(former: Plan, asked: date | None) -> date:
    """Return the day of the plan to change; the order may name no other."""
    if former.status is not PlanStatus.PUBLISHED:
        raise ConflictError(
            f"plan {former.id} is {former.status}; only a published plan can be changed", Refusal.PLAN_NOT_PUBLISHED
        )
    if asked is not None and asked != former.day:
        bound = f"must be that of the plan to change ({former.day})"
        raise field_refused("day", Rule.SAME_DAY, bound, f"{asked}", day=f"{former.day}")
    return former.day


def _check_day(day: date, today: date) -> None:
    if not today <= day <= today + timedelta(days=MAX_DAYS_AHEAD):
        detail = f"day must be within {MAX_DAYS_AHEAD} days from today ({today}), got {day}"
        last = today + timedelta(days=MAX_DAYS_AHEAD)
        raise NamedProblem(422, Refusal.DAY_OUT_OF_RANGE, detail, first=f"{today}", last=f"{last}")


def _with_trucks(city: City, order: PlanOrder, earlier: Earlier) -> City:
    """Return the city with the trucks that drive: those named, else those of the day and who is given hours now.

    A truck whose shift was over is in no later plan of its day: whoever gives it hours wants it back.
    """
    if order.vehicle_ids is None:
        named, driving = {VehicleId(each) for each in order.shifts}, earlier.vehicle_ids
        return replace(earlier, vehicle_ids=None if driving is None else driving | named).city(city)
    unknown = [each for each in order.vehicle_ids if VehicleId(each) not in city.vehicles]
    if unknown:
        raise field_refused("vehicle_ids", Rule.KNOWN, "must be trucks of this city", unknown[0])
    return replace(earlier, vehicle_ids=frozenset(VehicleId(each) for each in order.vehicle_ids)).city(city)


def _with_shifts(city: City, shifts: Mapping[Name, ShiftIn]) -> City:
    """Return the city with the shifts of that day; rests that no longer lie within one fall away."""
    unknown = [each for each in shifts if VehicleId(each) not in city.vehicles]
    if unknown:
        raise field_refused("shifts", Rule.KNOWN, "must name trucks that may drive", unknown[0])
    own = {VehicleId(key): _with_shift(city.vehicles[VehicleId(key)], each) for key, each in shifts.items()}
    return replace(city, vehicles={**city.vehicles, **own})


def _with_shift(vehicle: Vehicle, asked: ShiftIn) -> Vehicle:
    start_s, end_s = _clock_s(asked.start), _clock_s(asked.end)
    end_s += DAY_S if end_s <= start_s else 0
    rests = tuple(rest for rest in vehicle.shift.breaks if start_s <= rest.earliest_s and rest.latest_s <= end_s)
    return replace(vehicle, shift=Shift(start_s, end_s, rests))


def _clock_s(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _crews(city: City, crews: Mapping[Name, CrewName]) -> dict[VehicleId, str]:
    unknown = [each for each in crews if VehicleId(each) not in city.vehicles]
    if unknown:
        raise field_refused("crews", Rule.KNOWN, "must name trucks of this city", unknown[0])
    return {VehicleId(key): name for key, name in crews.items()}
