"""What a forecast is made from: one bin's readings and emptyings, and what people said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tomma.bounds import check_utc
from tomma.model import Emptying, Reading


class Word(StrEnum):
    """What somebody who stood before the bin said of its level."""

    EMPTY = "empty"
    """As good as empty: whatever was in it is gone."""
    FULL = "full"
    """At least full."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A driver's or resident's word on one bin: seen with eyes, so it counts whatever the sensor says."""

    at_utc: datetime
    word: Word

    def __post_init__(self) -> None:
        """Refuse a time without UTC."""
        check_utc("at_utc", self.at_utc)


@dataclass(frozen=True, slots=True)
class BinHistory:
    """What is known of one bin in the window a forecast looks back on.

    The order does not matter and doubles do no harm: the forecast sorts. Readings flagged
    `tomma.model.UNTRUSTED` belong here too, since they tell that a sensor is odd.
    """

    readings: Sequence[Reading] = ()
    emptyings: Sequence[Emptying] = ()
    feedback: Sequence[Feedback] = ()


NOTHING_KNOWN = BinHistory()
"""The history of a bin that never told anything."""
