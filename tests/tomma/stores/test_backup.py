"""`tomma backup` and `tomma restore`: a moment of a store in use, put back on another machine."""

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tomma.audit import Deed
from tomma.city import City
from tomma.errors import ConfigurationError, StoreUnavailableError
from tomma.events import Event, EventKind
from tomma.model import BinId, PlanId, Reading, SensorId, VehicleId
from tomma.settings import Settings
from tomma.stores.audit.log import read_key
from tomma.stores.upkeep.backup import MANIFEST, Copied, back_up, put_back, restorable
from tomma.stores.wiring import open_stores

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
PATIENCE_S = 30.0


def _reading(number: int) -> Reading:
    measured = T0 + timedelta(minutes=number)
    return Reading(BinId(f"B{number % 5}"), SensorId(f"S{number % 5}"), measured, measured, number % 100 / 100)


def restore(settings: Settings, source: Path) -> Mapping[str, Copied]:
    """Put a backup back, as the command does."""
    files = restorable(settings, source)
    put_back(settings, source, files)
    return files


@pytest.fixture
def home(tmp_path: Path, city: City, made_stores: Path) -> Settings:
    """A data directory in use."""
    settings = Settings(data_dir=shutil.copytree(made_stores, tmp_path / "home"))
    with open_stores(settings) as stores:
        stores.registry.save(city)
        stores.readings.append([_reading(number) for number in range(2_000)])
    (settings.data_dir / "codecs").mkdir()
    (settings.data_dir / "codecs" / "acme.js").write_text("function decodeUplink(input) { return {data: {}}; }")
    return settings


@pytest.fixture
def writer(home: Settings) -> Iterator[Callable[[], int]]:
    """Appends without pause, and says how many readings are acknowledged."""
    acknowledged, stop = [2_000], threading.Event()

    def write() -> None:
        with open_stores(home) as stores:
            while not stop.is_set():
                stores.readings.append([_reading(acknowledged[0] + n) for n in range(20)])
                acknowledged[0] += 20

    thread = threading.Thread(target=write)
    thread.start()
    yield lambda: acknowledged[0]
    stop.set()
    thread.join(PATIENCE_S)


def test_the_registry_goes_back_to_where_the_settings_have_it(home: Settings, tmp_path: Path, city: City) -> None:
    """Put beside the readings, nobody would open it: the server would make an empty one where it is told to look."""
    books = tmp_path / "books" / "registry.sqlite3"
    elsewhere = Settings(data_dir=tmp_path / "new", registry_url=f"sqlite:///{books}")
    back_up(home, tmp_path / "backup", T0)
    restore(elsewhere, tmp_path / "backup")
    assert books.exists()
    with open_stores(elsewhere) as stores:
        assert stores.registry.load() == city
    with pytest.raises(ConfigurationError, match="books"):
        restore(elsewhere.model_copy(update={"data_dir": tmp_path / "third"}), tmp_path / "backup")
    server = Settings(data_dir=tmp_path / "fourth", registry_url="postgresql://tomma@127.0.0.1:1/tomma")
    with pytest.raises(ConfigurationError, match="server of its own"):
        restore(server, tmp_path / "backup")


def test_a_backup_under_load_is_one_moment_and_comes_back_row_by_row(
    home: Settings, writer: Callable[[], int], tmp_path: Path, city: City
) -> None:
    """Whatever was acknowledged before it began is in it, and no batch by half."""
    before = writer()
    copied = back_up(home, tmp_path / "backup", T0)
    after = writer()
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    assert restore(elsewhere, tmp_path / "backup") == copied

    with open_stores(elsewhere) as stores:
        found = {each for bins in stores.readings.range_all(*EVER).values() for each in bins}
        assert stores.registry.load() == city
    assert before <= len(found) <= after + 20
    assert found == {_reading(number) for number in range(len(found))}
    assert copied["readings.sqlite3"].rows["reading"] == len(found)
    scripts = [Settings.data_dir / "codecs" / "acme.js" for Settings in (home, elsewhere)]
    assert scripts[0].read_bytes() == scripts[1].read_bytes()


@pytest.fixture
def office(home: Settings) -> Iterator[Callable[[], int]]:
    """Taps and records without pause, two at a time, and how many of each are promised."""
    done, stop = [0], threading.Event()

    def write() -> None:
        with open_stores(home) as stores:
            while not stop.is_set():
                numbers = (2 * done[0], 2 * done[0] + 1)
                stores.events.append([_tap(number) for number in numbers])
                stores.audit.append([Deed(T0, "tablet:t", f"tapped-{number}") for number in numbers])
                done[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    yield lambda: 2 * done[0]
    stop.set()
    thread.join(PATIENCE_S)


def _tap(number: int) -> Event:
    return Event(
        f"tablet-{number:06}", "t", number, PlanId("p"), VehicleId("V"), EventKind.EMPTIED, T0, T0, BinId("B1")
    )


def _rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names.fetchall()}  # noqa: S608


