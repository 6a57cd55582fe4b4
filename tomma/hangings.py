"""Which sensor hangs where, while that is being changed: one look instead of a search through every installation."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tomma.city import Installation
from tomma.errors import ConflictError, Refusal
from tomma.model import BinId, SensorId


class Hangings:
    """Every installation of a city, open to change; the order in which they came stays."""

    def __init__(self, installations: Iterable[Installation]) -> None:
        self._all = {(each.sensor_id, each.from_utc): each for each in installations}
        self._in_bin: dict[BinId, Installation] = {}
        self._of_sensor: dict[SensorId, Installation] = {}
        self._ended: dict[SensorId, Installation] = {}
        for each in sorted(self._all.values(), key=lambda each: each.from_utc):
            self._note(each)

    def all(self) -> tuple[Installation, ...]:
        """Return them as they are now."""
        return tuple(self._all.values())

    def in_bin(self, bin_id: BinId) -> Installation | None:
        """Return what hangs in the bin with no end; the newest when there are several."""
        return self._in_bin.get(bin_id)

    def of_sensor(self, sensor_id: SensorId) -> Installation | None:
        """Return where the sensor hangs with no end."""
        return self._of_sensor.get(sensor_id)

    def replace(self, old: Installation, new: Installation) -> None:
        """Put one in the place of another."""
        del self._all[old.sensor_id, old.from_utc]
        self._all[new.sensor_id, new.from_utc] = new
        if self._in_bin.get(old.bin_id) == old:
            del self._in_bin[old.bin_id]
        if self._of_sensor.get(old.sensor_id) == old:
            del self._of_sensor[old.sensor_id]
        self._note(new)

    def take_down(self, hung: Installation, at_utc: datetime) -> None:
        """End one.

        Raises:
            ConflictError: If it began then or later: a period that never was would rewrite what was measured.
        """
        if hung.from_utc >= at_utc:
            raise ConflictError(
                f"sensor {hung.sensor_id} has hung in {hung.bin_id} since {_iso(hung.from_utc)}: "
                f"it cannot be taken down before that, at {_iso(at_utc)}",
                Refusal.HANGS_SINCE,
                sensor_id=hung.sensor_id,
                bin_id=hung.bin_id,
                since_utc=_iso(hung.from_utc),
            )
        self.replace(hung, replace(hung, to_utc=at_utc))

    def hang(self, new: Installation) -> None:
        """Hang a sensor in a bin from then on; what hung there, and where it hung before, ends at that time.

        Raises:
            ConflictError: If the sensor hung anywhere later than that: no time may have two answers.
        """
        for each in (self.of_sensor(new.sensor_id), self.in_bin(new.bin_id)):
            if each is not None and self._all.get((each.sensor_id, each.from_utc)) == each:
                self.take_down(each, new.from_utc)
        last = self._ended.get(new.sensor_id)
        if last is not None and last.to_utc is not None and last.to_utc > new.from_utc:
            raise ConflictError(
                f"sensor {new.sensor_id} hung in {last.bin_id} until {_iso(last.to_utc)}: "
                f"it cannot begin in {new.bin_id} at {_iso(new.from_utc)}",
                Refusal.HUNG_UNTIL,
                sensor_id=new.sensor_id,
                bin_id=last.bin_id,
                until_utc=_iso(last.to_utc),
            )
        self._all[new.sensor_id, new.from_utc] = new
        self._note(new)

    def _note(self, each: Installation) -> None:
        if each.to_utc is None:
            self._in_bin[each.bin_id] = self._of_sensor[each.sensor_id] = each
            return
        last = self._ended.get(each.sensor_id)
        if last is None or last.to_utc is None or each.to_utc > last.to_utc:
            self._ended[each.sensor_id] = each


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
