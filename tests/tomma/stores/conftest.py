"""Builders and opened stores for the tests of the store adapters."""

import os
import shutil
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.tomma.stores.influx_store import OpenInflux, influx_settings
from tests.tomma.stores.influx_support import Door, influxd, victoria_metrics
from tomma.city import Bin, City, Depot, DisposalSite, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.containers import ContainerType
from tomma.hours import OpenHours
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
from tomma.ports import Appended, ReadingStore
from tomma.rounds import FixedRound
from tomma.store_settings import ReadingSettings
from tomma.stores.books.database import open_database
from tomma.stores.influx.readings import InfluxReadings
from tomma.stores.readings.sqlite import SqliteReadings
from tomma.trucks import Break, Compartment, Shift, Vehicle

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
FAR = datetime(2200, 1, 1, tzinfo=UTC)

_THIS_RUN = uuid.uuid4().hex[:8]
"""Tells the measurements of one run from those of the last: a server may be kept."""

MARKET_DAYS = OpenHours(13 * 3600, 16 * 3600, frozenset({3, 6}))

type ReadingsAt = Callable[[Path], ReadingStore]
type OpenReadings = Callable[[], ReadingStore]
type ReadingOf = Callable[..., Reading]


@pytest.fixture
def t0() -> datetime:
    """A Monday morning in winter."""
    return T0


@pytest.fixture
def reading_of() -> ReadingOf:
    """Builds a reading of bin B1 by sensor S1, so many minutes after t0."""

    def build(minutes: float = 0, fill: float = 0.5, bin_id: str = "B1", sensor_id: str = "S1") -> Reading:
        measured = T0 + timedelta(minutes=minutes)
        return Reading(BinId(bin_id), SensorId(sensor_id), measured, measured + timedelta(seconds=2), fill)

    return build


def _sqlite(_: pytest.FixtureRequest) -> ReadingsAt:
    return lambda place: SqliteReadings(place / "readings.sqlite3")


class FedReadings(InfluxReadings):
    """Whatever is appended is on the server at once, and nowhere else where the server can give it back."""

    def append(self, *batch: Any, **more: Any) -> Appended:
        """Append, feed, evict."""
        appended = super().append(*batch, **more)
        while self.feed():
            pass
        if self._settings.queries != "none":
            self.evict(FAR)
            with self._pool.borrow() as connection:
                here = connection.execute("SELECT * FROM reading JOIN feed_state ON measured_ms >= gone_before_ms")
                assert not here.fetchall(), "the server alone is asked"
        return appended


def _fed(settings: ReadingSettings) -> ReadingsAt:
    def open_at(place: Path) -> ReadingStore:
        own = settings.model_copy(update={"measurement": f"m{_THIS_RUN}_{zlib.crc32(str(place).encode()):08x}"})
        place.mkdir(parents=True, exist_ok=True)
        return FedReadings(place / "readings-influx.sqlite3", own, feeding=False)

    return open_at


def _influxdb(request: pytest.FixtureRequest) -> ReadingsAt:
    return _fed(ReadingSettings(kind="influx", url=request.getfixturevalue("influxd_url"), write_api="v1"))


def _influxdb_v2(request: pytest.FixtureRequest) -> ReadingsAt:
    return _fed(ReadingSettings(kind="influx", url=request.getfixturevalue("door_url")))


def _victoria_metrics(request: pytest.FixtureRequest) -> ReadingsAt:
    url = request.getfixturevalue("victoria_url")
    return _fed(ReadingSettings(kind="influx", url=url, queries="none"))


_INFLUX = {name: os.environ.get(f"TOMMA_TEST_INFLUX_{name.upper()}", "") for name in ("url", "token", "org", "bucket")}
"""A version 2 or 3 on which the tests may fill the bucket `tomma` (or TOMMA_TEST_INFLUX_BUCKET)."""


def _influxdb_there(_: pytest.FixtureRequest) -> ReadingsAt:
    return _fed(
        ReadingSettings.model_validate({"kind": "influx"} | {key: text for key, text in _INFLUX.items() if text})
    )


