"""What was followed of each sensor, kept in memory and brought back from the store after a restart."""

from collections.abc import Mapping

from ingest.alerts.signs import BITS
from ingest.alerts.trail import Trail
from tomma.model import BinId, SensorId
from tomma.ports import ReadingStore


class StoreTrails:
    """Keeps `ingest.alerts.trail.Trails`.

    Without this an alert would be raised once more after a restart, and one that is over would never end.
    """

    def __init__(self, store: ReadingStore) -> None:
        self._store = store
        self._held: dict[SensorId, Trail] = {}
        self._active: Mapping[tuple[SensorId | BinId, BinId | None], int] | None = None

    def trail_of(self, sensor_id: SensorId, bin_id: BinId) -> Trail:
        """Return what is remembered; StoreUnavailableError when the store cannot be asked."""
        held = self._held.get(sensor_id)
        return held if held is not None else self._recalled(sensor_id, bin_id)

    def keep(self, trails: Mapping[SensorId, Trail]) -> None:
        """Keep what a batch taught, once the batch is durable."""
        self._held.update(trails)

    def forget(self) -> None:
        """Know nothing by heart: another worker may have told something of any sensor since."""
        self._held.clear()
        self._active = None

    def _recalled(self, sensor_id: SensorId, bin_id: BinId) -> Trail:
        if self._active is None:
            self._active = self._standing()
        return Trail(self._active.get((sensor_id, bin_id), 0) | self._active.get((bin_id, bin_id), 0))

    def _standing(self) -> Mapping[tuple[SensorId | BinId, BinId | None], int]:
        """Return the bits by whom they are about, and in which bin: in another one a sensor begins anew."""
        found: dict[tuple[SensorId | BinId, BinId | None], int] = {}
        for alert in self._store.active_alerts():
            about = alert.sensor_id or alert.bin_id
            if about is not None and alert.kind in BITS:
                key = about, alert.bin_id
                found[key] = found.get(key, 0) | BITS[alert.kind]
        return found
