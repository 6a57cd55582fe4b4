"""Trucks, their depot and the place they unload at."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import STREAMS
from simulator.presets import Preset
from simulator.streets import Frame, Street
from tomma.city import Depot, DisposalSite
from tomma.model import DepotId, DisposalSiteId, FractionCode, VehicleId
from tomma.trucks import Break, Shift, Vehicle

HOUR_S = 3600
SHIFT = Shift(6 * HOUR_S, 14 * HOUR_S, (Break(9 * HOUR_S, 11 * HOUR_S, 30 * 60),))
COLLECTED = frozenset(FractionCode(code) for code in ("litter", "residual", "food"))
RECYCLED = frozenset(FractionCode(code) for code in ("paper", "plastic", "glass", "metal"))
BASE_HIGHWAYS = frozenset({"primary", "secondary", "tertiary", "unclassified", "residential"})


def base_points(streets: Sequence[Street]) -> NDArray[np.float64]:
    """Return the street points fit for a depot: on a named, open street."""
    found = [
        point
        for street in streets
        if street.kerbside and street.name and street.highway in BASE_HIGHWAYS
        for point in street.points
    ]
    return np.asarray(found, dtype=np.float64).reshape(-1, 2)


def depot_and_disposal(frame: Frame, points: NDArray[np.float64]) -> tuple[Depot, DisposalSite]:
    """Put the depot at the network's edge and the transfer station as far from it as the streets reach."""
    middle = points.mean(axis=0)
    depot = points[int(np.argmax(np.hypot(*(points - middle).T)))]
    disposal = points[int(np.argmax(np.hypot(*(points - depot).T)))]
    return (
        Depot(DepotId("depot"), "Depå", frame.to_position((float(depot[0]), float(depot[1])))),
        DisposalSite(
            id=DisposalSiteId("transfer"),
            name="Omlastningsstation",
            position=frame.to_position((float(disposal[0]), float(disposal[1]))),
            fractions=frozenset(STREAMS),
            opens_s=6 * HOUR_S,
            closes_s=16 * HOUR_S,
            unload_s=15 * 60,
        ),
    )


def vehicles_of(preset: Preset, depot_id: DepotId) -> tuple[Vehicle, ...]:
    """Return the trucks: small compactors for the centre's streets, and crane trucks for packaging."""
    compactors = [_compactor(number, depot_id) for number in range(1, preset.collection_trucks + 1)]
    first = preset.collection_trucks + 1
    cranes = [_crane(number, depot_id) for number in range(first, first + preset.recycling_trucks)]
    return (*compactors, *cranes)


def _compactor(number: int, depot_id: DepotId) -> Vehicle:
    # An 8 m3 body on a 12 t chassis, compacting 3 to 1, with compartments: assumed, typical of city centres.
    return Vehicle(
        VehicleId(f"truck-{number}"), f"Bil {number}", depot_id, 24_000.0, 4_000.0, COLLECTED, SHIFT,
        fixed_cost_minor=4_000,
    )  # fmt: skip


def _crane(number: int, depot_id: DepotId) -> Vehicle:
    # A 26 t crane truck with 36 m3 of sorted compartments: assumed.
    return Vehicle(
        VehicleId(f"truck-{number}"), f"Bil {number} (förpackningar)", depot_id, 36_000.0, 8_000.0, RECYCLED, SHIFT,
        fixed_cost_minor=5_000,
    )  # fmt: skip
