"""`GET /health` and `GET /dead-letters`."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.access import EVERYBODY, OFFICE, Role, allow
from api.guards.strict_json import StrictRoute
from api.health.checks import checks
from api.health.schemas import DeadLetterOut, DeadLettersOut, HealthOut, WorkerOut, WorkersOut
from api.problems.model import field_error, problems
from api.schema import payload_text
from api.services import Hands, Services
from tomma.errors import TommaError
from tomma.model import DeadLetter

router = APIRouter(tags=["health"], route_class=StrictRoute)


@router.get("/health", summary="How the server is", dependencies=[allow(*EVERYBODY)], responses=problems(503))
def get_health(hands: Hands) -> HealthOut:
    """Return what works and what does not. Always 200 while the server answers at all: read `status`."""
    parts = checks(hands)
    forecast = hands.forecasts.current
    return HealthOut(
        status="ok" if all(check.status == "ok" for check in parts.values()) else "degraded",
        checks=dict(parts),
        dead_letters=_dead_letter_counts(hands),
        readings_per_min=hands.watch.readings_per_min(),
        last_reading_utc=hands.watch.last_reading_utc(),
        forecast_utc=forecast.as_of_utc if forecast else None,
    )


@router.get(
    "/workers",
    summary="The processes that take readings",
    dependencies=[allow(*OFFICE, Role.ADMIN, Role.MONITOR)],
    responses=problems(503),
)
def list_workers(hands: Hands) -> WorkersOut:
    """Return what each worker last said of itself, and whether it still speaks."""
    now_utc = datetime.now(UTC)
    return WorkersOut(
        workers=[
            WorkerOut(
                worker=each.worker,
                kind=each.kind.value,
                started_utc=each.started_utc,
                reported_utc=each.reported_utc,
                silent=each.silent(now_utc),
                facts=dict(each.facts),
            )
            for each in hands.context.workers.reports()
        ]
    )


@router.get(
    "/dead-letters",
    summary="Messages that could not become readings",
    dependencies=[allow(*OFFICE, Role.INSTALLER)],
    responses=problems(503),
)
def list_dead_letters(hands: Hands, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> DeadLettersOut:
    """Return the newest rejected messages with their reason, newest first."""
    return DeadLettersOut(dead_letters=[_dead_letter(each) for each in hands.context.readings.dead_letters(limit)])


def _dead_letter_counts(hands: Services) -> dict[str, int]:
    try:
        return {reason.value: count for reason, count in hands.context.readings.dead_letter_counts().items()}
    except TommaError:
        return {}


def _dead_letter(letter: DeadLetter) -> DeadLetterOut:
    rejected = letter.rejected
    return DeadLetterOut(
        id=letter.id,
        topic=rejected.topic,
        payload=payload_text(rejected.payload),
        payload_bytes=rejected.size_bytes or len(rejected.payload),
        received_utc=rejected.received_utc,
        reason=rejected.reason.value,
        detail=rejected.detail,
        error=field_error(rejected.breach) if rejected.breach else None,
        sensor_id=rejected.sensor_id,
    )
