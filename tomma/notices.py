"""Messages to people and other systems about alerts: what was told to whom, and what still has to leave the house."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tomma.alerts import About
from tomma.bounds import check_length, check_utc, check_within


class NoticeStatus(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    """Given up: refused for good, or tried for too long."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one recipient, ready to be sent; its id is the same at every try."""

    id: str
    recipient: str
    channel: str
    """"email" | "webhook"."""
    body: str
    """JSON: what the channel needs to write the message."""
    alerts: int
    """How many alerts it tells of."""
    urgent: bool
    created_utc: datetime
    due_utc: datetime
    """When to try next."""
    status: NoticeStatus = NoticeStatus.WAITING
    attempts: int = 0
    settled_utc: datetime | None = None
    error: str = ""
    """Of the last try."""

    def __post_init__(self) -> None:
        """Refuse a message without a name, and times without UTC."""
        check_length("id", self.id, 1, 64)
        check_within("attempts", self.attempts, 0, 10_000)
        check_utc("created_utc", self.created_utc)
        check_utc("due_utc", self.due_utc)


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """That a recipient was told of an alert; the key is (recipient, about), so a return within hours is known."""

    recipient: str
    about: About
    raised_utc: datetime
    told_utc: datetime
    over: bool = False
    """The end has been seen too, and told where the recipient wants that."""

    def __post_init__(self) -> None:
        """Refuse times without UTC."""
        check_utc("raised_utc", self.raised_utc)
        check_utc("told_utc", self.told_utc)
