"""What a measured table of heights and volumes must be."""

from collections.abc import Sequence
from itertools import pairwise

from tomma.bounds import BoundError, Rule
from tomma.model import check_within


def check_volume_table(points: Sequence[tuple[float, float]], height_mm: float, most_mm: float) -> None:
    """Raise ValueError unless the table rises from (0, 0) at least to the rated full level.

    Args:
        points: Height above the bottom in millimetres, and the litres up to there.
        height_mm: The rated full level, above the bottom.
        most_mm: No container is higher.
    """
    first, (last_mm, last_l) = points[0], points[-1]
    if first != (0.0, 0.0):
        text = f"volume_table must begin with height_mm 0 and volume_l 0, got {_shown(first)}"
        raise BoundError(text, Rule.TABLE_FIRST)
    for low, high in pairwise(points):
        if not (low[0] < high[0] and low[1] < high[1]):
            text = f"volume_table must rise in height_mm and in volume_l, got {_shown(high)} after {_shown(low)}"
            raise BoundError(text, Rule.TABLE_RISES)
    if not height_mm <= last_mm <= most_mm:
        text = f"volume_table must reach the rated full level ({height_mm:g} mm above the bottom), got {last_mm:g}"
        raise BoundError(text, Rule.TABLE_REACHES, mm=height_mm)
    check_within("volume_l in volume_table", last_l, 1.0, 200_000.0)


def _shown(point: tuple[float, float]) -> str:
    return f"height_mm {point[0]:g} with volume_l {point[1]:g}"
