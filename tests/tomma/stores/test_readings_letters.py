"""What bounds the dead letters of the embedded store: no flood of one kind costs anything of another."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tomma.bounds import Breach, Rule
from tomma.model import BinId, Rejected, RejectReason
from tomma.stores.readings import schema as readings_schema
from tomma.stores.readings.letters import LettersKept
from tomma.stores.readings.sqlite import SqliteReadings

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
R = RejectReason

type Open = Callable[..., SqliteReadings]


@pytest.fixture
def store_keeping(tmp_path: Path) -> Iterator[Open]:
    """Opens the store with other bounds."""
    opened: list[SqliteReadings] = []

    def open_it(**bounds: int) -> SqliteReadings:
        opened.append(SqliteReadings(tmp_path / "readings.sqlite3", letters_kept=LettersKept(**bounds)))
        return opened[-1]

    yield open_it
    for store in opened:
        with closing(store):
            pass


def letter(number: int, reason: RejectReason = R.OUT_OF_BOUNDS, device: str = "") -> Rejected:
    """A message that failed `number` minutes after T0, of an unknown device if one is named."""
    received_utc = T0 + timedelta(minutes=number)
    return Rejected("t", b"%d" % number, received_utc, reason, "no", device_ids=(device,) if device else ())


def test_each_reason_has_its_own_bound(store_keeping: Open) -> None:
    """One sensor that sends rubbish every second must not push out the letter that somebody is looking for."""
    store = store_keeping(per_reason=5)
    store.append([], [], [letter(0, R.NOT_UTF8)])
    store.append([], [], [letter(number) for number in range(1, 50)])

    assert [each.rejected.payload for each in store.dead_letters(99, reason=R.OUT_OF_BOUNDS)] == [
        b"49", b"48", b"47", b"46", b"45"
    ]  # fmt: skip
    assert len(store.dead_letters(99, reason=R.NOT_UTF8)) == 1
    assert store.dead_letter_counts() == {R.NOT_UTF8: 1, R.OUT_OF_BOUNDS: 49}


def test_a_flood_of_random_names_pushes_out_neither_a_real_device_nor_other_letters(store_keeping: Open) -> None:
    """Case M18: anyone with an account could otherwise hide the sensor that the installer looks for."""
    store = store_keeping(devices=20)
    store.append([], [], [letter(0), letter(1, R.UNKNOWN_DEVICE, "real"), letter(2, R.UNKNOWN_DEVICE, "real")])
    for start in range(0, 1_000, 100):
        store.append([], [], [letter(n, R.UNKNOWN_DEVICE, f"random-{n}") for n in range(start, start + 100)])

    listed = store.quarantine()
    assert len(listed) == 20
    assert [each.kept for each in listed if each.device_ids == ("real",)] == [2]
    assert len(store.dead_letters(9_999, reason=R.UNKNOWN_DEVICE)) == 2 + 19
    assert len(store.dead_letters(99, reason=R.OUT_OF_BOUNDS)) == 1
    assert store.dead_letter_counts()[R.UNKNOWN_DEVICE] == 1_002


def test_one_unknown_device_keeps_its_newest_messages(store_keeping: Open) -> None:
    """They fill its history once it is registered."""
    store = store_keeping(per_device=4)
    store.append([], [], [letter(number, R.UNKNOWN_DEVICE, "X") for number in range(9)])

    assert [each.rejected.payload for each in store.dead_letters(99)] == [b"8", b"7", b"6", b"5"]
    (device,) = store.quarantine()
    assert (device.seen, device.kept, device.last_payload) == (9, 4, b"8")


def test_all_devices_together_are_bounded_at_the_cost_of_the_most_talkative(store_keeping: Open) -> None:
    """A few devices that send every second share the room with many that speak each hour."""
    store = store_keeping(quarantined=10)
    for number in range(30):
        store.append([], [], [letter(number, R.UNKNOWN_DEVICE, "loud")])
    store.append([], [], [letter(99, R.UNKNOWN_DEVICE, f"quiet-{n}") for n in range(4)])

    kept = {each.device_ids[0]: each.kept for each in store.quarantine()}
    assert sum(kept.values()) == 10 == len(store.dead_letters(99))
    assert kept == {"loud": 6, "quiet-0": 1, "quiet-1": 1, "quiet-2": 1, "quiet-3": 1}


def test_a_file_of_the_first_version_comes_up_with_its_letters_and_readings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns are only added (case S8): a file of years is brought up in a moment, and nothing in it changes."""
    path = tmp_path / "readings.sqlite3"
    with monkeypatch.context() as first_version:
        first_version.setattr(readings_schema, "_STEPS", readings_schema._STEPS[:1])
        SqliteReadings(path).close()
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "INSERT INTO series VALUES (1, 'B', 'S');"
            "INSERT INTO reading VALUES (1, 0, 5, 500000, 0, NULL, 3580, NULL);"
            "INSERT INTO dead_letter VALUES (7, 0, 'unknown_device', 't', 'why', NULL, x'7b7d');"
            "INSERT INTO dead_letter_total VALUES ('unknown_device', 3);"
        )
    with closing(SqliteReadings(path)) as store:
        (reading,) = store.range(BinId("B"), datetime(1969, 1, 1, tzinfo=UTC), T0)
        assert (reading.fill_fraction, reading.battery_v, reading.counter) == (0.5, 3.58, None)
        (kept,) = store.dead_letters(9)
        assert (kept.id, kept.rejected.payload, kept.rejected.envelope) == (7, b"{}", "")
        assert store.dead_letter_counts() == {R.UNKNOWN_DEVICE: 3}
        store.append([replace(reading, measured_utc=T0, counter=9)], [], [letter(1, R.UNKNOWN_DEVICE, "X")])
        assert store.latest()[BinId("B")].counter == 9
        assert len(store.quarantine()) == 1


def test_a_letter_whose_rule_is_no_longer_known_is_still_read(tmp_path: Path, store_keeping: Open) -> None:
    """Letters outlive versions: what is missing then is the rule in the page's language, never the letter."""
    store = store_keeping()
    store.append([], [], [replace(letter(0), breach=Breach("fill_pct", Rule.NUMBER, "must be a number", "'full'"))])
    with closing(sqlite3.connect(tmp_path / "readings.sqlite3")) as other:
        other.execute("UPDATE dead_letter SET breach = replace(breach, 'number', 'of_another_time')")
        other.commit()

    assert [each.rejected for each in store.dead_letters(9)] == [letter(0)]
