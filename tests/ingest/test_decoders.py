"""Makes: every published frame must come out as its maker says, and nothing may be guessed."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.context import IngestContext
from ingest.decode import MAKERS, decode, decoded_fields, milesight
from ingest.decode.codec import FrameDecoder
from ingest.decode.values import Values
from ingest.message import Message, Uplink
from ingest.pipeline import process
from ingest.refusal import RefusedError
from tomma.city import Sensor
from tomma.model import Alarm, RejectReason, SensorId

DATA = Path(__file__).parents[3] / "shared" / "data"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEVICE = "eui-1000000000000001"
MILESIGHT = Sensor(SensorId(DEVICE), make="Milesight")


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The published examples in one file."""
    with (DATA / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def vectors() -> list[Any]:
    """Every published frame, once per port it is published for."""
    return [
        pytest.param(row, port, id=f"{row['vendor']} {row['device']} port {port} {row['bytes_hex'][:40]}")
        for row in rows("vectors_public.jsonl")
        for port in row["fPort"]
    ]


def decoded(row: Mapping[str, Any], port: int) -> Sequence[Values]:
    """Decode a published frame."""
    frame = bytes.fromhex(row["bytes_hex"])
    return MAKERS[row["vendor"]](Uplink(("X",), NOW, frame=frame, port=port), row["device"])


IN_OUR_UNITS: Mapping[str, Callable[[Values], object]] = {
    "distance_mm": lambda values: values.distance_mm,
    "fill_pct": lambda values: None if values.fill_fraction is None else round(100 * values.fill_fraction),
    "battery_v": lambda values: values.battery_v,
    "battery_pct": lambda values: None if values.battery_fraction is None else round(100 * values.battery_fraction),
    "temperature_c": lambda values: values.temperature_c,
    "tilted": lambda values: Alarm.TILT in values.alarms or None,
    "sensor_fault": lambda values: Alarm.SENSOR_FAULT in values.alarms or None,
}
BEYOND_THE_NORMALISED: Mapping[str, Mapping[str, object]] = {
    # The normalised values leave these out; the catalogues' own expectations have them.
    "0d4a03160318031a031501": {"distance_mm": 789.0},  # four probes: the nearest of 790, 792, 794 and 789
    "0e1c0b05": {"battery_v": 3.612},
    "0d020018000ccc01": {"distance_mm": 24.0},
    "f86778705021331700840cf41e010000396315537b": {"distance_mm": 57.0},
    "4301bb0bed0bfe64ccc6a44001be0b5b0d3164ccc6c04001be0b550c0264ccc6fc4101be0b4e0bfd64ccc7174001be0bf40bf764ccc761": {
        "distance_mm": 443.0
    },
}


@pytest.mark.parametrize(("row", "port"), vectors())
def test_a_published_frame_gives_the_published_values(row: dict[str, Any], port: int) -> None:
    """The makers' own examples, as five catalogues publish them: all of the values, and no others."""
    expected = {**row.get("canonical_derived", {}), **BEYOND_THE_NORMALISED.get(row["bytes_hex"], {})}
    if row.get("expect_reject") or not expected:
        reason = RejectReason.UNKNOWN_FORMAT if row.get("expect_reject") else RejectReason.NO_READING
        with pytest.raises(RefusedError) as refusal:
            decoded(row, port)
        assert refusal.value.reason is reason
        return
    values = decoded(row, port)[0]
    assert {name: read(values) for name, read in IN_OUR_UNITS.items()} == {
        name: expected.get(name) for name in IN_OUR_UNITS
    }


@pytest.mark.parametrize(
    ("expected", "ours"),
    [
        pytest.param("distance_mm", "distance_mm", id="the maker's millimetres are ours"),
        pytest.param("temperature_c", "temperature_c", id="degrees"),
    ],
)
def test_the_normalised_values_agree_with_what_the_catalogues_publish(expected: str, ours: str) -> None:
    """Our tests lean on the normalised values, so these are held against the published ones."""
    spelled = {"distance_mm": ("distance", "Distance"), "temperature_c": ("temperature", "Temp")}[expected]
    checked = 0
    for row in rows("vectors_public.jsonl"):
        for published in [each["expected"] for each in row["expectations"] if isinstance(each.get("expected"), dict)]:
            for name in spelled:
                value = published.get(name)
                value = value.get("value") if isinstance(value, dict) else value
                if isinstance(value, int | float):
                    assert row["canonical_derived"][ours] == value
                    checked += 1
    assert checked >= 20


def frame(hexes: str, make: str, model: str = "", port: int | None = None) -> Sequence[Values]:
    """Decode a frame written in hex."""
    return MAKERS[make](Uplink(("X",), NOW, frame=bytes.fromhex(hexes), port=port), model)


SOME_TIME = datetime(2023, 8, 4, 9, 36, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(
            lambda: frame("b482f40102", "milesight"), [Values(no_echo=True)], id="a radar without a target is no level"
        ),
        pytest.param(
            lambda: frame("b482f40103", "milesight"),
            [Values(no_echo=True, alarms=frozenset({Alarm.SENSOR_FAULT}))],
            id="a radar that cannot measure says so",
        ),
        pytest.param(
            lambda: frame("03678a0283672a0301", "milesight"),
            [Values(temperature_c=81.0, alarms=frozenset({Alarm.FIRE}))],
            id="a temperature alarm at 81 degrees is fire",
        ),
        pytest.param(
            lambda: frame("8367e80001", "milesight"), [Values(temperature_c=23.2)], id="at 23 degrees it is none"
        ),
        pytest.param(
            lambda: frame("83672a030183672a0300", "milesight"),
            [Values(temperature_c=81.0)],
            id="an alarm that was dismissed is over",
        ),
        pytest.param(lambda: frame("050001050000017564", "milesight"), [Values(battery_fraction=1.0)], id="upright"),
        pytest.param(
            lambda: frame("20ce84c6cc64e8030482d007", "milesight", "EM500-UDL"),
            [
                Values(distance_mm=2000),
                Values(distance_mm=1000, measured_utc=datetime(2023, 8, 4, 9, 36, 4, tzinfo=UTC)),
            ],
            id="history comes with its own times",
        ),
        pytest.param(
            lambda: frame("20cea4c6cc64e803f000000040", "milesight", "EM410-RDL"),
            [
                Values(
                    distance_mm=1000,
                    temperature_c=24.0,
                    alarms=frozenset({Alarm.TILT}),
                    measured_utc=SOME_TIME,
                )
            ],
            id="a radar's history has temperature and events",
        ),
        pytest.param(
            lambda: frame("0d3b001400000001", "dragino", "LDDS75", 2),
            [Values(no_echo=True, battery_v=3.387)],
            id="20 mm of an LDDS75 is its word for invalid, not a full bin",
        ),
        pytest.param(
            lambda: frame("0d3b001800000001", "dragino", "DDS20-LB", 2),
            [Values(distance_mm=24, battery_v=3.387)],
            id="24 mm of a DDS20 is a distance",
        ),
        pytest.param(
            lambda: frame("0d3b0aef00", "dragino", "LDDS75", 2),
            [Values(distance_mm=2799, battery_v=3.387)],
            id="firmware before 1.1.4 sends 5 bytes",
        ),
        pytest.param(
            lambda: frame("0d3b000000000000", "dragino", "LDDS45", 2),
            [Values(battery_v=3.387, alarms=frozenset({Alarm.SENSOR_FAULT}))],
            id="the flag says that no probe is connected",
        ),
        pytest.param(
            lambda: frame("0d3b0aef00ff9c01", "dragino", "LDDS75", 2),
            [Values(distance_mm=2799, battery_v=3.387, temperature_c=-10.0)],
            id="a probe in the frost",
        ),
        pytest.param(
            lambda: frame("0d5c00000b18003c001e01", "dragino", "LLDS12", 2),
            [Values(no_echo=True, battery_v=3.42)],
            id="a laser echo too weak is none",
        ),
        pytest.param(
            lambda: frame("0d4a0000ffff000000001e", "dragino", "LDDS04", 2),
            [Values(no_echo=True, battery_v=3.402)],
            id="four probes that hear nothing",
        ),
        pytest.param(
            lambda: frame("02012f000304d200000bb1", "decentlab"),
            [Values(no_echo=True, battery_v=2.993)],
            id="no valid sample",
        ),
        pytest.param(
            lambda: frame("02012f0003270f00010bb1", "decentlab"),
            [Values(no_echo=True, battery_v=2.993)],
            id="9999 mm is no echo",
        ),
        pytest.param(lambda: frame("0e270f", "elsys"), [Values(no_echo=True)], id="9999 mm of an Elsys"),
        pytest.param(
            lambda: frame("01b101a401012c32000000", "netvox"),
            [Values(distance_mm=300, fill_fraction=0.5, battery_v=3.6, alarms=frozenset({Alarm.BATTERY_LOW}))],
            id="the top bit of the battery says that it is low",
        ),
        pytest.param(
            lambda: frame("01b1012401ffff64000000", "netvox"),
            [Values(no_echo=True, battery_v=3.6)],
            id="a fill beside no echo is none",
        ),
        pytest.param(
            lambda: frame("f86778705021331700840cf41e010000396315537b004063154a00000000000000", "dragino"),
            [
                Values(distance_mm=57, battery_v=3.316, measured_utc=datetime(2022, 9, 5, 1, 40, 11, tzinfo=UTC)),
                Values(distance_mm=64, measured_utc=datetime(2022, 9, 5, 0, 59, 44, tzinfo=UTC)),
            ],
            id="older values follow the newest",
        ),
    ],
)
def test_a_frame_says(values: Callable[[], Sequence[Values]], expected: list[Values]) -> None:
    """What the makers' manuals tell and no published example shows."""
    assert list(values()) == expected


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param(lambda: frame("0d3b0aef0000", "dragino", "LDDS75", 2), "4, 5 or 8 bytes", id="six bytes"),
        pytest.param(lambda: frame("0d3b0aef00000001", "dragino", "LDDS75", 9), "port must be", id="another port"),
        pytest.param(lambda: frame("0d4a03160318031a031501", "dragino", "", 2), "model must name", id="no model"),
        pytest.param(lambda: frame("0d4a", "dragino", "LDDS04", 2), "11 bytes", id="a cut frame of four"),
        pytest.param(lambda: frame("0d4a", "dragino", "LLDS12", 2), "11 bytes", id="a cut laser frame"),
        pytest.param(lambda: frame("0d4a", "dragino", "LMDS200", 2), "7 bytes", id="a cut radar frame"),
        pytest.param(lambda: frame("0d4a", "dragino", "LDDS75", 5), "7 bytes", id="a cut status"),
        pytest.param(lambda: frame("0d4a", "dragino", "DDS04-LB", 3), "records of 11", id="cut history"),
        pytest.param(lambda: frame("01012f000304d200010bb1", "decentlab"), "version 2", id="another version"),
        pytest.param(lambda: frame("02012f000704d200010bb1", "decentlab"), "flags", id="an unknown probe"),
        pytest.param(lambda: frame("02012f000304d200010b", "decentlab"), "words", id="half a word"),
        pytest.param(lambda: frame("0e11", "elsys"), "must have 2 bytes", id="half a distance"),
        pytest.param(lambda: frame("ff11", "elsys"), "known type", id="no Elsys at all"),
        pytest.param(lambda: frame("01ff012401012c32000000", "netvox", port=6), "device type", id="another device"),
        pytest.param(lambda: frame("01b1012401012c32", "netvox", port=6), "11 bytes", id="a cut frame"),
        pytest.param(lambda: frame("018200", "cayenne_lpp"), "must begin a channel", id="half a value"),
        pytest.param(lambda: frame("020001", "milesight"), "86 bytes", id="a cut header"),
        pytest.param(
            lambda: frame("020001005e" + "00000001" + "30" * 74 + "09000e" + "00" * 14, "milesight"),
            "the 94 bytes it tells",
            id="a header that counts wrong",
        ),
    ],
)
def test_a_frame_is_refused_because(values: Callable[[], Sequence[Values]], says: str) -> None:
    """A frame that does not fit its layout may be another device's: no part of it is trusted."""
    with pytest.raises(RefusedError, match=says):
        values()


