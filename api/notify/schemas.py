"""What `/notifications` takes and answers. No secret and no address of a webhook beyond its host is shown."""

from typing import Literal

from pydantic import Field

from api.schema import Name, Shown, Told, UtcTime

ChannelName = Literal["email", "webhook"]


class NoticeOut(Shown):
    """A message and what became of it."""

    id: str
    recipient: str
    channel: ChannelName
    alerts: int = Field(description="How many alerts it tells of; 0 for a test.")
    urgent: bool
    created_utc: UtcTime
    status: Literal["waiting", "sent", "failed"] = Field(description="`failed`: given up.")
    attempts: int = Field(description="Tries so far.")
    due_utc: UtcTime | None = Field(description="When it is tried next; null when it is not.")
    settled_utc: UtcTime | None
    error: str = Field(description="Why the last try failed; empty when it did not.")


class RecipientOut(Shown):
    """Somebody, or some system, that is told of alerts."""

    name: str
    channel: ChannelName
    to: str = Field(description="The e-mail address, or the host of the webhook.")
    kinds: list[str] = Field(description="Which kinds it gets by the rules; empty means every kind.")
    areas: list[str] = Field(description="In which areas; empty means everywhere.")
    fractions: list[str] = Field(description="Which waste streams, by code; empty means all.")
    waiting: int = Field(description="Messages in the outbox.")
    last: NoticeOut | None = Field(description="Its newest message.")


class NotificationsOut(Shown):
    """Who is told what, how it goes, and how the pace is set."""

    recipients: list[RecipientOut]
    quiet_now: bool = Field(description="Whether only fire is told at this hour.")
    quiet_from: str | None = Field(examples=["22:00"])
    quiet_to: str | None = Field(examples=["06:00"])
    messages_per_h: int = Field(description="To one recipient at most, fire left out.")
    recent: list[NoticeOut] = Field(description="The newest messages, newest first.")


class TrialIn(Told):
    """Whom to send a test message."""

    recipient: Name
