"""The town as it really is, minute by minute: bins fill, trucks empty them, sensors report.

Advancing is exact: the same seed and the same emptyings give the same messages, whatever the steps. A minute's
deposits are taken before its reports, so a sensor may know of a bag up to a minute early.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulator.deposits import Deposits, deposits_of_hour, inflow_of
from simulator.disturbances import Disturbances
from simulator.draws import HOUR_S, MINUTE_S, Draw, generator
from simulator.fills import Fills
from simulator.messages import OutMessage, Report, plain_json, tts_uplink
from simulator.radio import Channel
from simulator.sensors import Optics, Reports, distances_mm, optics_of, report_now, reports_of_hour, temperature_c
from simulator.towns import Town
from simulator.truth import BinTruth, Device
from tomma.model import BinId

START_FILL_MAX = 0.8
TILT_REPORT_AFTER_S = (40, 110)  # an EM400 notices that it was tipped and reports when it stands again
BATTERY_YEARS = 6.0


@dataclass(frozen=True, slots=True)
class TrueEmptying:
    """An emptying that happened: what a detector should find."""

    bin_id: BinId
    at_utc: datetime
    fill_before_fraction: float
    fill_after_fraction: float


@dataclass(frozen=True, slots=True)
class _Hour:
    index: int
    deposits: Deposits
    reports: Reports
    air_c: float


class World:
    """A town in time."""

    def __init__(self, town: Town, start_utc: datetime, seed: int) -> None:
        self.reports_per_hour = 1
        """How often each sensor reports; a change holds from the next full hour."""
        self._truths: Sequence[BinTruth] = town.truths
        self._index = {truth.bin_id: index for index, truth in enumerate(town.truths)}
        self._zone = ZoneInfo(town.city.organisation.timezone)
        self._seed = seed
        self._start_minute = self._minute = int(start_utc.timestamp()) // MINUTE_S
        start = generator(seed, Draw.START)
        self.fills = Fills(town.truths, start.uniform(0.0, START_FILL_MAX, len(town.truths)))
        self._heap: NDArray[np.float64] = start.standard_normal(len(town.truths))
        self._inflow = inflow_of(town.truths)
        self._optics: Optics = optics_of(town.city, town.truths)
        self._phase_s = np.asarray([truth.report_phase_s for truth in town.truths], dtype=np.float64)
        self._channels = [Channel[Report](truth.device) for truth in town.truths]
        self._counters = [0] * len(town.truths)
        self._due: dict[int, list[tuple[str, int]]] = {}
        self._tilted: dict[int, list[int]] = {}
        self._taken_l: dict[str, tuple[int, float]] = {}
        self._hour: _Hour | None = None
        self.emptyings: list[TrueEmptying] = []
        self.disturbances: Disturbances | None = None
        """Faults in front of the sensors; None: there are only echoes and noise."""

    @property
    def now_utc(self) -> datetime:
        """How far the world has come: every minute before this is done."""
        return datetime.fromtimestamp(self._minute * MINUTE_S, tz=UTC)

    def fill_fraction(self, bin_id: BinId) -> float:
        """Return the true fill of a bin."""
        return float(self.fills.fraction[self._index[bin_id]])

    def empty(self, bin_id: BinId, at_utc: datetime, key: str) -> None:
        """Have the bin emptied at that time, or in the coming minute if it has passed; `key` makes it happen once."""
        if key not in self._taken_l:
            minute = max(int(at_utc.timestamp()) // MINUTE_S, self._minute)
            self._taken_l[key] = (self._index[bin_id], 0.0)
            self._due.setdefault(minute, []).append((key, self._index[bin_id]))

    def undo(self, key: str) -> None:
        """Take back an emptying that somebody tapped by mistake."""
        for due in self._due.values():
            due[:] = [each for each in due if each[0] != key]
        index, taken_l = self._taken_l.get(key, (0, 0.0))
        if taken_l:
            self.fills.put_back(index, taken_l)
            self._taken_l[key] = (index, 0.0)

    def advance(self, until_utc: datetime) -> list[OutMessage]:
        """Live through every whole minute before `until_utc`; return what the sensors sent, in order."""
        sent: list[OutMessage] = []
        end = int(until_utc.timestamp()) // MINUTE_S
        while self._minute < end:
            self._live_a_minute(sent)
            self._minute += 1
        return sent

    def _live_a_minute(self, sent: list[OutMessage]) -> None:
        hour, minute = self._hour_now(), self._minute % 60
        self.fills.deposit(*hour.deposits.of_minute(minute))
        for key, index in self._due.pop(self._minute, ()):
            self._empty(key, index)
        first, last = np.searchsorted(hour.reports.second, (minute * MINUTE_S, (minute + 1) * MINUTE_S))
        self._report(hour, hour.reports, slice(int(first), int(last)), sent)
        for index in self._tilted.pop(self._minute, ()):
            extra = report_now(minute * MINUTE_S + 30, index, self._seed, self._minute)
            self._report(hour, extra, slice(0, 1), sent)

    def _hour_now(self) -> _Hour:
        index = self._minute // 60
        if self._hour is None or self._hour.index != index:
            local = datetime.fromtimestamp(index * HOUR_S, tz=self._zone)
            self._hour = _Hour(
                index,
                deposits_of_hour(self._inflow, local, index, self._seed),
                reports_of_hour(self._phase_s, index, self._seed, self.reports_per_hour),
                temperature_c(local),
            )
        return self._hour

    def _empty(self, key: str, index: int) -> None:
        rng = generator(self._seed, Draw.EMPTYING, self._minute, index)
        stream = self._truths[index].stream
        leaves = rng.random() < stream.residue_probability
        residue = float(rng.uniform(*stream.residue_fraction)) if leaves else 0.0
        before = float(self.fills.fraction[index])
        self._taken_l[key] = (index, self.fills.empty(index, residue))
        self._heap[index] = rng.standard_normal()
        after = float(self.fills.fraction[index])
        self.emptyings.append(TrueEmptying(self._truths[index].bin_id, self.now_utc, before, after))
        if self._truths[index].device is Device.LASER_TTS:
            later = int(rng.integers(*TILT_REPORT_AFTER_S)) // MINUTE_S + 1
            self._tilted.setdefault(self._minute + later, []).append(index)

    def _report(self, hour: _Hour, reports: Reports, part: slice, sent: list[OutMessage]) -> None:
        seen_mm = distances_mm(self._optics, self.fills.fraction, self._heap, reports, part, hour.air_c)
        hour_utc = datetime.fromtimestamp(hour.index * HOUR_S, tz=UTC)
        for number, distance_mm in zip(range(part.start, part.stop), seen_mm, strict=True):
            index = int(reports.bin_index[number])
            moment = hour_utc + timedelta(seconds=int(reports.second[number]))
            if self._is_silent(index):
                continue
            report = self._word(index, moment, self._disturbed_mm(index, moment, float(distance_mm)), hour.air_c)
            arriving = self._channels[index].offer(
                report,
                fade=float(reports.fade[number]),
                loss=float(reports.loss[number]),
                is_doubled=bool(reports.is_doubled[number]),
            )
            for each in arriving:
                message = self._encode(index, each.report)
                sent.extend([message] * each.copies)

    def _disturbed_mm(self, index: int, moment: datetime, distance_mm: float) -> float:
        if self.disturbances is None:
            return distance_mm
        empty_mm, full_mm = float(self._optics.empty_mm[index]), float(self._optics.full_mm[index])
        return self.disturbances.seen_mm(index, moment, distance_mm, empty_mm, full_mm)

    def _is_silent(self, index: int) -> bool:
        after_days = self._truths[index].silent_after_days
        return after_days is not None and self._age_days > after_days

    @property
    def _age_days(self) -> float:
        return (self._minute - self._start_minute) / (24 * 60)

    def _word(self, index: int, moment: datetime, distance_mm: float, air_c: float) -> Report:
        self._counters[index] += 1
        truth, optics = self._truths[index], self._optics
        battery = max(1.0 - 0.1 - self._age_days / (365 * BATTERY_YEARS), 0.05)
        fill_pct: float | None = None
        if truth.device is Device.FILL_JSON:
            depth_mm = optics.empty_mm[index] - optics.full_mm[index]
            fill_pct = float(np.clip(round(100.0 * (optics.empty_mm[index] - distance_mm) / depth_mm), 0, 100))
        whole_mm = round(distance_mm) if fill_pct is None else None
        return Report(truth.sensor_id, moment, self._counters[index], air_c, battery, whole_mm, fill_pct)

    def _encode(self, index: int, report: Report) -> OutMessage:
        return tts_uplink(report) if self._truths[index].device is Device.LASER_TTS else plain_json(report)
