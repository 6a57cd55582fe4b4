"""The pipeline: messages in, one batch out. Pure, and total: no bytes whatever make it raise.

envelope -> decode -> which bin -> plausible time -> calibrate -> quality flags -> emptyings. Whatever fails on the
way is a `Rejected` with its reason and the payload; the rest of the batch goes on.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ingest.calibrate import calibrate
from ingest.decode import decode
from ingest.decode.codec import NO_CODECS, Codecs
from ingest.emptyings import detect
from ingest.envelope import ENVELOPES
from ingest.memory import SensorMemory, seen_in
from ingest.message import Message, Record, Uplink
from ingest.quality import judge
from ingest.refusal import RefusedError, shown
from tomma.city import City, Sensor
from tomma.model import BinId, Emptying, Measurement, Quality, Reading, Rejected, RejectReason, SensorId

log = logging.getLogger(__name__)

EARLIEST_UTC = datetime(2015, 1, 1, tzinfo=UTC)
"""Before any sensor of this kind: a device clock that was never set says 1970 or 2000."""
AHEAD_MAX = timedelta(days=1)
AHEAD_TOLERATED = timedelta(minutes=2)
"""Two well-kept clocks differ by less; such a time is kept as it is, since it is the reading's identity."""
PAYLOAD_MAX_BYTES = 16_384
SAME_RAW = 1e-9


class Memories(Protocol):
    """What was seen of each sensor before."""

    def of(self, sensor_id: SensorId, bin_id: BinId) -> SensorMemory:
        """Return the memory of this sensor in this bin, empty when there is none."""


