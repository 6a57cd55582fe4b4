"""A plan of the night, changed after midnight."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.routing.planning.replan.day import ALL_DUE, STOCKHOLM, collects, plan, tap
from tests.routing.planning.small_city import small_city
from tomma.city import City
from tomma.errors import ConflictError
from tomma.plan import PlanStatus
from tomma.stores.wiring import Stores
from tomma.trucks import Shift

EVENING_UTC = datetime(2026, 11, 23, 21, 30, tzinfo=STOCKHOLM).astimezone(UTC)
ONE_AT_NIGHT_UTC = datetime(2026, 11, 24, 1, 0, tzinfo=STOCKHOLM).astimezone(UTC)


def night_city() -> City:
    """Trucks from ten to five, gates that never close."""
    city = small_city()
    night = Shift(22 * 3600, 29 * 3600)
    return replace(
        city,
        vehicles={id_: replace(each, shift=night) for id_, each in city.vehicles.items()},
        disposal_sites={
            id_: replace(each, opens_s=0, closes_s=86_400, hours=()) for id_, each in city.disposal_sites.items()
        },
    )


def test_a_plan_of_the_night_is_changed_after_midnight(stores: Stores) -> None:
    """Its day is over on the calendar, and its trucks are out: a breakdown at one has to be answered."""
    city = night_city()
    driven = stores.plans.publish(plan(stores, EVENING_UTC, city).id)
    route = driven.routes[0]
    tap(stores, driven, route.vehicle_id, route.stops[0], route.stops[0].depart_utc)
    changed = plan(stores, ONE_AT_NIGHT_UTC, city, replan_of=driven.id)
    assert (changed.day, changed.status, changed.violations) == (driven.day, PlanStatus.READY, ())
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert collects(own)[0] == collects(route)[0]
    assert all(stop.depart_utc > ONE_AT_NIGHT_UTC for stop in own.stops[own.done_stops :])


def test_a_plan_of_its_own_is_not_made_for_a_day_that_is_over(stores: Stores) -> None:
    """Nobody can leave yesterday."""
    with pytest.raises(ConflictError, match="is over"):
        plan(stores, ONE_AT_NIGHT_UTC, night_city(), ALL_DUE)
