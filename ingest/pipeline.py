"""The pipeline: messages in, one batch out. Pure, and total: no bytes whatever make it raise.

One record of a message passes these steps; whatever fails on the way is a `Rejected` with its reason and the payload,
and the rest of the batch goes on:

    envelope -> sensor -> decode -> when -> where -> calibrate -> the same again? -> quality -> emptyings, alerts

A device that is unknown, or hangs nowhere, is a `Rejected` with its names: the quarantine, from which its messages are
replayed once it is registered. A device that says something but no level is heard without a reading.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from ingest.alerts.signs import sign_of
from ingest.alerts.trail import NO_TRAILS, Trail, Trails, alerts_of, follow, with_memory
from ingest.calibrate import calibrate
from ingest.decode import decode
from ingest.decode.codec import NO_CODECS, Codecs
from ingest.emptyings import NOTHING, detect
from ingest.envelope import ENVELOPES
from ingest.envelope.other_events import is_other_event
from ingest.identity import distinct
from ingest.memory import SensorMemory, seen_in
from ingest.message import Message, Record, Uplink
from ingest.news import News
from ingest.outcome import Heard
from ingest.quality import judge
from ingest.refusal import RefusedError, shown, unknown_format
from ingest.repeats import NO_RECEIPTS, Arrival, Receipts, first_receipt, free_utc, repaired_before, stands
from ingest.times import EARLIEST_UTC, When, when
from tomma.bounds import BoundError, Rule
from tomma.city import City, Installation, Sensor
from tomma.model import (
    Alert,
    AlertKind,
    BinId,
    Emptying,
    Measurement,
    Quality,
    Reading,
    Rejected,
    RejectReason,
    SensorId,
)
from tomma.vitals import Vital

log = logging.getLogger(__name__)

PAYLOAD_MAX_BYTES = 16_384
SHELF = timedelta(days=60)
"""A device's clock that says a time so long before it was first hung anywhere says no true time."""


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
    trails: Trails = NO_TRAILS
    receipts: Receipts = NO_RECEIPTS
    """What is stored beyond the memories, for readings without a time of their own."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some messages; `memory` is to be kept once the rest is durable."""

    readings: tuple[Reading, ...] = ()
    emptyings: tuple[Emptying, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    memory: Mapping[SensorId, SensorMemory] = field(default_factory=dict)
    withdrawn: tuple[Emptying | Alert, ...] = ()
    """What earlier batches told and this one refutes; to be done before the rest is added."""
    alerts: tuple[Alert, ...] = ()
    statuses: tuple[Heard, ...] = ()
    """What devices said without a level; nothing of it is stored but the alerts that follow."""
    trails: Mapping[SensorId, Trail] = field(default_factory=dict)
    """To be kept like `memory`."""
    vitals: tuple[Vital, ...] = ()
    """What devices said of their battery and how well they were heard, beside what they measured."""


def process(messages: Sequence[Message], context: IngestContext) -> Batch:
    """Return every record as a reading, a status or a rejection, in order, and what follows from the readings."""
    opened = [(message, _open(message, context)) for message in messages]
    context.codecs.prepare(_known(opened, context.city))
    batch = _Making(context)
    for message, records in opened:
        batch.take(message, records)
    return batch.made()


def _open(message: Message, context: IngestContext) -> Sequence[Record] | Rejected:
    try:
        return _unwrap(message, context)
    except Exception as exc:  # noqa: BLE001  (what an envelope misses costs its message: sent again for ever, it is poison)
        return _rejected(message, context, exc, None, "")


def _known(
    opened: Sequence[tuple[Message, Sequence[Record] | Rejected]], city: City
) -> Iterator[tuple[Uplink, Sensor]]:
    """Yield what is about to be decoded, for codecs that had better see it all at once."""
    for _, records in opened:
        for record in () if isinstance(records, Rejected) else records:
            if isinstance(record, Uplink) and record.frame:
                for name in record.device_ids:
                    sensor = city.sensors.get(SensorId(name))
                    if sensor is not None:
                        yield record, sensor
                        break


class _Making:
    """One batch in the making, record by record: the next one may be judged by what this one taught."""

    def __init__(self, context: IngestContext) -> None:
        self._context = context
        self._readings: list[Reading] = []
        self._statuses: list[Heard] = []
        self._rejected: list[Rejected] = []
        self._news = News()
        self._memory: dict[SensorId, SensorMemory] = {}
        self._trails: dict[SensorId, Trail] = {}
        self._vitals: list[Vital] = []

    def made(self) -> Batch:
        """Return the batch."""
        news = self._news
        return Batch(
            tuple(self._readings),
            news.emptyings,
            tuple(self._rejected),
            self._memory,
            news.withdrawn,
            news.alerts,
            tuple(self._statuses),
            self._trails,
            tuple(self._vitals),
        )

    def take(self, message: Message, records: Sequence[Record] | Rejected) -> None:
        """Hear what one message says, or why it says nothing; a bad record among good ones costs only itself."""
        if isinstance(records, Rejected):
            self._rejected.append(records)
            return
        count = len(records)
        for number, record in enumerate(records, 1):
            self._take_record(message, record, f"record {number} of {count}: " if count > 1 else "")

    def _take_record(self, message: Message, record: Record, where: str) -> None:
        context, sensor = self._context, None
        if isinstance(record, RefusedError):
            self._rejected.append(_rejected(message, context, record, None, where))
            return
        try:
            sensor = _sensor_of(record, context.city)
            measurements = decode(record, sensor, context.codecs)
        except Exception as exc:  # noqa: BLE001  (what a decoder misses, too)
            self._rejected.append(_rejected(message, context, exc, sensor, where))
            return
        for measurement in measurements:
            try:
                setting = _setting(message, measurement, sensor, context.city, is_lone=len(measurements) == 1)
                known = self._memory_of(sensor.id, setting.hung.bin_id)
                heard = _hear(message, measurement, setting, sensor, known, context)
            except (ValueError, ArithmeticError) as exc:
                self._rejected.append(_rejected(message, context, exc, sensor, where))
                continue
            self._follow(heard)
            if record.rssi_dbm is not None or measurement.battery_fraction is not None:
                self._vitals.append(_vital(record, heard))
            if heard.reading is None:
                self._statuses.append(heard)
            else:
                self._readings.append(heard.reading)
                self._remember(heard.reading, known)

    def _memory_of(self, sensor_id: SensorId, bin_id: BinId) -> SensorMemory:
        held = self._memory.get(sensor_id)
        if held is not None and held.bin_id == bin_id:
            return held
        return self._context.memories.of(sensor_id, bin_id)

    def _remember(self, reading: Reading, known: SensorMemory) -> None:
        grown = known.with_seen(seen_in(reading))
        if grown is known:
            return
        if grown.conflicting_counter != known.conflicting_counter:
            _tell_two_senders(reading, known.conflicting_counter, grown.conflicting_counter, self._news)
        revision = detect(reading.bin_id, grown, reading.measured_utc)
        if revision is not NOTHING:
            grown = grown.with_revision(revision.told, revision.withdrawn)
            self._news.add(revision)
        self._memory[reading.sensor_id] = grown

    def _follow(self, heard: Heard) -> None:
        """Note what the message says for or against an alert."""
        sensor_id, context = heard.measurement.sensor_id, self._context
        trail = self._trails.get(sensor_id) or context.trails.trail_of(sensor_id, heard.bin_id)
        if not trail.signs:
            trail = with_memory(trail, context.memories.of(sensor_id, heard.bin_id))
        followed = follow(trail, sign_of(heard))
        self._trails[sensor_id] = followed.trail
        if followed.told or followed.withdrawn:
            told, withdrawn = (alerts_of(each, sensor_id, heard.bin_id) for each in (followed.told, followed.withdrawn))
            self._news.change(told, withdrawn)


def _vital(uplink: Uplink, heard: Heard) -> Vital:
    said = heard.measurement
    return Vital(
        said.sensor_id, heard.measured_utc, said.battery_fraction, said.battery_v, uplink.rssi_dbm, uplink.snr_db
    )


def _rejected(message: Message, context: IngestContext, exc: Exception, sensor: Sensor | None, where: str) -> Rejected:
    if isinstance(exc, RefusedError):
        reason, detail, breach = exc.reason, str(exc), exc.breach
    else:
        # Every value type checks itself, so this is a check of ours that a decoder missed: never a lost stream.
        log.error("decoder missed a check topic=%s", shown(message.topic), exc_info=exc)
        reason, breach = RejectReason.UNKNOWN_FORMAT, None
        detail = f"the message could not be understood: {shown(str(exc))}"
    kept = message.payload[: context.payload_max_bytes]
    size_bytes = len(message.payload) if message.size_bytes is None else message.size_bytes
    return Rejected(
        topic=message.topic,
        payload=kept,
        received_utc=message.received_utc,
        reason=reason,
        detail=where + detail,
        sensor_id=sensor.id if sensor else None,
        envelope=message.envelope,
        size_bytes=size_bytes if size_bytes > len(kept) else None,
        device_ids=exc.device_ids if isinstance(exc, StrangerError) else (),
        redelivered=message.redelivered,
        breach=breach,
    )


class StrangerError(RefusedError):
    """The device is unknown, or hangs in no bin: it waits in quarantine under its names."""

    def __init__(self, reason: RejectReason, told: BoundError, device_ids: tuple[str, ...]) -> None:
        super().__init__(reason, told)
        self.device_ids = device_ids


def _unwrap(message: Message, context: IngestContext) -> Sequence[Record]:
    size = len(message.payload) if message.size_bytes is None else message.size_bytes
    if size > context.payload_max_bytes:
        raise _too_large(size, context.payload_max_bytes)
    if not message.envelope:  # the embedded broker also hands over what no source asks for
        if is_other_event(message.topic):
            return ()
        bound = "must be one of a source in the settings ([[broker.sources]])"
        raise unknown_format(
            BoundError("topic", Rule.TOPIC_OF_SOURCE, bound, shown(message.topic), told_as="the topic")
        )
    unwrap = ENVELOPES.get(message.envelope)
    if unwrap is None:
        known = ", ".join(sorted(ENVELOPES))
        bound, got = f"must be one of {known}", shown(message.envelope)
        raise unknown_format(BoundError("envelope", Rule.ONE_OF, bound, got, names=known))
    return unwrap(message)


def _too_large(size_bytes: int, most: int) -> RefusedError:
    bound = f"must have at most {most} bytes"
    told = BoundError("payload", Rule.BYTES_MAX, bound, size_bytes, told_as="a payload", most=most)
    return RefusedError(RejectReason.TOO_LARGE, told)


def _sensor_of(uplink: Uplink, city: City) -> Sensor:
    for name in uplink.device_ids:
        sensor = city.sensors.get(SensorId(name))
        if sensor is not None:
            return sensor
    names = " or ".join(shown(name) for name in distinct(uplink.device_ids))
    told = BoundError("device", Rule.KNOWN, "must be a sensor of the city", names, told_as="the device")
    raise StrangerError(RejectReason.UNKNOWN_DEVICE, told, uplink.device_ids)


class _Setting(NamedTuple):
    """When and where one measurement was made."""

    clock: When
    hung: Installation
    is_lone: bool
    """Whether its record has no other."""


def _hear(
    message: Message,
    measurement: Measurement,
    setting: _Setting,
    sensor: Sensor,
    known: SensorMemory,
    context: IngestContext,
) -> Heard:
    """Return what one measurement says: when, in which bin, and if it has a level, the reading."""
    clock, hung, is_lone = setting
    bin_id, received_utc = hung.bin_id, clock.received_utc
    if not measurement.has_level:
        return Heard(measurement, bin_id, clock.measured_utc, received_utc)
    level = calibrate(measurement, context.city.container_type_of(bin_id), hung, sensor)
    distance_mm, temperature_c = measurement.distance_mm, measurement.temperature_c
    raw = level.fill_fraction if distance_mm is None else distance_mm
    arrival = Arrival(
        sensor.id, received_utc, raw, _own_counter(measurement), message.redelivered, message.replayed, is_lone
    )
    if stands(clock, arrival, known, context.receipts) and not message.retained:
        clock = When(received_utc, received_utc, is_repaired=True, by_receipt=True)
    measured_utc = _identity_utc(clock, arrival, known, context.receipts)
    flags = judge(
        level, measured_utc, raw, has_distance=distance_mm is not None, memory=known, temperature_c=temperature_c
    )
    reading = Reading(
        bin_id,
        sensor.id,
        measured_utc,
        measured_utc if clock.by_receipt else received_utc,
        level.fill_fraction,
        _with_doubts(flags, clock, known),
        distance_mm,
        measurement.battery_v,
        temperature_c,
        arrival.counter,
        level.raw_fraction,
    )
    return Heard(measurement, bin_id, measured_utc, received_utc, reading, level.is_implausible)


def _with_doubts(flags: Quality, clock: When, known: SensorMemory) -> Quality:
    """Add what is odd about the sender, not about the level."""
    if clock.is_repaired:
        flags |= Quality.CLOCK_REPAIRED
    if known.conflicting_counter is not None:
        flags |= Quality.SHARED_NAME
    return flags


def _setting(message: Message, measurement: Measurement, sensor: Sensor, city: City, *, is_lone: bool) -> _Setting:
    clock = when(message, measurement)
    hung = city.installation_of_sensor(sensor.id, clock.measured_utc)
    if hung is None and (periods := city.installations_of_sensor.get(sensor.id)):
        clock = when(message, measurement, not_before_utc=max(EARLIEST_UTC, periods[0].from_utc - SHELF))
        hung = city.installation_of_sensor(sensor.id, clock.measured_utc)
    if hung is None:
        moment = f"{clock.measured_utc:%Y-%m-%dT%H:%M:%SZ}"
        bound, told_as = f"must be installed in a bin at {moment}", f"sensor {shown(sensor.id)}"
        told = BoundError(sensor.id, Rule.HUNG_AT, bound, None, told_as=told_as, at_utc=moment)
        raise StrangerError(RejectReason.NOT_INSTALLED, told, (sensor.id,))
    return _Setting(clock, hung, is_lone)


def _identity_utc(clock: When, arrival: Arrival, known: SensorMemory, receipts: Receipts) -> datetime:
    """Return the time that is the reading's identity, the same however often and in whatever order it comes."""
    if not clock.is_repaired and not clock.by_receipt:
        newest = known.newest
        if newest is None or not newest.is_repaired:  # nearly always
            return clock.measured_utc
    if clock.by_receipt:
        return first_receipt(arrival, known, receipts)
    if clock.is_repaired:
        return free_utc(clock.measured_utc, arrival.raw, known)
    return repaired_before(arrival, clock.measured_utc, known)


def _own_counter(measurement: Measurement) -> int | None:
    """Return the counter unless it is of a later message, which brings history: then it says nothing of this one."""
    said, sent = measurement.measured_utc, measurement.network_utc
    return measurement.counter if said is None or sent is None or said == sent else None


def _tell_two_senders(reading: Reading, before: int | None, now: int | None, news: News) -> None:
    """Raise the alert with the first number that does not fit, and end it when a day's readings fit again."""
    if (before is None) == (now is None):
        return
    news.tell(
        Alert(
            AlertKind.TWO_SENDERS,
            reading.measured_utc,
            active=now is not None,
            sensor_id=reading.sensor_id,
            bin_id=reading.bin_id,
            values={} if now is None else {"counter": float(now)},
        )
    )