@dataclass(frozen=True, slots=True)
class IngestContext:
    """What the pipeline needs to know about the world."""

    city: City
    memories: Memories
    payload_max_bytes: int = PAYLOAD_MAX_BYTES
    codecs: Codecs = NO_CODECS
    """The decoders that the city dropped in."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some messages; `memory` is to be kept once the rest is durable."""

    readings: tuple[Reading, ...] = ()
    emptyings: tuple[Emptying, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    memory: Mapping[SensorId, SensorMemory] = field(default_factory=dict)


def process(messages: Sequence[Message], context: IngestContext) -> Batch:
    """Return every record as a reading or as a rejection, in order, and the emptyings the readings confirm."""
    readings: list[Reading] = []
    emptyings: list[Emptying] = []
    rejected: list[Rejected] = []
    memory: dict[SensorId, SensorMemory] = {}
    for message in messages:
        for outcome in read(message, context, memory):
            if isinstance(outcome, Rejected):
                rejected.append(outcome)
                continue
            readings.append(outcome)
            emptyings.extend(_remember(outcome, context, memory))
    return Batch(tuple(readings), tuple(emptyings), tuple(rejected), memory)


def read(
    message: Message, context: IngestContext, memory: Mapping[SensorId, SensorMemory]
) -> Iterator[Reading | Rejected]:
    """Yield the readings in one message, or why there is none; a bad record among good ones costs only itself.

    Lazy on purpose: `memory` may grow between two records of one sensor.
    """
    try:
        records = _unwrap(message, context)
    except (ValueError, ArithmeticError, RecursionError) as exc:
        yield _rejected(message, context, exc, None, "")
        return
    for number, record in enumerate(records, 1):
        where = f"record {number} of {len(records)}: " if len(records) > 1 else ""
        yield from _read_record(message, record, context, memory, where)


def _read_record(
    message: Message, record: Record, context: IngestContext, memory: Mapping[SensorId, SensorMemory], where: str
) -> Iterator[Reading | Rejected]:
    sensor: Sensor | None = None
    try:
        if isinstance(record, RefusedError):
            raise record
        sensor = _sensor_of(record, context.city)
        measurements = decode(record, sensor, context.codecs)
    except (ValueError, ArithmeticError, RecursionError) as exc:
        yield _rejected(message, context, exc, sensor, where)
        return
    for measurement in measurements:
        try:
            yield _reading(message, measurement, context, memory)
        except (ValueError, ArithmeticError) as exc:
            yield _rejected(message, context, exc, sensor, where)


def _rejected(message: Message, context: IngestContext, exc: Exception, sensor: Sensor | None, where: str) -> Rejected:
    if isinstance(exc, RefusedError):
        reason, detail = exc.reason, str(exc)
    else:
        # Every value type checks itself, so this is a check of ours that a decoder missed: never a lost stream.
        log.error("decoder missed a check topic=%s", shown(message.topic), exc_info=exc)
        reason, detail = RejectReason.UNKNOWN_FORMAT, f"the message could not be understood: {shown(str(exc))}"
    kept = message.payload[: context.payload_max_bytes]
    sensor_id = sensor.id if sensor else None
    return Rejected(message.topic, kept, message.received_utc, reason, where + detail, sensor_id)


def _unwrap(message: Message, context: IngestContext) -> Sequence[Record]:
    size = len(message.payload) if message.size_bytes is None else message.size_bytes
    if size > context.payload_max_bytes:
        raise RefusedError(
            RejectReason.TOO_LARGE, f"a payload must have at most {context.payload_max_bytes} bytes, got {size}"
        )
    unwrap = ENVELOPES.get(message.envelope)
    if unwrap is None:
        known = ", ".join(sorted(ENVELOPES))
        raise RefusedError(
            RejectReason.UNKNOWN_FORMAT, f"envelope must be one of {known}, got {shown(message.envelope)}"
        )
    return unwrap(message)


def _sensor_of(uplink: Uplink, city: City) -> Sensor:
    for name in uplink.device_ids:
        sensor = city.sensors.get(SensorId(name))
        if sensor is not None:
            return sensor
    names = " or ".join(shown(name) for name in uplink.device_ids)
    raise RefusedError(RejectReason.UNKNOWN_DEVICE, f"the device must be a sensor of the city, got {names}")


def _reading(
    message: Message, measurement: Measurement, context: IngestContext, memory: Mapping[SensorId, SensorMemory]
) -> Reading:
    if not measurement.has_level:
        raise RefusedError(
            RejectReason.NO_READING, "the frame has no distance and no fill: a status, device information or no echo"
        )
    measured_utc, clock = _measured(message, measurement)
    sensor_id = measurement.sensor_id
    bin_id = context.city.bin_of_sensor(sensor_id, measured_utc)
    if bin_id is None:
        raise RefusedError(
            RejectReason.NOT_INSTALLED,
            f"sensor {shown(sensor_id)} must be installed in a bin at {measured_utc:%Y-%m-%dT%H:%M:%SZ}, got none",
        )
    level = calibrate(measurement, context.city.container_type_of(bin_id))
    known = _memory_of(sensor_id, bin_id, context, memory)
    distance_mm = measurement.distance_mm
    raw = level.fill_fraction if distance_mm is None else distance_mm
    if _by_receipt(measurement, clock) and message.redelivered:
        measured_utc = _first_receipt(known, raw) or measured_utc
    flags = judge(level, measured_utc, raw, has_distance=distance_mm is not None, memory=known)
    return Reading(
        bin_id=bin_id,
        sensor_id=sensor_id,
        measured_utc=measured_utc,
        received_utc=to_the_millisecond(message.received_utc),
        fill_fraction=level.fill_fraction,
        quality=flags | clock if clock else flags,
        distance_mm=distance_mm,
        battery_v=measurement.battery_v,
        temperature_c=measurement.temperature_c,
    )


def _measured(message: Message, measurement: Measurement) -> tuple[datetime, Quality]:
    """Return when it was measured, by the device's or network's clock if plausible, else by ours.

    Raises:
        RefusedError: If the clock is so wrong that nothing beside it deserves trust.
    """
    claimed, received = measurement.measured_utc, to_the_millisecond(message.received_utc)
    if claimed is None:
        if message.retained:
            raise RefusedError(
                RejectReason.IMPLAUSIBLE_TIME, "measured_utc must be given in a retained message, got none"
            )
        return received, Quality.GOOD
    latest = received + AHEAD_MAX
    if not EARLIEST_UTC <= claimed <= latest:
        raise RefusedError(
            RejectReason.IMPLAUSIBLE_TIME,
            f"measured_utc must be within [{EARLIEST_UTC:%Y-%m-%d}, {latest:%Y-%m-%dT%H:%MZ}], "
            f"got {claimed:%Y-%m-%dT%H:%M:%SZ}",
        )
    if claimed > received + AHEAD_TOLERATED:
        return received, Quality.CLOCK_REPAIRED
    return to_the_millisecond(claimed), Quality.GOOD


def to_the_millisecond(moment: datetime) -> datetime:
    """Return the moment as stores keep it: a reading must have the same identity before and after a restart."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _by_receipt(measurement: Measurement, clock: Quality) -> bool:
    return measurement.measured_utc is None or bool(clock & Quality.CLOCK_REPAIRED)


def _first_receipt(memory: SensorMemory, raw: float) -> datetime | None:
    """Return when we first stored a redelivered message that carries no usable time of its own.

    Its identity would be the time of receipt, which differs on redelivery: it would be stored twice.
    """
    for seen in reversed(memory.recent):
        if seen.measured_utc == seen.received_utc and abs(seen.raw - raw) < SAME_RAW:
            return seen.measured_utc
    return None


def _memory_of(
    sensor_id: SensorId, bin_id: BinId, context: IngestContext, memory: Mapping[SensorId, SensorMemory]
) -> SensorMemory:
    held = memory.get(sensor_id)
    if held is not None and held.bin_id == bin_id:
        return held
    return context.memories.of(sensor_id, bin_id)


def _remember(reading: Reading, context: IngestContext, memory: dict[SensorId, SensorMemory]) -> tuple[Emptying, ...]:
    held = _memory_of(reading.sensor_id, reading.bin_id, context, memory)
    grown = held.with_seen(seen_in(reading))
    found = detect(reading.bin_id, grown, reading.measured_utc) if grown is not held else ()
    memory[reading.sensor_id] = grown.with_detected(each.at_utc for each in found) if found else grown
    return found
