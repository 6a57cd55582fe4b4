"""Takes a tablet's batch: judges each event by itself, stores the good ones, answers for every one."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from api.driver.schemas import EventIn, EventResult, RefusedEvent
from tomma.city import City
from tomma.errors import NotFoundError
from tomma.events import Event, SkipReason
from tomma.model import BinId, DisposalSiteId, PlanId, VehicleId
from tomma.plan import Plan, PlanStatus
from tomma.ports import EventLog, PlanStore

log = logging.getLogger(__name__)

DRIVEN = frozenset({PlanStatus.PUBLISHED, PlanStatus.SUPERSEDED})
SUPERSEDED = "stored; the plan had been replaced and its newest version has no such stop on this truck"
CONFLICT = "key was used before for another event; that one stands"


class EventDoor:
    """Where tablets hand in what drivers did. Safe to call twice with the same batch, and from many threads."""

    def __init__(
        self, plans: PlanStore, events: EventLog, skip_reasons: Collection[SkipReason] = tuple(SkipReason)
    ) -> None:
        """Take skips for `skip_reasons` only: those the city allows."""
        self._plans = plans
        self._skip_reasons = skip_reasons
        self._events = events

    def take(
        self, told: Sequence[EventIn | RefusedEvent], city: City, received_utc: datetime, sent_utc: datetime
    ) -> list[EventResult]:
        """Store what can be stored, durably, and return what became of each event, in the order told.

        Args:
            told: The batch.
            city: Who knows which bins there are.
            received_utc: By our clock.
            sent_utc: By the tablet's; what lies between is the tablet's clock and the network.

        Raises:
            StoreUnavailableError: If nothing could be promised; the tablet sends the batch again.
        """
        known: dict[PlanId, Plan | None] = {}
        skew_s = (sent_utc - received_utc).total_seconds()
        judged = [self._judge(each, city, known, received_utc, skew_s) for each in told]
        words = iter(self._events.append([each for each in judged if isinstance(each, Event)]))
        results = [
            _result(each, next(words), superseded=self._is_superseded(each, known)) if isinstance(each, Event) else each
            for each in judged
        ]
        stored = sum(each.status in ("stored", "superseded") for each in results)
        log.info("events taken stored=%d of=%d", stored, len(results))
        return results

    def _judge(
        self,
        told: EventIn | RefusedEvent,
        city: City,
        known: dict[PlanId, Plan | None],
        received_utc: datetime,
        skew_s: float,
    ) -> Event | EventResult:
        if isinstance(told, RefusedEvent):
            return EventResult(key=told.key, status="rejected", reason=told.reason)
        plan_id = PlanId(told.plan_id)
        if plan_id not in known:
            known[plan_id] = self._find(plan_id)
        fault = self._unasked(told) or _fault(told, city, known[plan_id])
        if fault:
            return EventResult(key=told.key, status="rejected", reason=fault)
        return _event(told, received_utc, skew_s)

    def _unasked(self, told: EventIn) -> str:
        """Return why the skip is for no reason of this city's; empty when it is."""
        if told.skip_reason is None or told.skip_reason in self._skip_reasons:
            return ""
        return f"skip_reason must be one of {', '.join(self._skip_reasons)}, got {told.skip_reason}"

    def _is_superseded(self, event: Event, known: Mapping[PlanId, Plan | None]) -> bool:
        """Whether the plan was replaced and the newest one has no such stop on this truck."""
        plan = known[event.plan_id]
        if plan is None or plan.status is not PlanStatus.SUPERSEDED or event.bin_id is None:
            return False
        newest = self._plans.published(plan.day)
        routes = newest.routes if newest else ()
        return not any(
            route.vehicle_id == event.vehicle_id and any(stop.bin_id == event.bin_id for stop in route.stops)
            for route in routes
        )

    def _find(self, plan_id: PlanId) -> Plan | None:
        try:
            return self._plans.get(plan_id)
        except NotFoundError:
            return None


def _fault(told: EventIn, city: City, plan: Plan | None) -> str:
    """Return why the event can never be taken; empty when it can.

    A bin that is not on the plan is no fault: whoever empties one on the way tells us something. But it must be a
    bin of the city, or have been one when the plan was made.
    """
    if plan is None:
        return f"there is no plan {told.plan_id}"
    if plan.status not in DRIVEN:
        return f"plan {told.plan_id} was never sent to the trucks"
    vehicle_id = VehicleId(told.vehicle_id)
    if vehicle_id not in city.vehicles and all(route.vehicle_id != vehicle_id for route in plan.routes):
        return f"there is no truck {told.vehicle_id}"
    if told.bin_id is not None and BinId(told.bin_id) not in city.bins and told.bin_id not in plan.bins_collected:
        return f"there is no bin {told.bin_id}"
    if told.disposal_site_id is not None and DisposalSiteId(told.disposal_site_id) not in city.disposal_sites:
        return f"there is no disposal site {told.disposal_site_id}"
    return ""


def _event(told: EventIn, received_utc: datetime, skew_s: float) -> Event:
    return Event(
        key=told.key,
        device_id=told.device_id,
        sequence=told.sequence,
        plan_id=PlanId(told.plan_id),
        vehicle_id=VehicleId(told.vehicle_id),
        kind=told.kind,
        tapped_utc=told.tapped_utc,
        received_utc=received_utc,
        bin_id=BinId(told.bin_id) if told.bin_id is not None else None,
        disposal_site_id=DisposalSiteId(told.disposal_site_id) if told.disposal_site_id is not None else None,
        skip_reason=told.skip_reason,
        undoes_key=told.undoes_key,
        lat_deg=told.lat_deg,
        lon_deg=told.lon_deg,
        overflowing=told.overflowing,
        weight_kg=told.weight_kg,
        ticket=told.ticket,
        report=told.report,
        note=told.note,
        clock_skew_s=skew_s,
    )


def _result(event: Event, word: str, *, superseded: bool) -> EventResult:
    if word == "stored" and superseded:
        return EventResult(key=event.key, status="superseded", reason=SUPERSEDED)
    if word == "stored":
        return EventResult(key=event.key, status="stored")
    if word == "duplicate":
        return EventResult(key=event.key, status="duplicate")
    return EventResult(key=event.key, status="rejected", reason=CONFLICT)
