"""What things are: the nouns of the whole house, as frozen values that are true from birth.

Units live in the names. Time is UTC, timezone-aware; times of day (`_s`) are seconds after local midnight; money is in
minor units (öre, cent). This file has the ids and what flows in from the bins, `tomma.events` what drivers did,
`tomma.city` what is owned, `tomma.plan` what is planned and `tomma.reasons` why.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntFlag, StrEnum
from typing import NewType

from tomma.bounds import Breach, check_utc, check_within

BinId = NewType("BinId", str)
SiteId = NewType("SiteId", str)
SensorId = NewType("SensorId", str)
VehicleId = NewType("VehicleId", str)
DepotId = NewType("DepotId", str)
DisposalSiteId = NewType("DisposalSiteId", str)
ContainerTypeId = NewType("ContainerTypeId", str)
FractionCode = NewType("FractionCode", str)
PlanId = NewType("PlanId", str)


class Quality(IntFlag):
    """What is odd about a reading. Flags never delete: the raw value is kept, the plan decides what to trust."""

    GOOD = 0
    CLOCK_REPAIRED = 1
    """The device's clock was implausible; the time of receipt stands in for it."""
    OUT_OF_RANGE = 2
    """The distance lay outside the container (below full or beyond empty), or in the sensor's dead zone: clipped."""
    SPIKE = 4
    """A jump up that the next readings did not confirm."""
    STUCK = 8
    """The same raw value for longer than a bin in use can show."""
    LATE = 16
    """Arrived after a newer reading of the same sensor."""
    BLOCKED = 32
    """Something stands before the sensor: a very short distance, constant or inside its dead zone."""
    UNFOLDED = 64
    """The level fell back without an emptying: what the sensor saw since the jump before was no waste."""
    DRIFT = 128
    """The level moved with the temperature and not with the waste."""
    SHARED_NAME = 256
    """Two devices send under this sensor's name: nobody knows which of them hangs in the bin."""


UNTRUSTED = Quality.SPIKE | Quality.STUCK | Quality.BLOCKED | Quality.SHARED_NAME
"""Flags that keep a reading out of the forecast."""


class Alarm(StrEnum):
    """What a device itself reports beside or instead of a level."""

    FIRE = "fire"
    """Its temperature alarm, or its own verdict."""
    TILT = "tilt"
    """It does not hang as it was mounted: the lid stands open, or the container lies."""
    BATTERY_LOW = "battery_low"
    TAMPER = "tamper"
    SENSOR_FAULT = "sensor_fault"
    """It cannot measure: probe missing, broken or soiled."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a device said, before we know which bin it hangs in.

    With a level it becomes a reading: `distance_mm`, or `fill_fraction` of a device that computes fill itself.
    Without one it is a status: what the device says of itself, which alerts want to know.
    """

    sensor_id: SensorId
    measured_utc: datetime | None
    """The device's or the network's time, as given; `ingest` repairs it. None when the message has none."""
    distance_mm: float | None = None
    fill_fraction: float | None = None
    counter: int | None = None
    battery_v: float | None = None
    battery_fraction: float | None = None
    temperature_c: float | None = None
    alarms: frozenset[Alarm] = frozenset()
    no_echo: bool = False
    """The device listened and heard nothing: that says nothing about the level, least of all "full"."""
    network_utc: datetime | None = None
    """When the message was sent, as it says besides; stands in for a measured_utc that nobody can believe."""

    def __post_init__(self) -> None:
        """Refuse a measurement with nothing in it or with numbers that are not."""
        if not self.sensor_id:
            raise ValueError("sensor_id must not be empty")
        if self.has_level:
            if self.no_echo:
                raise ValueError("no_echo must be false beside a level, got true")
        elif not (self.alarms or self.no_echo) and self._has_no_side_value:
            raise ValueError("one of distance_mm and fill_fraction, or a status of the device, must be given")
        numbers = self.distance_mm, self.fill_fraction, self.battery_v, self.battery_fraction, self.temperature_c
        for place, value in enumerate(numbers):
            if value is not None and not math.isfinite(value):
                name = ("distance_mm", "fill_fraction", "battery_v", "battery_fraction", "temperature_c")[place]
                raise ValueError(f"{name} must be a finite number, got {value}")

    @property
    def has_level(self) -> bool:
        """Whether this can become a reading; else it is a status of the device."""
        return self.distance_mm is not None or self.fill_fraction is not None

    @property
    def _has_no_side_value(self) -> bool:
        return self.battery_v is None and self.battery_fraction is None and self.temperature_c is None


