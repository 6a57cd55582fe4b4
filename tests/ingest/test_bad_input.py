"""The bad-input list: whatever arrives, the stream goes on, and the operator reads why in one plain sentence."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.context import IngestContext
from ingest.decode.codec import FrameDecoder
from ingest.envelope import ENVELOPES
from ingest.message import Message
from ingest.pipeline import process
from tomma.bounds import Advice, Breach, Rule
from tomma.city import Sensor
from tomma.model import Rejected, RejectReason
from tomma.ports import ReadingStore, Registry

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TOPIC = "tomma/v1/H0001/reading"
R = RejectReason


class Bad(NamedTuple):
    """A payload, why it is refused, and words of the sentence that says so."""

    payload: bytes
    reason: RejectReason
    says: str
    topic: str = TOPIC


def body(text: str, *, level: str = '"distance_mm": 600') -> bytes:
    """Our own format with something added as raw text."""
    return ("{" + ", ".join(part for part in (level, text) if part) + "}").encode()


def level(text: str) -> bytes:
    """Our own format with another level."""
    return body("", level=text)


BAD: Mapping[str, Bad] = {
    "nothing at all": Bad(b"", R.MALFORMED_JSON, "not JSON"),
    "half a message": Bad(b'{"distance_mm": 6', R.MALFORMED_JSON, "not JSON"),
    "something after the end": Bad(b'{"distance_mm": 600} {}', R.MALFORMED_JSON, "not JSON: Extra data"),
    "a list": Bad(b"[600]", R.MALFORMED_JSON, "must be a JSON object, got [600]"),
    "a bare number": Bad(b"600", R.MALFORMED_JSON, "must be a JSON object, got 600"),
    "NaN": Bad(level('"distance_mm": NaN'), R.MALFORMED_JSON, "finite, got NaN"),
    "infinity": Bad(level('"distance_mm": -Infinity'), R.MALFORMED_JSON, "finite, got -Infinity"),
    "1e400, which is infinity in disguise": Bad(level('"distance_mm": 1e400'), R.MALFORMED_JSON, "finite, got '1e400'"),
    "1e308": Bad(level('"distance_mm": 1e308'), R.OUT_OF_BOUNDS, "within [1, 20000], got 1e+308"),
    "the smallest number there is": Bad(level('"distance_mm": 5e-324'), R.OUT_OF_BOUNDS, "within [1, 20000]"),
    "2^64": Bad(level('"distance_mm": 18446744073709551616'), R.OUT_OF_BOUNDS, "got 1.84467e+19"),
    "a number of 5,000 digits": Bad(
        level('"distance_mm": ' + "9" * 5000), R.MALFORMED_JSON, "at most 20 digits, got 5000"
    ),
    "a negative distance": Bad(level('"distance_mm": -5'), R.OUT_OF_BOUNDS, "distance_mm must be within [1, 20000]"),
    "a negative fill": Bad(level('"fill_fraction": -0.2'), R.OUT_OF_BOUNDS, "fill_fraction must be within [0, 1]"),
    "no echo, sent as 0": Bad(level('"distance_mm": 0'), R.OUT_OF_BOUNDS, "got 0"),
    "metres for millimetres": Bad(level('"distance_mm": 0.812'), R.OUT_OF_BOUNDS, "is it in millimetres?"),
    "per cent for a fraction": Bad(
        level('"fill_fraction": 81'),
        R.OUT_OF_BOUNDS,
        "fill_fraction must be within [0, 1], got 81; did you send per cent?",
    ),
    "300 per cent": Bad(level('"fill_pct": 300'), R.OUT_OF_BOUNDS, "fill_pct must be within [0, 100], got 300"),
    "millivolts for volts": Bad(body('"battery_v": 3580'), R.OUT_OF_BOUNDS, "did you send millivolts?"),
    "kelvin for Celsius": Bad(body('"temperature_c": 277.4'), R.OUT_OF_BOUNDS, "did you send kelvin?"),
    "colder than any place, in any unit": Bad(
        body('"temperature_c": -90'), R.OUT_OF_BOUNDS, "temperature_c must be within [-60, 150], got -90"
    ),
    "a time without a zone": Bad(
        body('"measured_utc": "2026-06-01T11:00:00"'), R.WRONG_FIELD, "must be a time such as"
    ),
    "a time that is true": Bad(body('"measured_utc": true'), R.WRONG_FIELD, "measured_utc must be a text, got True"),
    "a time in words": Bad(body('"measured_utc": "yesterday"'), R.WRONG_FIELD, "must be a time such as"),
    "true for a number": Bad(level('"distance_mm": true'), R.WRONG_FIELD, "distance_mm must be a number, got True"),
    "text for a number": Bad(level('"fill_pct": "50"'), R.WRONG_FIELD, "fill_pct must be a number, got '50'"),
    "null for a number": Bad(level('"distance_mm": null'), R.WRONG_FIELD, "must be a number, got None"),
    "a list for a number": Bad(level('"distance_mm": [600]'), R.WRONG_FIELD, "must be a number, got [600]"),
    "a counter of one and a half": Bad(body('"counter": 1.5'), R.WRONG_FIELD, "counter must be a whole number"),
    "an unknown key": Bad(body('"distance_cm": 60'), R.WRONG_FIELD, "'distance_cm' is not a known key"),
    "a key of another language": Bad(body('"__proto__": {}'), R.WRONG_FIELD, "'__proto__' is not a known key"),
    "no level": Bad(b'{"counter": 7}', R.WRONG_FIELD, "exactly one of distance_mm, fill_fraction, fill_pct"),
    "two levels": Bad(body('"fill_pct": 50'), R.WRONG_FIELD, "got distance_mm and fill_pct"),
    "the same key twice": Bad(body('"distance_mm": 700'), R.MALFORMED_JSON, "'distance_mm' must appear once"),
    "nested 100,000 deep": Bad(b"[" * 16_000, R.MALFORMED_JSON, "deeper than 24 levels"),
    "nested deep after much text": Bad(
        b'{"counter": ["' + b"[" * 50 + b'",' + b"[" * 30 + b"]" * 31 + b"}", R.MALFORMED_JSON, "deeper than 24"
    ),
    "a byte order mark": Bad(b"\xef\xbb\xbf" + level('"fill_pct": 5'), R.MALFORMED_JSON, "byte order mark"),
    "UTF-16": Bad('{"fill_pct": 50}'.encode("utf-16"), R.NOT_UTF8, "UTF-8 at byte 0, got 0xff"),
    "Latin-1": Bad('{"sensor_id": "Sjö"}'.encode("latin-1"), R.NOT_UTF8, "UTF-8 at byte 17, got 0xf6"),
    "half a character": Bad(body('"sensor_id": "\\ud800"'), R.MALFORMED_JSON, "lone surrogate"),
    "a NUL in a text": Bad(body('"sensor_id": "H0001\\u0000"'), R.FOREIGN_TOPIC, r"got 'H0001\x00'"),
    "a raw control character": Bad(b'{"sensor_id": "H\n0001"}', R.MALFORMED_JSON, "not JSON"),
    "text that writes backwards": Bad(body('"sensor_id": "\u202e1000H"'), R.FOREIGN_TOPIC, r"got '\u202e1000H'"),
    "a topic of another device": Bad(body('"sensor_id": "H0002"'), R.FOREIGN_TOPIC, "('H0001'), got 'H0002'"),
    "a letter that only looks right": Bad(body('"sensor_id": "\u041d0001"'), R.FOREIGN_TOPIC, r"got '\u041d0001'"),
    "an unknown device": Bad(level('"fill_pct": 50'), R.UNKNOWN_DEVICE, "got 'H9999'", topic="tomma/v1/H9999/reading"),
    "a sensor on the shelf": Bad(
        level('"fill_pct": 50'), R.NOT_INSTALLED, "must be installed in a bin", topic="tomma/v1/LOOSE/reading"
    ),
    "a sensor named like an attack": Bad(
        level('"fill_pct": 5'), R.UNKNOWN_DEVICE, "DROP_TABLE", topic="tomma/v1/x';DROP_TABLE_reading;--/reading"
    ),
    "1 MB": Bad(body('"counter": ' + " " * 1_000_000 + "1"), R.TOO_LARGE, "at most 16384 bytes, got 1000"),
}
"""By the name an operator would give it."""


@pytest.mark.parametrize("bad", [pytest.param(bad, id=name) for name, bad in BAD.items()])
def test_it_is_refused_with_a_plain_reason(bad: Bad, context: IngestContext, message: Callable[..., Message]) -> None:
    """A dead letter without a reason is a riddle; one with the wrong reason sends the fitter to the wrong bin."""
    batch = process([message(bad.payload, topic=bad.topic)], context)
    assert batch.readings == ()
    (rejected,) = batch.rejected
    assert (rejected.reason, bad.says in rejected.detail) == (bad.reason, True), rejected.detail
    assert rejected.detail.isascii()
    assert rejected.detail.isprintable()
    assert rejected.breach is not None, "told in English alone"
    assert bad.payload.startswith(rejected.payload)


def test_a_message_on_a_topic_that_no_source_names_says_so(
    context: IngestContext, message: Callable[..., Message]
) -> None:
    """The embedded broker takes those, too; whoever forgot a source must see it, and no format is to be mended."""
    (rejected,) = process([message(b"{}", topic="application/1/device/a/event/up", envelope="")], context).rejected
    assert (rejected.reason, rejected.breach and rejected.breach.rule) == (R.UNKNOWN_FORMAT, Rule.TOPIC_OF_SOURCE)
    assert "'application/1/device/a/event/up'" in rejected.detail


@pytest.mark.parametrize(
    "topic",
    ["application/1/device/a/event/join", "application/1/device/a/command/down", "v3/bins@ttn/devices/a/down/ack"],
)
def test_what_a_network_says_beside_uplinks_is_no_dead_letter_unless_it_was_asked_for(
    context: IngestContext, message: Callable[..., Message], topic: str
) -> None:
    """A thousand devices that join again each night would hide the one message that somebody has to look at."""
    assert process([message(b"{}", topic=topic, envelope="")], context).rejected == ()
    assert len(process([message(b"{}", topic=topic, envelope="auto")], context).rejected) == 1


@pytest.mark.parametrize(
    ("payload", "breach"),
    [
        pytest.param(
            level('"distance_mm": 0.812'),
            Breach(
                "distance_mm",
                Rule.WITHIN,
                "must be within [1, 20000]",
                "0.812",
                {"low": 1.0, "high": 20_000.0},
                Advice.NOT_MILLIMETRES,
            ),
            id="beyond its bounds",
        ),
        pytest.param(
            level('"fill_pct": "50, got 7"'),
            Breach("fill_pct", Rule.NUMBER, "must be a number", "'50, got 7'"),
            id="text for a number",
        ),
        pytest.param(
            body('"measured_utc": "i går"'),
            Breach("measured_utc", Rule.MOMENT, "must be a time such as 2026-11-22T05:30:00Z", "'i g\\xe5r'"),
            id="a time in words",
        ),
        pytest.param(
            body('"sensor_id": "H0002"'),
            Breach("sensor_id", Rule.TOPICS_DEVICE, "must be the topic's ('H0001')", "'H0002'", {"device": "'H0001'"}),
            id="another device than the topic's",
        ),
        pytest.param(
            body('"battery_v": 3580'),
            Breach(
                "battery_v", Rule.WITHIN, "must be within [0, 60]", "3580", {"low": 0, "high": 60}, Advice.MILLIVOLTS
            ),
            id="what was probably meant",
        ),
        pytest.param(
            body('"battery_v": -3580'),
            Breach("battery_v", Rule.WITHIN, "must be within [0, 60]", "-3580", {"low": 0, "high": 60}),
            id="wrong in any unit",
        ),
        pytest.param(b"[600]", Breach("payload", Rule.OBJECT, "must be a JSON object", "[600]"), id="no field at all"),
    ],
)
def test_the_field_that_was_refused_is_told_by_its_parts(
    payload: bytes, breach: Breach | None, context: IngestContext, message: Callable[..., Message]
) -> None:
    """A page has words for the rule in its own language; nobody takes our English sentence apart."""
    (rejected,) = process([message(payload)], context).rejected
    assert rejected.breach == breach


def test_a_stranger_is_told_by_its_parts(context: IngestContext, message: Callable[..., Message]) -> None:
    """The installer reads which name the registry lacks, or when the sensor hung nowhere."""
    topics = ("tomma/v1/H9999/reading", "tomma/v1/LOOSE/reading")
    unknown, loose = process([message(level('"fill_pct": 50'), topic=each) for each in topics], context).rejected
    assert unknown.breach == Breach("device", Rule.KNOWN, "must be a sensor of the city", "'H9999'")
    at_utc = "2026-06-01T12:00:00Z"
    assert loose.breach == Breach(
        "LOOSE", Rule.HUNG_AT, f"must be installed in a bin at {at_utc}", None, {"at_utc": at_utc}
    )


def test_the_rest_of_the_batch_goes_on(context: IngestContext, message: Callable[..., Message]) -> None:
    """One bad sensor must not cost the city its readings."""
    good = [message(topic=f"tomma/v1/H000{number}/reading") for number in range(5)]
    bad = [message(each.payload, topic=each.topic) for each in BAD.values()]
    batch = process([*good[:2], *bad, *good[2:]], context)
    assert [reading.sensor_id for reading in batch.readings] == ["H0000", "H0001", "H0002", "H0003", "H0004"]
    assert len(batch.rejected) == len(BAD)


@pytest.mark.parametrize(
    ("payload", "fill_fraction"),
    [
        pytest.param(b'{"distance_mm": 600}', 0.5, id="only a distance: the time of receipt counts"),
        pytest.param(b'{"fill_fraction": 0.5, "counter": 17, "battery_v": 3.58}', 0.5, id="a fraction"),
        pytest.param(b'{"fill_pct": 50, "temperature_c": -20.5}', 0.5, id="per cent"),
        pytest.param(b'{"fill_fraction": -0.0}', 0.0, id="minus zero is zero"),
        pytest.param(b'{"fill_pct": -5}', 0.0, id="-5 per cent of a badly set sensor is empty"),
        pytest.param(b'{"fill_pct": 105}', 1.0, id="105 per cent is full"),
        pytest.param(b'{"sensor_id": "H0001", "distance_mm": 1300}', 0.0, id="deeper than the bin is empty"),
        pytest.param(b' {"distance_mm": 6.0e2}\n', 0.5, id="white space and exponents are JSON"),
    ],
)
def test_it_is_taken(
    payload: bytes, fill_fraction: float, context: IngestContext, message: Callable[..., Message]
) -> None:
    """Strict is not petty: what is right, or a little off in a way we understand, is a reading."""
    (reading,) = process([message(payload)], context).readings
    assert reading.fill_fraction == fill_fraction
    assert str(reading.fill_fraction) in ("0.5", "0.0", "1.0")
    assert reading.measured_utc == NOW


def test_minus_zero_degrees_is_zero(context: IngestContext, message: Callable[..., Message]) -> None:
    """It is the same temperature, and must not be shown as -0."""
    (reading,) = process([message({"temperature_c": -0.0})], context).readings
    assert str(reading.temperature_c) == "0.0"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
our_keys = st.sampled_from(["sensor_id", "measured_utc", "distance_mm", "fill_fraction", "fill_pct", "counter"])
tts_keys = st.sampled_from(["uplink_message", "f_port", "frm_payload", "decoded_payload", "received_at", "distance"])
near_misses = st.dictionaries(our_keys | tts_keys, json_values, max_size=5).map(lambda d: json.dumps(d).encode())
frames = st.binary(max_size=24).map(
    lambda frame: json.dumps(
        {
            "end_device_ids": {"device_id": "eui-1000000000000001"},
            "uplink_message": {"f_port": 85, "frm_payload": base64.b64encode(frame).decode()},
        }
    ).encode()
)


@given(
    payload=st.binary(max_size=200) | near_misses | frames,
    topic=st.sampled_from([TOPIC, "v3/a@t/devices/eui-1000000000000001/up", "", "/", "a"]) | st.text(max_size=30),
    envelope=st.sampled_from([*ENVELOPES, "no such envelope"]),
)
@example(payload=b'{"uplink_message": {"f_port": 1, "frm_payload": "AA="}}', topic="", envelope="tts_v3")
@settings(max_examples=400, deadline=None)
def test_no_bytes_whatever_stop_the_stream(payload: bytes, topic: str, envelope: str) -> None:
    """Every message ends as a reading or as a rejection; nothing is raised, nothing is lost (cases P1 to P8)."""
    context = CONTEXT[0]
    batch = process([Message(topic, payload, NOW, envelope)], context)
    assert len(batch.readings) + len(batch.rejected) == 1
    for rejected in batch.rejected:
        assert rejected.detail
        assert "could not be understood" not in rejected.detail


CONTEXT: list[IngestContext] = []


@pytest.fixture(autouse=True)
def _context_for_hypothesis(context: IngestContext) -> None:
    """Hypothesis takes no function-scoped fixtures; the context is a value, so one is as good as another."""
    CONTEXT[:] = [context]


def test_the_whole_list_over_mqtt_leaves_counted_dead_letters_and_the_good_readings(
    broker: Any,
    store: ReadingStore,
    registry: Registry,
    subscribe: Callable[..., Any],
    wait: Callable[..., None],
) -> None:
    """The promise of the list, kept through each real broker: bad ones counted and told, good ones stored."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    good = b'{"distance_mm": 600, "measured_utc": "' + now + b'"}'
    with subscribe(broker.settings, store, registry):
        broker.publish(
            [
                ("tomma/v1/H0000/reading", good),
                *((bad.topic, bad.payload) for bad in BAD.values()),
                ("tomma/v1/H0009/reading", good),
            ]
        )
        wait(lambda: sum(store.dead_letter_counts().values()) >= len(BAD), "every bad message is a dead letter")
        wait(lambda: {"B0000", "B0009"} <= set(store.latest()), "both good readings are stored")
    expected: dict[RejectReason, int] = {}
    for bad in BAD.values():
        expected[bad.reason] = expected.get(bad.reason, 0) + 1
    assert store.dead_letter_counts() == expected
    told = [each.rejected for each in store.dead_letters(limit=100)]
    missing = [name for name, bad in BAD.items() if not any(is_of(bad, each) for each in told)]
    assert missing == []


def is_of(bad: Bad, rejected: Rejected) -> bool:
    """Whether this dead letter tells of that bad message; its sentence may name another day."""
    return rejected.reason is bad.reason and bad.payload.startswith(rejected.payload) and rejected.topic == bad.topic


def test_a_decoder_that_breaks_costs_its_message_and_not_the_stream(context: IngestContext) -> None:
    """Whatever kind of fault of ours it is: sent again for ever, the message would stop every other one."""

    class Broken:
        """A lookup that should have been a get."""

        def prepare(self, uplinks: object) -> None:
            """Nothing to prepare."""

        def find(self, sensor: Sensor) -> FrameDecoder | None:
            """Break."""
            raise KeyError("channel 9")

    frame = {"end_device_ids": {"device_id": "H0001"}, "uplink_message": {"f_port": 2, "frm_payload": "AQ=="}}
    message = Message("v3/a@t/devices/H0001/up", json.dumps(frame).encode(), NOW, "tts_v3")
    batch = process([message], replace(context, codecs=Broken()))
    assert [each.reason for each in batch.rejected] == [RejectReason.UNKNOWN_FORMAT]
    assert "channel 9" in batch.rejected[0].detail
