"""Streets: driving times, distances and lines between points, and the words for a drive.

Ask through the ports `Roads` and `Guide`; `open_roads` and `open_guide` pick who answers.
"""

from routing.roads.guides import open_guide
from routing.roads.opening import fallback_of, open_roads
from routing.roads.port import UNREACHABLE, KerbPosition, Leg, Matrix, Roads, StreetNetwork

__all__ = [
    "UNREACHABLE",
    "KerbPosition",
    "Leg",
    "Matrix",
    "Roads",
    "StreetNetwork",
    "fallback_of",
    "open_guide",
    "open_roads",
]