@dataclass(frozen=True, slots=True)
class Reading:
    """One fill level of one bin, as a sensor saw it. Its identity is (sensor_id, measured_utc).

    Where neither device nor network says a usable time, measured_utc is received_utc, the time of the first receipt.
    """

    bin_id: BinId
    sensor_id: SensorId
    measured_utc: datetime
    received_utc: datetime
    fill_fraction: float
    quality: Quality = Quality.GOOD
    distance_mm: float | None = None
    battery_v: float | None = None
    temperature_c: float | None = None
    counter: int | None = None
    """The device's own number of the message; it may restart, and roll over at 2^16."""
    raw_fill_fraction: float | None = None
    """What a device that computes fill itself said, when that lay outside [0, 1] and was clipped."""

    def __post_init__(self) -> None:
        """Refuse a fill level outside [0, 1] and times without UTC."""
        if not 0.0 <= self.fill_fraction <= 1.0:
            check_within("fill_fraction", self.fill_fraction, 0.0, 1.0)
        if self.measured_utc.tzinfo is not UTC or self.received_utc.tzinfo is not UTC:
            check_utc("measured_utc", self.measured_utc)
            check_utc("received_utc", self.received_utc)
        raw = self.raw_fill_fraction
        if raw is not None and not (raw < 0.0 == self.fill_fraction or raw > 1.0 == self.fill_fraction):
            raise ValueError(f"raw_fill_fraction must lie beyond the end it was clipped to, got {raw}")


