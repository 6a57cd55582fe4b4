"""What enters the pipeline and what an envelope makes of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ingest.refusal import RefusedError
from ingest.strict_json import JsonValue
from tomma.model import Alarm

NO_FIELDS: Mapping[str, JsonValue] = {}


class Message(NamedTuple):
    """One MQTT message as it came, with the name of the envelope its topic is configured for."""

    topic: str
    payload: bytes
    received_utc: datetime
    envelope: str
    size_bytes: int | None = None
    """How large the payload was, where the door kept only its beginning."""
    redelivered: bool = False
    """The broker says it sent this before (DUP): we may have stored it already."""
    replayed: bool = False
    """It was a dead letter: `received_utc` is when it came first, and we may have stored it at an earlier replay."""
    retained: bool = False
    """The broker kept it for late subscribers: it may be of any age."""

    @property
    def full_size_bytes(self) -> int:
        """How large the payload was when it came."""
        return len(self.payload) if self.size_bytes is None else self.size_bytes


class Values(NamedTuple):
    """What one measurement of a device says, in our units; without a level it is a status of the device."""

    distance_mm: float | None = None
    fill_fraction: float | None = None
    battery_v: float | None = None
    battery_fraction: float | None = None
    temperature_c: float | None = None
    alarms: frozenset[Alarm] = frozenset()
    no_echo: bool = False
    """The device listened and heard nothing; there is no level then."""
    measured_utc: datetime | None = None
    """When, if the frame itself says it (a history record); None: when the uplink was sent."""

    @property
    def has_level(self) -> bool:
        """Whether there is a distance or a fill."""
        return self.distance_mm is not None or self.fill_fraction is not None


class Uplink(NamedTuple):
    """One transmission of a device, taken out of its envelope; what it measured is still to be decoded."""

    device_ids: tuple[str, ...]
    """The names the network knows the device by, the best first."""
    measured_utc: datetime | None
    counter: int | None = None
    fields: Mapping[str, JsonValue] = NO_FIELDS
    """Values the network server decoded, or the device's own JSON."""
    frame: bytes = b""
    """The device's binary payload."""
    port: int | None = None
    """The LoRaWAN port of the frame, by which makers tell their kinds of frame apart; None where there is none."""
    ours: bool = False
    """True when `fields` is our own documented format: then nothing in it may be unknown."""
    said: Values | None = None
    """What it measured, where the envelope has read that already: there is nothing left to decode."""
    rssi_dbm: float | None = None
    """How strongly the gateway that heard it best heard it."""
    snr_db: float | None = None


type Record = Uplink | RefusedError
"""One record of a message that may carry many: a bad one is a value among the good ones, and they go on."""
