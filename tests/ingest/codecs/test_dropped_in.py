"""Codecs dropped into the folder: found by make and model, changed while running, and kept from slowing the stream."""

import contextlib
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.codecs.breaker import REST_S, Breaker
from ingest.codecs.dropped_in import DroppedIn
from ingest.codecs.folder import stems_for
from ingest.codecs.sandbox import Limits
from ingest.decode import decode
from ingest.message import Uplink
from ingest.refusal import RefusedError
from tests.ingest.codecs.conftest import SENT_UTC, Bench, Hands
from tomma.city import Sensor
from tomma.model import Alarm, RejectReason, SensorId


def script(unit: str = "mm", extra: str = "") -> str:
    """A codec whose first two bytes are a distance."""
    data = f"{{ distance_{unit}: i.bytes[0] * 256 + i.bytes[1] }}"
    return f"function decodeUplink(i) {{ {extra} return {{ data: {data} }} }}"


@pytest.mark.parametrize(
    ("make", "model", "stems"),
    [
        ("Acme", "", ["acme"]),
        ("ACME", "X1", ["acme-x1", "acme"]),
        ("Acme (Nordic)", "X1 v2.0", ["acme-nordic-x1-v2-0", "acme-nordic-x1-v2", "acme-nordic-x1", "acme-nordic"]),
        ("Åkerö", "Ä_1", ["åkerö-ä-1", "åkerö-ä", "åkerö"]),
        ("", "X1", []),
        (" - ", "", []),
    ],
)
def test_a_device_takes_the_most_particular_file(make: str, model: str, stems: list[str]) -> None:
    """One maker's models differ; case and punctuation are typed as it happens."""
    assert stems_for(make, model) == stems


def test_make_and_model_find_their_file_whatever_the_case(bench: Bench) -> None:
    """The city file says ACME, the maker's download is called Acme_X1.JS."""
    bench.drop("Acme_X1.JS", script("cm"))
    bench.drop("acme.js", script("mm"))
    assert bench.decode("0050", make="ACME", model="x1")[0].distance_mm == 800
    assert bench.decode("0050", make="acme", model="x9")[0].distance_mm == 80


def test_no_folder_and_no_file_is_no_codec(bench: Bench) -> None:
    """Then the built-in decoders are asked; nothing is started."""
    assert bench.codecs.find(Sensor(SensorId("S"), "Acme", "")) is None
    bench.drop("notes.txt", "nothing")
    bench.drop("other.js", script())
    assert bench.codecs.find(Sensor(SensorId("S"), "Acme", "")) is None


def test_a_dropped_in_codec_wins_over_the_built_in_decoder(bench: Bench) -> None:
    """The city knows its devices better than we do."""
    bench.drop("milesight.js", script("cm"))
    sensor = Sensor(SensorId("S"), "Milesight", "EM400-TLD")
    (told,) = decode(Uplink(("S",), SENT_UTC, frame=b"\x00\x51", port=85), sensor, bench.codecs)
    assert told.distance_mm == 810


def test_a_changed_file_is_taken_without_a_restart(bench: Bench) -> None:
    """The installer corrects a mistake and looks whether it helped."""
    bench.drop("acme.js", script("mm"))
    assert bench.decode("0050")[0].distance_mm == 80
    bench.drop("acme.js", script("cm"))
    assert bench.decode("0050")[0].distance_mm == 800
    bench.drop("acme.toml", '[fields]\ndistance = { from = "distance_cm", unit = "m" }')
    assert bench.decode("0002")[0].distance_mm == 2000
    (bench.folder / "acme.js").unlink()
    (bench.folder / "acme.toml").unlink()
    bench.later(2.0)
    assert bench.codecs.find(Sensor(SensorId("S"), "Acme", "")) is None


@pytest.mark.parametrize(
    ("name", "good", "bad", "why"),
    [
        pytest.param("acme.js", script(), "function (", "SyntaxError", id="a script"),
        pytest.param(
            "acme.toml", "[[frame]]\nvalues = { distance_mm = { bytes = 2 } }", "[felds]", "felds", id="a mapping"
        ),
        pytest.param("acme.js", script(), "\0\1\2" * 10, "must be UTF-8 text", id="no text at all"),
        pytest.param("acme.js", script(), "//" + "x" * 1_100_000, "at most", id="far too large"),
    ],
)
def test_a_broken_file_leaves_the_old_one_at_work_and_is_told_of(
    bench: Bench, caplog: pytest.LogCaptureFixture, name: str, good: str, bad: str, why: str
) -> None:
    """A slip of the installer must not stop the sensors that worked."""
    bench.drop(name, good)
    assert bench.decode("0050")[0].distance_mm == 80
    bench.drop(name, bad)
    assert bench.decode("0050")[0].distance_mm == 80
    assert why in bench.codecs.errors[name]
    assert "kept_the_old=True" in caplog.text
    bench.drop(name, good)
    bench.decode("0050")
    assert not bench.codecs.errors