class RejectReason(StrEnum):
    """Why a message became a dead letter."""

    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    MALFORMED_JSON = "malformed_json"
    WRONG_FIELD = "wrong_field"
    OUT_OF_BOUNDS = "out_of_bounds"
    UNKNOWN_DEVICE = "unknown_device"
    NOT_INSTALLED = "not_installed"
    FOREIGN_TOPIC = "foreign_topic"
    IMPLAUSIBLE_TIME = "implausible_time"
    NO_READING = "no_reading"
    UNKNOWN_FORMAT = "unknown_format"
    UNKNOWN_UNIT = "unknown_unit"
    """A level is there, but in which unit nobody said."""
    TOO_MANY = "too_many"
    """A device sends far more than any sensor does; this is a sample of it."""
    CODEC_FAILED = "codec_failed"
    """The codec that the city dropped in broke, hung, or is resting because it did so often."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that could not become a reading: kept with its payload, counted, and told in plain words."""

    topic: str
    payload: bytes
    received_utc: datetime
    reason: RejectReason
    detail: str
    """One plain sentence that names field, bound and value."""
    sensor_id: SensorId | None = None
    envelope: str = ""
    """The one its topic is configured for: what a replay opens it with."""
    size_bytes: int | None = None
    """How large the payload was, where only its beginning was kept: such a message cannot be replayed."""
    device_ids: tuple[str, ...] = ()
    """The names of a device that is not (yet) hung in a bin: its messages wait in quarantine for the installer."""
    redelivered: bool = False
    """The broker says it sent this before: if its twin is kept, it is neither kept nor counted again."""
    breach: Breach | None = None
    """The field that was refused, to be told in any language; None where the reason alone tells it."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A kept message that failed, under the number by which it is shown, replayed and dropped."""

    id: int
    rejected: Rejected


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A device that sends but is not (yet) hung in a bin: what the installer needs to know of it."""

    device_ids: tuple[str, ...]
    """The names the network knows it by, the best first."""
    envelope: str
    reason: RejectReason
    """Unknown to the city, or known and not installed; of its last message."""
    first_utc: datetime
    last_utc: datetime
    seen: int
    """Messages that came."""
    kept: int
    """Messages that can still be replayed."""
    last_payload: bytes


class EmptyingSource(StrEnum):
    """How we know that a bin was emptied."""

    DETECTED = "detected"
    CONFIRMED = "confirmed"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class Emptying:
    """A bin became empty, or at least emptier: what is left need not be zero."""

    bin_id: BinId
    at_utc: datetime
    source: EmptyingSource
    fill_before_fraction: float | None = None
    fill_after_fraction: float | None = None

    def __post_init__(self) -> None:
        """Refuse fill levels outside [0, 1] and times without UTC."""
        check_utc("at_utc", self.at_utc)
        for name in ("fill_before_fraction", "fill_after_fraction"):
            value = getattr(self, name)
            if value is not None:
                check_within(name, value, 0.0, 1.0)


class AlertKind(StrEnum):
    """What somebody should look at. About a sensor, but for those that say otherwise."""

    FIRE = "fire"
    """values: temperature_c and rise_c where measured; the device's own alarm has none"""
    TILT = "tilt"
    """values: none"""
    TAMPER = "tamper"
    """values: none"""
    SENSOR_FAULT = "sensor_fault"
    """values: none; the device says so itself, or hears no echo again and again"""
    BATTERY_LOW = "battery_low"
    """values: battery_fraction or battery_v"""
    BATTERY_FALLING = "battery_falling"
    """values: battery_fraction or battery_v, per_day"""
    SENSOR_SILENT = "sensor_silent"
    """values: expected_h (its usual interval)"""
    STUCK = "stuck"
    """values: fill_fraction"""
    BLOCKED = "blocked"
    """values: distance_mm"""
    IMPOSSIBLE_VALUES = "impossible_values"
    """values: distance_mm or fill_fraction"""
    TWO_SENDERS = "two_senders"
    """values: counter; neither of the two is to be trusted until a person has looked"""
    OVERFLOW = "overflow"
    """About a bin. values: fill_fraction"""
    OVERFLOW_SOON = "overflow_soon"
    """About a bin that no truck reaches in time. values: hours_to_full, p_overflow_24h"""
    PICKUP_MISSED = "pickup_missed"
    """About a bin. values: fill_before_fraction, fill_after_fraction, confirmed (1 by the driver, 0 only planned)"""
    EMPTIED_UNPLANNED = "emptied_unplanned"
    """About a bin. values: fill_before_fraction, fill_after_fraction"""
    STREAM_SILENT = "stream_silent"
    """About the stream. values: silent (sensors), sensors"""
    SOURCE_SILENT = "source_silent"
    """About the stream: who handed readings in over HTTP does so no more. values: sources, refused (requests since)"""
    MORNING_PLAN_FAILED = "morning_plan_failed"
    """About no bin: the plan of a morning could not be made. values: attempts"""
    SECOND_ROUND_FAILED = "second_round_failed"
    """About no bin: the plan on the road could not be changed at its hour, and goes on as it is. values: attempts"""
    MESSAGES_LOST = "messages_lost"
    """About the stream. values: lost, expected, usual_fraction"""
    RESIDENTS_BUSY = "residents_busy"
    """About no bin: residents asked as often as the city takes on one day. values: asked, day_max"""


@dataclass(frozen=True, slots=True)
class Alert:
    """One change: the alert was raised, or it ended. Its identity is (kind, subject, at_utc, active)."""

    kind: AlertKind
    at_utc: datetime
    """When it came to be so, by the readings; not when we learned of it."""
    active: bool
    """True: raised. False: ended."""
    sensor_id: SensorId | None = None
    bin_id: BinId | None = None
    values: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse numbers that are not and times without UTC."""
        check_utc("at_utc", self.at_utc)
        for name, value in self.values.items():
            if not math.isfinite(value):
                raise ValueError(f"values[{name}] must be a finite number, got {value}")

    @property
    def subject(self) -> tuple[SensorId | None, BinId | None]:
        """What it is about: a sensor wherever it hangs, else a bin, else the stream as a whole."""
        return self.sensor_id, self.bin_id if self.sensor_id is None else None
