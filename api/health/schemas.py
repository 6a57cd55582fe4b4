"""What `/health` and `/dead-letters` answer."""

from typing import Any, Literal

from pydantic import Field

from api.problems.model import FieldError
from api.schema import Shown, UtcTime


class CheckOut(Shown):
    """One part of the server."""

    status: Literal["ok", "degraded"]
    detail: str = Field(description="What is the matter and what now; empty when nothing is.")


class HealthOut(Shown):
    """How the server is."""

    status: Literal["ok", "degraded"]
    checks: dict[str, CheckOut] = Field(examples=[{"readings": {"status": "ok", "detail": ""}}])
    dead_letters: dict[str, int] = Field(
        description="Messages that could not become readings, counted by reason.", examples=[{"unknown_device": 3}]
    )
    readings_per_min: int = Field(description="Fill levels that changed within the last minute of the wall clock.")
    last_reading_utc: UtcTime | None = Field(description="When the newest reading of all was measured.")
    forecast_utc: UtcTime | None = Field(description="When the newest forecast was made.")


class DeadLetterOut(Shown):
    """A message that could not become a reading."""

    id: int = Field(description="What `tomma dead-letters` shows, replays and drops it by.")
    topic: str
    payload: str = Field(description="The first 2,000 bytes as text; bytes that are no UTF-8 are shown as \\xNN.")
    payload_bytes: int = Field(description="Length of the whole payload. [B]")
    received_utc: UtcTime
    reason: str = Field(examples=["unknown_device"])
    detail: str = Field(description="One plain sentence that names field, bound and value.")
    error: FieldError | None = Field(description="The field that was refused, where one was, by its rule.")
    sensor_id: str | None


class DeadLettersOut(Shown):
    """Rejected messages, newest first."""

    dead_letters: list[DeadLetterOut]


class WorkerOut(Shown):
    """One process of the city, in its own words. Times are of the machine's clock."""

    worker: str = Field(examples=["tomma-ingest"])
    kind: str = Field(examples=["ingest"])
    started_utc: UtcTime
    reported_utc: UtcTime
    silent: bool = Field(description="True when it should have reported again by now: gone, frozen or cut off.")
    facts: dict[str, Any] = Field(description="Counters since its start and gauges, named with their units.")


class WorkersOut(Shown):
    """Every process that reports."""

    workers: list[WorkerOut]
