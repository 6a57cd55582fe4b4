"""What `/sensors` answers."""

from typing import Literal

from pydantic import Field

from api.schema import Fraction, Shown, UtcTime

SensorStateName = Literal["alert", "silent", "odd", "never", "not_installed", "ok"]
"""In the order in which an operator wants to see them."""
SensorSort = Literal["state", "id", "seen", "battery", "days_left", "signal", "noise"]
"""By what the list is sorted: whoever needs attention first, whichever it is."""


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
    battery_fraction: Fraction | None = Field(description="As the device last said.")
    battery_days_left: float | None = Field(description="By a straight line through what it said. [days]")
    rssi_dbm: float | None = Field(description="At the gateway that heard it best. [dBm]")
    snr_db: float | None = Field(description="[dB]")
    noise_fraction: float | None = Field(description="How restless its level is, as a part of the container.")
    temperature_c: float | None = Field(description="[°C]")
    quality: list[str] = Field(description="What is odd about that reading; empty for a good one.")
    alerts: list[str] = Field(description="What is the matter with it now.", examples=[["battery_low"]])


class SensorsOut(Shown):
    """A page of the city's sensors."""

    total: int = Field(description="How many sensors match, on all pages.")
    counts: dict[str, int] = Field(description="How many sensors of the city are in each state.")
    sensors: list[SensorRowOut]


class QuarantinedOut(Shown):
    """A device that sends but hangs in no bin: what the installer needs to know of it."""

    device_ids: list[str] = Field(description="The names the network knows it by, the best first.")
    envelope: str = Field(description="How its messages came wrapped.", examples=["tts_v3"])
    reason: Literal["unknown_device", "not_installed"]
    first_utc: UtcTime
    last_utc: UtcTime
    seen: int = Field(description="Messages that came.")
    kept: int = Field(description="Messages that can still be read in, once the device is registered.")
    last_payload: str = Field(description="The first 2,000 bytes as text; bytes that are no UTF-8 are shown as \\xNN.")


class QuarantineOut(Shown):
    """Every device that knocks without being known."""

    devices: list[QuarantinedOut]
