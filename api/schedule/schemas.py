"""What `/schedule` takes and answers."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from api.schema import ClockTime, Name, Shown, Told, UtcTime
from tomma.mornings import MOST_DAYS_OFF

Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]
RunStatusName = Literal["making", "ready", "published", "unchanged", "failed", "missed"]


class SecondRoundIn(Told):
    """When the plan on the road is changed without anybody asking."""

    enabled: bool = Field(strict=True)
    local_time: ClockTime = "11:30"
    auto_publish: bool = Field(
        default=False, strict=True, description="Send the change to the trucks without a person looking at it."
    )


class ScheduleIn(Told):
    """When plans are made without anybody asking."""

    enabled: bool = Field(strict=True)
    local_time: ClockTime = "05:00"
    weekdays: list[Weekday] = Field(
        default=[1, 2, 3, 4, 5, 6, 7], max_length=7, description="1 is Monday, 7 Sunday.", examples=[[1, 2, 3, 4, 5]]
    )
    days_off: list[date] = Field(
        default=[],
        max_length=MOST_DAYS_OFF,
        description="Days among these on which no truck comes: plans before them look beyond them.",
        examples=[["2026-12-25"]],
    )
    areas: list[Name] = Field(default=[], max_length=500, description="Only bins of these areas; all if empty.")
    auto_publish: bool = Field(
        default=False, strict=True, description="Send the plan to the trucks without a person looking at it."
    )
    second_round: SecondRoundIn = Field(
        default=SecondRoundIn(enabled=False),
        description="The change of the plan on the road, on the same days; off if left out.",
    )


class RunOut(Shown):
    """What became of one morning, or of one second round."""

    day: date
    due_utc: UtcTime
    status: RunStatusName
    begun_utc: UtcTime | None
    late_s: float = Field(description="How long after its time it was begun: a server that was down catches up. [s]")
    plan_id: str | None
    attempts: int = Field(description="How often it was begun; one that fails is tried again twice.")
    detail: str = Field(description="Why it failed, was missed or was not published; empty otherwise.")
    failure: str = Field(
        description="The same as a word to translate by, such as `server-was-down`; empty where there is none."
    )


class SecondRoundOut(Shown):
    """The second round, its next time, and what became of the last ones."""

    enabled: bool
    local_time: str = Field(examples=["11:30"])
    auto_publish: bool
    next_utc: UtcTime | None = Field(description="When the next one is due; null when it is off.")
    runs: list[RunOut] = Field(description="Newest first, one per local day.")


class ScheduleOut(Shown):
    """The schedule, its next morning, and what became of the last ones."""

    enabled: bool
    local_time: str = Field(examples=["05:00"])
    timezone: str = Field(examples=["Europe/Stockholm"])
    weekdays: list[int]
    days_off: list[date]
    areas: list[str]
    auto_publish: bool
    changed_utc: UtcTime
    next_utc: UtcTime | None = Field(description="When the next plan is due; null when the schedule is off.")
    runs: list[RunOut] = Field(description="Newest first, one per local day.")
    second_round: SecondRoundOut
