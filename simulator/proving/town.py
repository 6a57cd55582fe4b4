"""A town to try policies on: the city as its owner knows it, the truth behind it, and the drives between its places."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing.choice.nearby import Streets
from routing.planning.build import Points
from routing.roads.port import Matrix
from simulator.deposits import Inflow
from simulator.truth import BinTruth
from tomma.city import City, Position
from tomma.model import BinId, DepotId, DisposalSiteId, SiteId

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ProvingTown:
    """A town, its truth and all its drives; places never move, so the matrix is asked for once."""

    city: City
    truths: tuple[BinTruth, ...]
    inflow: Inflow
    matrix: Matrix
    """Between all of `places`."""
    report_every_h: int = 3
    counts_deposits: bool = False
    """Whether locks count openings: what Groningen's own policies go by. Everybody else reads the sensors."""

    @cached_property
    def bin_ids(self) -> tuple[BinId, ...]:
        """In the order of the truths and of the city."""
        return tuple(truth.bin_id for truth in self.truths)

    @cached_property
    def volume_l(self) -> FloatArray:
        """What each bin holds."""
        return np.asarray([truth.volume_l for truth in self.truths])

    @cached_property
    def density_kg_per_l(self) -> FloatArray:
        """By bin."""
        return np.asarray([truth.stream.fraction.density_kg_per_l for truth in self.truths])

    @cached_property
    def mean_deposit_l(self) -> FloatArray:
        """Of each bin: a triangular distribution's mean is that of its corners."""
        return np.asarray(self.inflow.deposit_l.mean(axis=1))

    @cached_property
    def _row_of(self) -> Mapping[str, int]:
        return {name: row for row, (name, _) in enumerate(places_of(self.city))}

    @cached_property
    def streets(self) -> Streets:
        """The drives between sites, as the production choice asks for them."""
        return Streets(self.matrix, {site_id: self._row_of[site_id] for site_id in self.city.sites})

    def drives(self, points: Points) -> Matrix:
        """Return the part of the matrix that a day's problem needs."""
        depots = sorted(points.depot_row, key=lambda each: points.depot_row[each])
        sites = sorted(points.site_row, key=lambda each: points.site_row[each])
        names: tuple[str, ...] = (*depots, *points.disposal_ids, *sites)
        rows = np.asarray([self._row_of[name] for name in names], dtype=np.intp)
        part = np.ix_(rows, rows)
        return Matrix(
            self.matrix.duration_s[part], self.matrix.distance_m[part], self.matrix.reachable[part], self.matrix.source
        )


def places_of(city: City) -> list[tuple[DepotId | DisposalSiteId | SiteId, Position]]:
    """Return every place of a city with its name, in the order of the rows of a town's matrix."""
    return [
        *((each.id, each.position) for each in city.depots.values()),
        *((each.id, each.position) for each in city.disposal_sites.values()),
        *((each.id, each.position) for each in city.sites.values()),
    ]
