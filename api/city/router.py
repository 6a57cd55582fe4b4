"""`GET /city`."""

from fastapi import APIRouter

from api.access import SIGNED_IN, allow
from api.city.schemas import CityOut
from api.city.view import city_out
from api.guards.strict_json import StrictRoute
from api.problems.model import problems
from api.services import Hands

router = APIRouter(tags=["city"], route_class=StrictRoute)


@router.get("/city", summary="The city and its trucks", dependencies=[allow(*SIGNED_IN)], responses=problems(404, 503))
def get_city(hands: Hands) -> CityOut:
    """Return who owns the bins, where they are, what is collected, and by which trucks: what a page needs first."""
    context = hands.context
    city, bounds = hands.city.current(), hands.city.bounds()
    return city_out(city, bounds, context.clock.now_utc(), context.settings.clock.factor)
