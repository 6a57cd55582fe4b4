"""Networks and makes: every published example must come out as its maker says."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import MAKERS, decode, milesight
from ingest.envelope import tts_v3
from ingest.message import Message, Uplink
from ingest.pipeline import IngestContext, process
from ingest.refusal import RefusedError
from tomma.city import Sensor
from tomma.model import RejectReason, SensorId

DATA = Path(__file__).parents[3] / "shared" / "data"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEVICE = "eui-1000000000000001"
MILESIGHT = Sensor(SensorId(DEVICE), make="Milesight")


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The published examples in one file."""
    with (DATA / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def vectors() -> list[Any]:
    """Milesight's frames over LoRaWAN."""
    chosen = [row for row in rows("vectors_public.jsonl") if (row["vendor"], row["link"]) == ("milesight", "lorawan")]
    return [pytest.param(row, id=f"{row['device']} {row['bytes_hex']}") for row in chosen]


@pytest.mark.parametrize("row", vectors())
def test_a_published_milesight_frame_gives_the_published_values(row: dict[str, Any]) -> None:
    """The maker's own examples, checked by five catalogues."""
    values, expected = milesight.read(bytes.fromhex(row["bytes_hex"])), row["canonical_derived"]
    assert values.distance_mm == expected["distance_mm"]
    assert values.temperature_c == expected.get("temperature_c")
    battery = None if values.battery_fraction is None else round(100 * values.battery_fraction)
    assert battery == expected.get("battery_pct")


def envelopes() -> list[Any]:
    """Whole messages of The Things Stack with the telemetry that another platform takes out of them."""
    chosen = [row for row in rows("envelopes_public.jsonl") if row["network"].startswith("ThingsStack")]
    return [
        pytest.param(row, id=f"{row['device']} {row['network']} {row['envelope']['uplink_message']['frm_payload']}")
        for row in chosen
    ]


@pytest.mark.parametrize("row", envelopes())
def test_a_published_things_stack_message_gives_the_published_telemetry(row: dict[str, Any]) -> None:
    """Device, time of the network, and the level inside: or no reading, where there is none."""
    payload = json.dumps(row["envelope"]).encode()
    (uplink,) = tts_v3.unwrap(Message(f"v3/app@ttn/devices/{DEVICE}/up", payload, NOW, "tts_v3"))
    (telemetry,) = row["expected"]["telemetry"]
    if "distance" not in telemetry["values"]:
        with pytest.raises(RefusedError) as refusal:
            decode(uplink, MILESIGHT)
        assert refusal.value.reason is RejectReason.NO_READING
        return
    (measurement,) = decode(uplink, MILESIGHT)
    assert measurement.measured_utc is not None
    assert int(measurement.measured_utc.timestamp() * 1000) == telemetry["ts"]
    assert measurement.distance_mm == telemetry["values"]["distance"]
    assert measurement.temperature_c == telemetry["values"].get("temperature")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("tts_v3_up_em400", None, id="an uplink is a reading"),
        pytest.param("tts_v3_up_docs", RejectReason.UNKNOWN_DEVICE, id="an uplink of a device that is not ours"),
        pytest.param("tts_v3_join_message_example", RejectReason.NO_READING, id="a join"),
        pytest.param("tts_v3_downlink_message_example", RejectReason.NO_READING, id="a downlink"),
        pytest.param(
            "tts_v3_downlink_event_message_example", RejectReason.NO_READING, id="a downlink was acknowledged"
        ),
        pytest.param("tts_v3_downlink_failed_event_message_example", RejectReason.NO_READING, id="a downlink failed"),
    ],
)
def test_of_the_documented_messages(name: str, reason: RejectReason | None, context: IngestContext) -> None:
    """One application's topic tree carries them all; only uplinks are readings."""
    example = json.loads((DATA / "envelopes" / f"{name}.json").read_text(encoding="utf-8"))
    device = example["payload"]["end_device_ids"]["device_id"]
    payload = json.dumps(example["payload"]).encode()
    batch = process([Message(f"v3/app1@tenant1/devices/{device}/up", payload, NOW, "tts_v3")], context)
    assert [rejected.reason for rejected in batch.rejected] == ([reason] if reason else [])
    if reason is None:
        assert (batch.readings[0].distance_mm, batch.readings[0].temperature_c) == (1601, 23.2)


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
        pytest.param({"frm_payload": b64("01755c")}, RejectReason.NO_READING, "no distance", id="a heartbeat"),
        pytest.param(
            {"frm_payload": b64("0482e8")}, RejectReason.UNKNOWN_FORMAT, "must have 2 bytes", id="a cut frame"
        ),
        pytest.param({"frm_payload": b64("04")}, RejectReason.UNKNOWN_FORMAT, "known channel", id="half a channel"),
        pytest.param({"frm_payload": b64("99990000")}, RejectReason.UNKNOWN_FORMAT, "got 99 99", id="another make"),
        pytest.param({"frm_payload": b64("0482ffff")}, RejectReason.OUT_OF_BOUNDS, "got 65535", id="no echo"),
        pytest.param({"frm_payload": "not base64!"}, RejectReason.WRONG_FIELD, "base64", id="no base64"),
        pytest.param({"frm_payload": 7}, RejectReason.WRONG_FIELD, "must be a text, got 7", id="a number for a frame"),
        pytest.param({"f_port": "85"}, RejectReason.WRONG_FIELD, "f_port must be a number", id="text for a port"),
        pytest.param({"decoded_payload": [1]}, RejectReason.WRONG_FIELD, "must be an object", id="a list for fields"),
        pytest.param(
            {"decoded_payload": {"distance_m": 81}}, RejectReason.OUT_OF_BOUNDS, "in millimetres", id="81 m deep"
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
    if "frame" in rejected.detail:
        assert rejected.sensor_id == DEVICE


def test_a_bare_distance_of_an_unknown_make_is_not_guessed() -> None:
    """81 may be millimetres, centimetres or per cent."""
    with pytest.raises(RefusedError, match="make must be one of milesight"):
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


@pytest.mark.parametrize("name", [pytest.param("1000000000000001", id="EUI"), pytest.param("ABCDEF", id="upper case")])
def test_a_device_is_known_by_its_eui_too(name: str) -> None:
    """Cities type the EUI from the label; the network's device id is whatever the installer chose."""
    body = {
        "end_device_ids": {"device_id": "bin-7", "dev_eui": name},
        "uplink_message": {"f_port": 1, "frm_payload": "AA=="},
    }
    (found,) = tts_v3.unwrap(Message("v3/a@t/devices/bin-7/up", json.dumps(body).encode(), NOW, "tts_v3"))
    assert found.device_ids[:2] == ("bin-7", name)
    assert name.lower() in found.device_ids


@given(
    frame=st.binary(max_size=60),
    port=st.none() | st.integers(0, 255),
    make=st.sampled_from(sorted(MAKERS)),
    model=st.text(max_size=10),
)
def test_a_decoder_raises_nothing_but_its_own_error(frame: bytes, port: int | None, make: str, model: str) -> None:
    """A radio frame is whatever the air makes of it (case P7)."""
    try:
        found = MAKERS[make](Uplink(("X",), NOW, frame=frame, port=port), model)
    except RefusedError:
        return
    assert found


pairs = st.sampled_from(sorted(milesight.CHANNELS))


@given(
    channels=st.lists(
        pairs.flatmap(lambda pair: st.tuples(st.just(pair), st.binary(min_size=8, max_size=8))), max_size=6
    )
)
def test_the_last_distance_in_a_frame_wins(channels: list[tuple[tuple[int, int], bytes]]) -> None:
    """An alarm frame repeats the periodic value before the one that raised it."""
    parts = [bytes(pair) + data[: milesight.CHANNELS[pair].length] for pair, data in channels]
    last = b"\x04\x82\xe8\x03"
    assert milesight.read(b"".join(parts) + last).distance_mm == 1000


def test_the_registries_are_keyed_by_what_settings_and_sensors_say() -> None:
    """A make is looked up in lower case, so its key must be."""
    registries: tuple[Mapping[str, object], ...] = (MAKERS,)
    assert all(key == key.lower().strip() for registry in registries for key in registry)
