"""`tomma bench ingest` is believed only if it notices what it claims is not there: loss, doubles, changed values."""

import contextlib
import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bench import cli
from ingest.bench.big_store import Reads, Shape, ask, fill
from ingest.bench.brokers import BROKERS, BrokerAt
from ingest.bench.load import Load
from ingest.bench.measure import Effort, Outcome, run
from ingest.bench.node_red_install import bring
from ingest.bench.packets import length
from ingest.bench.publisher import Publisher
from ingest.bench.reckoning import Kept, Reckoning, reckon
from ingest.bench.report import BATCHES, OURS, PLAIN, summary
from ingest.bench.takers import StartTaker, Taking, ours, plain
from ingest.bench.views import TABLE, OurView, TableView, View, bin_of
from tomma.model import Reading, SensorId
from tomma.stores.readings.sqlite import SqliteReadings

LOAD = Load(7, datetime(2026, 6, 1, tzinfo=UTC))
SENT = range(50)
FAR = datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _kept(number: int) -> Kept:
    return Kept(number, LOAD.distance_mm(number))


@given(st.integers(0, 500_000))
def test_a_reading_tells_which_message_it_was(number: int) -> None:
    """Without this nobody could say what was lost."""
    (topic, payload), *_ = LOAD.messages(number, 1)
    said = json.loads(payload)
    found = LOAD.number_of(topic.split("/")[2], datetime.fromisoformat(said["measured_utc"]))
    assert (found, said["distance_mm"]) == _kept(number)


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        pytest.param([_kept(n) for n in SENT], Reckoning(), id="all there"),
        pytest.param([_kept(n) for n in SENT if n != 31], Reckoning(lost=1), id="one lost"),
        pytest.param([_kept(n) for n in (*SENT, 0, 0)], Reckoning(doubled=2), id="one stored three times"),
        pytest.param([_kept(n) for n in (*SENT, 50)], Reckoning(wrong=1), id="one that was not sent"),
        pytest.param([*map(_kept, SENT[1:]), Kept(0, 1.0)], Reckoning(lost=1, wrong=1), id="one changed"),
        pytest.param([*map(_kept, SENT), Kept(None, 1.0)], Reckoning(wrong=1), id="one of nobody"),
        pytest.param([], Reckoning(lost=50), id="nothing there"),
    ],
)
def test_the_reckoning_finds_what_was_planted(kept: list[Kept], expected: Reckoning) -> None:
    """A bench that says "0 lost" must be able to say something else."""
    assert reckon(LOAD, SENT, kept) == expected


def test_a_reading_missing_in_our_store_is_reckoned_as_lost(tmp_path: Path) -> None:
    """The view must read the store itself, not what the taker says of it."""
    path = tmp_path / "readings.sqlite3"
    with contextlib.closing(SqliteReadings(path)) as store:
        store.append([_reading(number) for number in SENT if number not in (3, 44)])
    with contextlib.closing(OurView(path, LOAD)) as view:
        assert reckon(LOAD, SENT, view.kept()) == Reckoning(lost=2)
        assert (view.has(2), view.has(3)) == (True, False)


def test_a_row_twice_in_a_plain_table_is_reckoned_as_doubled(tmp_path: Path) -> None:
    """Whoever is compared with us is reckoned by the same rule."""
    path = tmp_path / "plain.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(TABLE.replace(", UNIQUE (sensor, measured_utc)", ""))
        for number in (*SENT, 5):
            (topic, payload), *_ = LOAD.messages(number, 1)
            said = json.loads(payload)
            row = (topic.split("/")[2], said["measured_utc"], said["counter"], said["distance_mm"])
            connection.execute(
                "INSERT INTO reading (sensor, measured_utc, counter, distance_mm) VALUES (?, ?, ?, ?)", row
            )
        connection.commit()
    with contextlib.closing(TableView(path, LOAD)) as view:
        assert reckon(LOAD, SENT, view.kept()) == Reckoning(doubled=1)
        assert sorted(view.fresh()) == sorted([*SENT, 5])
        assert list(view.fresh()) == []


