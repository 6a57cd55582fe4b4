"""The small town that the tests of the API are about, and a plan of it by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tomma.city import Bin, City, Depot, DisposalSite, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.containers import ContainerType
from tomma.model import (
    BinId,
    ContainerTypeId,
    DepotId,
    DisposalSiteId,
    FractionCode,
    PlanId,
    SensorId,
    SiteId,
    VehicleId,
)
from tomma.plan import LeftOut, Plan, PlanStatus, RoadsSource, Route, Stop, StopKind
from tomma.reasons import Reason, ReasonCode
from tomma.trucks import Shift, Vehicle

NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)
BINS = 6


def make_city() -> City:
    """Three places with two bins each, B1 to B6; each has a sensor but B6; two trucks, V1 and V2."""
    residual = FractionCode("residual")
    container = ContainerType(ContainerTypeId("C240"), "240 l", volume_l=240, empty_mm=1000, full_mm=100, max_kg=90)
    sites = [
        Site(SiteId(f"S{n}"), f"Gata {n}", Position(lat_deg, 24.931), f"grind {n}")
        for n, lat_deg in ((1, 60.161), (2, 60.162), (3, 60.163))
    ]
    bins = [Bin(BinId(f"B{n}"), SiteId(f"S{(n + 1) // 2}"), container.id, residual) for n in range(1, BINS + 1)]
    sensors = [Sensor(SensorId(f"H{n}"), make="Acme", model="U1") for n in range(1, BINS)]
    depot = Depot(DepotId("D1"), "Depå", Position(60.17, 24.95))
    tip = DisposalSite(
        DisposalSiteId("T1"), "Tipp", Position(60.18, 24.96), frozenset({residual}), opens_s=25_200, closes_s=61_200
    )
    vehicles = [
        Vehicle(VehicleId(f"V{n}"), f"Bil {n}", depot.id, 10_000, 5_000, frozenset({residual}), Shift(21_600, 52_200))
        for n in (1, 2)
    ]
    return City(
        organisation=Organisation("O1", "Exempelstad", "Europe/Stockholm", "SEK"),
        fractions={residual: Fraction(residual, "Restavfall", "Residual waste", 0.1)},
        container_types={container.id: container},
        sites={site.id: site for site in sites},
        bins={each.id: each for each in bins},
        sensors={each.id: each for each in sensors},
        installations=tuple(
            Installation(SensorId(f"H{n}"), BinId(f"B{n}"), datetime(2026, 1, 1, tzinfo=UTC)) for n in range(1, BINS)
        ),
        vehicles={each.id: each for each in vehicles},
        depots={depot.id: depot},
        disposal_sites={tip.id: tip},
    )


def plan_of(city: City, plan_id: PlanId, day: date, now_utc: datetime) -> Plan:
    """B1 to B4 on the first truck with an unloading between; B5 and B6 left, each with a reason."""
    start = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    reason = Reason(ReasonCode.OVERFLOW_RISK, {"p_overflow": 0.31, "by_h": 24.0, "alpha": 0.05})

    def stop(n: int, **what: Any) -> Stop:
        at = start + timedelta(minutes=10 * n)
        return Stop(StopKind(what.pop("kind")), at, at + timedelta(minutes=2), 500, 90, 240.0 * n, 24.0 * n, **what)

    stops = [
        stop(n, kind="collect", bin_id=BinId(f"B{n}"), expected_fill_fraction=0.8, reasons=(reason,))
        for n in (1, 2, 3, 4)
    ]
    stops.append(stop(5, kind="dispose", disposal_site_id=DisposalSiteId("T1")))
    leg = ((24.93, 60.16), (24.94, 60.17))
    routes = [
        Route(vehicle_id, start, start + timedelta(hours=1), tuple(stops), 3_000, 540, (leg,) * 6)
        for vehicle_id in list(city.vehicles)[:1]
    ]
    return Plan(
        id=plan_id,
        day=day,
        created_utc=now_utc,
        snapshot_utc=now_utc,
        status=PlanStatus.READY,
        engine="by hand",
        roads_source=RoadsSource.STREETS,
        routes=tuple(routes),
        left_out=tuple(
            LeftOut(BinId(f"B{n}"), (Reason(ReasonCode.NOT_NEEDED_YET, {"fill_fraction": 0.1}),)) for n in (5, 6)
        ),
        cost_minor=12_345,
        lost_prize_minor=67,
    )