@pytest.mark.parametrize(
    ("make", "body", "expected"),
    [
        pytest.param("", {"distance_mm": 812}, Values(distance_mm=812), id="a unit in the name"),
        pytest.param("", {"distanceMm": 812}, Values(distance_mm=812), id="however it is spelled"),
        pytest.param("", {"distance": {"value": 81.2, "unit": "cm"}}, Values(distance_mm=812), id="a unit beside it"),
        pytest.param(
            "", {"distance": {"unitId": "mm", "record": 812}}, Values(distance_mm=812), id="a ThingPark point"
        ),
        pytest.param("", {"Distance": "2799 mm"}, Values(distance_mm=2799), id="a unit in the text"),
        pytest.param("", {"fillLevel": "45 %"}, Values(fill_fraction=0.45), id="per cent in the text"),
        pytest.param("", {"distance_mm": "812"}, Values(distance_mm=812), id="a level written as text"),
        pytest.param("netvox", {"Distance": 300, "FillLevel": 50}, Values(300), id="Netvox: the distance wins"),
        pytest.param("netvox", {"FillLevel": 1}, Values(None, 0.01), id="Netvox counts fill in per cent"),
        pytest.param(
            "dragino",
            {"Bat": 3.4, "Distance": "2799 mm", "Sensor_flag": 1, "TempC_DS18B20": "-1.50"},
            Values(2799, battery_v=3.4, temperature_c=-1.5),
            id="Dragino's names",
        ),
        pytest.param(
            "dragino",
            {"Bat": 3.42, "Lidar_distance": 284},
            Values(2840, battery_v=3.42),
            id="Dragino's laser counts centimetres",
        ),
        pytest.param(
            "dragino",
            {"distance1_cm": 79, "distance2_cm": 79.2, "distance3_cm": 0, "distance4_cm": 78.5},
            Values(785),
            id="four probes",
        ),
        pytest.param(
            "dragino",
            {"distance": "No Sensor"},
            Values(no_echo=True, alarms=frozenset({Alarm.SENSOR_FAULT})),
            id="no sensor is a fault",
        ),
        pytest.param("dragino", {"distance": "Invalid Reading"}, Values(no_echo=True), id="in words"),
        pytest.param(
            "decentlab",
            {"distance": {"value": 1234, "unit": "mm"}, "battery_voltage": {"value": 2.993, "unit": "V"}},
            Values(1234, battery_v=2.993),
            id="Decentlab's names",
        ),
        pytest.param(
            "elsys", {"distance": 300, "vdd": 3630, "temperature": 22.1}, Values(300, None, 3.63, None, 22.1), id="ELT"
        ),
        pytest.param(
            "milesight",
            {"distance": 2116, "battery": 92, "position": "tilt", "temperature": 327.6},
            Values(2116, battery_fraction=0.92, alarms=frozenset({Alarm.TILT})),
            id="Milesight's names, without the probe that is not there",
        ),
        pytest.param("milesight", {"distance": 9999}, Values(no_echo=True), id="9999 is no echo"),
        pytest.param("milesight", {"distance": 700, "valid": False}, Values(no_echo=True), id="not valid is no echo"),
        pytest.param(
            "", {"temperature": 91, "temperature_alarm": True},
            Values(temperature_c=91, alarms=frozenset({Alarm.FIRE})),
            id="fire without a level",
        ),
        pytest.param(
            "dingtek",
            {"level": 812, "alarmFire": False, "alarmFall": False, "alarmBattery": True, "angle": 1, "temperature": 21},
            Values(812, temperature_c=21, alarms=frozenset({Alarm.BATTERY_LOW})),
            id="a level in millimetres, and a battery that only warns",
        ),
        pytest.param("", {"note": "hello"}, None, id="nothing we keep"),
    ],
)  # fmt: skip
def test_of_decoded_fields_we_keep(make: str, body: dict[str, Any], expected: Values | None) -> None:
    """What a network server decoded is taken as far as its unit is certain, and no further."""
    assert list(decoded_fields.read(body, make)) == ([expected] if expected else [])


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["inchmv" * 60 + "q", "inchmv" * 6 + "q"])
def test_a_name_that_can_be_cut_in_a_million_ways_costs_no_time(name: str) -> None:
    """A key is a stranger's text too: `inch` is also `in` and `ch`. Found by the fuzz, which hung on one."""
    assert decoded_fields.read({name: 5}, "") == ()


