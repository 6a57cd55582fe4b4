"""Every bin's newest reading at once is what it is one by one, whatever lies in the rows."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tomma.errors import StoreUnavailableError
from tomma.model import BinId, Quality, Reading, SensorId
from tomma.stores.readings import schema
from tomma.stores.readings.sqlite import SqliteReadings
from tomma.stores.sqlite_file import open_connection

T0 = datetime(2026, 6, 1, 12, tzinfo=UTC)
numbers = st.none() | st.floats(0, 1e4, allow_nan=False) | st.integers(-100, 9_999).map(lambda each: each / 10)
fills = st.integers(0, 1_000_000).map(lambda each: each / 1e6) | st.floats(0.0, 1.0)


@st.composite
def readings(draw: st.DrawFn) -> list[Reading]:
    """Readings of a few bins; a name may be anything that is text, a number whole in our units or not."""
    names = draw(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1,
                                  max_size=4), min_size=1, max_size=4, unique=True))  # fmt: skip
    found = []
    for place, name in enumerate(names):
        clipped = draw(st.sampled_from([None, None, -0.05, 1.05]))
        level = draw(fills) if clipped is None else float(clipped > 1)
        measured_utc = T0 + timedelta(milliseconds=draw(st.integers(-(10**12), 10**10)))
        received_utc = measured_utc + timedelta(milliseconds=draw(st.integers(-(10**9), 10**9)))
        found.append(
            Reading(
                BinId(name),
                SensorId(f'"{name}\\{place}'),
                measured_utc,
                received_utc,
                level,
                Quality(draw(st.integers(0, 511))),
                draw(numbers),
                draw(numbers),
                draw(numbers),
                draw(st.none() | st.integers(0, 2**53)),
                clipped,
            )
        )
    return found


@given(readings())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_newest_of_all_bins_are_the_ones_that_were_stored(
    tmp_path_factory: pytest.TempPathFactory, found: list[Reading]
) -> None:
    """Columns through JSON must bring back every digit of every number, and every letter of every name."""
    path = tmp_path_factory.mktemp("store") / "readings.sqlite3"
    with closing(SqliteReadings(path)) as store:
        store.append(found)
        latest = store.latest()
        one_by_one = [
            store.range(each.bin_id, each.measured_utc, each.measured_utc + timedelta(1))[0] for each in found
        ]
    assert [repr(latest[each.bin_id]) for each in found] == [repr(each) for each in one_by_one]
    assert list(latest.values()) == [latest[name] for name in latest]


def test_a_file_from_before_knows_the_sensor_of_each_newest_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A city's store is brought up to date where it lies; the map must not show bins without a sensor after it."""
    path = tmp_path / "readings.sqlite3"
    with monkeypatch.context() as before:
        before.setattr(schema, "_STEPS", schema._STEPS[:4])
        SqliteReadings(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO series VALUES (7, 'B1', 'S1')")
        connection.execute("INSERT INTO reading VALUES (7, 0, 0, 500000, 0, 8000, NULL, NULL, 3)")
        connection.execute("INSERT INTO latest VALUES ('B1', 7, 0, 0, 500000, 0, 8000, NULL, NULL, 1, 3)")
        connection.execute("UPDATE append_count SET value = 1")
        connection.commit()
    with closing(SqliteReadings(path)) as store:
        assert store.latest()[BinId("B1")].sensor_id == "S1"


def test_damage_in_a_newest_reading_is_told(tmp_path: Path) -> None:
    """A level that nobody stored must not reach the map by the quick way."""
    path = tmp_path / "readings.sqlite3"
    with closing(SqliteReadings(path)) as store:
        store.append([Reading(BinId("B1"), SensorId("S1"), T0, T0, 0.5)])
        with closing(open_connection(path)) as connection:
            connection.execute("UPDATE latest SET measured_ms = ?, change = 2", (2**62,))
            connection.execute("UPDATE append_count SET value = 2")
        with pytest.raises(StoreUnavailableError, match="it is damaged"):
            store.latest()


def test_another_process_that_moves_a_sensor_is_noticed(tmp_path: Path) -> None:
    """What is the same reading in another bin must not be stored twice, whoever gave the sensor its new place."""
    path = tmp_path / "readings.sqlite3"
    first = Reading(BinId("B1"), SensorId("S1"), T0, T0, 0.5)
    with closing(SqliteReadings(path)) as ours, closing(SqliteReadings(path)) as other:
        assert ours.append([first]).stored == 1
        later = Reading(BinId("B2"), SensorId("S1"), T0 + timedelta(hours=1), T0, 0.5)
        assert other.append([later]).stored == 1
        again = Reading(BinId("B1"), SensorId("S1"), later.measured_utc, T0, 0.7)
        assert ours.append([again, Reading(BinId("B3"), SensorId("S3"), T0, T0, 0.1)]).stored == 1
