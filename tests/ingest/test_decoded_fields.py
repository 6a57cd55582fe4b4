"""Fields that a network server decoded: a level counts with a certain unit, and nothing is guessed."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.context import IngestContext
from ingest.decode import decode, decoded_fields
from ingest.decode.values import Values
from ingest.message import Message, Uplink
from ingest.pipeline import process
from ingest.refusal import RefusedError
from tests.ingest.devices import DEVICE, NOW
from tomma.city import Sensor
from tomma.model import Alarm, RejectReason, SensorId


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