def test_a_list_that_a_network_decoded_is_history() -> None:
    """Some makers' scripts unpack a day of readings from one frame."""
    body: dict[str, Any] = {"history": [{"time": "2026-06-01T10:00:00Z", "distance_mm": 800}], "distance_mm": 790}
    assert [each.distance_mm for each in decoded_fields.read(body, "")] == [790, 800]


def uplink(**uplink_message: Any) -> Callable[[IngestContext], Any]:
    """Run one Things Stack uplink through the pipeline."""
    whole = {"f_port": 85, "received_at": "2026-06-01T11:00:00.123456789Z", **uplink_message}
    payload = {"end_device_ids": {"device_id": DEVICE, "dev_eui": "1000000000000001"}, "uplink_message": whole}
    sent = {key: value for key, value in whole.items() if value is not None}
    message = json.dumps({**payload, "uplink_message": sent}).encode()
    return lambda context: process([Message(f"v3/a@t/devices/{DEVICE}/up", message, NOW, "tts_v3")], context)


def b64(hexes: str) -> str:
    """The frame as The Things Stack writes it."""
    return base64.b64encode(bytes.fromhex(hexes)).decode()


@pytest.mark.parametrize(
    ("fields", "distance_mm"),
    [
        pytest.param({"frm_payload": b64("0482e803")}, 1000, id="the maker's frame"),
        pytest.param({"decoded_payload": {"distance": 700, "battery": 90}}, 700, id="decoded by the network"),
        pytest.param({"decoded_payload": {"distance_cm": 70}}, 700, id="a unit in the name"),
        pytest.param({"decoded_payload": {"distance": "700 mm"}}, 700, id="a unit in the text"),
        pytest.param({"decoded_payload": {"fill_pct": 50}}, None, id="a fill level"),
        pytest.param(
            {"decoded_payload": {"battery": 92}, "frm_payload": b64("0482e803")}, 1000, id="decoded without the level"
        ),
        pytest.param(
            {"decoded_payload": {"distance": "No Sensor"}, "frm_payload": b64("0482e803")}, 1000, id="words, no level"
        ),
        pytest.param({"f_port": None, "decoded_payload": {"distance": 700}}, 700, id="port 0 omitted, yet decoded"),
        pytest.param({"decoded_payload": {"distance": 700, "temperature": 327.6}}, 700, id="327.6 C: no probe"),
    ],
)
def test_a_level_is_found_in(fields: dict[str, Any], distance_mm: float | None, context: IngestContext) -> None:
    """Each way a network server hands it over, with the side values that are right and without the others."""
    (reading,) = uplink(**fields)(context).readings
    assert reading.distance_mm == distance_mm
    assert reading.temperature_c is None
    assert reading.measured_utc == datetime(2026, 6, 1, 11, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "reason", "says"),
    [
        pytest.param({}, RejectReason.NO_READING, "frm_payload or decoded_payload", id="an empty frame is omitted"),
        pytest.param(
            {"f_port": None, "frm_payload": "AA=="}, RejectReason.NO_READING, "f_port", id="port 0 is omitted"
        ),
        pytest.param(
            {"frm_payload": b64("0482e8")}, RejectReason.UNKNOWN_FORMAT, "must have 2 bytes", id="a cut frame"
        ),
        pytest.param({"frm_payload": b64("04")}, RejectReason.UNKNOWN_FORMAT, "known channel", id="half a channel"),
        pytest.param({"frm_payload": b64("99990000")}, RejectReason.UNKNOWN_FORMAT, "got 99 99", id="another make"),
        pytest.param({"frm_payload": b64("0482c85d")}, RejectReason.OUT_OF_BOUNDS, "got 24008", id="24 m deep"),
        pytest.param({"frm_payload": "not base64!"}, RejectReason.WRONG_FIELD, "base64", id="no base64"),
        pytest.param({"frm_payload": 7}, RejectReason.WRONG_FIELD, "must be a text, got 7", id="a number for a frame"),
        pytest.param({"f_port": "85"}, RejectReason.WRONG_FIELD, "f_port must be a number", id="text for a port"),
        pytest.param({"decoded_payload": [1]}, RejectReason.WRONG_FIELD, "must be an object", id="a list for fields"),
        pytest.param(
            {"decoded_payload": {"distance_m": 81}}, RejectReason.OUT_OF_BOUNDS, "distance_mm must be", id="81 m deep"
        ),
        pytest.param(
            {"received_at": "yesterday", "frm_payload": "AA=="},
            RejectReason.WRONG_FIELD,
            "received_at must be",
            id="a vague time",
        ),
    ],
)
def test_no_level_is_found_in(fields: dict[str, Any], reason: RejectReason, says: str, context: IngestContext) -> None:
    """Each with the reason that helps: a heartbeat is harmless, a cut frame is not."""
    (rejected,) = uplink(**{"frm_payload": None, **fields})(context).rejected
    assert (rejected.reason, says in rejected.detail) == (reason, True), rejected.detail
    if "Milesight frame" in rejected.detail:
        assert rejected.sensor_id == DEVICE