@pytest.fixture(
    params=[
        pytest.param(_sqlite, id="sqlite"),
        pytest.param(_influxdb, id="influxdb 1.6, v1 writes"),
        pytest.param(_influxdb_v2, id="influxdb, v2 writes"),
        pytest.param(_victoria_metrics, id="victoria-metrics"),
        *([pytest.param(_influxdb_there, id="influxdb there")] if _INFLUX["url"] else []),
    ]
)
def readings_at(request: pytest.FixtureRequest) -> Iterator[ReadingsAt]:
    """Opens the reading store at a place; an empty one at a new place. A new adapter joins by one line here."""
    open_at = request.param(request)
    with ExitStack() as opened:
        yield lambda place: opened.enter_context(closing(open_at(place)))


@pytest.fixture(scope="session")
def influxd_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real InfluxDB 1.x with a database `tomma`, shared by all tests of this process."""
    with influxd(tmp_path_factory.mktemp("influxd")) as url:
        yield url


@pytest.fixture(scope="session")
def door_url(influxd_url: str) -> Iterator[str]:
    """The same InfluxDB, writing by /api/v2/write as 1.8 and 2.x do."""
    with Door(influxd_url).open() as url:
        yield url


@pytest.fixture(scope="session")
def victoria_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real VictoriaMetrics, shared by all tests of this process."""
    with victoria_metrics(tmp_path_factory.mktemp("victoria")) as url:
        yield url


@pytest.fixture
def new_readings(readings_at: ReadingsAt, tmp_path: Path) -> OpenReadings:
    """Opens another empty reading store at every call."""
    numbers = count()
    return lambda: readings_at(tmp_path / f"store-{next(numbers)}")


@pytest.fixture
def open_readings(readings_at: ReadingsAt, tmp_path: Path) -> OpenReadings:
    """Opens one and the same reading store, once more at every call."""
    return lambda: readings_at(tmp_path)


@pytest.fixture
def readings(open_readings: OpenReadings) -> ReadingStore:
    """An empty reading store."""
    return open_readings()


_SERVER = os.environ.get("TOMMA_TEST_REGISTRY_URL", "")
"""A PostgreSQL server on which the tests may make databases; without it they run on SQLite alone."""


@contextmanager
def _sqlite_address(place: Path) -> Iterator[str]:
    yield f"sqlite:///{place / 'registry.sqlite3'}"


