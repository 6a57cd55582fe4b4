"""What `/device-logins` takes and answers."""

from typing import Literal

from pydantic import Field

from api.schema import Name, Shown, Told, UtcTime

OVERLAP_H = 168.0
OVERLAP_MAX_H = 8_760.0


class DeviceLoginIn(Told):
    """A device that shall have a login."""

    device_id: Name = Field(description="The sensor's id, as it stands in its topic; or a name of a network server.")
    topics: list[Name] = Field(
        default=[], max_length=20, description="For a network server: where it may publish, as MQTT filters."
    )


class RotateIn(Told):
    """How a login is to be changed."""

    overlap_h: float = Field(
        default=OVERLAP_H,
        strict=True,
        ge=0.0,
        le=OVERLAP_MAX_H,
        description="How long the former login is good for, too; 0: it is cut at once. [h]",
    )


class DeviceLoginOut(Shown):
    """One login, without its secret: that is kept nowhere in a form that could be shown."""

    device_id: str
    username: str
    publish: list[str] = Field(description="Where it may publish.")
    until_utc: UtcTime | None = Field(description="When a newer login leaves it behind; null: it is the newest.")


class DeviceLoginsOut(Shown):
    """The logins, in the order they were given."""

    broker: Literal["embedded", "mosquitto", "elsewhere"] = Field(
        description="`elsewhere`: its logins are not kept on this machine, and are changed where they are."
    )
    logins: list[DeviceLoginOut] = Field(description="The newest first, at most 200 that fit.")
    total: int = Field(description="How many logins fit.")


class DeviceLoginGiven(Shown):
    """A login just given: the only time that its password is told."""

    device_id: str
    username: str
    password: str
    publish: list[str] = Field(description="Where it may publish.")
    in_force: bool = Field(description="Whether a running broker knows it already; else from its next start.")
