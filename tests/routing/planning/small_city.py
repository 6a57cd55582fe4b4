"""A village: four sites, six bins of two streams, two trucks, a depot, a transfer station."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tomma.city import Bin, City, Depot, DisposalSite, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.containers import ContainerType
from tomma.model import (
    BinId,
    ContainerTypeId,
    DepotId,
    DisposalSiteId,
    FractionCode,
    Reading,
    SensorId,
    SiteId,
    VehicleId,
)
from tomma.trucks import Break, Shift, Vehicle

HOUR_S = 3600
SHIFT = Shift(6 * HOUR_S, 14 * HOUR_S, (Break(9 * HOUR_S, 11 * HOUR_S, 1_800),))
RESIDUAL, GLASS = FractionCode("residual"), FractionCode("glass")
INSTALLED_UTC = datetime(2026, 1, 1, tzinfo=UTC)
STANDING = {
    "b1": ("s1", RESIDUAL),
    "b2": ("s1", RESIDUAL),
    "b3": ("s2", RESIDUAL),
    "b4": ("s3", RESIDUAL),
    "b5": ("s4", RESIDUAL),
    "b6": ("s4", GLASS),
}


def small_city(
    *,
    shift: Shift = SHIFT,
    takes: Sequence[frozenset[FractionCode]] = (frozenset({RESIDUAL, GLASS}),),
    timezone: str = "Europe/Stockholm",
) -> City:
    """Return the village; `takes` makes a disposal site per entry."""
    kind = ContainerType(ContainerTypeId("c"), "Kärl 660 l", 660.0, 1_100.0, 200.0, 264.0)
    sites = {f"s{n}": Position(59.60 + 0.004 * n, 16.54 + 0.003 * n) for n in range(1, 5)}
    return City(
        organisation=Organisation("village", "Byn", timezone),
        fractions={
            RESIDUAL: Fraction(RESIDUAL, "Restavfall", "Residual waste", 0.1, 14.0),
            GLASS: Fraction(GLASS, "Glas", "Glass", 0.3),
        },
        container_types={kind.id: kind},
        sites={SiteId(key): Site(SiteId(key), key, where, service_s=90) for key, where in sites.items()},
        bins={
            BinId(key): Bin(BinId(key), SiteId(site), kind.id, code, service_s=45)
            for key, (site, code) in STANDING.items()
        },
        sensors={SensorId(f"x-{key}"): Sensor(SensorId(f"x-{key}")) for key in STANDING},
        installations=tuple(Installation(SensorId(f"x-{key}"), BinId(key), INSTALLED_UTC) for key in STANDING),
        vehicles={
            VehicleId(key): Vehicle(
                VehicleId(key), key, DepotId("d"), 12_000.0, 3_000.0, frozenset({RESIDUAL, GLASS}), shift,
                fixed_cost_minor=20_000,
            )
            for key in ("v1", "v2")
        },
        depots={DepotId("d"): Depot(DepotId("d"), "Depå", Position(59.59, 16.53))},
        disposal_sites={
            DisposalSiteId(f"t{at}"): DisposalSite(
                DisposalSiteId(f"t{at}"), "Station", Position(59.63, 16.56), streams, 7 * HOUR_S, 15 * HOUR_S, 900
            )
            for at, streams in enumerate(takes)
        },
    )  # fmt: skip


def ten_days_of_readings(city: City, until_utc: datetime) -> list[Reading]:
    """Return a reading every four hours; the bins fill at different speeds, b5 is nearly full, b6 stays empty."""
    per_h = {"b1": 0.0030, "b2": 0.0032, "b3": 0.0026, "b4": 0.0028, "b5": 0.0039, "b6": 0.0001}
    return [
        Reading(
            BinId(key), SensorId(f"x-{key}"), at_utc, at_utc, min(1.0, rate_per_h * (240 - hours_ago) + 0.01 * (n % 2))
        )
        for key, rate_per_h in per_h.items()
        for n, hours_ago in enumerate(range(240, 0, -4))
        for at_utc in (until_utc - timedelta(hours=hours_ago),)
    ]
