"""One batch in the making, record by record: the next one may be judged by what this one taught."""

from collections.abc import Sequence

from ingest.alerts.signs import sign_of
from ingest.alerts.trail import Trail, alerts_of, follow, with_memory
from ingest.batch import Batch
from ingest.context import IngestContext
from ingest.decode import decode
from ingest.emptyings import NOTHING, detect
from ingest.hearing import hear
from ingest.memory import SensorMemory, seen_in
from ingest.message import Message, Record, Uplink
from ingest.news import News
from ingest.opening import registered_sensor
from ingest.outcome import Heard
from ingest.refusal import RefusedError
from ingest.rejection import rejected
from ingest.setting import setting_of
from tomma.city import Sensor
from tomma.model import Alert, AlertKind, BinId, Measurement, Reading, Rejected, SensorId
from tomma.vitals import Vital

type _Decoded = tuple[Uplink, Sensor, Sequence[Measurement]]


class Making:
    """Collects what messages say; `made` tells it as one batch."""

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
        decoded = self._decoded(message, record, where)
        if isinstance(decoded, Rejected):
            self._rejected.append(decoded)
            return
        uplink, sensor, measurements = decoded
        for measurement in measurements:
            try:
                setting = setting_of(message, measurement, sensor, self._context.city, is_lone=len(measurements) == 1)
                known = self._memory_of(sensor.id, setting.hung.bin_id)
                heard = hear(message, measurement, setting, known, self._context)
            except (ValueError, ArithmeticError) as exc:
                self._rejected.append(self._refused(message, exc, sensor, where))
            else:
                self._keep(uplink, heard, known)

    def _decoded(self, message: Message, record: Record, where: str) -> _Decoded | Rejected:
        if isinstance(record, RefusedError):
            return self._refused(message, record, None, where)
        sensor = None
        try:
            sensor = registered_sensor(record, self._context.city)
            return record, sensor, decode(record, sensor, self._context.codecs)
        except Exception as exc:  # noqa: BLE001  (what a decoder misses costs its record, never the stream)
            return self._refused(message, exc, sensor, where)

    def _refused(self, message: Message, exc: Exception, sensor: Sensor | None, where: str) -> Rejected:
        return rejected(message, exc, sensor, where, self._context.payload_max_bytes)

    def _keep(self, uplink: Uplink, heard: Heard, known: SensorMemory) -> None:
        self._follow(heard)
        if uplink.rssi_dbm is not None or heard.measurement.battery_fraction is not None:
            self._vitals.append(_vital(uplink, heard))
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
