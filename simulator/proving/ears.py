"""What the office hears of the bins: levels through lossy radio, and what drivers tell. The truth stays outside."""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from routing.forecast import CityForecast, ForecastMemory, Looks, forecast_from, levels_of, recall, resets_of
from routing.forecast.looks import SAID
from simulator.draws import HOUR_S
from simulator.proving.contents import Contents, Emptied
from simulator.proving.tape import Tape
from simulator.radio import BUFFER_REPORTS, LOSS_BAD, LOSS_GOOD, TO_BAD, TO_GOOD
from simulator.sensors import Reports, distances_mm, temperature_c
from simulator.truth import Device

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

HORIZON_H = 72
"""How far the forecast's own steps reach; policies ask it for any time."""


def hour_utc(hour: int) -> datetime:
    """Return the beginning of an hour since 1970."""
    return datetime.fromtimestamp(hour * HOUR_S, tz=UTC)


class Ears:
    """What has been heard since the last forecast, and the forecast's memory of all before."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        truths = tape.town.truths
        self._keeps = np.asarray([truth.device is not Device.LASER_TTS for truth in truths], dtype=np.bool_)
        self._in_per_cent = np.asarray([truth.device is Device.FILL_JSON for truth in truths], dtype=np.bool_)
        self._is_bad = np.zeros(tape.bins, dtype=np.bool_)
        self._kept: dict[int, list[tuple[int, float]]] = {}
        self._levels: list[tuple[IntArray, FloatArray, FloatArray, int]] = []
        self._emptied: list[tuple[int, float]] = []
        self._memory = ForecastMemory.empty(tape.town.city)
        self.newest_fraction: FloatArray = np.full(tape.bins, np.nan)
        """The last level each sensor told, however old; NaN before the first."""

    def forecast(self, now_utc: datetime) -> CityForecast:
        """Return the production forecast from the memory and the news, which then are memory too."""
        recalled = recall(self._memory, self._tape.town.city, self._news(), now_utc)
        self._memory = recalled.memory
        self._levels, self._emptied = [], []
        return forecast_from(recalled, self._tape.town.city, now_utc, horizon_h=HORIZON_H, step_h=HORIZON_H)

    def note_emptied(self, bin_index: int, at_utc: datetime, *, overflowing: bool) -> None:
        """The driver tapped: this bin is empty, and something lay beside it or not."""
        at_s = at_utc.timestamp()
        if overflowing:
            self._levels.append((np.array([bin_index]), np.array([at_s - 1.0]), np.ones(1), SAID))
        self._emptied.append((bin_index, at_s))

    def listen(self, hour: int, contents: Contents, start_l: FloatArray, emptied: list[Emptied]) -> None:
        """Hear the hour's reports; `start_l` is what the bins held at its beginning, `contents` is its end."""
        due = self._tape.reports(hour)
        if due is None:
            return
        fraction = contents.fraction_at(hour, due.bin_index, due.second, start_l)
        minute_of = np.zeros(self._tape.bins, dtype=np.intp)
        minute_of[due.bin_index] = due.second // 60
        for each in emptied:
            if minute_of[each.bin_index] >= each.minute:
                fraction[each.bin_index] = contents.inside_l[each.bin_index] / contents.volume_l[each.bin_index]
        self._receive(due, self._seen_fraction(due, fraction, contents.heap, hour), hour)

    def _news(self) -> Looks:
        bins, times, fills, flags = ([], [], [], []) if not self._levels else zip(*self._levels, strict=True)
        quality = [np.full(len(rows), flag, dtype=np.int64) for rows, flag in zip(bins, flags, strict=True)]
        levels = levels_of(
            np.concatenate([np.empty(0, dtype=np.int64), *bins]),
            np.concatenate([np.empty(0), *times]),
            np.concatenate([np.empty(0), *fills]),
            np.concatenate([np.empty(0, dtype=np.int64), *quality]),
        )
        rows = np.array([row for row, _ in self._emptied], dtype=np.int64)
        return Looks(levels, resets_of(rows, np.array([at_s for _, at_s in self._emptied], dtype=np.float64)))

    def _seen_fraction(self, due: Reports, fraction: FloatArray, heap: FloatArray, hour: int) -> FloatArray:
        optics, air_c = self._tape.optics, temperature_c(self._tape.local(hour))
        seen_mm = distances_mm(optics, fraction, heap, due, slice(None), air_c)
        empty_mm, full_mm = optics.empty_mm[due.bin_index], optics.full_mm[due.bin_index]
        seen = np.clip((empty_mm - seen_mm) / (empty_mm - full_mm), 0.0, 1.0)
        return np.where(self._in_per_cent[due.bin_index], np.round(seen, 2), seen)

    def _receive(self, due: Reports, seen: FloatArray, hour: int) -> None:
        bins, seconds = due.bin_index, hour * HOUR_S + due.second
        stays_bad = np.where(self._is_bad[bins], due.fade >= TO_GOOD, due.fade < TO_BAD)
        self._is_bad[bins] = stays_bad
        arrives = due.loss >= np.where(stays_bad, LOSS_BAD, LOSS_GOOD)
        speaks = self._tape.silent_from_hour[bins] > hour
        for number in np.flatnonzero(speaks & ~arrives & self._keeps[bins]).tolist():
            index, report = int(bins[number]), (int(seconds[number]), float(seen[number]))
            self._kept[index] = [*self._kept.get(index, ()), report][-BUFFER_REPORTS:]
        here = speaks & arrives
        rows, times, fills = [bins[here]], [seconds[here].astype(np.float64)], [seen[here]]
        self.newest_fraction[bins[here]] = seen[here]
        for index in [each for each in bins[here].tolist() if each in self._kept]:
            late = self._kept.pop(index)
            rows.append(np.full(len(late), index))
            times.append(np.array([second for second, _ in late], dtype=np.float64))
            fills.append(np.array([fill for _, fill in late]))
        self._levels.append((np.concatenate(rows), np.concatenate(times), np.concatenate(fills), 0))