def test_our_view_shows_each_new_reading_once_and_the_turns_it_jumped_over(tmp_path: Path) -> None:
    """A reading that was replaced as the newest between two looks could be queried too: its delay counts."""
    path = tmp_path / "readings.sqlite3"
    with contextlib.closing(SqliteReadings(path)) as store, contextlib.closing(OurView(path, LOAD)) as view:
        store.append([_reading(number) for number in range(7)])
        assert sorted(view.fresh()) == list(range(7))
        assert list(view.fresh()) == []
        store.append([_reading(number) for number in range(7, 21)])
        assert sorted(view.fresh()) == list(range(7, 21))


def _reading(number: int) -> Reading:
    turn, sensor = divmod(number, LOAD.sensors)
    moment, name = LOAD.measured_utc(turn), f"S{sensor:05d}"
    return Reading(bin_of(name), SensorId(name), moment, moment, 0.5, distance_mm=float(LOAD.distance_mm(number)))


@pytest.mark.parametrize(
    "taker", [pytest.param(ours, id="tomma ingest"), pytest.param(plain(batch=True), id="the plain loop")]
)
def test_a_run_through_a_real_broker_accounts_for_every_message(taker: StartTaker, tmp_path: Path) -> None:
    """Publisher, broker, taker and store are the real ones; only the load is small."""
    load = Load(20, datetime.now(UTC).replace(microsecond=0) - timedelta(days=1))
    outcome = run(BROKERS["embedded"], taker, load, Effort(0.2, 300.0, 0.4), tmp_path)
    assert outcome.reckoning.is_clean
    assert outcome.messages >= 20 + 20 + 120
    assert len(outcome.latencies_ms) == 120
    assert min(outcome.latencies_ms) > 0.0, "nothing is seen before it is sent"
    assert outcome.bytes_on_disk > 0


class _Forgetful:
    """A view of a store that has lost one reading."""

    def __init__(self, view: View) -> None:
        self.fresh, self.has, self.close = view.fresh, view.has, view.close
        self._view = view

    def kept(self) -> Iterator[Kept]:
        return (each for each in self._view.kept() if each.number != 13)


def test_a_run_tells_a_loss(tmp_path: Path) -> None:
    """The whole way from the store to the figures must carry the bad news."""

    @contextlib.contextmanager
    def start(broker: BrokerAt, directory: Path, load: Load) -> Iterator[Taking]:
        with plain(batch=True)(broker, directory, load) as taking:
            yield Taking(taking.pid, _Forgetful(taking.view), taking.path)

    outcome = run(BROKERS["embedded"], start, LOAD, Effort(0.1, 0.0, 0.0), tmp_path)
    assert outcome.reckoning == Reckoning(lost=1)


def _answer(broker: socket.socket, packets: int, size: int, answer: bytes) -> None:
    """Play a broker that sends its acknowledgements byte by byte."""
    left = packets * size
    while left > 0:
        left -= len(broker.recv(min(left, 4096)))
    for byte in answer:
        broker.sendall(bytes([byte]))
    broker.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(b"\x40\x02\x00\x01" * 5, None, id="acknowledged in pieces"),
        pytest.param(b"\x40\x02\x00\x01" * 4 + b"\xd0\x00\x00\x00", "something else", id="no acknowledgement"),
        pytest.param(b"\x40\x02\x00\x01" * 4, "closed", id="one acknowledgement missing"),
    ],
)
def test_the_publisher_counts_only_acknowledgements(answer: bytes, error: str | None) -> None:
    """What the broker did not promise to keep was never sent, as far as loss is concerned."""
    near, far = socket.socketpair()
    with near, far:
        broker = threading.Thread(target=_answer, args=(far, 5, 10, answer))
        broker.start()
        publisher = Publisher(near, [b"x" * 10] * 5)
        with pytest.raises(ConnectionError, match=error) if error else contextlib.nullcontext():
            publisher.run(None)
        broker.join(10)
    if error is None:
        assert publisher.acknowledged == 5


