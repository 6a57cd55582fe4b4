"""Keeps how each sensor is: gathered from batches that are durable, put into the book now and then by a thread.

A courtesy to the office: what a killed process had not put in yet comes again with the sensor's next message. What a
book that is away does not take waits for the next try: a battery is told once a day.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from ingest.batch import Batch
from tomma.asset_ports import VitalsBook
from tomma.errors import TommaError
from tomma.model import UNTRUSTED, Reading, SensorId
from tomma.vitals import Vital

log = logging.getLogger(__name__)

NOTE_EVERY_S = 10.0
LEAVE_S = 2.0
SMOOTHING = 0.1
"""Of the newest level's part in the running mean: ten readings or so count."""
EMPTIED_FRACTION = 0.2
"""A fall by so much is an emptying, not noise: the line begins anew."""


class VitalsKeeper:
    """Gathers; safe to be emptied by another thread."""

    def __init__(self, known: Mapping[SensorId, Vital]) -> None:
        """Go on from what is in the book."""
        self._noise = {key: each.noise_fraction for key, each in known.items() if each.noise_fraction is not None}
        self._levels: dict[SensorId, tuple[float, ...]] = {}
        self._news: dict[SensorId, Vital] = {}
        self._lock = threading.Lock()

    def take(self, batch: Batch) -> None:
        """Note what a durable batch says."""
        with self._lock:
            for vital in batch.vitals:
                self._put(vital)
            for reading in batch.readings:
                self._put(self._of(reading))

    def taken(self) -> list[Vital]:
        """Return what is new since the last call."""
        with self._lock:
            news, self._news = self._news, {}
        return list(news.values())

    def take_back(self, news: Iterable[Vital]) -> None:
        """Have these again: nobody kept them."""
        with self._lock:
            for vital in news:
                self._put(vital)

    def _of(self, reading: Reading) -> Vital:
        noise = self._noise.get(reading.sensor_id)
        if not reading.quality & UNTRUSTED:
            noise = self._restless(reading.sensor_id, reading.fill_fraction, noise)
        return Vital(reading.sensor_id, reading.measured_utc, battery_v=reading.battery_v, noise_fraction=noise)

    def _restless(self, sensor_id: SensorId, level: float, noise: float | None) -> float | None:
        """Return the running mean of |level between two others - the middle of those|."""
        before = self._levels.get(sensor_id, ())
        if before and before[-1] - level > EMPTIED_FRACTION:
            before = ()
        self._levels[sensor_id] = (*before[-1:], level)
        if len(before) < 2:
            return noise
        off = abs(before[1] - (before[0] + level) / 2)
        self._noise[sensor_id] = off if noise is None else noise + SMOOTHING * (off - noise)
        return self._noise[sensor_id]

    def _put(self, vital: Vital) -> None:
        """Lay one over another: what the newer does not say stays."""
        held = self._news.get(vital.sensor_id)
        if held is None:
            self._news[vital.sensor_id] = vital
            return
        old, new = (held, vital) if held.heard_utc <= vital.heard_utc else (vital, held)

        def said(name: str) -> float | None:
            value: float | None = getattr(new, name)
            older: float | None = getattr(old, name)
            return older if value is None else value

        self._news[vital.sensor_id] = Vital(
            new.sensor_id,
            new.heard_utc,
            said("battery_fraction"),
            said("battery_v"),
            said("rssi_dbm"),
            said("snr_db"),
            said("noise_fraction"),
        )


@contextmanager
def noting(book: VitalsBook, every_s: float = NOTE_EVERY_S) -> Iterator[VitalsKeeper]:
    """Lend a keeper whose news are put into the book every few seconds, and at the end."""
    leaving = threading.Event()
    keeper = VitalsKeeper(_known(book))

    def put_in() -> None:
        news = keeper.taken()
        try:
            book.note(news)
        except TommaError as exc:
            keeper.take_back(news)
            log.warning("vitals not noted sensors=%d why=%s", len(news), exc)

    def run() -> None:
        while not leaving.wait(every_s):
            put_in()
        put_in()

    thread = threading.Thread(target=run, name="vitals", daemon=True)
    thread.start()
    try:
        yield keeper
    finally:
        leaving.set()
        thread.join(LEAVE_S)


def _known(book: VitalsBook) -> Mapping[SensorId, Vital]:
    try:
        return book.all()
    except TommaError as exc:
        log.warning("vitals begin anew why=%s", exc)
        return {}
