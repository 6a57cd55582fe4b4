"""Looks at the city once a minute, from a thread of its own, and tells what is not heard.

Everything is asked of the stores, so any number of workers may watch at once: what they tell has the same identity.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from ingest.alerts.gone import gone
from ingest.alerts.losses import LOOK_BACK as COUNTED_BACK
from ingest.alerts.losses import losses
from ingest.alerts.pickups import BEFORE_WITHIN, LOOK_BACK, Pickup, expected_pickups, made_good, missed, unplanned
from ingest.alerts.scene import Scene
from ingest.alerts.silence import (
    STREAM_SILENT_MAX,
    heard_since,
    long_unheard,
    patience_of,
    perhaps_never_heard,
    sensor_silence,
    stream_patience,
    stream_silence,
    unheard_since,
)
from tomma.clock import Clock
from tomma.errors import NotFoundError, TommaError
from tomma.events import Event, EventKind
from tomma.fold import by_our_clock, confirmed_emptyings
from tomma.model import Alert, AlertKind, BinId, EmptyingSource, Reading, SensorId
from tomma.mornings import local_day
from tomma.plan import Plan
from tomma.ports import EventLog, PlanStore, ReadingStore, Registry

log = logging.getLogger(__name__)

EVERY_S = 60.0
EVERY_MIN_S = 0.5
SURVEY_EVERY = timedelta(minutes=10)
LEARN_DAYS = timedelta(days=14)
LEARN_AGAIN = timedelta(days=1)
SAMPLE = 20
"""Sensors whose histories tell whether the stream paused before we began."""
LEARN_MAX = 300
"""Histories read in one look: a city that fell silent at once is learned over some minutes."""


class Watcher:
    """Watches; `look` is one round of it."""

    def __init__(
        self, readings: ReadingStore, registry: Registry, plans: PlanStore, events: EventLog, clock: Clock
    ) -> None:
        self._readings, self._registry, self._plans, self._events = readings, registry, plans, events
        self._clock = clock
        self._listening_since_utc = clock.now_utc()
        self._heard_since_utc: datetime | None = None  # the store is asked at the first look
        self._patience: dict[SensorId, tuple[datetime, timedelta]] = {}
        self._survey_due_utc = self._listening_since_utc
        self._stream_patience = STREAM_SILENT_MAX
        self._settled: dict[Pickup, None] = {}
        self._heard: dict[SensorId, datetime] = {}
        """When the store was asked for each sensor that shares its bin with the one heard last, and had heard it."""

    def look(self) -> tuple[Alert, ...]:
        """Look once, make durable what changed, and return it."""
        try:
            scene = self._scene()
        except NotFoundError:
            return ()  # no city yet
        found = tuple(self._changes(scene))
        if found:
            self._readings.append((), alerts=found)
            for each in found:
                log.info("alert kind=%s active=%s about=%s", each.kind, each.active, each.sensor_id or each.bin_id)
        if any(each.kind is AlertKind.STREAM_SILENT and not each.active for each in found):
            self._listening_since_utc = self._heard_since_utc = scene.now_utc
        return found

    def _scene(self) -> Scene:
        now_utc = self._clock.now_utc()
        from_utc, to_utc = now_utc - LOOK_BACK, now_utc + timedelta(microseconds=1)
        events = self._events.received_since(from_utc)
        detected = self._readings.emptyings(from_utc, to_utc)
        latest = self._readings.latest()
        self._heard_since_utc = self._heard_since_utc or self._heard_before(latest)
        city = self._registry.load()
        return Scene(
            city=city,
            now_utc=now_utc,
            listening_since_utc=self._listening_since_utc,
            heard_since_utc=self._heard_since_utc,
            latest=latest,
            active=self._readings.active_alerts(),
            detected=[each for each in detected if each.source is EmptyingSource.DETECTED],
            confirmed=[each for each in confirmed_emptyings(events) if each.at_utc >= from_utc],
            plans=tuple(self._published(local_day(now_utc, city.organisation.timezone))),
            skipped=_skipped(events),
        )

    def _heard_before(self, latest: Mapping[BinId, Reading]) -> datetime:
        """Return since when the stream was heard without a break as we began, by some of those that were heard last."""
        began_utc = self._listening_since_utc
        lately = sorted(latest.values(), key=lambda each: each.received_utc)[-SAMPLE:]
        received = [
            each.received_utc
            for newest in lately
            for each in self._readings.range(newest.bin_id, began_utc - LEARN_DAYS, began_utc)
            if each.received_utc <= began_utc
        ]
        return heard_since(received, began_utc)

    def _published(self, today: date) -> Iterator[Plan]:
        for day in (today, today - timedelta(days=1)):
            plan = self._plans.published(day)
            if plan is not None:
                yield plan

    def _changes(self, scene: Scene) -> Iterator[Alert]:
        ended = tuple(gone(scene))
        yield from ended
        over = {(each.kind, each.subject) for each in ended}
        scene = replace(scene, active=[each for each in scene.active if (each.kind, each.subject) not in over])
        if scene.now_utc >= self._survey_due_utc:
            self._survey_due_utc = scene.now_utc + SURVEY_EVERY
            yield from self._survey(scene)
        stream = tuple(stream_silence(scene, self._stream_patience))
        yield from stream
        if not any(each.active for each in stream):
            yield from sensor_silence(scene, self._learned(scene))
            yield from self._never_heard(scene)
        yield from self._missed(scene)
        yield from made_good(scene)
        yield from unplanned(scene)

    def _survey(self, scene: Scene) -> Iterator[Alert]:
        """Read everybody's last hours: what is lost, and what pauses are usual."""
        begin_utc = scene.now_utc - COUNTED_BACK
        readings = self._readings.range_all(begin_utc, scene.now_utc)
        received = [each.received_utc for found in readings.values() for each in found]
        self._stream_patience = stream_patience(each for each in received if each >= begin_utc)
        yield from losses(scene, readings)

    def _learned(self, scene: Scene) -> dict[SensorId, timedelta]:
        """Return the patience of those that may have fallen silent, reading the histories of some."""
        found: dict[SensorId, timedelta] = {}
        room = LEARN_MAX
        for reading in long_unheard(scene.latest, scene.now_utc):
            known = self._patience.get(reading.sensor_id)
            if (known is None or scene.now_utc - known[0] > LEARN_AGAIN) and room:
                room -= 1
                spoken_utc = reading.measured_utc
                history = self._readings.range(
                    reading.bin_id, spoken_utc - LEARN_DAYS, spoken_utc + timedelta(seconds=1)
                )
                own = [each for each in history if each.sensor_id == reading.sensor_id]
                known = self._patience[reading.sensor_id] = scene.now_utc, patience_of(own)
            if known is not None:
                found[reading.sensor_id] = known[1]
        return found

    def _never_heard(self, scene: Scene) -> Iterator[Alert]:
        since_utc, room = scene.now_utc - LEARN_DAYS, LEARN_MAX
        for hung in perhaps_never_heard(scene):
            asked_utc = self._heard.get(hung.sensor_id)
            if not room or (asked_utc is not None and scene.now_utc - asked_utc <= LEARN_AGAIN):
                continue
            room -= 1
            found = self._readings.range(hung.bin_id, max(since_utc, hung.from_utc), scene.now_utc)
            if any(each.sensor_id == hung.sensor_id for each in found):
                self._heard[hung.sensor_id] = scene.now_utc
            else:
                silent_utc = unheard_since(scene, hung)
                yield Alert(AlertKind.SENSOR_SILENT, silent_utc, True, sensor_id=hung.sensor_id, bin_id=hung.bin_id)

    def _missed(self, scene: Scene) -> Iterator[Alert]:
        expected = expected_pickups(scene)
        self._settled = {each: None for each in expected if each in self._settled}
        for pickup in expected:
            newest = scene.latest.get(pickup.bin_id)
            if pickup in self._settled or newest is None or newest.measured_utc <= pickup.at_utc:
                continue
            history = self._readings.range(pickup.bin_id, pickup.at_utc - 2 * BEFORE_WITHIN, scene.now_utc)
            verdict = missed(pickup, history, scene.detected)
            if verdict is not None:
                self._settled[pickup] = None
            if isinstance(verdict, Alert) and scene.standing(verdict.kind, verdict.subject) is None:
                yield verdict


def _skipped(events: Sequence[Event]) -> list[tuple[BinId, datetime]]:
    passed = (each for each in events if each.kind is EventKind.SKIPPED)
    return [(each.bin_id, by_our_clock(each)) for each in passed if each.bin_id is not None]


@contextlib.contextmanager
def watching(watcher: Watcher, clock: Clock) -> Iterator[None]:
    """Look once a minute, by the clock, while inside; a store that cannot be asked is asked again."""
    leaving = threading.Event()

    def run() -> None:
        while not leaving.wait(max(clock.real_seconds(EVERY_S), EVERY_MIN_S)):
            try:
                watcher.look()
            except TommaError as exc:
                log.warning("watch waits why=%s", exc)
            except Exception:
                log.exception("watch failed")  # the thread must live on: silence would be told by nobody

    thread = threading.Thread(target=run, name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join(timeout=5.0)
