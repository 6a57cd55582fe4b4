"""A city like Groningen's, as far as its study tells of it.

Wouda, Aerts-Veenstra, Van Foreest: An integrated selection and routing policy for urban waste collection (arXiv
2409.13386) and the authors' published simulator. Theirs: 850 clusters of 1,120 underground containers, 4 trucks, one
depot at the south-eastern edge, planning at seven, six hours of work and two breaks of half an hour, both had at the
depot, two minutes a cluster and one a container, deposits of triangular (10, 30, 60) litres by a Poisson process with
hourly rates and no weekdays. Their rule in use visits the 250 clusters expected to be full soonest: 251 km a day,
48.9 % full, 99.9 % served; their prize policy visits 153: 146 km, 79.9 %, 99.9 %. Fill times visits agree: 122
clusters' fill a day.

Ours, since the data is not public: where clusters stand (a dense city and villages around it, spread so that the rule
in use drives about what it drives there), a gamma for the rates, straight lines times 1.35 at 28 km/h (their routes'
lengths and durations give 27 to 31), 5 m3 a container. As theirs, locks count
openings, exactly and at once: their two policies go by the count. Ours reads lasers over an uneven heap and by lossy
radio; the study puts what perfect sensors would gain at 2 %. As theirs, trucks of `groningen`
have no limit; those of `groningen-loads` have, and unload at the yard beside the depot.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from routing.roads.straight_line import StraightLineRoads
from simulator.catalogue import GRONINGEN_DEPOSIT_L, STREAMS, Stream
from simulator.deposits import Inflow
from simulator.proving.town import ProvingTown, places_of
from simulator.towns import INSTALLED_UTC
from simulator.truth import BinTruth, Device
from tomma.city import Bin, City, Depot, DisposalSite, Installation, Organisation, Position, Sensor, Site
from tomma.containers import ContainerType
from tomma.earth import M_PER_DEG
from tomma.model import (
    BinId,
    ContainerTypeId,
    DepotId,
    DisposalSiteId,
    FractionCode,
    SensorId,
    SiteId,
    VehicleId,
)
from tomma.trucks import Shift, Vehicle

FloatArray = NDArray[np.float64]

CLUSTERS_BY_CONTAINERS = {1: 640, 2: 160, 3: 40, 4: 10}
"""850 clusters with 1,120 containers; how many stand together is assumed."""
CONTAINER_L = 5_000.0
MEAN_FILL_PER_DAY = 122.3 / 850
"""Of a cluster's capacity: visits times fill in the study's tables, for either policy."""
RATE_SHAPE = 3.0
SPEED_KMH, DETOUR = 28.0, 1.35
CENTRE = Position(53.2190, 6.5680)
DEPOT_EAST_NORTH_KM = (3.0, -2.4)
CITY_SHARE, CITY_KM = 0.86, 1.9
"""Standard deviation of the city's clusters around its centre."""
VILLAGES = 12
VILLAGES_KM, VILLAGE_KM = (3.5, 7.0), 0.4
KM_PER_DEG = M_PER_DEG / 1000.0
HOUR_S = 3_600
TOURS = (Shift(7 * HOUR_S, 10 * HOUR_S), Shift(37_800, 12 * HOUR_S), Shift(45_000, 14 * HOUR_S))
"""A truck's day: breaks at ten and at twelve are had at the depot, so it is three tours."""
TRUCKS = 4
NO_LIMIT_L, NO_LIMIT_KG = 1_000_000.0, 100_000.0
LOAD_L, LOAD_KG = 90_000.0, 10_000.0
"""A 20 m3 body that presses 4.5 to 1, and what may lie on its axles: assumed."""
RESIDUAL = replace(STREAMS[FractionCode("residual")].fraction, hygiene_interval_days=None)
STREAM = Stream(RESIDUAL, 100.0 * MEAN_FILL_PER_DAY, GRONINGEN_DEPOSIT_L, 0.0, (0.0, 0.0))
"""Residual waste; as in the study, an emptying leaves nothing, and no interval is prescribed."""


def make_groningen(seed: int, *, with_loads: bool) -> ProvingTown:
    """Return the city of this seed: places, rates and sensors are drawn, the numbers are the study's."""
    rng = np.random.default_rng([seed, 850])
    containers = np.repeat(list(CLUSTERS_BY_CONTAINERS), list(CLUSTERS_BY_CONTAINERS.values()))
    rng.shuffle(containers)
    city = _city(containers, _places_km(rng, len(containers)), with_loads=with_loads)
    rate = rng.gamma(RATE_SHAPE, MEAN_FILL_PER_DAY / RATE_SHAPE, len(containers))
    rate *= MEAN_FILL_PER_DAY / rate.mean()
    truths = tuple(
        _truth(bin_id, number, float(per_day), int(count))
        for number, (bin_id, per_day, count) in enumerate(zip(city.bins, rate, containers, strict=True), start=1)
    )
    inflow = Inflow(
        rate_l_per_day=rate * containers * CONTAINER_L,
        deposit_l=np.tile(np.asarray(GRONINGEN_DEPOSIT_L), (len(truths), 1)),
        day_cv=0.0,
        weekday_factor=(1.0,) * 7,
    )
    matrix = StraightLineRoads(DETOUR, SPEED_KMH).matrix([position for _, position in places_of(city)])
    return ProvingTown(city, truths, inflow, matrix, counts_deposits=True)


