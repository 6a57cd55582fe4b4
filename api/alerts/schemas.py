"""What `/alerts` takes and answers."""

from typing import Annotated, Literal

from pydantic import Field

from api.alerts.ids import ID_MAX
from api.schema import Name, Shown, Told, UtcTime
from tomma.alerts import CARE_NOTE_MAX

UrgencyName = Literal["now", "today", "later"]
CareStateName = Literal["open", "acknowledged", "snoozed"]
AlertId = Annotated[str, Field(min_length=1, max_length=ID_MAX, pattern=r"^[A-Za-z0-9_-]+$")]
ACTED_MAX = 500


class AlertOut(Shown):
    """One change: an alert was raised, or it ended."""

    kind: str = Field(examples=["battery_low"])
    at_utc: UtcTime = Field(description="When it came to be so, by the readings; not when we learned of it.")
    active: bool = Field(description="True: raised. False: ended.")
    sensor_id: str | None = Field(description="The sensor it is about, if it is about one.")
    bin_id: str | None = Field(description="The bin it is about, or in which that sensor hung.")
    place: str | None = Field(description="Where that bin stands.", examples=["Exempelgatan 4"])
    values: dict[str, float] = Field(
        description="The numbers that raised it; their names carry their units.", examples=[{"battery_fraction": 0.08}]
    )


class AlertsOut(Shown):
    """Alerts or their changes, oldest first."""

    alerts: list[AlertOut]
    truncated: bool = Field(description="True when older changes were left off; ask for a shorter time.")


class CareOut(Shown):
    """What somebody did about an alert."""

    action: Literal["acknowledged", "snoozed", "reopened", "noted"]
    at_utc: UtcTime
    by: str = Field(examples=["office"])
    note: str
    until_utc: UtcTime | None = Field(description="Of a snooze: when it comes back.")


class WorkRefOut(Shown):
    """A work order that was made from an alert."""

    id: str
    status: Literal["open", "doing", "done", "cancelled"]


class StandingOut(Shown):
    """An alert with its place and with what people did about it."""

    id: str = Field(description="Opaque; good for as long as the alert is known.")
    kind: str = Field(examples=["overflow_soon"])
    urgency: UrgencyName = Field(description="How soon somebody should act.")
    raised_utc: UtcTime = Field(description="Since when, by the readings.")
    ended_utc: UtcTime | None = Field(description="When it was over by itself; null as long as it lasts.")
    sensor_id: str | None
    bin_id: str | None = Field(description="The bin it is about, or in which its sensor hangs.")
    place: str = Field(examples=["Exempelgatan 4"])
    area: str = Field(examples=["Centrum"])
    fraction: str = Field(description="Code of the waste stream.", examples=["residual"])
    values: dict[str, float] = Field(examples=[{"hours_to_full": 3.5, "p_overflow_24h": 0.97}])
    state: CareStateName
    snoozed_until_utc: UtcTime | None
    actions: list[CareOut] = Field(description="Oldest first.")
    work_orders: list[WorkRefOut] = Field(description="Made from it, newest first.")


class OpenOut(Shown):
    """A page of what is the matter now, the most urgent first."""

    total: int = Field(description="How many match, on all pages.")
    counts: dict[str, dict[str, int]] = Field(
        description="How many of all there are, by `state`, `urgency` (of those open), `kind` and `area`.",
        examples=[{"state": {"open": 3}, "urgency": {"today": 3}, "kind": {"overflow_soon": 3}}],
    )
    alerts: list[StandingOut]


class AlertHistoryOut(Shown):
    """A page of what was the matter, newest first."""

    total: int = Field(description="How many match, on all pages.")
    alerts: list[StandingOut]


class SummaryOut(Shown):
    """How much wants attention."""

    open: int = Field(description="Raised, and taken on by nobody.")
    now: int = Field(description="Of these: whatever the hour.")
    today: int = Field(description="Of these: before the day ends.")
    later: int = Field(description="Of these: when somebody comes that way.")
    acknowledged: int = Field(description="Taken on, and not over.")
    snoozed: int = Field(description="Put off, and not over.")
    work_orders: int = Field(description="That stand.")


class ActionsIn(Told):
    """Something done about some alerts."""

    ids: Annotated[list[AlertId], Field(min_length=1, max_length=ACTED_MAX)]
    action: Literal["acknowledged", "snoozed", "reopened", "noted"]
    note: str = Field(default="", max_length=CARE_NOTE_MAX)
    until_utc: UtcTime | None = Field(default=None, description="Of a snooze: at most 30 days from now.")
    key: Annotated[Name, Field(max_length=64)] | None = Field(
        default=None, description="Made by the sender, to send again when the answer got lost; made here if left out."
    )


class ActionsOut(Shown):
    """What became of it."""

    alerts: list[StandingOut] = Field(description="Those that are still raised, as they are now.")
    over: list[str] = Field(description="Ids of those that had ended meanwhile: nothing was done about them.")
