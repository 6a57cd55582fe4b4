"""What tests ask of a matrix: who can drive where."""

import numpy as np

from routing.roads.port import Matrix


def cut_off_from(matrix: Matrix, hub: int) -> tuple[int, ...]:
    """Return the indexes of the points to which no truck at `hub` can drive and come back."""
    there_and_back = matrix.reachable[hub, :] & matrix.reachable[:, hub]
    return tuple(int(index) for index in np.flatnonzero(~there_and_back))
