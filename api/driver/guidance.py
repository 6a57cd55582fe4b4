"""Puts one leg of today's route into words."""

import logging

from api.context import knows_no_streets
from api.driver.schemas import DriverGuidanceOut, ManoeuvreOut
from api.services import Services
from routing.roads.guidance import Guidance, Language, WordsSource
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize, truck_of
from tomma.errors import NotFoundError, TommaError
from tomma.model import VehicleId
from tomma.plan import Route
from tomma.trucks import Vehicle

log = logging.getLogger(__name__)


def guidance_out(hands: Services, vehicle_id: VehicleId, number: int, language: Language) -> DriverGuidanceOut:
    """Return the words for the leg to the route's stop `number`, or home after the last one.

    Raises:
        NotFoundError: If the truck has no route today, or the route no such leg.
    """
    day, plan = hands.today.day(), hands.today.published()
    route = next((each for each in plan.routes if each.vehicle_id == vehicle_id), None) if plan else None
    if plan is None or route is None:
        raise NotFoundError(f"there is no route for truck {vehicle_id} on {day}")
    if number >= len(route.legs_lonlat):
        raise NotFoundError(f"the route of truck {vehicle_id} has {len(route.legs_lonlat)} legs; there is no {number}")
    return DriverGuidanceOut(
        vehicle_id=vehicle_id,
        plan_id=plan.id,
        leg=number,
        language=language,
        **_told(_guidance(hands, route, number, language)),
    )


def _guidance(hands: Services, route: Route, number: int, language: Language) -> Guidance:
    line = route.legs_lonlat[number]
    if len(line) < 2 or len(set(line)) == 1:  # the next thing to do is here
        return Guidance((), (), WordsSource.STREETS, follows_plan=True)
    vehicle = hands.city.current().vehicles.get(route.vehicle_id)
    try:
        told = hands.context.guide.along(line, language, _size(vehicle))
    except TommaError as exc:  # a helper that died is started again at the next question
        log.warning("guidance fallback=direction reason=%s", exc)
        told = knows_no_streets().along(line, language)
    return told.taking(_driving_s(route, number))


def _size(vehicle: Vehicle | None) -> TruckSize:
    try:
        return truck_of(vehicle) if vehicle else STANDARD_TRUCK
    except ValueError:  # the line is drawn already; a misspelt profile must not cost the driver the words
        return STANDARD_TRUCK


def _driving_s(route: Route, number: int) -> int:
    """Return what the plan reckons for the leg; the way home is what the stops leave of the driving."""
    to_stops = [stop.leg_driving_s for stop in route.stops]
    return to_stops[number] if number < len(to_stops) else max(0, route.driving_s - sum(to_stops))


def _told(guidance: Guidance) -> dict[str, object]:
    return {
        "source": guidance.source,
        "follows_plan": guidance.follows_plan,
        "distance_m": guidance.distance_m,
        "duration_s": guidance.duration_s,
        "line": guidance.line,
        "manoeuvres": [ManoeuvreOut.model_validate(each, from_attributes=True) for each in guidance.manoeuvres],
    }
