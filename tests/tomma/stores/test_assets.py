"""Master data changed a piece at a time: whole or not at all, once for each key, with what went out of use kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from tests.tomma.stores.conftest import T0
from tomma.assets import AssetKind, Edited, Photo, put, retire
from tomma.city import City, Installation, Position
from tomma.errors import ConflictError, ImportRefusedError, NotFoundError
from tomma.fitting import Fitting, fit
from tomma.model import BinId, SensorId, SiteId
from tomma.stores.books.assets import SqlAssetBook
from tomma.stores.books.registry import SqlRegistry
from tomma.stores.books.vitals import SqlVitalsBook
from tomma.vitals import BatteryDay, Vital

LATER = T0 + timedelta(days=1)


@pytest.fixture
def book(engine: sa.Engine, city: City) -> SqlAssetBook:
    """A book on a registry with the town in it."""
    registry = SqlRegistry(engine)
    registry.save(city)
    return SqlAssetBook(engine, registry)


def renamed(city: City, name: str) -> Edited:
    """The town with another name for its square."""
    return Edited(put(city, AssetKind.SITE, replace(city.sites[SiteId("torg")], name=name)))


def built(name: str, city: City) -> Edited:
    """The town with one more square."""
    return Edited(put(city, AssetKind.SITE, replace(city.sites[SiteId("torg")], id=SiteId(name))))


def a_fitting(**told: object) -> Fitting:
    """S9 in B2, in place of S1."""
    plain = Fitting("key-0001", SensorId("S9"), BinId("B2"), LATER, LATER, replaces_sensor_id=SensorId("S1"))
    return replace(plain, **told)  # type: ignore[arg-type]


def test_an_edit_is_seen_by_every_process_and_raises_the_revision(
    book: SqlAssetBook, open_engine: Callable[[], sa.Engine]
) -> None:
    """Ingest and routing poll the revision; a change that does not raise it is never noticed."""
    other = SqlRegistry(open_engine())
    before = other.revision()
    changed = book.edit(lambda city: renamed(city, "Lilla torget"))

    assert other.revision() > before
    assert other.load() == changed
    assert other.load().sites[SiteId("torg")].name == "Lilla torget"


def test_an_edit_that_would_make_the_city_faulty_leaves_it_as_it_was(book: SqlAssetBook, engine: sa.Engine) -> None:
    """A bin at a site that is not there would stop every plan."""
    before = SqlRegistry(engine).load()
    with pytest.raises(ImportRefusedError, match="nowhere"):
        book.edit(
            lambda city: Edited(put(city, AssetKind.BIN, replace(city.bins[BinId("B1")], site_id=SiteId("nowhere"))))
        )

    assert SqlRegistry(engine).load() == before


def test_people_who_edit_at_once_lose_nothing_of_each_other(
    book: SqlAssetBook, open_engine: Callable[[], sa.Engine]
) -> None:
    """Each change begins from the city as it is, not from what somebody read before."""
    start, crowd = Barrier(4), []

    def work(number: int) -> None:
        engine = open_engine()
        own = SqlAssetBook(engine, SqlRegistry(engine))
        start.wait(20)
        for step in range(5):
            own.edit(partial(built, f"{number}-{step}"))

    for number in range(4):
        crowd.append(Thread(target=work, args=(number,)))
        crowd[-1].start()
    for each in crowd:
        each.join(60)

    assert len(book.edit(Edited).sites) == 1 + 4 * 5


def test_what_is_retired_leaves_the_city_and_is_kept_with_its_history(book: SqlAssetBook) -> None:
    """Plans must not see it; who asks next year where the sensor hung must."""
    after = book.edit(lambda city: retire(city, AssetKind.BIN, "B1", LATER))

    assert "B1" not in after.bins
    assert [each.bin_id for each in after.installations] == ["B2"]
    (gone,) = book.retired(10)
    assert (gone.kind, gone.id, gone.retired_utc) == (AssetKind.BIN, "B1", LATER)
    assert [(each.sensor_id, each.to_utc) for each in gone.installations] == [
        ("S1", T0 - timedelta(days=1)),
        ("S2", LATER),
    ]


@pytest.mark.parametrize(("kind", "name"), [(AssetKind.SITE, "torg"), (AssetKind.CONTAINER_TYPE, "660")])
def test_what_bins_stand_on_is_not_retired(book: SqlAssetBook, kind: AssetKind, name: str) -> None:
    """A bin without a place or a container cannot be planned."""
    with pytest.raises(ConflictError, match="B1, B2"):
        book.edit(lambda city: retire(city, kind, name, LATER))


def test_a_fitting_that_is_sent_again_is_done_once(book: SqlAssetBook) -> None:
    """A phone that lost the answer sends again, and the sensor must not be hung twice."""
    fitting = a_fitting()

    assert book.perform(fitting, lambda city: Edited(fit(city, fitting)))
    late = replace(fitting, received_utc=LATER + timedelta(hours=9))
    assert not book.perform(late, lambda city: Edited(fit(city, late)))

    city = book.edit(Edited)
    hung = [each for each in city.installations if each.bin_id == "B2"]
    assert hung == [
        Installation(SensorId("S1"), BinId("B2"), T0 - timedelta(days=1), LATER),
        Installation(SensorId("S9"), BinId("B2"), LATER),
    ]
    assert book.fittings(BinId("B2")) == [fitting]


def test_a_key_with_another_body_is_a_conflict(book: SqlAssetBook) -> None:
    """Two different acts under one key: one of them would vanish without a word."""
    book.perform(a_fitting(), lambda city: Edited(fit(city, a_fitting())))
    with pytest.raises(ConflictError, match="key-0001"):
        book.perform(a_fitting(note="else"), Edited)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param({"replaces_sensor_id": None}, "hangs S1", id="somebody hung a sensor there meanwhile"),
        pytest.param({"sensor_id": SensorId("S2")}, "hangs in B1", id="the sensor was hung elsewhere meanwhile"),
        pytest.param({"done_utc": T0 - timedelta(days=40)}, "cannot be taken down", id="done before the last swap"),
        pytest.param({"position": Position(60.0, 18.0), "accuracy_m": 5.0}, "ask the office", id="far from its place"),
    ],
)
def test_a_fitting_that_does_not_fit_what_is_there_is_told_and_not_done(
    book: SqlAssetBook, told: dict[str, object], why: str
) -> None:
    """The second of two installers must look again; nothing of the first one's work may go."""
    before, fitting = book.edit(Edited), a_fitting(**told)
    with pytest.raises(ConflictError, match=why):
        book.perform(fitting, lambda city: Edited(fit(city, fitting)))

    assert book.edit(Edited) == before
    assert book.fittings(BinId("B2")) == []


