"""From one measurement to what was heard: level calibrated, repeats and clock seen through, flags set."""

from datetime import datetime

from ingest.calibrate import calibrate
from ingest.context import IngestContext
from ingest.memory import SensorMemory
from ingest.message import Message
from ingest.outcome import Heard
from ingest.quality import judge
from ingest.repeats import Arrival, Receipts, first_receipt, free_utc, repaired_before, stands
from ingest.setting import Setting
from ingest.times import When
from tomma.model import Measurement, Quality, Reading


def hear(
    message: Message, measurement: Measurement, setting: Setting, known: SensorMemory, context: IngestContext
) -> Heard:
    """Return what one measurement says: when, in which bin, and if it has a level, the reading."""
    sensor, clock, hung, _ = setting
    bin_id, received_utc = hung.bin_id, clock.received_utc
    if not measurement.has_level:
        return Heard(measurement, bin_id, clock.measured_utc, received_utc)
    level = calibrate(measurement, context.city.container_type_of(bin_id), hung, sensor)
    distance_mm, temperature_c = measurement.distance_mm, measurement.temperature_c
    raw = level.fill_fraction if distance_mm is None else distance_mm
    arrival = _arrival(message, measurement, setting, raw)
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


def _arrival(message: Message, measurement: Measurement, setting: Setting, raw: float) -> Arrival:
    return Arrival(
        setting.sensor.id,
        setting.clock.received_utc,
        raw,
        _own_counter(measurement),
        message.redelivered,
        message.replayed,
        setting.is_lone,
    )


def _own_counter(measurement: Measurement) -> int | None:
    """Return the counter unless it is of a later message, which brings history: then it says nothing of this one."""
    said, sent = measurement.measured_utc, measurement.network_utc
    return measurement.counter if said is None or sent is None or said == sent else None


def _with_doubts(flags: Quality, clock: When, known: SensorMemory) -> Quality:
    """Add what is odd about the sender, not about the level."""
    if clock.is_repaired:
        flags |= Quality.CLOCK_REPAIRED
    if known.conflicting_counter is not None:
        flags |= Quality.SHARED_NAME
    return flags


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
