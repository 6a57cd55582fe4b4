"""What one plan asks of the streets: a matrix for every size of truck on duty, at the pace of its hours.

When the streets give no answer, straight lines stand in for all of them: marked, and as long and slow as this city's
own streets taught them to be. A plan half of streets and half of guesses would compare what cannot be compared.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from routing.roads.opening import fallback_of
from routing.roads.port import Matrix, Roads, StreetNetwork
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize, truck_of
from tomma.city import Position
from tomma.errors import RoadsUnavailableError
from tomma.model import VehicleId
from tomma.plan import RoadsSource
from tomma.planning_settings import RoadSettings
from tomma.trucks import Vehicle

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drives:
    """The drives of one plan."""

    matrices: tuple[Matrix, ...]
    """One per size of truck; the first is that of most."""
    profile_of: Mapping[VehicleId, int]
    """Which of them a truck drives by."""
    roads: tuple[Roads, ...]
    """Who drew them, to draw the lines too."""

    @property
    def source(self) -> RoadsSource:
        """Streets, or straight lines."""
        return self.matrices[0].source

    def roads_of(self, vehicle_id: VehicleId) -> Roads:
        """Return the roads as this truck may drive them."""
        return self.roads[self.profile_of.get(vehicle_id, 0)]


def ask_drives(
    roads: Roads,
    positions: Sequence[Position],
    vehicles: Sequence[Vehicle],
    day: date,
    begins_s: int,
    ends_s: int,
) -> Drives:
    """Return the drives between `positions` for each of `vehicles`.

    Args:
        roads: The city's streets; without sizes (no `StreetNetwork`) one matrix serves all.
        positions: A KerbPosition where the truck must stop on that side.
        vehicles: The trucks on duty.
        day: Local date of the work.
        begins_s: When the first truck leaves, in seconds after midnight.
        ends_s: When the last one is to be home.
    """
    found = unpaced_drives(roads, positions, vehicles)
    pace = pace_of(roads, day, begins_s, ends_s)
    return replace(found, matrices=tuple(each.slowed(pace) for each in found.matrices))


def pace_of(roads: Roads, day: date, begins_s: int, ends_s: int) -> float:
    """Return how many times as long driving takes as `unpaced_drives` say, on average over a day's hours."""
    return roads.pace(day, begins_s, ends_s) if isinstance(roads, StreetNetwork) else 1.0


def unpaced_drives(roads: Roads, positions: Sequence[Position], vehicles: Sequence[Vehicle]) -> Drives:
    """Return the drives between `positions` on empty streets: the same on every day."""
    sizes = _sizes(vehicles)
    by_size = [size for size, _ in Counter(sizes.values()).most_common()] or [STANDARD_TRUCK]
    try:
        if not isinstance(roads, StreetNetwork):
            return Drives((roads.matrix(positions),), {}, (roads,))
        sized = tuple(roads.sized(size) for size in by_size)
        matrices = tuple(each.matrix(positions) for each in sized)
    except RoadsUnavailableError as exc:
        log.warning("roads fallback=straight_line reason=%s", exc)
        straight = fallback_of(roads, RoadSettings())
        return Drives((straight.matrix(positions),), {}, (straight,))
    return Drives(matrices, {id_: by_size.index(size) for id_, size in sizes.items()}, sized)


def _sizes(vehicles: Sequence[Vehicle]) -> dict[VehicleId, TruckSize]:
    sizes: dict[VehicleId, TruckSize] = {}
    for vehicle in vehicles:
        try:
            sizes[vehicle.id] = truck_of(vehicle)
        except ValueError as exc:
            log.warning("vehicle %s drives as the standard truck: %s", vehicle.id, exc)
            sizes[vehicle.id] = STANDARD_TRUCK
    return sizes
