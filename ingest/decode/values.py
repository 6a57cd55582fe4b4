"""The values that every decoder returns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Values:
    """What was measured, in our units; at least one of distance and fill is present."""

    distance_mm: float | None = None
    fill_fraction: float | None = None
    battery_v: float | None = None
    battery_fraction: float | None = None
    temperature_c: float | None = None
