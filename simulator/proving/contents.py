"""What is in and beside every bin, and the books of every litre.

What finds no room lies beside the bin until a truck comes and takes it along. So at any time: deposited (with what
lay there at the start) = in bins + beside them + collected.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.deposits import Deposits
from simulator.proving.tape import Tape

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Emptied:
    """One bin emptied within the current hour."""

    bin_index: int
    minute: int
    taken_l: float
    overflowing: bool
    """Whether something lay beside it."""


class Contents:
    """The bins' true contents, hour by hour."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.volume_l = tape.town.volume_l
        self.density_kg_per_l = tape.town.density_kg_per_l
        self.inside_l: FloatArray = self.volume_l * tape.start_fraction()
        self.beside_l: FloatArray = np.zeros_like(self.inside_l)
        self.deposited_l = self.inside_l.copy()
        """What ever came, what lay there at the start included."""
        self.collected_l = np.zeros_like(self.inside_l)
        self.heap: FloatArray = np.zeros_like(self.inside_l)
        self.deposits_since: FloatArray = np.zeros_like(self.inside_l)
        """How many times each bin was opened since its last emptying: what an access lock counts."""

    def waiting_l(self, bin_index: int, hour: int, minute: int) -> float:
        """Return what a truck would find at one bin, inside and beside, at that minute of the current hour."""
        drawn = self._tape.deposits(hour)
        before = slice(0, int(drawn.starts[minute]))
        came_l = drawn.volume_l[before][drawn.bin_index[before] == bin_index].sum()
        return float(self.inside_l[bin_index] + self.beside_l[bin_index] + came_l)

    def live(self, hour: int, emptied: list[Emptied], day_ordinal: int) -> tuple[FloatArray, FloatArray]:
        """Live through one hour with these emptyings; return hours and litres of overflow by bin."""
        drawn = self._tape.deposits(hour)
        minute_of = np.full(len(self.volume_l), 60)
        for each in emptied:
            minute_of[each.bin_index] = each.minute
        minutes = np.repeat(np.arange(60), np.diff(drawn.starts))
        late = minutes >= minute_of[drawn.bin_index]
        over_l = self._fill(drawn, ~late)
        over_h = np.where(self.beside_l > 0.0, minute_of / 60.0, 0.0)
        if emptied:
            self._empty(emptied, day_ordinal)
            over_l += self._fill(drawn, late)
            spilt_again = (self.beside_l > 0.0) & (minute_of < 60)
            over_h += np.where(spilt_again, 1.0 - minute_of / 60.0, 0.0)
        return over_h, over_l

    def fraction_at(self, hour: int, bins: IntArray, seconds: IntArray, before: FloatArray) -> FloatArray:
        """Return the fill of `bins` at those seconds of an hour not yet lived through, `before` being its start."""
        drawn = self._tape.deposits(hour)
        minutes = np.repeat(np.arange(60), np.diff(drawn.starts))
        minute_of = np.zeros(len(self.volume_l), dtype=np.intp)
        minute_of[bins] = seconds // 60
        came = minutes < minute_of[drawn.bin_index]
        added_l = np.bincount(drawn.bin_index[came], drawn.volume_l[came], len(self.volume_l))
        return np.minimum((before + added_l) / self.volume_l, 1.0)

    def _fill(self, drawn: Deposits, part: NDArray[np.bool_]) -> FloatArray:
        bins, litres = drawn.bin_index[part], drawn.volume_l[part]
        came_l = np.bincount(bins, litres, len(self.volume_l))
        self.deposits_since += np.bincount(bins, minlength=len(self.volume_l))
        self.deposited_l += came_l
        level_l = self.inside_l + came_l
        over_l = np.maximum(level_l - self.volume_l, 0.0)
        self.inside_l = level_l - over_l
        self.beside_l = self.beside_l + over_l
        return over_l

    def _empty(self, emptied: list[Emptied], day_ordinal: int) -> None:
        draws = self._tape.emptying_draws(day_ordinal)
        for each in emptied:
            at = each.bin_index
            there_l = self.inside_l[at] + self.beside_l[at]
            left_l = max(there_l - each.taken_l, 0.0)
            self.inside_l[at] = min(left_l, self.volume_l[at])
            self.beside_l[at] = max(left_l - self.volume_l[at], 0.0)
            self.collected_l[at] += there_l - left_l
            self.heap[at] = draws.heap[at]
            self.deposits_since[at] = 0.0

    def residue_l(self, bin_index: int, day_ordinal: int) -> float:
        """Return what an emptying on that day leaves in the bin: jammed, wet or frozen."""
        draws, stream = self._tape.emptying_draws(day_ordinal), self._tape.town.truths[bin_index].stream
        if draws.leaves[bin_index] >= stream.residue_probability:
            return 0.0
        low, high = stream.residue_fraction
        return float(low + (high - low) * draws.size[bin_index]) * float(self.volume_l[bin_index])
