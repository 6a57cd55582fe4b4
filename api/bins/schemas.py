"""What `/bins` and its children answer."""

from typing import Annotated, Literal

from pydantic import Field

from api.schema import Fraction, Name, ReasonOut, Shown, Told, UtcTime
from tomma.requests import REQUEST_NOTE_MAX, RequestReason, RequestSource

SensorStateName = Literal["ok", "silent", "odd", "none"]
PlanStateName = Literal["none", "planned", "emptied", "skipped"]


class BinOut(Shown):
    """One bin as the map shows it."""

    id: str = Field(examples=["B0042"])
    site_id: str
    name: str = Field(description="Name of the place it stands at.", examples=["Exempelgatan 4"])
    lat_deg: float
    lon_deg: float
    area: str = Field(description="The part of the city it lies in; empty when none is named.", examples=["Kluuvi"])
    fraction: str = Field(description="Code of the waste stream.", examples=["residual"])
    volume_l: float = Field(description="[l]", examples=[190.0])
    fill_fraction: Fraction | None = Field(description="Newest measured fill, 0 to 1; null before the first reading.")
    measured_utc: UtcTime | None = Field(description="When that was.")
    p_overflow_24h: Fraction | None = Field(description="Probability of overflow within 24 h of the forecast.")
    hours_to_full: float | None = Field(description="Hours until overflow is as likely as not; null when far off. [h]")
    sensor_state: SensorStateName = Field(description="How far the level can be believed.")
    plan_state: PlanStateName = Field(description="What today's published plan and its driver say.")


class BinsOut(Shown):
    """Every bin of the city at one moment."""

    as_of_utc: UtcTime
    bins: list[BinOut]


class ContainerTypeOut(Shown):
    """The kind of container that stands there."""

    id: str
    name: str
    volume_l: float = Field(description="[l]")
    max_kg: float = Field(description="[kg]")
    shape: str = Field(description="How height relates to volume.", examples=["straight", "igloo"])


class SensorOut(Shown):
    """A sensor that hangs in the bin now."""

    id: str
    make: str
    model: str
    from_utc: UtcTime = Field(description="Since when it hangs there.")


class BinDetailOut(BinOut):
    """One bin with everything that is known of it."""

    access_note: str
    container_type: ContainerTypeOut
    sensors: list[SensorOut]
    quality: list[str] = Field(description="What is odd about the newest reading.", examples=[["stuck"]])
    last_emptied_utc: UtcTime | None = Field(description="Newest emptying of the last four weeks, seen or confirmed.")
    plan_id: str | None = Field(description="Today's plan that the reasons are from; null when there is none.")
    reasons: list[ReasonOut] = Field(description="Why the bin is on today's plan, or why it is not.")


class ReadingOut(Shown):
    """One fill level as a sensor saw it."""

    measured_utc: UtcTime
    fill_fraction: Fraction
    quality: list[str] = Field(description="Flags; empty for a good reading.", examples=[[]])


class EmptyingOut(Shown):
    """The bin became empty, or emptier."""

    at_utc: UtcTime
    source: Literal["detected", "confirmed", "inferred"]
    fill_before_fraction: Fraction | None
    fill_after_fraction: Fraction | None


class HistoryOut(Shown):
    """What happened in a bin, oldest first."""

    bin_id: str
    readings: list[ReadingOut]
    emptyings: list[EmptyingOut]
    truncated: bool = Field(description="True when older readings were left off; ask for a shorter time.")


class ForecastStepOut(Shown):
    """How full the bin is expected to be, if nobody empties it."""

    at_utc: UtcTime
    p10: Fraction = Field(description="Nine of ten futures are fuller.")
    p50: Fraction = Field(description="The median.")
    p90: Fraction = Field(description="One of ten futures is fuller.")
    p_overflow: Fraction = Field(description="Probability of overflow by then.")


class ForecastOut(Shown):
    """A bin's next hours."""

    bin_id: str
    as_of_utc: UtcTime | None = Field(description="When the forecast was made; null before the first one.")
    steps: list[ForecastStepOut]


class RequestIn(Told):
    """Somebody wants the bin emptied."""

    reason: RequestReason
    note: str = Field(default="", max_length=REQUEST_NOTE_MAX, description="In the caller's words.")
    id: Annotated[Name, Field(max_length=64)] | None = Field(
        default=None, description="Made by the sender, to send again when the answer got lost; made here if left out."
    )


class RequestOut(Shown):
    """A request and what became of it."""

    id: str
    bin_id: str
    source: RequestSource = Field(description="Who asked: the office, or a resident by the sticker on the bin.")
    reason: RequestReason
    note: str
    asked_utc: UtcTime
    state: Literal["standing", "fulfilled", "withdrawn"] = Field(
        description="A standing request makes the bin a must of every plan."
    )
    withdrawn_utc: UtcTime | None
    fulfilled_utc: UtcTime | None = Field(description="The first emptying since, seen or confirmed.")


class RequestsOut(Shown):
    """A bin's newest requests, newest first."""

    requests: list[RequestOut]