@given(st.integers(0, 268_435_455))
def test_a_remaining_length_can_be_read_back(count: int) -> None:
    """Seven bits a byte, lowest first, as the standard says."""
    digits = length(count)
    assert sum((digit & 0x7F) << 7 * place for place, digit in enumerate(digits)) == count
    assert [digit >> 7 for digit in digits] == [1] * (len(digits) - 1) + [0]


def _outcome(per_s: float, lost: int = 0) -> Outcome:
    return Outcome(1000, per_s, 50.0, 40.0, 1.0, (1.0, 2.0, 30.0), Reckoning(lost=lost), 40_000)


READS = Reads(latest_ms=12.0, latest_again_ms=0.5, fortnight_ms=3.0, fortnight_readings=1344)
KEYS = {"lost", "readings_per_s", "ratio_to_node_red", "p99_ms", "p50_ms", "bytes_per_reading", "cpu_us_per_reading",
        "latest_10k_ms", "range_14d_ms", "rows", "ratio_to_plain_loop"}  # fmt: skip


def test_the_figures_are_medians_and_compare_with_the_fastest_node_red() -> None:
    """A slow flow of Node-RED's would flatter us."""
    takers = {
        OURS: [_outcome(9_000), _outcome(12_000), _outcome(11_000, lost=2)],
        PLAIN: [_outcome(1_000)],
        BATCHES: [_outcome(10_000)],
        "node_red_sqlite": [_outcome(500)],
        "node_red_function": [_outcome(2_000)],
    }
    figures = summary(takers, READS, 30, 36.04, "")
    assert figures.keys() >= KEYS
    assert (figures["readings_per_s"], figures["lost"], figures["p50_ms"]) == (11_000, 2, 2.0)
    assert (figures["ratio_to_node_red"], figures["node_red"]) == (5.5, "node_red_function")
    assert (figures["ratio_to_plain_loop"], figures["ratio_to_plain_loop_batches"]) == (11.0, 1.1)
    assert figures["aims_met"] == {
        "lost": False, "readings_per_s": True, "ratio_to_node_red": True, "p99_ms": True,
        "bytes_per_reading": True, "latest_10k_ms": True, "range_14d_ms": True,
    }  # fmt: skip


@pytest.mark.parametrize("as_json", [True, False])
def test_without_node_red_the_ratio_is_missing_and_the_reason_told(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine without npm still learns everything else."""
    figures = summary({OURS: [_outcome(11_000)]}, READS, 30, 36.0, "npm and node are not installed")
    cli._tell(figures, as_json=as_json)
    out = capsys.readouterr().out
    if as_json:
        assert out.count("\n") == 1
        told = json.loads(out)
        assert told["ratio_to_node_red"] is None
        assert told["node_red"] == "not measured: npm and node are not installed"
    else:
        assert "npm and node are not" in out
        assert "11000" in out


def test_a_machine_without_npm_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bench goes on without Node-RED then."""
    monkeypatch.setenv("PATH", str(tmp_path))
    told: list[str] = []
    assert (
        bring(tmp_path / "node-red", within_s=1.0, compiled=True, say=told.append) == "npm and node are not installed"
    )
    assert len(told) == 1, "what is about to be fetched is said first"


def test_a_large_store_is_one_that_our_store_reads(tmp_path: Path) -> None:
    """It is written past the port, so a change of the tables must not leave it behind unnoticed."""
    path, shape = tmp_path / "large.sqlite3", Shape(bins=6, turns=30, asked=2)
    assert 0 < fill(path, shape, lambda _: None) < 100
    with contextlib.closing(SqliteReadings(path)) as store:
        found = store.range_all(*FAR)
        assert sum(map(len, found.values())) == shape.readings
        assert store.latest() == {bin_id: readings[-1] for bin_id, readings in found.items()}
        reading = found[bin_of("S00005")][-1]
        store.append([Reading(reading.bin_id, reading.sensor_id, datetime.now(UTC), datetime.now(UTC), 0.25)])
        assert store.latest()[reading.bin_id].fill_fraction == 0.25
    assert ask(path, shape.asked).fortnight_readings == 14 * 96