@contextmanager
def _postgresql_address(_: Path) -> Iterator[str]:
    server = sa.create_engine(sa.make_url(_SERVER), isolation_level="AUTOCOMMIT")
    name = f"tomma_test_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield sa.make_url(_SERVER).set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture(
    params=[
        pytest.param(_sqlite_address, id="sqlite"),
        *([pytest.param(_postgresql_address, id="postgresql")] if _SERVER else []),
    ]
)
def registry_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a new registry database is to be made."""
    with request.param(tmp_path) as address:
        yield address


@pytest.fixture
def open_engine(registry_address: str, made_stores: Path) -> Iterator[Callable[[], sa.Engine]]:
    """Opens one and the same registry database, once more at every call."""
    address = sa.make_url(registry_address)
    if address.database and address.get_backend_name() == "sqlite":  # how it comes to be is tested in test_database.py
        shutil.copy(made_stores / "registry.sqlite3", address.database)
    with ExitStack() as opened:

        def connect() -> sa.Engine:
            engine = open_database(registry_address)
            opened.callback(engine.dispose)
            return engine

        yield connect


@pytest.fixture
def engine(open_engine: Callable[[], sa.Engine]) -> sa.Engine:
    """A new registry database."""
    return open_engine()


def _by_id[K, V](*values: V) -> Mapping[K, V]:
    return {value.id: value for value in values}  # type: ignore[attr-defined]


@pytest.fixture
def city() -> City:
    """A town of two bins at one site, with a sensor that was swapped and a truck that rests."""
    rest, glass = FractionCode("rest"), FractionCode("glass")
    here = Position(59.3293, 18.0686)
    return City(
        organisation=Organisation("vik", "Viks kommun"),
        fractions={
            rest: Fraction(rest, "Restavfall", "Residual waste", 0.1, 14.0),
            glass: Fraction(glass, "Glas", "Glass", 0.3),
        },
        container_types=_by_id(
            ContainerType(ContainerTypeId("660"), "660 l", 660.0, 1100.0, 100.0, 250.0, skills=frozenset({"lift"}))
        ),
        sites=_by_id(
            Site(
                SiteId("torg"),
                'Stora torget, "norra"',
                here,
                "Nyckel\n3",
                90,
                (MARKET_DAYS, OpenHours(0, 7 * 3600)),
                True,
                "Innerstaden, väst",
            )
        ),
        bins=_by_id(
            Bin(BinId("B1"), SiteId("torg"), ContainerTypeId("660"), rest, skills=frozenset({"key", "crane"})),
            Bin(
                BinId("B2"),
                SiteId("torg"),
                ContainerTypeId("660"),
                glass,
                120,
                fixed_rounds=(FixedRound(frozenset({2, 5}), 2, date(2026, 1, 5)),),
            ),
        ),
        sensors=_by_id(Sensor(SensorId("S1"), "Milesight", "EM400"), Sensor(SensorId("S2"))),
        installations=(
            Installation(SensorId("S1"), BinId("B1"), T0 - timedelta(days=90), T0 - timedelta(days=1)),
            Installation(SensorId("S1"), BinId("B2"), T0 - timedelta(days=1)),
            Installation(SensorId("S2"), BinId("B1"), T0 - timedelta(days=1, microseconds=7)),
        ),
        vehicles=_by_id(
            Vehicle(
                VehicleId("V1"),
                "Bil 1",
                DepotId("D1"),
                18_000.0,
                7_500.0,
                frozenset({rest, glass}),
                Shift(6 * 3600, 14 * 3600, (Break(9 * 3600, 10 * 3600, 900), Break(11 * 3600, 12 * 3600, 1800))),
                fixed_cost_minor=50_000,
                end_depot_id=DepotId("D2"),
                compartments=(
                    Compartment(frozenset({rest}), 12_000.0, 5_000.0),
                    Compartment(frozenset({glass}), 6_000.5, 4_000.0),
                ),
                skills=frozenset({"crane", "lift"}),
                overtime_s=3_600,
                overtime_cost_per_h_minor=30_000,
                cost_per_km_minor=2_500,
                cost_per_h_minor=60_000,
                max_unloads_per_day=3,
                max_bins_per_day=400,
                max_l_per_day=50_000.5,
                max_kg_per_day=20_000.0,
                weight_kg=18_000.0,
                height_m=3.5,
            )
        ),
        depots=_by_id(Depot(DepotId("D1"), "Depån", here), Depot(DepotId("D2"), "Garaget", here)),
        disposal_sites=_by_id(
            DisposalSite(
                DisposalSiteId("X1"),
                "Tippen",
                here,
                frozenset({rest, glass}),
                6 * 3600,
                16 * 3600,
                hours=(MARKET_DAYS,),
            )
        ),
    )


@pytest.fixture
def door(influxd_url: str) -> Door:
    """A way to the real server that fails on demand."""
    return Door(influxd_url)


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    """The door's address."""
    with door.open() as url:
        yield url


@pytest.fixture
def open_influx(tmp_path: Path) -> Iterator[OpenInflux]:
    """Opens a store on a server, with this test's own measurement; nothing is fed unless asked for."""
    with ExitStack() as opened:

        def build(url: str, *, feeding: bool = False, name: str = "store", **more: object) -> InfluxReadings:
            settings = influx_settings(url, tmp_path, **more)
            store = InfluxReadings(tmp_path / f"{name}.sqlite3", settings, feeding=feeding)
            opened.callback(store.close)
            return store

        yield build