def test_the_folder_is_taken_as_it_is_after_a_restart(bench: Bench) -> None:
    """Files are all there is: nothing is kept elsewhere."""
    bench.drop("acme.js", script())
    bench.drop("broken.js", "function (")
    with contextlib.closing(DroppedIn(bench.folder, monotonic=Hands())) as anew:
        found = anew.find(Sensor(SensorId("S"), "acme", ""))
        assert found is not None
        assert found(Uplink(("S",), None, frame=b"\x00\x50", port=1))[0].distance_mm == 80
        assert list(anew.errors) == ["broken.js"]


@pytest.mark.parametrize(
    ("body", "reason", "words"),
    [
        pytest.param(
            "return { errors: ['wrong length', null] }",
            RejectReason.NO_READING,
            "acme.js reports: wrong length",
            id="errors",
        ),
        pytest.param("return null", RejectReason.NO_READING, "nothing in this frame", id="null"),
        pytest.param("return { data: {} }", RejectReason.NO_READING, "nothing in this frame", id="no data"),
        pytest.param(
            "return { data: { humidity: 40 } }", RejectReason.NO_READING, "got 'humidity'", id="nothing of ours"
        ),
        pytest.param(
            "throw new Error('no \\u202e way')", RejectReason.CODEC_FAILED, "failed", id="an error with tricks in it"
        ),
        pytest.param("while (1) {}", RejectReason.CODEC_FAILED, "acme.js failed: it ran out of time", id="out of time"),
        pytest.param(
            "return { data: { distance_mm: 1e9 } }", RejectReason.OUT_OF_BOUNDS, "distance", id="no sensor's distance"
        ),
        pytest.param("return { data: { distance: 81 } }", RejectReason.UNKNOWN_UNIT, "acme.toml", id="no unit"),
        pytest.param(
            "return { data: JSON.parse('['.repeat(40) + ']'.repeat(40)) }",
            RejectReason.MALFORMED_JSON,
            "deeper",
            id="deep",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_in_plain_words(
    bench: Bench, body: str, reason: RejectReason, words: str
) -> None:
    """The operator reads it among the dead letters."""
    bench.drop("acme.js", f"function decodeUplink(i) {{ {body} }}")
    with pytest.raises(RefusedError) as refused:
        bench.decode("0050")
    assert refused.value.reason is reason
    assert words in str(refused.value)
    assert str(refused.value).isascii()


def test_the_port_the_time_and_a_missing_port_reach_the_script(bench: Bench) -> None:
    """Makers tell their frames apart by port; a network without ports has the mapping file name one."""
    bench.drop(
        "acme.js",
        "function decodeUplink(i) { return { data: { distance_mm: i.fPort * 10, t: i.recvTime.getTime() } } }",
    )
    assert bench.decode("00", port=85)[0].distance_mm == 850
    assert bench.decode("00", port=None)[0].distance_mm == 10
    bench.drop("acme.toml", "port = 2")
    assert bench.decode("00", port=None)[0].distance_mm == 20


def test_a_script_that_wastes_time_rests_and_comes_back(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """The stream of the others goes on; the messages meanwhile are dead letters that can be replayed."""
    slow = Limits(time_s=0.02, batch_s=0.06, debt_s=0.1)
    with contextlib.closing(DroppedIn(bench.folder, slow, bench.clock)) as bench.codecs:
        bench.drop(
            "acme.js", "function decodeUplink(i) { if (i.bytes[0]) while (1) {} return { data: { distance_mm: 80 } } }"
        )
        sensor = Sensor(SensorId("S"), "Acme", "")
        assert bench.decode("00")[0].distance_mm == 80
        bad = [(Uplink(("S",), SENT_UTC, frame=bytes([1, n]), port=1), sensor) for n in range(100)]
        with caplog.at_level(logging.ERROR):
            for _ in range(40):
                bench.codecs.prepare(bad)
                if "codec rests" in caplog.text:
                    break
        with pytest.raises(RefusedError, match="rests for another 30 s"):
            bench.decode("00")
        bench.later(REST_S[0] + 1)
        assert bench.decode("00")[0].distance_mm == 80


def test_a_debt_is_paid_back_and_rests_grow_longer() -> None:
    """A burst is forgiven; a codec that never learns costs less and less."""
    breaker = Breaker(debt_max_s=1.0, fair_s=0.002)
    assert breaker.charge({"c": 0.9}, {"c": 1}, 0.0) == []
    assert breaker.charge({"c": 0.9}, {"c": 1}, 60.0) == []
    rests = []
    now_s = 60.0
    for _ in range(6):
        now_s += 1.0
        assert breaker.charge({"c": 2.0}, {"c": 1}, now_s) == ["c"]
        rests.append(round(breaker.rest_left_s("c", now_s)))
        now_s += rests[-1]
        assert breaker.rest_left_s("c", now_s) == 0.0
    assert rests == [30, 60, 120, 300, 300, 300]
    assert breaker.rest_left_s("other", now_s) == 0.0


def test_many_frames_are_no_waste() -> None:
    """A city of one added make uses its codec all the time, and rightly."""
    breaker = Breaker(debt_max_s=1.0, fair_s=0.002)
    for second in range(100):
        assert breaker.charge({"c": 0.9}, {"c": 10_000}, float(second)) == []


def test_preparing_a_batch_changes_nothing_but_the_number_of_round_trips(bench: Bench) -> None:
    """A round trip costs as much as a decode, so the pipeline hands over all frames of a batch at once."""
    bench.drop("acme.js", script())
    sensor = Sensor(SensorId("S"), "Acme", "")
    uplinks = [Uplink((f"S{n}",), SENT_UTC, frame=n.to_bytes(2), port=1) for n in range(1, 60)]
    found = bench.codecs.find(sensor)
    assert found is not None
    one_by_one = [found(uplink)[0] for uplink in uplinks]
    bench.codecs.prepare((uplink, sensor) for uplink in uplinks)
    bench.codecs._sandbox.close()  # whatever is asked now must have been decoded already
    starts = bench.codecs._sandbox.starts
    assert [found(uplink)[0] for uplink in uplinks] == one_by_one
    assert bench.codecs._sandbox.starts == starts


def test_the_networks_common_form_adds_battery_and_temperature(bench: Bench) -> None:
    """`normalizeUplink` gives them in fixed units where the maker's own names say nothing."""
    source = (
        "function decodeUplink(i) { return { data: { distance_mm: 80, x: 3.6, y: 21 } } }"
        "function normalizeUplink(i) { return { data: { battery: i.data.x, air: { temperature: i.data.y } } } }"
    )
    bench.drop("acme.js", source)
    (told,) = bench.decode("00")
    assert (told.battery_v, told.temperature_c) == (3.6, 21.0)


def test_a_history_becomes_one_measurement_for_each_time(bench: Bench) -> None:
    """Sensors save up readings where the radio fails."""
    source = (
        "function decodeUplink(i) { return { data: { distance_mm: 90, tilt: true, history: ["
        "{ distance_mm: 80, time: '2026-06-01T10:00:00Z' }, { distance_mm: 85, time: '2026-06-01T11:00:00Z' }] } } }"
    )
    bench.drop("acme.js", source)
    now, *before = bench.decode("00")
    assert (now.distance_mm, now.measured_utc, now.alarms) == (90.0, None, frozenset({Alarm.TILT}))
    assert [(each.distance_mm, each.measured_utc) for each in before] == [
        (80, datetime(2026, 6, 1, 10, tzinfo=UTC)),
        (85, datetime(2026, 6, 1, 11, tzinfo=UTC)),
    ]


def test_fields_of_the_network_server_are_understood_by_the_mapping_alone(bench: Bench) -> None:
    """Many cities decode on the network server already."""
    bench.drop("acme.toml", '[fields]\nfill = { from = "lvl", unit = "%" }')
    assert bench.decode("", fields={"lvl": 45, "temp": "12.5"})[0].fill_fraction == 0.45
    with pytest.raises(RefusedError, match=r"must carry decoded fields, which acme\.toml describes"):
        bench.decode("0102")


def test_a_folder_that_cannot_be_read_is_an_empty_one(tmp_path: Path) -> None:
    """Ingest goes on with the built-in decoders."""
    (tmp_path / "codecs").write_text("a file where the folder should be")
    with contextlib.closing(DroppedIn(tmp_path / "codecs")) as codecs:
        assert codecs.stems() == {}
