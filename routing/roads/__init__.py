"""Streets: driving times, distances and lines between points.

Ask through the port `Roads`; `open_roads` picks the engine.
"""

from routing.roads.opening import open_roads
from routing.roads.port import UNREACHABLE, Leg, Matrix, Roads

__all__ = ["UNREACHABLE", "Leg", "Matrix", "Roads", "open_roads"]
