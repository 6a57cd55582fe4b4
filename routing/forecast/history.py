"""What a forecast is made from: one bin's readings and emptyings."""

from collections.abc import Sequence
from dataclasses import dataclass

from tomma.model import Emptying, Reading


@dataclass(frozen=True, slots=True)
class BinHistory:
    """What is known of one bin in the window a forecast looks back on.

    The order does not matter and doubles do no harm: the forecast sorts. Readings flagged
    `tomma.model.UNTRUSTED` belong here too, since they tell that a sensor is odd.
    """

    readings: Sequence[Reading] = ()
    emptyings: Sequence[Emptying] = ()


NOTHING_KNOWN = BinHistory()
"""The history of a bin that never told anything."""
