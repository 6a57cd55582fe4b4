"""What was seen of each sensor, kept in memory and brought back from the store after a restart, sensor by sensor."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from ingest.memory import Seen, SensorMemory, recall, seen_in
from tomma.clock import Clock
from tomma.model import BinId, EmptyingSource, SensorId
from tomma.ports import ReadingStore

RECALL = timedelta(hours=72)
"""Long enough for the stuck-value rule and for three readings of a sensor that speaks once a day."""
CLOCK_SLACK = timedelta(days=2)


class StoreMemories:
    """Keeps `ingest.context.Memories` and `ingest.repeats.Receipts`: reads a sensor's last days when it first speaks.

    Without this, the first readings after a restart would be judged against nothing: an emptying that happened just
    before would be told twice or not at all, and an old reading would not be seen as late.
    """

    def __init__(self, store: ReadingStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._held: dict[SensorId, SensorMemory] = {}
        self._newest_utc: dict[BinId, datetime] | None = None
        self._newest_received_utc: datetime | None = None

    def of(self, sensor_id: SensorId, bin_id: BinId) -> SensorMemory:
        """Return the memory of this sensor in this bin; StoreUnavailableError when the store cannot be asked."""
        held = self._held.get(sensor_id)
        if held is None or held.bin_id != bin_id:
            held = self._recalled(sensor_id, bin_id)
            self._held[sensor_id] = held
        return held

    def keep(self, memory: Mapping[SensorId, SensorMemory]) -> None:
        """Keep what a batch taught, once the batch is durable."""
        self._held.update(memory)
        newest = [(each.bin_id, each.recent[-1]) for each in memory.values() if each.recent]
        if newest:
            self._note_received(max([seen.received_utc for _, seen in newest]))
        if self._newest_utc is not None:
            self._note_measured(newest, self._newest_utc)

    def forget(self) -> None:
        """Know nothing by heart: another worker may have stored something of any sensor since."""
        self._held.clear()

    def between(self, sensor_id: SensorId, bin_id: BinId, from_utc: datetime, to_utc: datetime) -> Sequence[Seen]:
        """Return the sensor's stored readings of the half-open period, oldest first."""
        stored = self._store.range(bin_id, from_utc, to_utc)
        return [seen_in(reading) for reading in stored if reading.sensor_id == sensor_id]

    def newest_utc(self) -> datetime | None:
        """Return when the newest durable message of all was received."""
        return self._newest_received_utc

    def _note_received(self, received_utc: datetime) -> None:
        known_utc = self._newest_received_utc
        if known_utc is None or received_utc > known_utc:
            self._newest_received_utc = received_utc

    def _note_measured(self, newest: Iterable[tuple[BinId, Seen]], known_utc: dict[BinId, datetime]) -> None:
        """Keep up with the bins, or a worker that forgets would read back ever farther."""
        for bin_id, seen in newest:
            before_utc = known_utc.get(bin_id)
            if before_utc is None or seen.measured_utc > before_utc:
                known_utc[bin_id] = seen.measured_utc

    def _recalled(self, sensor_id: SensorId, bin_id: BinId) -> SensorMemory:
        if self._newest_utc is None:
            latest = self._store.latest()
            self._newest_utc = {each: reading.measured_utc for each, reading in latest.items()}
            for reading in latest.values():
                self._note_received(reading.received_utc)
        now_utc = self._clock.now_utc()
        newest_utc = self._newest_utc.get(bin_id, now_utc)
        from_utc, to_utc = min(newest_utc, now_utc) - RECALL, max(newest_utc, now_utc) + CLOCK_SLACK
        readings = self._store.range(bin_id, from_utc, to_utc)
        detected_utc = (
            emptying.at_utc
            for emptying in self._store.emptyings(from_utc, to_utc, bin_id)
            if emptying.source is EmptyingSource.DETECTED
        )
        return recall(bin_id, (each for each in readings if each.sensor_id == sensor_id), detected_utc)
