"""How a bin's sensor is doing, in one word."""

from enum import StrEnum


class SensorState(StrEnum):
    """How far a bin's level can be believed. The first that holds of none, silent, odd, ok is told."""

    OK = "ok"
    SILENT = "silent"
    """The newest reading is older than three times the bin's usual gap (at least 6 h, at most 96 h)."""
    ODD = "odd"
    """At least two of the newest three readings, or the only one, carry a flag of `UNTRUSTED`."""
    NONE = "none"
    """There is no reading at all."""
