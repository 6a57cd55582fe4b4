"""What `/sensors` answers."""

from typing import Literal

from pydantic import Field

from api.schema import Fraction, Shown, UtcTime

SensorStateName = Literal["alert", "silent", "odd", "never", "not_installed", "ok"]
"""In the order in which an operator wants to see them."""


class SensorRowOut(Shown):
    """One sensor as the list shows it."""

    id: str = Field(examples=["H0042"])
    make: str
    model: str
    state: SensorStateName = Field(description="`never`: installed, and no reading of it is the bin's newest.")
    bin_id: str | None = Field(description="The bin it hangs in now; null when it hangs in none.")
    place: str | None = Field(description="Where that bin stands.", examples=["Exempelgatan 4"])
    measured_utc: UtcTime | None = Field(description="When its newest reading was measured.")
    received_utc: UtcTime | None = Field(description="When that reached us.")
    fill_fraction: Fraction | None
    distance_mm: float | None = Field(description="[mm]")
    battery_v: float | None = Field(description="[V]")
    temperature_c: float | None = Field(description="[°C]")
    quality: list[str] = Field(description="What is odd about that reading; empty for a good one.")
    alerts: list[str] = Field(description="What is the matter with it now.", examples=[["battery_low"]])


class SensorsOut(Shown):
    """A page of the city's sensors."""

    total: int = Field(description="How many sensors match, on all pages.")
    counts: dict[str, int] = Field(description="How many sensors of the city are in each state.")
    sensors: list[SensorRowOut]