def test_taps_and_their_record_come_back_as_one_moment_and_the_chain_holds(
    home: Settings, office: Callable[[], int], tmp_path: Path
) -> None:
    """Row by row in every table of the registry; no counter is ahead of what it counts, and auditors can go on."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not (before := office()) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    copied = back_up(home, tmp_path / "backup", T0)
    after = office()
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    restore(elsewhere, tmp_path / "backup")

    there, here = (_rows(each.data_dir / "registry.sqlite3") for each in (home, elsewhere))
    assert {name: len(rows) for name, rows in here.items()} == copied["registry.sqlite3"].rows
    assert [name for name in here if name != "counter" and not set(here[name]) <= set(there[name])] == []
    quiet = here.keys() - {"counter", "event", "audit_record"}
    assert {name: here[name] for name in quiet} == {name: there[name] for name in quiet}
    with open_stores(elsewhere) as stores:
        taps = stores.events.since(0, 1_000_000)[1]
        verdict = stores.audit.verify(keys=[read_key(home.audit_key_path)])
    assert [each.sequence for each in taps] == list(range(len(taps)))
    assert before <= len(taps) <= after + 2
    assert len(taps) - 2 <= verdict.records <= len(taps)
    assert verdict.is_whole, verdict
    assert {("event_position", len(taps)), ("audit", verdict.records)} <= set(here["counter"])


def test_a_backup_is_for_whoever_made_it_alone(home: Settings, tmp_path: Path) -> None:
    """It is made where a script of root's runs, under a umask that lets everybody read digests of passwords."""
    before = os.umask(0o022)
    try:
        back_up(home, tmp_path / "backup", T0)
    finally:
        os.umask(before)
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700


def test_a_backup_never_overwrites_and_is_never_put_over_anything(home: Settings, tmp_path: Path) -> None:
    """The store of a city is not a file to try things on."""
    back_up(home, tmp_path / "backup", T0)
    with pytest.raises(ConfigurationError, match="is there already"):
        back_up(home, tmp_path / "backup", T0)
    with pytest.raises(ConfigurationError, match="empty data directory"):
        restore(home, tmp_path / "backup")


@pytest.mark.parametrize("harm", ["flip a bit", "cut", "remove", "lead outside", "no manifest"])
def test_a_harmed_backup_is_refused_before_anything_is_put_back(home: Settings, tmp_path: Path, harm: str) -> None:
    """Half a restore would be worse than none."""
    source, elsewhere = tmp_path / "backup", Settings(data_dir=tmp_path / "elsewhere")
    back_up(home, source, T0)
    path = source / "readings.sqlite3"
    content = bytearray(path.read_bytes())
    if harm == "flip a bit":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif harm == "cut":
        path.write_bytes(content[:-4096])
    elif harm == "remove":
        path.unlink()
    elif harm == "lead outside":
        (source / MANIFEST).write_text((source / MANIFEST).read_text().replace("readings.sqlite3", "../backup/x"))
    else:
        (source / MANIFEST).unlink()

    with pytest.raises(ConfigurationError, match=str(source)):
        restore(elsewhere, source)
    assert not elsewhere.data_dir.exists()


def test_a_damaged_store_is_not_backed_up_as_if_it_were_whole(home: Settings, tmp_path: Path) -> None:
    """Or the last good backup would be thrown away for it."""
    path = home.readings_path
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[4096 * 5 : 4096 * 6] = b"\xff" * 4096
    path.write_bytes(content)

    with pytest.raises(Exception, match=r"damaged|malformed"):
        back_up(home, tmp_path / "backup", T0)
    assert not (tmp_path / "backup").exists()


def test_nothing_is_no_backup(tmp_path: Path) -> None:
    """A nightly job that began in a wrong folder once reported success, night after night."""
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match=f"nothing to back up in {elsewhere.data_dir}"):
        back_up(elsewhere, tmp_path / "backup", T0)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_under_the_copy_is_told_as_that_one(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads that the store's disk is full frees space on the wrong one."""
    connect, place = sqlite3.connect, tmp_path / "usb"

    def small(path: Path, *own: Any, **asked: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(path, *own, **asked)
        if place in Path(path).parents:
            connection.execute("PRAGMA max_page_count = 8")
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(StoreUnavailableError, match=f"^{place}: the disk is full; no backup was made$"):
        back_up(home, place / "backup", T0)
    assert list(place.iterdir()) == []
