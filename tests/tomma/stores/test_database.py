"""The registry database: made, migrated, refused when it is not ours to touch."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.engine.interfaces import CacheStats

from tomma.city import City, Installation, Sensor
from tomma.containers import ContainerType, Shape
from tomma.errors import ConfigurationError, StoreUnavailableError
from tomma.model import BinId, ContainerTypeId, DepotId, FractionCode, SensorId, VehicleId
from tomma.settings import Settings
from tomma.stores.books import database
from tomma.stores.books.database import APPLICATION_ID, CONNECT_WITHIN_S, open_database, patience
from tomma.stores.books.registry import SqlRegistry
from tomma.stores.books.tables import schema
from tomma.stores.sqlite_file import ensure_file, open_connection
from tomma.stores.wiring import open_stores
from tomma.trucks import Break, Shift, Vehicle

OPEN = (
    "import sys; from tomma.stores.books.database import open_database; "
    "open_database(sys.argv[1]).dispose(); print('open')"
)

OPEN_AND_DIE = f"""
import os, signal, sqlalchemy
def die(connection, cursor, statement, *rest):
    if "CREATE TABLE installation" in statement:
        os.kill(os.getpid(), signal.SIGKILL)
sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", die)
{OPEN}
"""


def test_the_migrations_end_at_the_tables_that_the_code_uses(engine: sa.Engine) -> None:
    """A column that is only in one of the two fails here and not at a customer's."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.METADATA) == []
        assert context.get_current_revision() == schema.REVISION, "or every start would migrate again"


@pytest.mark.parametrize(
    ("query", "waits_s"),
    [
        pytest.param("", CONNECT_WITHIN_S, id="a cut-off server is given up soon"),
        pytest.param("?connect_timeout=60", None, id="the address names its own bound, which the driver reads there"),
    ],
)
def test_a_server_that_never_answers_is_waited_for_within_a_bound(query: str, waits_s: int | None) -> None:
    """Whoever runs `tomma broker-config tidy` beside a registry that is cut off stood there for two minutes."""
    url = sa.make_url(f"postgresql://tomma@127.0.0.1/tomma{query}")
    assert patience(url).get("connect_timeout") == waits_s


def test_what_was_compiled_for_one_database_is_not_compiled_for_the_next(tmp_path: Path) -> None:
    """It takes longer than to run it, and a process opens its registry more than once; a test run thousands."""
    asked = sa.select(schema.METADATA.tables["bin"].c.id).where(sa.literal("only here") == "only here")
    hits = []
    for name in ("one", "next"):
        engine = open_database(f"sqlite:///{tmp_path / name}.sqlite3")
        with engine.connect() as connection:
            context: Any = connection.execute(asked).context
            hits.append(context.cache_hit is CacheStats.CACHE_HIT)
        engine.dispose()
    assert hits == [False, True]


def test_who_has_no_postgresql_loads_nothing_of_it() -> None:
    """Its dialect costs each start of each process 30 ms and 5 MB."""
    loaded = "import sys, tomma.stores.wiring; print(*(each for each in sys.modules if 'dialects.postgresql' in each))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


def test_a_connection_that_comes_back_after_the_end_is_closed(tmp_path: Path) -> None:
    """A server that stops does not wait for its slowest thread; a file left open then is found by nobody."""
    engine = open_database(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    with engine.connect() as lent:
        held = lent.connection.driver_connection
        engine.dispose()
        assert lent.scalar(sa.text("SELECT 1")) == 1, "whoever is at work may end it"
    with engine.connect() as asked_late:
        late = asked_late.connection.driver_connection
    for connection in (held, late):
        assert isinstance(connection, sqlite3.Connection)
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_processes_that_start_together_on_a_new_database_all_come_up(registry_address: str) -> None:
    """The demo starts everything at once."""
    command = [sys.executable, "-c", OPEN, registry_address]
    starting = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]

    assert [process.communicate(timeout=60)[0] for process in starting] == [b"open\n"] * 3


def test_a_process_killed_while_it_migrates_leaves_nothing_half_done(tmp_path: Path) -> None:
    """Old or new, never between; and the next start needs nobody's help."""
    path = tmp_path / "registry.sqlite3"
    killed = subprocess.run([sys.executable, "-c", OPEN_AND_DIE, f"sqlite:///{path}"], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == []

    open_database(f"sqlite:///{path}").dispose()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM counter").fetchone() == (5,)


OLD_CITY = """
INSERT INTO organisation VALUES ('O', 'Testby', 'Europe/Stockholm', 'SEK');
INSERT INTO fraction VALUES ('R', 'Restavfall', 'Residual waste', 0.1, NULL);
INSERT INTO container_type VALUES ('C', '370 l', 370, 1100, 100, 150, 'straight');
INSERT INTO site VALUES ('P', 'Square', 59.3, 18.0, '', 60);
INSERT INTO bin VALUES ('B', 'P', 'C', 'R', 60);
INSERT INTO sensor VALUES ('S', 'Milesight', 'EM400');
INSERT INTO installation VALUES ('S', '2026-01-01 00:00:00.000000', 'B', NULL);
INSERT INTO depot VALUES ('D', 'Depot', 59.3, 18.0);
INSERT INTO vehicle VALUES ('V', 'Bil 1', 'D', 18000, 7500, 21600, 50400, 'truck', 0);
INSERT INTO vehicle_fraction VALUES ('V', 'R');
INSERT INTO vehicle_break VALUES ('V', 0, 32400, 36000, 1800);
UPDATE counter SET value = 7 WHERE name = 'revision';
"""
"""What the first version wrote."""


@pytest.fixture
def old_registry(tmp_path: Path) -> Path:
    """A registry of the first version, with a city in it."""
    path = tmp_path / "registry.sqlite3"
    ensure_file(path, APPLICATION_ID)
    with closing(open_connection(path)) as connection:
        engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.pool.StaticPool)
        with engine.connect() as lent, lent.begin():
            config = Config(attributes={"connection": lent})
            config.set_main_option("script_location", str(Path(database.__file__).parents[1] / "migrations"))
            command.upgrade(config, "0001")
        for statement in OLD_CITY.split(";\n"):
            connection.execute(statement)
        engine.dispose()
    return path


