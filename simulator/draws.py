"""Random numbers with an address: which seed, what for, and for when. Nothing depends on the order of asking."""

from enum import IntEnum

import numpy as np

HOUR_S = 3600
MINUTE_S = 60


class Draw(IntEnum):
    """What a generator is for; part of its address, so never renumber."""

    START = 1
    DAYS = 2
    DEPOSITS = 3
    REPORTS = 4
    EMPTYING = 5
    EXTRA_REPORT = 6
    ROUNDS = 7
    DRIVER = 8
    DISTURBANCES = 9
    SILENCE = 10
    SURGES = 11
    WORKSHOP = 12


def generator(seed: int, purpose: Draw, *address: int) -> np.random.Generator:
    """Return the generator of this address; the same address always gives the same numbers."""
    return np.random.default_rng([seed, int(purpose), *address])
