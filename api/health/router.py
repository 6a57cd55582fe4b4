"""`GET /health` and `GET /dead-letters`."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query

from api.guards.strict_json import StrictRoute
from api.health.schemas import CheckOut, DeadLetterOut, DeadLettersOut, HealthOut
from api.problems.model import problems
from api.services import Hands, Services
from tomma.errors import NotFoundError, TommaError
from tomma.model import Rejected

router = APIRouter(tags=["health"], route_class=StrictRoute)

PAYLOAD_SHOWN_BYTES = 2_000
OK = CheckOut(status="ok", detail="")


@router.get("/health", summary="How the server is", responses=problems(503))
def get_health(hands: Hands) -> HealthOut:
    """Return what works and what does not. Always 200 while the server answers at all: read `status`."""
    checks = _checks(hands)
    forecast = hands.forecasts.current
    return HealthOut(
        status="ok" if all(check.status == "ok" for check in checks.values()) else "degraded",
        checks=checks,
        dead_letters=_dead_letter_counts(hands),
        readings_per_min=hands.watch.readings_per_min(),
        last_reading_utc=hands.watch.last_reading_utc(),
        forecast_utc=forecast.as_of_utc if forecast else None,
    )


@router.get("/dead-letters", summary="Messages that could not become readings", responses=problems(503))
def list_dead_letters(hands: Hands, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> DeadLettersOut:
    """Return the newest rejected messages with their reason, newest first."""
    return DeadLettersOut(dead_letters=[_dead_letter(each) for each in hands.context.readings.dead_letters(limit)])


def _checks(hands: Services) -> dict[str, CheckOut]:
    return {
        "city": _probe(hands.city.current),
        "readings": _probe(hands.context.readings.dead_letter_counts),
        "plans": _probe(lambda: hands.context.plans.recent(1)),
        "events": _probe(lambda: hands.context.events.since(0, 1)),
        "forecast": _said(hands.forecasts.failure),
        "live": _said(hands.watch.failure),
    }


def _probe(ask: Callable[[], object]) -> CheckOut:
    try:
        ask()
    except NotFoundError as exc:
        return CheckOut(status="degraded", detail=str(exc))
    except TommaError:
        return CheckOut(status="degraded", detail="the store cannot be read; the operator's log says why")
    return OK


def _said(failure: str) -> CheckOut:
    return CheckOut(status="degraded", detail=failure) if failure else OK


def _dead_letter_counts(hands: Services) -> dict[str, int]:
    try:
        return {reason.value: count for reason, count in hands.context.readings.dead_letter_counts().items()}
    except TommaError:
        return {}


def _dead_letter(rejected: Rejected) -> DeadLetterOut:
    return DeadLetterOut(
        topic=rejected.topic,
        payload=rejected.payload[:PAYLOAD_SHOWN_BYTES].decode("utf-8", "backslashreplace"),
        payload_bytes=len(rejected.payload),
        received_utc=rejected.received_utc,
        reason=rejected.reason.value,
        detail=rejected.detail,
        sensor_id=rejected.sensor_id,
    )
