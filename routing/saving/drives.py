"""The drives between all places of a city as one block of bytes that names itself: kept once, exported, read back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from routing.planning.build import Points, points_at
from routing.planning.drives import Drives, unpaced_drives
from routing.roads.port import Matrix, Roads
from tomma.city import City
from tomma.errors import ImportRefusedError
from tomma.model import SiteId, VehicleId
from tomma.plan import RoadsSource

FORMAT = "tomma-drives"
_INT = np.dtype("<i4")


@dataclass(frozen=True)
class KeptDrives:
    """Every drive of a city on empty streets, for each size of truck."""

    places: tuple[str, ...]
    """`depot:...`, `disposal:...` and `site:...`, in the order of the rows."""
    matrices: tuple[Matrix, ...]
    profile_of: Mapping[VehicleId, int]

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Each place's row."""
        return {place: row for row, place in enumerate(self.places)}

    def at_pace(self, pace: float) -> "KeptDrives":
        """Return the same drives taking so many times as long."""
        return KeptDrives(self.places, tuple(each.slowed(pace) for each in self.matrices), self.profile_of)

    def ask(self, points: Points) -> Drives:
        """Return the part that a day's problem needs."""
        rows = np.asarray([self.row_of[name] for name in names_of(points)], dtype=np.intp)
        part = np.ix_(rows, rows)
        matrices = tuple(
            Matrix(each.duration_s[part], each.distance_m[part], each.reachable[part], each.source)
            for each in self.matrices
        )
        return Drives(matrices, self.profile_of, ())

    def leg(self, vehicle_id: VehicleId, start: str, end: str) -> tuple[int, int]:
        """Return (metres, seconds) from one place to another; nothing where no street leads."""
        matrix = self.matrices[self.profile_of.get(vehicle_id, 0)]
        cell = self.row_of[start], self.row_of[end]
        if not matrix.reachable[cell]:
            return 0, 0
        return int(matrix.distance_m[cell]), int(matrix.duration_s[cell])

    def to_bytes(self) -> bytes:
        """Return the block: a line of JSON, then metres and seconds of each matrix, 32-bit little-endian."""
        head = {
            "format": FORMAT,
            "places": list(self.places),
            "matrices": len(self.matrices),
            "profile_of": dict(sorted(self.profile_of.items())),
            "source": self.matrices[0].source.value,
        }
        numbers = [
            np.ascontiguousarray(values, dtype=_INT).tobytes()
            for each in self.matrices
            for values in (each.distance_m, each.duration_s)
        ]
        return json.dumps(head, ensure_ascii=False, sort_keys=True).encode() + b"\n" + b"".join(numbers)


def drives_of(roads: Roads, city: City) -> KeptDrives:
    """Ask the streets for every drive of the city."""
    vehicles = [city.vehicles[each] for each in sorted(city.vehicles)]
    points = points_at(city, frozenset(each.site_id for each in city.bins.values()), vehicles)
    found = unpaced_drives(roads, points.positions, vehicles)
    return KeptDrives(names_of(points), found.matrices, found.profile_of)


def from_bytes(body: bytes) -> KeptDrives:
    """Return the drives that a block says, or raise ImportRefusedError."""
    try:
        line, _, numbers = body.partition(b"\n")
        head = json.loads(line)
        places = tuple(head["places"])
        shape = (int(head["matrices"]), 2, len(places), len(places))
        values = np.frombuffer(numbers, dtype=_INT).reshape(shape).astype(np.int32)
        source = RoadsSource(head["source"])
        matrices = tuple(
            Matrix(seconds.copy(), metres.copy(), np.asarray(metres >= 0), source) for metres, seconds in values
        )
        return KeptDrives(places, matrices, {VehicleId(key): int(at) for key, at in head["profile_of"].items()})
    except (ValueError, KeyError, TypeError) as exc:
        raise ImportRefusedError(f"the drives cannot be read: {exc}") from exc


def names_of(points: Points) -> tuple[str, ...]:
    """Return the places of a problem's rows by name."""
    depots = sorted(points.depot_row, key=lambda each: points.depot_row[each])
    sites = sorted(points.site_row, key=lambda each: points.site_row[each])
    return (
        *(f"depot:{each}" for each in depots),
        *(f"disposal:{each}" for each in points.disposal_ids),
        *(site_place(each) for each in sites),
    )


def site_place(site_id: SiteId) -> str:
    """Return a site's place by name."""
    return f"site:{site_id}"
