"""Silence: of one sensor, and of the stream as a whole. Pure.

A sensor's patience is learned from its own gaps, since makes speak four times an hour or once a day and radio loses
28 % in bursts. When nobody is heard it is the stream that is silent, not ten thousand sensors: one alert. And when it
comes back, or we do, every sensor gets its patience anew; but not after a start that cost the stream no pause, or a
city that updates each night would never hear of a sensor that is dead.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from ingest.alerts.scene import Scene
from tomma.city import Installation
from tomma.model import Alert, AlertKind, BinId, Reading, SensorId
from tomma.silence import GAPS_MIN, PATIENCE_MIN_S, PATIENCE_UNKNOWN_S, patience_s

PATIENCE_MIN = timedelta(seconds=PATIENCE_MIN_S)
BURST_S = 60.0
"""Readings this near to each other say nothing of a sensor's pace."""
STEADY, STEADY_GAPS = 2.0, 48
"""A sensor whose longest gap of so many is at most two usual ones loses next to nothing."""
STREAM_SENSORS_MIN = 5
STREAM_SILENT_MIN = timedelta(minutes=15)
STREAM_SILENT_MAX = timedelta(hours=12)
STREAM_OF_LONGEST = 2.0
STREAM_PAUSES = 5


def patience_of(readings: Sequence[Reading]) -> timedelta:
    """Return how long this sensor may be silent, from its readings of the last days.

    Its pace is the slower of two. By when messages came, since silence is judged so: a device that keeps what the radio
    lost measures without a gap, and one that hands in its day each night is silent all day. And by when it measured:
    of days that came in an hour, after an outage or from another system, the times of coming say nothing.
    """
    heard_s = _gaps_s(reading.received_utc for reading in readings)
    measured_s = _gaps_s(reading.measured_utc for reading in readings)
    if len(measured_s) < GAPS_MIN:  # two messages an hour apart may be the only two of their days
        return timedelta(seconds=PATIENCE_UNKNOWN_S)
    usual_s, longest_s = max(_median(heard_s), median(measured_s)), max([*heard_s, *measured_s])
    came_as_measured = STEADY * _median(heard_s) >= median(measured_s)
    is_steady = came_as_measured and len(heard_s) >= STEADY_GAPS and longest_s <= STEADY * usual_s
    return timedelta(seconds=patience_s(len(measured_s), usual_s, longest_s, loses_nothing=is_steady))


def _gaps_s(moments: Iterable[datetime]) -> list[float]:
    gaps = ((later - earlier).total_seconds() for earlier, later in pairwise(sorted(moments)))
    return [gap_s for gap_s in gaps if gap_s > BURST_S]


def _median(gaps_s: Sequence[float]) -> float:
    return median(gaps_s) if gaps_s else 0.0


def stream_patience(received_utc: Iterable[datetime]) -> timedelta:
    """Return how long nobody at all may be heard, from when messages came in the last hours.

    Twice the usual longest pause: all sensors of a city may speak at the full hour. Of the five longest the middle
    one, since one or two may have been outages.
    """
    heard = sorted(received_utc)
    pauses_s = sorted((later - earlier).total_seconds() for earlier, later in pairwise(heard))[-STREAM_PAUSES:]
    if len(pauses_s) < STREAM_PAUSES:
        return STREAM_SILENT_MAX
    patience = timedelta(seconds=STREAM_OF_LONGEST * median(pauses_s))
    return min(max(patience, STREAM_SILENT_MIN), STREAM_SILENT_MAX)


def heard_since(received_utc: Iterable[datetime], now_utc: datetime) -> datetime:
    """Return since when the stream is heard without a break, by when messages of some sensors came; else now."""
    heard = sorted(received_utc)
    patience, since_utc = stream_patience(heard), now_utc
    for moment in reversed(heard):
        if since_utc - moment > patience:
            break
        since_utc = moment
    return since_utc