def test_a_bare_distance_of_an_unknown_make_is_not_guessed() -> None:
    """81 may be millimetres, centimetres or per cent."""
    with pytest.raises(RefusedError, match="the unit of distance = 81 must be certain"):
        decode(Uplink(("X",), NOW, fields={"distance": 81}, frame=b"\x01"), Sensor(SensorId("X"), make="Nobody"))


def test_a_frame_of_an_unknown_make_is_not_guessed() -> None:
    """The refusal tells which makes there are."""
    with pytest.raises(RefusedError, match="make must be one of cayenne_lpp, decentlab"):
        decode(Uplink(("X",), NOW, frame=b"\x01"), Sensor(SensorId("X"), make="Nobody"))


def test_a_simulated_uplink_is_no_reading(context: IngestContext) -> None:
    """The console's test button must not send a truck."""
    body = {
        "end_device_ids": {"device_id": DEVICE},
        "simulated": True,
        "uplink_message": {"f_port": 1, "frm_payload": b64("0482e803")},
    }
    batch = process([Message(f"v3/a@t/devices/{DEVICE}/up", json.dumps(body).encode(), NOW, "tts_v3")], context)
    assert [rejected.reason for rejected in batch.rejected] == [RejectReason.NO_READING]


def test_an_uplink_on_another_devices_topic_is_foreign(context: IngestContext) -> None:
    """A broker's access rules hang on the topic; the payload must not talk around them."""
    body = {"end_device_ids": {"device_id": DEVICE}, "uplink_message": {"f_port": 1, "frm_payload": "AXVc"}}
    batch = process([Message("v3/a@t/devices/other/up", json.dumps(body).encode(), NOW, "tts_v3")], context)
    assert [rejected.reason for rejected in batch.rejected] == [RejectReason.FOREIGN_TOPIC]


