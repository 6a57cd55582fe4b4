"""Master data in the registry database: whole, consistent, and cheap to watch."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tomma.city import Bin, City, Organisation, Site
from tomma.errors import ImportRefusedError, NotFoundError
from tomma.model import BinId, ContainerTypeId, FractionCode, SiteId
from tomma.stores.books.registry import SqlRegistry

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30)


def test_a_city_comes_back_as_it_was_saved(engine: sa.Engine, open_engine: Callable[[], sa.Engine], city: City) -> None:
    """Every field of every row, also for a process that opens the database later."""
    SqlRegistry(engine).save(city)

    assert SqlRegistry(open_engine()).load() == city


@given(name=texts, note=texts, bin_id=texts)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_text_is_kept_as_text(engine: sa.Engine, city: City, name: str, note: str, bin_id: str) -> None:
    """A name is never syntax, whatever alphabet or quotes it has."""
    site = replace(city.sites[SiteId("torg")], name=name, access_note=note)
    more = replace(city.bins[BinId("B1")], id=BinId(bin_id))
    changed = replace(city, sites={site.id: site}, bins={**city.bins, more.id: more})
    SqlRegistry(engine).save(changed)

    assert SqlRegistry(engine).load() == changed


def test_before_the_first_import_there_is_no_city(engine: sa.Engine) -> None:
    """An empty town would be planned as if nothing had to be emptied."""
    with pytest.raises(NotFoundError, match="tomma import"):
        SqlRegistry(engine).load()
    assert SqlRegistry(engine).revision() == 0


def test_the_revision_grows_with_every_change_and_only_then(engine: sa.Engine, city: City) -> None:
    """Everybody polls it: a revision that moves for nothing makes every process read the city again."""
    registry = SqlRegistry(engine)
    registry.save(city)
    first = registry.revision()
    registry.save(city)
    assert registry.revision() == first

    registry.save(replace(city, organisation=replace(city.organisation, name="Stads kommun")))
    assert registry.revision() > first


def test_a_change_by_one_process_reaches_the_other(
    engine: sa.Engine, open_engine: Callable[[], sa.Engine], city: City
) -> None:
    """What is remembered is valid until the revision moves."""
    one, other = SqlRegistry(engine), SqlRegistry(open_engine())
    one.save(city)
    assert other.load() is other.load(), "an unchanged city is not read again"
    moved = replace(city, sites={SiteId("torg"): replace(city.sites[SiteId("torg")], name="Lilla torget")})
    one.save(moved)

    assert other.load() == moved


def test_what_is_no_longer_in_the_city_is_removed_and_the_rest_stays(engine: sa.Engine, city: City) -> None:
    """A bin moves to a new site whose predecessor goes in the same save."""
    registry = SqlRegistry(engine)
    registry.save(city)
    site = Site(SiteId("park"), "Parken", city.sites[SiteId("torg")].position)
    moved = Bin(BinId("B1"), site.id, ContainerTypeId("660"), FractionCode("rest"))
    smaller = replace(
        city,
        sites={site.id: site},
        bins={moved.id: moved},
        installations=tuple(each for each in city.installations if each.bin_id == moved.id),
        vehicles={},
        depots={},
    )
    registry.save(smaller)

    assert registry.load() == smaller


def test_saving_touches_only_rows_that_differ(engine: sa.Engine, city: City) -> None:
    """A row that is deleted and put back would take along whatever points to it."""
    registry = SqlRegistry(engine)
    registry.save(city)
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    site = replace(city.sites[SiteId("torg")], service_s=30)
    registry.save(replace(city, sites={site.id: site}))

    changing = [
        text for text in statements if text.startswith(("INSERT", "DELETE", "UPDATE")) and "counter" not in text
    ]
    assert len(changing) == 1
    assert changing[0].startswith("UPDATE site")


def test_a_city_that_points_nowhere_is_refused_with_every_fault(engine: sa.Engine, city: City) -> None:
    """One import, one list to mend; and nothing of it is stored."""
    registry = SqlRegistry(engine)
    registry.save(city)
    astray = replace(city.bins[BinId("B1")], site_id=SiteId("nowhere"), fraction_code=FractionCode("gold"))
    twice = replace(city.installations[0], to_utc=city.installations[1].from_utc + timedelta(hours=1))
    faulty = replace(
        city,
        organisation=Organisation("vik", "Vik", "Europe/Atlantis", "kr"),
        sites={SiteId("torg"): replace(city.sites[SiteId("torg")], name="\x00")},
        bins={**city.bins, astray.id: astray},
        installations=(twice, *city.installations[1:]),
    )
    with pytest.raises(ImportRefusedError) as refused:
        registry.save(faulty)

    for told in (
        "bins[B1].site_id",
        "'nowhere'",
        "'gold'",
        "'Europe/Atlantis'",
        "'kr'",
        "installations[S1]",
        "NUL",
        "6 fault",
    ):
        assert told in str(refused.value)
    assert registry.load() == city


def test_of_two_saves_at_once_one_stands_whole(engine: sa.Engine, city: City) -> None:
    """Two managers import at the same moment: either city, never a mixture."""
    cities = [
        replace(
            city,
            organisation=replace(city.organisation, name=f"Kommun {n}"),
            bins={each.id: each for each in (replace(city.bins[BinId("B1")], id=BinId(f"{n}-{k}")) for k in range(50))},
            installations=(),
        )
        for n in range(4)
    ]
    barrier = Barrier(len(cities), timeout=30)

    def save(one: City) -> None:
        barrier.wait()
        SqlRegistry(engine).save(one)

    threads = [Thread(target=save, args=(one,)) for one in cities]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert SqlRegistry(engine).load() in cities
    assert SqlRegistry(engine).revision() == len(cities)
