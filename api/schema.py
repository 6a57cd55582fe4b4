"""What every body has in common: told bodies are strict and closed, shown bodies are plain."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from tomma.bounds import BoundError, Rule

ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def parse_utc(value: Any) -> datetime:
    """Return the moment an ISO 8601 text with a zone tells, in UTC.

    Raises:
        ValueError: For a number, a time without zone, or a year outside 2000 to 2199.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if not isinstance(value, str) or not ISO_8601.fullmatch(value):
        raise BoundError("", Rule.TIME, "must be a time like 2026-11-22T05:30:00Z")
    moment = datetime.fromisoformat(value)
    if not EARLIEST.year <= moment.year < LATEST.year:
        raise BoundError("", Rule.TIME, "must be a time from the year 2000 to 2199")
    return moment.astimezone(UTC)


UtcTime = Annotated[datetime, BeforeValidator(parse_utc), Field(examples=["2026-11-22T05:30:00Z"])]
"""A moment, always with Z."""


def parse_day(value: object) -> date:
    """Return the day an ISO 8601 text tells; ValueError for anything else, and for a year outside 2000 to 2199."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != len("2026-11-22"):
        raise BoundError("", Rule.DAY, "must be a day like 2026-11-22")
    try:
        day = date.fromisoformat(value)
    except ValueError as exc:
        raise BoundError("", Rule.DAY, f"must be a day like 2026-11-22: {exc}") from exc
    if not EARLIEST.year <= day.year < LATEST.year:  # a week before or after must be a day, too
        raise BoundError("", Rule.DAY, "must be a day from the year 2000 to 2199")
    return day


Day = Annotated[date, BeforeValidator(parse_day), Field(examples=["2026-11-22"])]

ClockTime = Annotated[
    str, Field(strict=True, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["06:00"], description="Local, HH:MM.")
]

Name = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""An id or a key: visible characters only."""

Fraction = Annotated[float, Field(ge=0.0, le=1.0, examples=[0.62])]
"""A part of a whole, 0 to 1."""

LonLat = Annotated[tuple[float, float], Field(description="[lon_deg, lat_deg], the order of GeoJSON")]


class Told(BaseModel):
    """A body a client sends: nothing is guessed, nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Shown(BaseModel):
    """A body we answer with."""

    model_config = ConfigDict(frozen=True)


class ReasonOut(Shown):
    """Why a bin is on the plan or not; the pages put the code into words."""

    code: str = Field(examples=["overflow_risk"])
    values: dict[str, float] = Field(
        description="The numbers that made the decision; their names carry their units.",
        examples=[{"p_overflow": 0.31, "by_h": 24.0, "alpha": 0.05}],
    )


PAYLOAD_SHOWN_BYTES = 2_000


def payload_text(payload: bytes) -> str:
    """Return the beginning of a device's payload as text that every page can show."""
    return payload[:PAYLOAD_SHOWN_BYTES].decode("utf-8", "backslashreplace")