def _places_km(rng: np.random.Generator, count: int) -> FloatArray:
    """Return (east, north) of the centre for each cluster."""
    in_city = round(CITY_SHARE * count)
    city = rng.normal(0.0, CITY_KM, (in_city, 2))
    angle = rng.uniform(0.0, 2.0 * math.pi, VILLAGES)
    away_km = rng.uniform(*VILLAGES_KM, VILLAGES)
    villages = np.column_stack((np.cos(angle), np.sin(angle))) * away_km[:, None]
    around = rng.normal(0.0, VILLAGE_KM, (count - in_city, 2))
    return np.concatenate((city, villages[rng.integers(VILLAGES, size=count - in_city)] + around))


def _position(east_km: float, north_km: float) -> Position:
    per_lon = KM_PER_DEG * math.cos(math.radians(CENTRE.lat_deg))
    return Position(CENTRE.lat_deg + north_km / KM_PER_DEG, CENTRE.lon_deg + east_km / per_lon)


def _city(containers: NDArray[np.int64], places_km: FloatArray, *, with_loads: bool) -> City:
    stream = STREAM.fraction
    ids = [f"G{number:03d}" for number in range(1, len(containers) + 1)]
    types = {count: _type(count) for count in CLUSTERS_BY_CONTAINERS}
    yard = _position(*DEPOT_EAST_NORTH_KM)
    depot = Depot(DepotId("depot"), "Duinkerkenstraat", yard)
    capacity = (LOAD_L, LOAD_KG) if with_loads else (NO_LIMIT_L, NO_LIMIT_KG)
    fleet = [
        Vehicle(VehicleId(f"truck-{n}-{tour}"), f"Truck {n}", depot.id, *capacity, frozenset({stream.code}), shift)
        for n in range(1, TRUCKS + 1)
        for tour, shift in enumerate(TOURS, start=1)
    ]
    return City(
        organisation=Organisation("groningen", "A city like Groningen", "Europe/Amsterdam", "EUR"),
        fractions={stream.code: stream},
        container_types={each.id: each for each in types.values()},
        sites={
            SiteId(name): Site(SiteId(name), name, _position(float(at[0]), float(at[1])), service_s=120)
            for name, at in zip(ids, places_km, strict=True)
        },
        bins={
            BinId(name): Bin(BinId(name), SiteId(name), types[int(count)].id, stream.code, service_s=60 * int(count))
            for name, count in zip(ids, containers, strict=True)
        },
        sensors={SensorId(f"s-{name}"): Sensor(SensorId(f"s-{name}")) for name in ids},
        installations=tuple(Installation(SensorId(f"s-{name}"), BinId(name), INSTALLED_UTC) for name in ids),
        vehicles={each.id: each for each in fleet},
        depots={depot.id: depot},
        disposal_sites={DisposalSiteId("yard"): _yard(yard, stream.code, with_loads=with_loads)},
    )


def _type(containers: int) -> ContainerType:
    volume_l = containers * CONTAINER_L
    return ContainerType(
        ContainerTypeId(f"underground-{containers}"), f"{containers} x 5 m3", volume_l, 2_800.0, 400.0, 0.4 * volume_l
    )


def _yard(position: Position, code: FractionCode, *, with_loads: bool) -> DisposalSite:
    """The study's trucks drive home full: unloading takes no time there, and the yard is the depot."""
    return DisposalSite(DisposalSiteId("yard"), "Yard", position, frozenset({code}), unload_s=900 if with_loads else 0)


def _truth(bin_id: BinId, number: int, per_day: float, containers: int) -> BinTruth:
    return BinTruth(
        bin_id=bin_id,
        sensor_id=SensorId(f"s-{bin_id}"),
        volume_l=containers * CONTAINER_L,
        rate_l_per_day=per_day * containers * CONTAINER_L,
        stream=STREAM,
        device=Device.LASER_TTS,
        noise_mm=4.0,
        surface_mm=0.02 * 2_400.0,
        report_phase_s=(number * 37) % HOUR_S,
        is_compensated=True,
        silent_after_days=None,
    )
