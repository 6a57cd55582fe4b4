"""How full every bin is, in litres: nothing is lost, and nothing comes from nowhere."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.truth import BinTruth


class Fills:
    """The bins' contents. For each: deposited = in the bin + collected + overflowed, at any time."""

    def __init__(self, truths: Sequence[BinTruth], start_fraction: NDArray[np.float64]) -> None:
        self.volume_l = np.asarray([truth.volume_l for truth in truths], dtype=np.float64)
        self.fill_l: NDArray[np.float64] = self.volume_l * start_fraction
        self.deposited_l = self.fill_l.copy()
        """What ever came, including what lay there at the start."""
        self.collected_l = np.zeros_like(self.fill_l)
        self.overflowed_l = np.zeros_like(self.fill_l)
        """What found no room and lies beside the bin."""

    @property
    def fraction(self) -> NDArray[np.float64]:
        """Fill of each bin within [0, 1]."""
        return self.fill_l / self.volume_l

    def deposit(self, bin_index: NDArray[np.intp], volume_l: NDArray[np.float64]) -> None:
        """Throw the volumes into the bins; what finds no room overflows."""
        if len(bin_index):
            added = np.bincount(bin_index, weights=volume_l, minlength=len(self.fill_l))
            self.deposited_l += added
            self._fill_up(added)

    def empty(self, index: int, residue_fraction: float) -> float:
        """Empty one bin down to the residue, or leave it if it holds less; return the litres taken."""
        taken_l = max(float(self.fill_l[index] - residue_fraction * self.volume_l[index]), 0.0)
        self.fill_l[index] -= taken_l
        self.collected_l[index] += taken_l
        return taken_l

    def put_back(self, index: int, taken_l: float) -> None:
        """Undo an emptying that did not happen."""
        self.collected_l[index] -= taken_l
        added = np.zeros_like(self.fill_l)
        added[index] = taken_l
        self._fill_up(added)

    def _fill_up(self, added_l: NDArray[np.float64]) -> None:
        full = self.fill_l + added_l
        overflow = np.maximum(full - self.volume_l, 0.0)
        self.overflowed_l += overflow
        self.fill_l = full - overflow