def test_a_city_of_the_first_version_comes_up_as_it_was(old_registry: Path) -> None:
    """Straight walls, hung plumb, no dead zone: what it always meant (case S8)."""
    engine = open_database(f"sqlite:///{old_registry}")
    city = SqlRegistry(engine).load()
    engine.dispose()

    assert city.container_types == {
        "C": ContainerType(ContainerTypeId("C"), "370 l", 370.0, 1100.0, 100.0, 150.0, Shape.STRAIGHT)
    }
    assert city.sensors == {"S": Sensor(SensorId("S"), "Milesight", "EM400")}
    shift = Shift(21_600, 50_400, (Break(32_400, 36_000, 1_800),))
    truck = Vehicle(VehicleId("V"), "Bil 1", DepotId("D"), 18_000.0, 7_500.0, frozenset({FractionCode("R")}), shift)
    assert city.vehicles == {"V": truck}
    assert city.installations == (Installation(SensorId("S"), BinId("B"), datetime(2026, 1, 1, tzinfo=UTC)),)


@pytest.mark.parametrize("statement", ["ADD COLUMN taper_ratio", "ADD COLUMN tilt_deg", "UPDATE alembic_version"])
def test_a_process_killed_while_it_brings_a_city_up_leaves_the_old_one(old_registry: Path, statement: str) -> None:
    """Old or new, never between (case S8)."""
    script = OPEN_AND_DIE.replace("CREATE TABLE installation", statement)
    address = f"sqlite:///{old_registry}"
    killed = subprocess.run([sys.executable, "-c", script, address], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(old_registry)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert len(connection.execute("SELECT * FROM container_type").fetchone()) == 7
        assert len(connection.execute("SELECT * FROM installation").fetchone()) == 4

    engine = open_database(address)
    assert SqlRegistry(engine).load().container_types[ContainerTypeId("C")].taper_ratio is None
    assert SqlRegistry(engine).revision() == 7
    engine.dispose()


def test_a_commit_is_on_the_disk_when_it_returns(tmp_path: Path) -> None:
    """A driver's tap is acknowledged after it; WAL with anything below FULL loses it at a power cut."""
    engine = open_database(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    with engine.connect() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


@pytest.mark.parametrize(
    ("content", "told"),
    [pytest.param(b"", "not a database", id="emptied"), pytest.param(b"x" * 9000, "not a database", id="overwritten")],
)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes, told: str) -> None:
    """An empty registry in its place would look like a town without bins."""
    path = tmp_path / "registry.sqlite3"
    path.write_bytes(content)

    with pytest.raises(StoreUnavailableError, match=told):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes() == content


def test_a_database_of_a_newer_version_is_refused(engine: sa.Engine, registry_address: str) -> None:
    """Writing the old shape into the new one would damage it."""
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreUnavailableError, match=r"newer.*nothing was changed; use that version, or go back"):
        open_database(registry_address)


@pytest.mark.parametrize("address", ["", "registry.sqlite3", "sqlite://", "sqlite:///:memory:", "nosuch://host/db"])
def test_an_address_that_is_none_is_a_fault_of_the_settings(address: str) -> None:
    """It is told at the start, by the setting's name."""
    with pytest.raises(ConfigurationError, match="registry_url"):
        open_database(address)


def test_a_driver_that_is_not_installed_is_told_with_the_one_there_is() -> None:
    """PostgreSQL's is not in the lock: whoever names a server first reads what to install."""
    with pytest.raises(ConfigurationError, match=r"its driver is not installed .* install psycopg\[binary\]"):
        open_database("mysql://host/db")


def test_damage_in_a_registry_is_told_with_its_path(tmp_path: Path, city: City) -> None:
    """Not as a traceback of three libraries."""
    path = tmp_path / "registry.sqlite3"
    engine = open_database(f"sqlite:///{path}")
    SqlRegistry(engine).save(city)
    engine.dispose()
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(data)

    with pytest.raises(StoreUnavailableError, match="damaged") as refused:
        SqlRegistry(open_database(f"sqlite:///{path}")).load()
    assert str(path) in str(refused.value)


def test_all_stores_open_in_a_directory_that_was_never_there_and_close(tmp_path: Path, city: City) -> None:
    """The first start of every front door."""
    settings = Settings(data_dir=tmp_path / "new" / "place")
    with open_stores(settings) as stores:
        stores.registry.save(city)
        readings = stores.readings
    with pytest.raises(StoreUnavailableError):
        readings.latest()
    with open_stores(settings) as stores:
        assert stores.registry.load() == city
