"""What a measured table of heights and volumes must be."""

from collections.abc import Sequence
from itertools import pairwise

from tomma.bounds import BoundError, Rule, outside

LITRES_MAX = 200_000.0


def check_volume_table(points: Sequence[tuple[float, float]], height_mm: float, most_mm: float) -> None:
    """Raise BoundError unless the table rises from (0, 0) at least to the rated full level.

    Args:
        points: Height above the bottom in millimetres, and the litres up to there.
        height_mm: The rated full level, above the bottom.
        most_mm: No container is higher.
    """
    first, (last_mm, last_l) = points[0], points[-1]
    if first != (0.0, 0.0):
        bound = "must begin with height_mm 0 and volume_l 0"
        raise BoundError("volume_table", Rule.TABLE_FIRST, bound, _shown(first))
    for low, high in pairwise(points):
        if not (low[0] < high[0] and low[1] < high[1]):
            got = f"{_shown(high)} after {_shown(low)}"
            raise BoundError("volume_table", Rule.TABLE_RISES, "must rise in height_mm and in volume_l", got)
    if not height_mm <= last_mm <= most_mm:
        bound = f"must reach the rated full level ({height_mm:g} mm above the bottom)"
        raise BoundError("volume_table", Rule.TABLE_REACHES, bound, f"{last_mm:g}", mm=height_mm)
    if not 1.0 <= last_l <= LITRES_MAX:
        raise outside("volume_table", last_l, 1.0, LITRES_MAX, told_as="volume_l in volume_table")


def _shown(point: tuple[float, float]) -> str:
    return f"height_mm {point[0]:g} with volume_l {point[1]:g}"
