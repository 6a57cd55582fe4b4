"""How the town was emptied before anybody measured: the rounds of `simulator.history`, without trucks or routes."""

import numpy as np

from simulator.draws import HOUR_S, Draw, generator
from simulator.history import COLLECT_FROM_FRACTION, MISSED_SHARE, ROUND_S
from simulator.proving.contents import Contents, Emptied

STARTS_S = 3_600
"""After planning."""


class OldRounds:
    """One day of them: what looks full in the morning is taken at some time of the shift, if nothing is in the way."""

    def __init__(self, contents: Contents, seed: int, first_hour: int, day_ordinal: int) -> None:
        rng = generator(seed, Draw.ROUNDS, day_ordinal)
        turn_s = STARTS_S + rng.uniform(*ROUND_S, len(contents.volume_l))
        missed = rng.random(len(contents.volume_l)) < MISSED_SHARE
        looks_full = contents.inside_l >= COLLECT_FROM_FRACTION * contents.volume_l
        self._contents = contents
        self._begin_s = first_hour * HOUR_S
        self._turns = [(float(turn_s[index]), int(index)) for index in np.flatnonzero(looks_full & ~missed)]
        self.taken_l = 0.0

    def hour(self, hour: int, day_ordinal: int) -> list[Emptied]:
        """Return which bins are emptied when within this hour."""
        emptied = []
        for turn_s, index in self._turns:
            second = self._begin_s + turn_s - hour * HOUR_S
            if 0 <= second < HOUR_S:
                there_l = self._contents.waiting_l(index, hour, int(second) // 60)
                taken_l = max(there_l - self._contents.residue_l(index, day_ordinal), 0.0)
                self.taken_l += taken_l
                overflowing = there_l > self._contents.volume_l[index]
                emptied.append(Emptied(index, int(second) // 60, taken_l, bool(overflowing)))
        return emptied
