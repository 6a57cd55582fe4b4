"""What residents and the office ask for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tomma.bounds import BoundError, Rule, check_length, check_utc
from tomma.model import BinId

REQUEST_NOTE_MAX = 500
"""Characters."""
REQUEST_LASTS = timedelta(days=60)
"""Who asked two months ago and never again is content, or gone."""


class RequestReason(StrEnum):
    """Why somebody wants a bin emptied now."""

    FULL = "full"
    LITTER_BESIDE = "litter_beside"
    SMELL = "smell"
    EVENT = "event"
    """A market, a match: it will fill faster than it ever did."""
    OTHER = "other"
    """`note` tells."""


class RequestSource(StrEnum):
    """Who asked."""

    OFFICE = "office"
    """Somebody with an account, or the follow-up page for them."""
    RESIDENT = "resident"
    """Somebody at the bin, by the sticker on it: nobody knows who."""


@dataclass(frozen=True, slots=True)
class BinRequest:
    """Somebody asked for a bin to be emptied: a resident, or the office. It stands until withdrawn or fulfilled."""

    id: str
    bin_id: BinId
    reason: RequestReason
    asked_utc: datetime
    note: str = ""
    withdrawn_utc: datetime | None = None
    source: RequestSource = RequestSource.OFFICE

    def __post_init__(self) -> None:
        """Refuse a request without a name, an endless note, and one taken back before it was made."""
        check_length("id", self.id, 1, 64)
        check_length("note", self.note, 0, REQUEST_NOTE_MAX)
        check_utc("asked_utc", self.asked_utc)
        if self.withdrawn_utc is not None:
            check_utc("withdrawn_utc", self.withdrawn_utc)
            if self.withdrawn_utc < self.asked_utc:
                bound = "must not be before asked_utc"
                raise BoundError("withdrawn_utc", Rule.AFTER, bound, self.withdrawn_utc, other="asked_utc")
        if self.note and self.source is RequestSource.RESIDENT:
            bound = "must be empty where a resident asked: they tell by one tap, and words name people"
            raise BoundError("note", Rule.BELONGS, bound, other="source")

    def stands(self, emptied_utc: datetime | None) -> bool:
        """Return whether it still asks for a visit, the bin having last been emptied at `emptied_utc`."""
        return self.withdrawn_utc is None and (emptied_utc is None or emptied_utc <= self.asked_utc)
