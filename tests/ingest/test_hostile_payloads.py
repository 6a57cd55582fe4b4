"""Hostile payloads, for every envelope and every decoder: nothing but a refusal, and never an invented level."""

import base64
import gzip
import json
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.decode import MAKERS, decode
from ingest.envelope import ENVELOPES
from ingest.message import Message, Uplink
from ingest.refusal import RefusedError
from tests.ingest.mutations import EUI, FINE, KINDS, Change, changes, mutate
from tomma.city import Sensor
from tomma.model import Measurement, RejectReason, SensorId

DATA = Path(__file__).parents[3] / "shared" / "data"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Form(NamedTuple):
    """A good message of one envelope, with @ where its level stands."""

    topic: str
    text: str
    level: str = "600"

    def says(self, level: str) -> bytes:
        """The message with another level."""
        return self.text.replace("@", level).encode()


FORMS: Mapping[str, Form] = {
    "json": Form("tomma/v1/H0001/reading", '{"sensor_id": "H0001", "distance_mm": @}'),
    "csv": Form("csv", "sensor_id,distance_mm\nH0001,@"),
    "tts_v3": Form(
        "v3/a@t/devices/H0001/up",
        '{"end_device_ids": {"device_id": "H0001"}, "uplink_message": '
        '{"f_port": 1, "decoded_payload": {"distance_mm": @}}}',
    ),
    "chirpstack_v4": Form("c", '{"deviceInfo": {"devEui": "H0001"}, "fPort": 1, "object": {"distance_mm": @}}'),
    "chirpstack_v3": Form("c", '{"applicationID": "1", "devEUI": "H0001", "fPort": 1, "object": {"distance_mm": @}}'),
    "thingpark": Form("t", '{"DevEUI_uplink": {"DevEUI": "H0001", "FPort": "1", "payload": {"distance_mm": @}}}'),
    "loriot": Form("l", '{"cmd": "rx", "EUI": "H0001", "port": 1, "decoded": {"data": {"distance_mm": @}}}'),
    "milesight_gateway": Form(
        "m", '{"devEUI": "H0001", "time": "2026-06-01T11:00:00Z", "fPort": 1, "object": {"distance_mm": @}}'
    ),
    "vega_nb11": Form("v", '{"Message": {"IMEI": "H0001"}, "Telemetry": {"distance_mm": @}}'),
    "senml": Form("s", '[{"bn": "H0001:", "n": "distance_mm", "v": @}]'),
    "fiware": Form("f", '{"id": "H0001", "type": "WasteContainer", "fillingLevel": @}', "0.5"),
}
STRICT = {"json", "senml", "fiware"}
"""Formats that say what a number is; what a maker's script wrote into the others is taken as it was meant."""
BINARY = {"milesight_nbiot", "dragino_nbiot"}
"""Bare frames: no numbers in text, no keys; the fuzz below is theirs."""


def heard(envelope: str, topic: str, payload: bytes, make: str = "", model: str = "") -> list[Measurement]:
    """Everything a message says; each record of it that is refused says nothing."""
    found: list[Measurement] = []
    for record in ENVELOPES[envelope](Message(topic, payload, NOW, envelope)):
        if isinstance(record, RefusedError):
            continue
        try:
            found.extend(decode(record, Sensor(SensorId("H0001"), make, model)))
        except RefusedError:
            continue
    return found


def levels(envelope: str, topic: str, payload: bytes) -> list[float | None]:
    """Every level a message brings; none when it is refused."""
    try:
        return [
            measurement.fill_fraction if measurement.distance_mm is None else measurement.distance_mm
            for measurement in heard(envelope, topic, payload)
            if measurement.has_level
        ]
    except RefusedError:
        return []


def test_every_envelope_is_in_the_tables_of_this_file() -> None:
    """A new envelope must go through the same mill."""
    assert FORMS.keys() | BINARY | {"auto"} == ENVELOPES.keys()


named_or_auto = pytest.mark.parametrize("named", [True, False], ids=["by its name", "auto"])
each_form = pytest.mark.parametrize("envelope", list(FORMS))


@named_or_auto
@each_form
def test_the_good_message_of_each_table_brings_its_level(envelope: str, named: bool) -> None:
    """Else the tables below would prove nothing."""
    form = FORMS[envelope]
    assert levels(envelope if named else "auto", form.topic, form.says(form.level)) == [float(form.level)]