pairs = st.sampled_from(sorted(milesight.CHANNELS))


@given(
    channels=st.lists(
        pairs.flatmap(lambda pair: st.tuples(st.just(pair), st.binary(min_size=9, max_size=9))), max_size=6
    )
)
def test_the_last_distance_in_a_frame_wins(channels: list[tuple[tuple[int, int], bytes]]) -> None:
    """An alarm frame repeats the periodic value before the one that raised it."""
    parts = [bytes(pair) + data[: milesight.CHANNELS[pair].length] for pair, data in channels]
    last = b"\x04\x82\xe8\x03"
    (values,) = milesight.decode(Uplink(("X",), NOW, frame=b"".join(parts) + last))
    assert values.distance_mm == 1000


class DroppedIn:
    """A city that dropped in a codec for one make."""

    def find(self, sensor: Sensor) -> FrameDecoder | None:
        """Two measurements for every uplink of it."""
        return (lambda _: (Values(distance_mm=1.0), Values(no_echo=True))) if sensor.make == "Milesight" else None

    def prepare(self, uplinks: Iterable[tuple[Uplink, Sensor]]) -> None:
        """Not needed for one frame."""


def test_a_codec_of_the_city_wins_over_the_built_in_decoder() -> None:
    """The city knows its devices: a newer firmware, another mounting, a make we have never seen."""
    sent = Uplink(("X",), NOW, fields={"distance": 700}, frame=b"\x04\x82\xe8\x03")
    first, second = decode(sent, MILESIGHT, DroppedIn())
    assert (first.distance_mm, second.no_echo) == (1.0, True)
    (other,) = decode(sent, Sensor(SensorId("X"), make="elsys"), DroppedIn())
    assert other.distance_mm == 700


def test_the_registries_are_keyed_by_what_settings_and_sensors_say() -> None:
    """A make is looked up in lower case, so its key must be."""
    registries: tuple[Mapping[str, object], ...] = (MAKERS,)
    assert all(key == key.lower().strip() for registry in registries for key in registry)