def stream_silence(scene: Scene, patience: timedelta) -> Iterator[Alert]:
    """Yield the stream's falling silent, dated to when patience ran out, or its return."""
    if len(scene.latest) < STREAM_SENSORS_MIN:
        return  # a handful of sensors is told one by one
    newest_utc = max(reading.received_utc for reading in scene.latest.values())
    raised = scene.standing(AlertKind.STREAM_SILENT, (None, None))
    silent_utc = max(newest_utc, scene.listening_since_utc) + patience
    if raised is None and scene.now_utc >= silent_utc:
        yield Alert(AlertKind.STREAM_SILENT, silent_utc, active=True, values={"sensors": float(len(scene.latest))})
    elif raised is not None and newest_utc > raised.at_utc:
        yield Alert(AlertKind.STREAM_SILENT, newest_utc, active=False)


def sensor_silence(scene: Scene, patience: Mapping[SensorId, timedelta]) -> Iterator[Alert]:
    """Yield which sensors fell silent and which speak again; nothing while the stream is silent.

    Args:
        scene: What is known.
        patience: Of every sensor that has not been heard for `PATIENCE_MIN`; one that is missing is not judged yet.
    """
    stream = scene.standing(AlertKind.STREAM_SILENT, (None, None))
    for reading in scene.latest.values():
        sensor_id = reading.sensor_id
        raised = scene.standing(AlertKind.SENSOR_SILENT, (sensor_id, None))
        if raised is not None:
            at_utc = reading.received_utc
            if at_utc > raised.at_utc:
                yield Alert(AlertKind.SENSOR_SILENT, at_utc, active=False, sensor_id=sensor_id, bin_id=reading.bin_id)
        elif stream is None and sensor_id in patience:
            yield from _fallen_silent(scene, reading, patience[sensor_id])


def _fallen_silent(scene: Scene, reading: Reading, patience: timedelta) -> Iterator[Alert]:
    is_history = (
        reading.received_utc - reading.measured_utc > patience
    )  # handed in; the device itself spoke long before
    silent_utc = max(reading.received_utc, scene.heard_since_utc) + (PATIENCE_MIN if is_history else patience)
    if scene.now_utc < silent_utc or scene.city.bin_of_sensor(reading.sensor_id, scene.now_utc) != reading.bin_id:
        return
    yield Alert(
        AlertKind.SENSOR_SILENT,
        silent_utc,
        active=True,
        sensor_id=reading.sensor_id,
        bin_id=reading.bin_id,
        values={"expected_h": round(patience.total_seconds() / 3600.0, 2)},
    )


def perhaps_never_heard(scene: Scene) -> Iterator[Installation]:
    """Yield the sensors that have hung long enough and are not those that their bins were heard by last.

    Put up with a flat battery or under a wrong name, a sensor gives no reading whose age could tell. Nothing while the
    stream is silent, or before anybody is heard: a city is registered before its sensors speak.
    """
    if not scene.latest or scene.standing(AlertKind.STREAM_SILENT, (None, None)) is not None:
        return
    told = {alert.sensor_id for alert in scene.active}  # of silence; or of a fault, and then it has spoken
    for hung in scene.city.installations:
        newest = scene.latest.get(hung.bin_id)
        is_newest = newest is not None and newest.sensor_id == hung.sensor_id
        is_due = hung.covers(scene.now_utc) and scene.now_utc >= unheard_since(scene, hung)
        if is_due and not is_newest and hung.sensor_id not in told:
            yield hung


def unheard_since(scene: Scene, hung: Installation) -> datetime:
    """Return when a sensor that hangs there should have been heard at the latest."""
    return max(hung.from_utc, scene.listening_since_utc) + timedelta(seconds=PATIENCE_UNKNOWN_S)


def long_unheard(latest: Mapping[BinId, Reading], now_utc: datetime) -> list[Reading]:
    """Return the newest readings of sensors whose patience may run out: of the others nobody need ask."""
    return [reading for reading in latest.values() if now_utc - reading.received_utc >= PATIENCE_MIN]