NO_LEVELS: Mapping[str, str] = {
    "P1 NaN": "NaN",
    "P1 infinity": "Infinity",
    "P1 minus infinity": "-Infinity",
    "P1 1e400": "1e400",
    "P1 NaN as text": '"NaN"',
    "P2 1e308": "1e308",
    "P2 2^64": str(2**64),
    "P2 5,000 digits": "9" * 5000,
    "P2 below every bound": "-1e308",
    "P4 1,000 deep": "[" * 1000 + "]" * 1000,
    "P4 15,000 deep and never closed": "[" * 15_000,
    "P6 true": "true",
    "P6 text": '"600"',
    "P6 null": "null",
    "P6 a list": "[600]",
    "P6 an object": '{"__proto__": 600}',
    "P8 a negative level": "-5",
}
"""What stands where the level should, by the number of the case."""


@named_or_auto
@pytest.mark.parametrize("level", [pytest.param(level, id=name) for name, level in NO_LEVELS.items()])
@each_form
def test_no_level_is_made_of(envelope: str, level: str, named: bool) -> None:
    """Cases P1, P2, P4, P6 and P8: refused, or a record without a level; never a number made up."""
    form = FORMS[envelope]
    if level == '"600"' and envelope not in STRICT:
        level = '"600 kg"'  # makers' scripts write numbers as text; a text that is none is left
    assert levels(envelope if named else "auto", form.topic, form.says(level)) == []


@each_form
def test_minus_zero_is_zero_and_the_smallest_number_is_none(envelope: str) -> None:
    """Case P2: a distance of 0 is no echo, a fill of 0 is an empty bin, and neither is written -0."""
    form = FORMS[envelope]
    expected = ["0.0"] if envelope == "fiware" else []
    assert [str(level) for level in levels(envelope, form.topic, form.says("-0.0"))] == expected
    assert all(abs(level or 0.0) < 1e-300 for level in levels(envelope, form.topic, form.says("5e-324")))


def twice(text: str) -> str:
    """The message with the key of its level twice."""
    if text.startswith("sensor_id,"):
        return "sensor_id,distance_mm,distance_mm\nH0001,600,700"
    return re.sub(r'("\w+": )@', r"\g<1>600, \g<1>700", text)


SPOILED: Mapping[str, Callable[[Form], bytes]] = {
    "P3 the level twice": lambda form: twice(form.text).encode(),
    "P5 UTF-16": lambda form: form.text.replace("@", form.level).encode("utf-16"),
    "P5 no UTF-8": lambda form: form.says(form.level).replace(b"H0001", b"H\xff001"),
    "P5 half a character": lambda form: form.says(form.level).replace(b"H0001", b"\\ud800"),
    "P7 half a message": lambda form: form.says(form.level)[: -len(form.level) - 2],
    "P10 compressed": lambda form: gzip.compress(form.says(form.level)),
    "P10 a bomb": lambda _: gzip.compress(b" " * 10_000_000),
    "nothing": lambda _: b"",
}


@named_or_auto
@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in SPOILED.items()])
@each_form
def test_a_spoiled_message_brings_no_level(envelope: str, spoil: Callable[[Form], bytes], named: bool) -> None:
    """Cases P3, P5, P7 and P10: nobody can say what the sender meant."""
    form = FORMS[envelope]
    payload = spoil(form)
    if envelope == "csv":
        payload = payload.replace(
            b"\\ud800", "\ud800".encode("utf-8", "surrogatepass")
        )  # a backslash is a letter in CSV
    assert levels(envelope if named else "auto", form.topic, payload) == []


@pytest.mark.parametrize(
    "name", ["H'; DROP TABLE reading;--", "H,0=1\\n2", 'H\\"0', "H\\u202e1000", "H\\u0000", "é" * 90]
)
@each_form
def test_a_device_named_like_an_attack_is_only_a_name(envelope: str, name: str) -> None:
    """Case P9: what is no sensor of the city is looked up, not found, and told; nothing else happens to it."""
    form = FORMS[envelope]
    payload = form.says(form.level).replace(b"H0001", name.encode())
    try:
        records = ENVELOPES[envelope](Message("x", payload, NOW, envelope))
    except RefusedError as refusal:
        told = str(refusal)
    else:
        told = " ".join(str(record) for record in records if isinstance(record, RefusedError))
        names = [each for record in records if isinstance(record, Uplink) for each in record.device_ids]
        assert "H0001" not in names
    assert told.isascii()
    assert told.isprintable()


