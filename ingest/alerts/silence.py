"""Silence: of one sensor, and of the stream as a whole. Pure.

A sensor's patience is learned from its own gaps, since makes speak four times an hour or once a day and radio loses
28 % in bursts. When nobody is heard it is the stream that is silent, not ten thousand sensors: one alert. And when it
comes back, or we do, every sensor gets its patience anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from ingest.alerts.scene import Scene
from tomma.model import Alert, AlertKind, BinId, Reading, SensorId

PATIENCE_MIN = timedelta(hours=2)
PATIENCE_UNKNOWN = timedelta(hours=48)
"""Of a sensor that spoke less than `GAPS_MIN` times: it may speak once a day."""
PATIENCE_MAX = timedelta(days=8)
GAPS_MIN = 4
BURST_S = 60.0
"""Readings this near to each other say nothing of a sensor's pace."""
OF_USUAL = 6.0
STEADY, STEADY_GAPS = 2.0, 48
"""A sensor whose longest gap of so many is at most two usual ones loses next to nothing."""
OF_USUAL_WHEN_LOSSY = 24.0
OF_LONGEST = 1.5
"""With 28 % lost in bursts, 2 to 3 false silences a thousand sensor-days (decision 0010); half of it brings 20."""
STREAM_SENSORS_MIN = 5
STREAM_SILENT_MIN = timedelta(minutes=15)
STREAM_SILENT_MAX = timedelta(hours=12)
STREAM_OF_LONGEST = 2.0
STREAM_PAUSES = 5


def patience_of(readings: Sequence[Reading]) -> timedelta:
    """Return how long this sensor may be silent, from its readings of the last days.

    By when they came, as silence is judged: a device that keeps what the radio lost measures without a gap, and one
    that hands in its day each night is silent all day.
    """
    heard = sorted(reading.received_utc for reading in readings)
    gaps_s = [(later - earlier).total_seconds() for earlier, later in pairwise(heard)]
    gaps_s = [gap_s for gap_s in gaps_s if gap_s > BURST_S]
    if len(gaps_s) < GAPS_MIN:
        return PATIENCE_UNKNOWN
    usual_s, longest_s = median(gaps_s), max(gaps_s)
    is_steady = len(gaps_s) >= STEADY_GAPS and longest_s <= STEADY * usual_s
    of_usual = OF_USUAL if is_steady else OF_USUAL_WHEN_LOSSY
    patience = timedelta(seconds=max(of_usual * usual_s, OF_LONGEST * longest_s))
    return min(max(patience, PATIENCE_MIN), PATIENCE_MAX)


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
            gone = scene.city.bin_of_sensor(sensor_id, scene.now_utc) is None
            if gone or reading.received_utc > raised.at_utc:
                at_utc = scene.now_utc if gone else reading.received_utc
                yield Alert(AlertKind.SENSOR_SILENT, at_utc, active=False, sensor_id=sensor_id, bin_id=reading.bin_id)
        elif stream is None and sensor_id in patience:
            yield from _fallen_silent(scene, reading, patience[sensor_id])


def _fallen_silent(scene: Scene, reading: Reading, patience: timedelta) -> Iterator[Alert]:
    silent_utc = max(reading.received_utc, scene.listening_since_utc) + patience
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


def long_unheard(latest: Mapping[BinId, Reading], now_utc: datetime) -> list[Reading]:
    """Return the newest readings of sensors whose patience may run out: of the others nobody need ask."""
    return [reading for reading in latest.values() if now_utc - reading.received_utc >= PATIENCE_MIN]
