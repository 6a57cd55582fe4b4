"""What the office hears of the bins: readings through lossy radio, and what drivers tell. The truth stays outside."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.forecast import BinHistory
from simulator.draws import HOUR_S
from simulator.proving.contents import Contents, Emptied
from simulator.proving.tape import Tape
from simulator.radio import BUFFER_REPORTS, LOSS_BAD, LOSS_GOOD, TO_BAD, TO_GOOD
from simulator.sensors import Reports, distances_mm, temperature_c
from simulator.truth import Device
from tomma.model import BinId, Emptying, EmptyingSource, Reading

WINDOW = timedelta(days=28)
"""How far back the office looks, as `routing.histories` does."""
FloatArray = NDArray[np.float64]


def hour_utc(hour: int) -> datetime:
    """Return the beginning of an hour since 1970."""
    return datetime.fromtimestamp(hour * HOUR_S, tz=UTC)


class Ears:
    """Every bin's history as the office has it."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._ids = tape.town.bin_ids
        self._sensors = [truth.sensor_id for truth in tape.town.truths]
        self._keeps = np.asarray([truth.device is not Device.LASER_TTS for truth in tape.town.truths], dtype=np.bool_)
        self._in_per_cent = np.asarray([truth.device is Device.FILL_JSON for truth in tape.town.truths], dtype=np.bool_)
        self._is_bad = np.zeros(tape.bins, dtype=np.bool_)
        self._kept: dict[int, list[tuple[int, float]]] = {}
        self._readings: list[list[Reading]] = [[] for _ in self._ids]
        self._emptyings: list[list[Emptying]] = [[] for _ in self._ids]
        self.newest_fraction: FloatArray = np.full(tape.bins, np.nan)
        """The last level each sensor told, however old; NaN before the first."""

    def histories(self, now_utc: datetime) -> Mapping[BinId, BinHistory]:
        """Return what is known by `now_utc`, and forget what lies before the window."""
        since = now_utc - WINDOW
        for readings, emptyings in zip(self._readings, self._emptyings, strict=True):
            if readings and readings[0].measured_utc < since:
                # A silent bin keeps its newest reading, as the stores do.
                readings[:] = [each for each in readings if each.measured_utc >= since] or readings[-1:]
            if emptyings and emptyings[0].at_utc < since:
                emptyings[:] = [each for each in emptyings if each.at_utc >= since]
        told = zip(self._ids, self._readings, self._emptyings, strict=True)
        return {bin_id: BinHistory(readings, emptyings) for bin_id, readings, emptyings in told}

    def note_emptied(self, bin_index: int, at_utc: datetime) -> None:
        """The driver tapped: this bin is empty."""
        self._emptyings[bin_index].append(Emptying(self._ids[bin_index], at_utc, EmptyingSource.CONFIRMED))

    def listen(self, hour: int, contents: Contents, start_l: FloatArray, emptied: list[Emptied]) -> None:
        """Hear the hour's reports; `start_l` is what the bins held at its beginning, `contents` is its end."""
        due = self._tape.reports(hour)
        if due is None:
            return
        if self._tape.town.counts_deposits:
            self._count(hour, contents)
            return
        fraction = contents.fraction_at(hour, due.bin_index, due.second, start_l)
        minute_of = np.zeros(self._tape.bins, dtype=np.intp)
        minute_of[due.bin_index] = due.second // 60
        for each in emptied:
            if minute_of[each.bin_index] >= each.minute:
                fraction[each.bin_index] = contents.inside_l[each.bin_index] / contents.volume_l[each.bin_index]
        seen = self._seen_fraction(due, fraction, contents.heap, hour)
        for at, level in zip(*self._arriving(due, hour), strict=True):
            self._hear(at, level, due, seen, hour)

    def _count(self, hour: int, contents: Contents) -> None:
        """Hear every lock that still speaks tell its count at the hour's end; no radio is asked."""
        town, at_utc = self._tape.town, hour_utc(hour + 1) - timedelta(seconds=1)
        levels = np.minimum(contents.deposits_since * town.mean_deposit_l / town.volume_l, 1.0)
        for index in np.flatnonzero(self._tape.silent_from_hour > hour).tolist():
            level = float(levels[index])
            self._readings[index].append(Reading(self._ids[index], self._sensors[index], at_utc, at_utc, level))
            self.newest_fraction[index] = level

    def _seen_fraction(self, due: Reports, fraction: FloatArray, heap: FloatArray, hour: int) -> FloatArray:
        optics, air_c = self._tape.optics, temperature_c(self._tape.local(hour))
        seen_mm = distances_mm(optics, fraction, heap, due, slice(None), air_c)
        empty_mm, full_mm = optics.empty_mm[due.bin_index], optics.full_mm[due.bin_index]
        seen = np.clip((empty_mm - seen_mm) / (empty_mm - full_mm), 0.0, 1.0)
        return np.where(self._in_per_cent[due.bin_index], np.round(seen, 2), seen)

    def _arriving(self, due: Reports, hour: int) -> tuple[list[int], list[bool]]:
        """Return the numbers of the reports that sensors sent, and whether each arrived."""
        bins = due.bin_index
        stays_bad = np.where(self._is_bad[bins], due.fade >= TO_GOOD, due.fade < TO_BAD)
        self._is_bad[bins] = stays_bad
        arrives = due.loss >= np.where(stays_bad, LOSS_BAD, LOSS_GOOD)
        speaks = np.flatnonzero(self._tape.silent_from_hour[bins] > hour)
        return speaks.tolist(), arrives[speaks].tolist()

    def _hear(self, number: int, arrives: bool, due: Reports, seen: FloatArray, hour: int) -> None:
        index, second = int(due.bin_index[number]), hour * HOUR_S + int(due.second[number])
        level = float(seen[number])
        if not arrives:
            if self._keeps[index]:
                self._kept[index] = [*self._kept.get(index, ()), (second, level)][-BUFFER_REPORTS:]
            return
        received = datetime.fromtimestamp(second, tz=UTC)
        for measured_s, told in (*self._kept.pop(index, ()), (second, level)):
            measured = datetime.fromtimestamp(measured_s, tz=UTC)
            self._readings[index].append(Reading(self._ids[index], self._sensors[index], measured, received, told))
        self.newest_fraction[index] = level