def seeds() -> Iterator[tuple[str, bytes]]:
    """Real messages of every envelope, and the frames that some send bare."""
    network = {"ChirpStack": "chirpstack_v4", "HTTP": "milesight_gateway", "LORIOT": "loriot"}
    with (DATA / "envelopes_public.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield network.get(row["network"], "tts_v3"), json.dumps(row["envelope"]).encode()
    for path in sorted((DATA / "envelopes").glob("*.json")):
        payload = json.loads(path.read_text(encoding="utf-8"))["payload"]
        name = next(each for each in sorted(ENVELOPES, key=len, reverse=True) if path.stem.startswith(each))
        yield name, payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    for path in sorted((DATA / "standards" / "senml").glob("*.json")):
        yield "senml", path.read_bytes()
    for path in sorted((DATA / "standards" / "waste").glob("*/example*.json*")):
        yield "fiware", path.read_bytes()
    for name, form in FORMS.items():
        yield name, form.says(form.level)
    yield "csv", b"sensor_id,measured_utc,counter,fill_pct\nH0001,2026-06-01T11:00:00Z,7,50\nH0002,,,5\n"
    yield "senml", b'{"bn": "/3435/0/", "bt": 1780311600, "e": [{"n": "2", "v": 45}, {"n": "13", "bv": true}]}'
    yield (
        "chirpstack_v3",
        b'{"devEUI": "qEBBAAGB1Ec=", "rxInfo": [{"time": null}], "objectJSON": "{\\"distance_mm\\": 5}"}',
    )
    for make, frame, _, _ in frames():
        if frame.startswith(b"\x02\x00\x01"):
            yield "milesight_nbiot", frame
        elif make == "dragino" and len(frame) == 21:
            yield "dragino_nbiot", frame
        else:
            encoded = base64.b64encode(frame).decode()
            yield (
                "tts_v3",
                json.dumps(
                    {"end_device_ids": {"device_id": "x"}, "uplink_message": {"f_port": 2, "frm_payload": encoded}}
                ).encode(),
            )


class Published(NamedTuple):
    """A maker's published frame."""

    make: str
    frame: bytes
    model: str
    port: int


def frames() -> Iterator[Published]:
    """The makers' published frames."""
    with (DATA / "vectors_public.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield Published(row["vendor"], bytes.fromhex(row["bytes_hex"]), row["device"], row["fPort"][0])


SEEDS = list(seeds())
FRAMES = list(frames())
MODELS = ["", "EM410-RDL", "EM500-UDL", "LDDS75", "LDDS04", "DDS04-LB", "LLDS12", "LMDS200", "NDDS20", "dl-mbx"]


TOPICS = [
    "",
    "x",
    "v3/a@t/devices/x/up",
    f"application/1/device/{EUI}/event/up",
    "mqtt/things/1/uplink",
    "a/H0001/reading",
]
hostile_messages = st.tuples(
    st.sampled_from(SEEDS),
    changes,
    st.sampled_from(TOPICS) | st.text(max_size=20),
    st.sampled_from(["", *sorted(MAKERS)]),
    st.sampled_from(MODELS),
    st.booleans(),
)
hostile_frames = st.tuples(
    st.sampled_from(FRAMES),
    changes,
    st.just("") | st.sampled_from(sorted(MAKERS)),
    st.sampled_from(MODELS) | st.text(max_size=8),
    st.none() | st.integers(0, 255) | st.sampled_from([2, 3, 5, 6, 7, 85]),
)


def try_message(drawn: tuple[Any, ...]) -> None:
    """One hostile message through its envelope, or through `auto`, and a decoder."""
    (name, payload), todo, topic, make, model, auto = drawn
    payload = mutate(payload, todo, [each for _, each in SEEDS])
    try:
        found = heard("auto" if auto else name, topic, payload, make, model)
    except RefusedError as refused:
        refusal: RefusedError | None = refused
    else:
        refusal = None
        check(found)
    check_refusal(refusal)


def try_frame(drawn: tuple[Any, ...]) -> None:
    """One hostile frame through a decoder: mostly its maker's, sometimes another's."""
    published, todo, other, model, port = drawn
    frame = mutate(published.frame, [each for each in todo if each.kind not in FINE], [each.frame for each in FRAMES])
    uplink = Uplink(("x",), NOW, frame=frame, port=port if other else published.port)
    try:
        found = MAKERS[other or published.make](uplink, model if other else published.model)
    except RefusedError as refused:
        refusal: RefusedError | None = refused
        found = ()
    else:
        refusal = None
        assert found
    check_refusal(refusal)
    assert all(values.distance_mm is None or 1 <= values.distance_mm <= 20_000 for values in found)
    assert all(not values.no_echo or not values.has_level for values in found)


def check_refusal(refusal: RefusedError | None) -> None:
    """A refusal says why, in plain letters."""
    assert refusal is None or (refusal.reason in RejectReason and str(refusal).isascii() and str(refusal))


def check(found: list[Measurement]) -> None:
    """Whatever passes is true."""
    for measurement in found:
        assert measurement.distance_mm is None or 1 <= measurement.distance_mm <= 20_000
        assert measurement.fill_fraction is None or -0.1 <= measurement.fill_fraction <= 1.1 + 1e-9
        assert measurement.temperature_c is None or math.isfinite(measurement.temperature_c)
        assert measurement.measured_utc is None or measurement.measured_utc.tzinfo is UTC


def mill(count: int, *, seeded: bool) -> settings:
    """How many, and whether always the same."""
    return settings(
        max_examples=count,
        derandomize=seeded,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@given(hostile_messages)
@example((("senml", b'[{"n": "b:fill_pct", "v": 5, "t": -1e11}]'), [], "", "", "", False))
@example((("loriot", b'{"cmd": "rx", "EUI": "1", "ts": 2.4e14, "port": 1, "data": "00"}'), [], "", "", "", False))
@mill(900, seeded=True)
def test_no_mutation_of_a_real_message_escapes(drawn: tuple[Any, ...]) -> None:
    """Cut, flipped, spliced and swapped real messages: a refusal or a true measurement, nothing else."""
    try_message(drawn)


@given(hostile_frames)
@mill(600, seeded=True)
def test_no_mutation_of_a_real_frame_escapes(drawn: tuple[Any, ...]) -> None:
    """A radio frame is whatever the air makes of it (case P7)."""
    try_frame(drawn)


def some_changes(rng: random.Random) -> list[Change]:
    """One to four mutations."""
    return [
        Change(rng.choice(KINDS), rng.random(), rng.randrange(2**16), rng.randbytes(rng.randint(1, 8)))
        for _ in range(rng.randint(1, 4))
    ]


PAYLOADS_PER_SEED = 50


@pytest.mark.long
@pytest.mark.timeout(1800)
@given(st.integers(0, 2**63))
@mill(60_000 // PAYLOADS_PER_SEED, seeded=False)
def test_of_60000_mutated_messages_none_escapes(seed: int) -> None:
    """The long run, other messages each time; the seed that fails names its fifty."""
    rng = random.Random(seed)  # noqa: S311  (a drawn seed)
    for _ in range(PAYLOADS_PER_SEED):
        todo, topic, make = some_changes(rng), rng.choice(TOPICS), rng.choice(["", *MAKERS])
        try_message((rng.choice(SEEDS), todo, topic, make, rng.choice(MODELS), rng.random() < 0.5))


@pytest.mark.long
@pytest.mark.timeout(1800)
@given(st.integers(0, 2**63))
@mill(40_000 // PAYLOADS_PER_SEED, seeded=False)
def test_of_40000_mutated_frames_none_escapes(seed: int) -> None:
    """The long run, other frames each time."""
    rng = random.Random(seed)  # noqa: S311  (a drawn seed)
    ports = [None, 2, 3, 5, 6, 7, 85, 255]
    for _ in range(PAYLOADS_PER_SEED):
        todo, other = some_changes(rng), rng.choice([*(9 * [""]), *MAKERS])
        try_frame((rng.choice(FRAMES), todo, other, rng.choice(MODELS), rng.choice(ports)))
