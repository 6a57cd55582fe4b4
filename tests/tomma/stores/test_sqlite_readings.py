"""What the embedded store does when the machine, the disk or a neighbour misbehaves."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tomma.errors import StoreUnavailableError
from tomma.model import BinId, Reading, Rejected, RejectReason
from tomma.stores import sqlite_file
from tomma.stores.readings.letters import LettersKept
from tomma.stores.readings.schema import APPLICATION_ID
from tomma.stores.readings.sqlite import SqliteReadings

type ReadingOf = Callable[..., Reading]

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)

WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tomma.model import Reading
from tomma.stores import sqlite_file
from tomma.stores.readings.schema import APPLICATION_ID
from tomma.stores.readings.sqlite import SqliteReadings
path, first, last, step = Path(sys.argv[1]), *map(int, sys.argv[2:])
store = SqliteReadings(path)
for start in range(first, last, step):
    moments = [datetime(2026, 11, 2, tzinfo=UTC) + timedelta(seconds=n) for n in range(start, start + step)]
    store.append([Reading(f"B{m.second % 7}", f"S{m.second % 7}", m, m, m.second / 100) for m in moments])
    print(start + step, flush=True)
store.close()
"""
"""Appends readings number `first` to `last`, and says after each batch which are acknowledged."""


def _writer(path: Path, first: int, last: int, step: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WRITER, str(path), str(first), str(last), str(step)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def _stored(path: Path) -> set[float]:
    """Return the numbers of the readings in the file, after making sure that none is there twice."""
    with closing(SqliteReadings(path)) as store:
        moments = [each.measured_utc for found in store.range_all(*EVER).values() for each in found]
    assert len(moments) == len(set(moments))
    return {(moment - datetime(2026, 11, 2, tzinfo=UTC)).total_seconds() for moment in moments}


def _kill_once(path: Path, batches_before_kill: int, begin: int) -> int:
    """Start a writer, kill it in the middle of its work, and return how many readings it had acknowledged."""
    with _writer(path, begin, begin + 1_000_000, 50) as writer:
        assert writer.stdout is not None
        acknowledged = begin
        for _ in range(batches_before_kill):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        for line in writer.stdout:  # what it had said before it died was a promise too
            acknowledged = int(line)
    return acknowledged


@pytest.mark.parametrize(
    "kills",
    [pytest.param(4, id="a few"), pytest.param(200, id="many", marks=[pytest.mark.long, pytest.mark.timeout(900)])],
)
def test_no_acknowledged_reading_is_lost_when_the_writer_is_killed(tmp_path: Path, kills: int) -> None:
    """The broker forgets a message once it is acknowledged: from then on ours is the only copy."""
    path = tmp_path / "readings.sqlite3"
    begin = 0
    for kill in range(kills):
        acknowledged = _kill_once(path, 1 + kill % 9, begin)
        stored = _stored(path)
        assert set(range(acknowledged)) <= stored
        assert stored <= set(range(acknowledged + 50)), "at most the batch that was under way"
        begin = len(stored)


def test_two_processes_write_one_file_while_a_third_reads(tmp_path: Path) -> None:
    """Ingest and an import run side by side, and the pages look on; what both bring is there once."""
    path = tmp_path / "readings.sqlite3"
    with (
        closing(SqliteReadings(path)) as reader,
        _writer(path, 0, 4_000, 100) as one,
        _writer(path, 2_000, 6_000, 100) as two,
    ):
        seen = 0
        while one.poll() is None or two.poll() is None:
            found = sum(len(each) for each in reader.range_all(*EVER).values())
            assert found >= seen, "what was seen does not go away"
            seen = found
    assert (one.returncode, two.returncode) == (0, 0)
    assert _stored(path) == set(range(6_000))


def test_four_processes_may_open_a_file_that_was_never_there(tmp_path: Path) -> None:
    """The demo starts everything at once."""
    path = tmp_path / "deep" / "readings.sqlite3"
    writers = [_writer(path, n * 100, n * 100 + 100, 100) for n in range(4)]
    for writer in writers:
        writer.communicate(timeout=60)

    assert [writer.returncode for writer in writers] == [0] * 4
    assert _stored(path) == set(range(400))
    assert not list(path.parent.glob("*.new"))


def test_the_second_of_two_processes_that_make_the_file_takes_that_of_the_first(
    filled: Path, reading_of: ReadingOf
) -> None:
    """Both saw that there was none; replacing it would lose what the first has acknowledged meanwhile."""
    sqlite_file._create(filled, APPLICATION_ID)

    with closing(SqliteReadings(filled)) as store:
        assert len(store.range_all(*EVER)) == 3


def test_any_thread_may_call_anything(tmp_path: Path, reading_of: ReadingOf) -> None:
    """The pages answer from a pool of threads; those end and their connections must not linger."""
    with closing(SqliteReadings(tmp_path / "readings.sqlite3")) as store:

        def work(number: int) -> None:
            for n in range(20):
                store.append([reading_of(number * 1000 + n, sensor_id=f"S{number}")])
                assert store.latest()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(store.range(BinId("B1"), *EVER)) == 120


@contextmanager
def _file_size_limit(limit_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_rush_of_readers_leaves_few_connections_behind(tmp_path: Path) -> None:
    """Each holds what it read in memory: forty pages at once would cost a gigabyte until the server is started anew."""
    with closing(SqliteReadings(tmp_path / "readings.sqlite3")) as store:
        with ExitStack() as rush:
            lent = [rush.enter_context(store._pool.borrow()) for _ in range(40)]
        assert len(store._pool._idle) == sqlite_file.IDLE_MAX
        closed = [each for each in lent if each not in store._pool._idle]
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            closed[0].execute("SELECT 1")
        assert store.latest() == {}


def test_a_disk_without_space_refuses_the_batch_and_heals(tmp_path: Path, reading_of: ReadingOf) -> None:
    """Nothing is acknowledged, what is there can be read, and space brings it back without a restart."""
    path = tmp_path / "readings.sqlite3"
    with closing(SqliteReadings(path)) as store:
        store.append([reading_of(0)])
        written = (tmp_path / "readings.sqlite3-wal").stat().st_size
        with _file_size_limit(written + 4096), pytest.raises(StoreUnavailableError, match=r"readings\.sqlite3.*space"):
            store.append([reading_of(n, sensor_id=f"S{n}") for n in range(1, 2000)])
        assert list(store.range(BinId("B1"), *EVER)) == [reading_of(0)]
        assert store.latest() == {"B1": reading_of(0)}

        store.append([reading_of(n, sensor_id=f"S{n}") for n in range(1, 2000)])
        assert len(store.range(BinId("B1"), *EVER)) == 2000


@pytest.mark.timeout(30)
def test_a_neighbour_that_holds_the_file_is_told_as_busy(tmp_path: Path, reading_of: ReadingOf) -> None:
    """After a bounded wait: a subscriber that hangs acknowledges nothing and tells nobody."""
    path = tmp_path / "readings.sqlite3"
    with (
        closing(SqliteReadings(path, busy_timeout_s=0.05)) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as neighbour,
    ):
        neighbour.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="another process"):
            store.append([reading_of(0)])
        assert store.latest() == {}, "reading goes on meanwhile"
        neighbour.execute("ROLLBACK")
        store.append([reading_of(0)])


@pytest.fixture
def filled(tmp_path: Path, reading_of: ReadingOf) -> Path:
    """A file with some readings, closed, so that everything is in the one file."""
    path = tmp_path / "filled" / "readings.sqlite3"
    with closing(SqliteReadings(path)) as store:
        store.append([reading_of(n, fill=n / 500, bin_id=f"B{n % 3}", sensor_id=f"S{n % 5}") for n in range(500)])
    return path


def _empty_it(path: Path) -> None:
    path.write_bytes(b"")


def _cut_it(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _overwrite_head(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 500)


def _put_another_programs(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")


def _lose_main_file(path: Path) -> None:
    shutil.copy(path, path.with_name(path.name + "-wal"))
    path.unlink()


def _from_the_future(path: Path) -> None:
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version=99")


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        pytest.param(_empty_it, "not a database", id="emptied"),
        pytest.param(_cut_it, "damaged", id="cut short"),
        pytest.param(_overwrite_head, "not a database", id="overwritten"),
        pytest.param(_put_another_programs, "another program", id="another program's"),
        pytest.param(_lose_main_file, "-wal", id="main file lost"),
        pytest.param(
            _from_the_future,
            "newer.*nothing was changed; use that version, or go back",
            id="written by a newer version",
        ),
    ],
)
def test_a_file_that_is_not_whole_is_refused_and_left_as_it_is(
    filled: Path, harm: Callable[[Path], None], told: str
) -> None:
    """A store that starts empty in its place would look like a city without history."""
    harm(filled)
    before = {path.name: path.read_bytes() for path in filled.parent.iterdir()}

    with pytest.raises(StoreUnavailableError, match=told) as refused:
        SqliteReadings(filled)
    assert str(filled) in str(refused.value)
    assert {path.name: path.read_bytes() for path in filled.parent.iterdir() if path.name in before} == before


anywhere = st.floats(0, 0.999)  # of the file's length
in_the_head_and_schema = st.floats(0, 0.05)


@given(flips=st.lists(st.tuples(anywhere | in_the_head_and_schema, st.integers(1, 255)), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bytes_are_told_as_damage_or_read_as_values(
    filled: Path, flips: list[tuple[float, int]], reading_of: ReadingOf
) -> None:
    """Whatever a dying disk gives back, callers meet one error with one meaning."""
    path = filled.with_name("flipped.sqlite3")
    data = bytearray(filled.read_bytes())
    for place, mask in flips:
        data[int(place * len(data))] ^= mask
    for leftover in path.parent.glob("flipped*"):
        leftover.unlink()
    path.write_bytes(data)

    try:
        with closing(SqliteReadings(path)) as store:
            store.latest()
            store.range_all(*EVER)
            store.daily(BinId("B1"), T0.date(), (T0 + timedelta(days=1)).date())
            store.append([reading_of(1000)])
            store.delete_before(T0)
    except StoreUnavailableError as exc:
        assert str(path) in str(exc)  # noqa: PT017  (either outcome is right)


@contextmanager
def _nobody() -> Iterator[None]:
    """Run as the user nobody when we are root, whom no mode stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_not_be_written_refuses_with_what_to_do(filled: Path, reading_of: ReadingOf) -> None:
    """A restored backup often has the wrong owner."""
    place = Path("/tmp") / f"tomma-test-{os.getpid()}"
    shutil.copytree(filled.parent, place)
    try:
        for path in (*place.iterdir(), place):
            path.chmod(0o555 if path.is_dir() else 0o444)
        with (
            _nobody(),
            pytest.raises(StoreUnavailableError, match="check"),
            closing(SqliteReadings(place / filled.name)) as store,
        ):
            store.append([reading_of(1000)])
    finally:
        place.chmod(0o755)
        shutil.rmtree(place)


def test_dead_letters_are_bounded_in_size_and_number_but_not_in_count(tmp_path: Path) -> None:
    """Somebody who sends megabytes of rubbish all night must not fill the disk."""
    with closing(SqliteReadings(tmp_path / "readings.sqlite3", letters_kept=LettersKept(per_reason=10))) as store:
        for n in range(25):
            payload = bytes([n]) * 1_000_000
            store.append([], [], [Rejected("t" * 9_999, payload, T0, RejectReason.TOO_LARGE, "x" * 100_000)])

        kept = [each.rejected for each in store.dead_letters(1_000)]
        assert [each.payload[0] for each in kept] == list(range(24, 14, -1))
        assert all(len(each.payload) <= 16_384 and "of 1000000 bytes" in each.detail for each in kept)
        assert all(len(each.topic) + len(each.detail) < 3_000 for each in kept)
        assert store.dead_letter_counts() == {RejectReason.TOO_LARGE: 25}


def test_a_reading_takes_at_most_forty_bytes_of_disk(tmp_path: Path) -> None:
    """Thirty million of them must fit on a small machine; sensors report in turn, so the tree grows everywhere."""
    sensors, rounds = 200, 300
    with closing(SqliteReadings(tmp_path / "readings.sqlite3")) as store:
        for turn in range(rounds):
            at = T0 + timedelta(minutes=15 * turn)
            store.append([_typical(at + timedelta(milliseconds=n), n, turn) for n in range(sensors)])
    size = (tmp_path / "readings.sqlite3").stat().st_size
    assert size / (sensors * rounds) <= 40.0


def _typical(at: datetime, sensor: int, turn: int) -> Reading:
    distance_mm = 100 + (sensor * 37 + turn * 11) % 1_000
    return Reading(
        BinId(f"B{sensor:04}"),
        f"S{sensor:04}",  # type: ignore[arg-type]
        at,
        at + timedelta(milliseconds=150 + sensor),
        round((1_100 - distance_mm) / 1_000, 4),
        distance_mm=float(distance_mm),
        battery_v=3.58,
        temperature_c=-4.2,
        counter=20_000 + turn,
    )
