"""What `/alerts` answers."""

from pydantic import Field

from api.schema import Shown, UtcTime


class AlertOut(Shown):
    """One change: an alert was raised, or it ended."""

    kind: str = Field(examples=["battery_low"])
    at_utc: UtcTime = Field(description="When it came to be so, by the readings; not when we learned of it.")
    active: bool = Field(description="True: raised. False: ended.")
    sensor_id: str | None = Field(description="The sensor it is about, if it is about one.")
    bin_id: str | None = Field(description="The bin it is about, or in which that sensor hung.")
    place: str | None = Field(description="Where that bin stands.", examples=["Exempelgatan 4"])
    values: dict[str, float] = Field(
        description="The numbers that raised it; their names carry their units.", examples=[{"battery_fraction": 0.08}]
    )


class AlertsOut(Shown):
    """Alerts or their changes, oldest first."""

    alerts: list[AlertOut]
    truncated: bool = Field(description="True when older changes were left off; ask for a shorter time.")