def test_a_photo_is_kept_once_and_forgotten_in_time(book: SqlAssetBook) -> None:
    """A photo of a street may show people: it stays as long as it is needed, and no longer."""
    photo = Photo("photo-01", BinId("B1"), T0, T0, b"\xff\xd8 jpeg \xff\xd9")
    assert book.keep_photo(photo)
    assert not book.keep_photo(replace(photo, jpeg=b"another"))
    assert book.photo("photo-01") == photo
    assert book.photos_of(BinId("B1")) == ["photo-01"]

    assert book.forget_photos_before(T0) == 0
    assert book.forget_photos_before(LATER, dry_run=True) == 1
    assert book.forget_photos_before(LATER) == 1
    with pytest.raises(NotFoundError):
        book.photo("photo-01")


def test_what_a_sensor_does_not_say_now_stays_as_it_was(engine: sa.Engine) -> None:
    """Most messages tell no battery; forgetting it at each of them would leave nothing to show."""
    book, sensor = SqlVitalsBook(engine), SensorId("S1")
    book.note([Vital(sensor, T0, battery_fraction=0.8, rssi_dbm=-100.0)])
    book.note([Vital(sensor, LATER, rssi_dbm=-90.0)])
    book.note([Vital(sensor, T0 - timedelta(days=3), battery_fraction=0.2)])

    assert book.all() == {sensor: Vital(sensor, LATER, battery_fraction=0.8, rssi_dbm=-90.0)}
    assert book.battery_days()[sensor] == [
        BatteryDay(sensor, T0.date() - timedelta(days=3), 0.2),
        BatteryDay(sensor, T0.date(), 0.8),
    ]
