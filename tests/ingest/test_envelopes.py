"""Networks: every published message must give the device, the time and the level that its network means."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from ingest.context import IngestContext
from ingest.decode import decode
from ingest.envelope import ENVELOPES
from ingest.identity import same_device, spellings
from ingest.message import Message
from ingest.pipeline import process
from ingest.refusal import RefusedError
from tests.ingest.unwrapping import NOW, only, unwrap
from tomma.broker_settings import EnvelopeName
from tomma.city import Sensor
from tomma.model import RejectReason, SensorId

T0 = datetime(2026, 6, 1, 12, tzinfo=UTC)
DATA = Path(__file__).parents[3] / "shared" / "data"
EUI = "1000000000000001"
R = RejectReason
LET_GO = None
"""Told beside uplinks by every network server, and no business of a reading."""


def rows() -> Iterator[dict[str, Any]]:
    """The published messages with the telemetry that another platform takes out of them."""
    with (DATA / "envelopes_public.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


ENVELOPE_OF: Mapping[str, str] = {
    "ChirpStack": "chirpstack_v4",
    "HTTP": "milesight_gateway",
    "LORIOT": "loriot",
    "ThingsStackCommunity": "tts_v3",
    "ThingsStackIndustries": "tts_v3",
}


@pytest.mark.parametrize("envelope", ["by its name", "auto"])
@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{row['device']} {row['network']} {row['source'].rsplit('/', 1)[-1]}")
        for row in rows()
    ],
)  # fmt: skip
def test_a_published_message_gives_the_published_telemetry(row: dict[str, Any], envelope: str) -> None:
    """Device, time of the network, level and temperature; or no reading, where the device only says who it is."""
    name = envelope if envelope == "auto" else ENVELOPE_OF[row["network"]]
    told = row["expected"][0] if isinstance(row["expected"], list) else row["expected"]
    (telemetry,) = told["telemetry"]
    uplink = only(name, row["envelope"])
    assert uplink.measured_utc is not None
    assert int(uplink.measured_utc.timestamp() * 1000) == telemetry["ts"]
    assert told["deviceName"].removeprefix("Device name ").removeprefix(f"{row['device']} ") in uplink.device_ids
    assert uplink.port == told["attributes"].get("fPort", uplink.port)
    sensor = Sensor(SensorId("X"), make="Milesight", model=row["device"])
    if "distance" not in telemetry["values"]:
        with pytest.raises(RefusedError) as refusal:
            decode(uplink, sensor)
        assert refusal.value.reason is R.NO_READING
        return
    (measurement,) = decode(uplink, sensor)
    assert measurement.distance_mm == telemetry["values"]["distance"]
    assert measurement.temperature_c == telemetry["values"].get("temperature")


def example(name: str) -> dict[str, Any]:
    """A documented message."""
    found: dict[str, Any] = json.loads((DATA / "envelopes" / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("envelope", ["by its name", "auto"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("chirpstack_v4_up", ("0101010101010101", 0, 1, "aa"), id="ChirpStack omits the counter 0"),
        pytest.param("chirpstack_v4_up_em400", (EUI, 4, 85, "8367e800018482410601"), id="ChirpStack"),
        pytest.param("chirpstack_v4_status", ("0101010101010101", None, None, {"battery_pct": 88.3}), id="a status"),
        pytest.param("chirpstack_v4_ack", LET_GO, id="an acknowledged downlink"),
        pytest.param("chirpstack_v4_integration", LET_GO, id="another integration"),
        pytest.param("chirpstack_v4_join", LET_GO, id="a join of ChirpStack"),
        pytest.param("chirpstack_v4_location", LET_GO, id="a location"),
        pytest.param("chirpstack_v4_log", LET_GO, id="a log line"),
        pytest.param("chirpstack_v4_txack", LET_GO, id="a sent downlink"),
        pytest.param("loriot_rx", (EUI, 2, 85, "8367e800018482410601"), id="LORIOT"),
        pytest.param(
            "milesight_gateway_http", ("24e1641092176759", 0, 85, "8367e800018482410601"), id="a Milesight gateway"
        ),
        pytest.param("milesight_nbiot_em400_tld_hex", ("6749D19054690031", None, None, None), id="Milesight NB-IoT"),
        pytest.param("senml_kpn_things_1", ("737b588b-547e-45d3-96d0-f79723291bf1", None, None, {"battery_pct": 32.0}),
                     id="numbers as text"),
        pytest.param("senml_kpn_things_2", R.NO_READING, id="a position"),
        pytest.param("tts_v3_up_docs", ("dev1", 0, 15, "54656d7065726174757265203d20302e30"), id="The Things Stack"),
        pytest.param("tts_v3_up_em400", (f"eui-{EUI}", 10335, 85, "8367e800018482410601"), id="an EM400 there"),
        pytest.param("tts_v3_join_message_example", LET_GO, id="a join"),
        pytest.param("tts_v3_downlink_message_example", R.NO_READING, id="what a city sends down"),
        pytest.param("tts_v3_downlink_event_message_example", LET_GO, id="an acknowledged downlink there"),
        pytest.param("tts_v3_downlink_failed_event_message_example", LET_GO, id="a failed downlink"),
        pytest.param("vega_nb11_mqtt_json", ("867723030711633", 3, None, {"battery_pct": 99, "temperature_c": 28}),
                     id="Vega NB-11"),
    ],
)  # fmt: skip
def test_of_the_documented_messages(name: str, expected: Any, envelope: str) -> None:
    """One topic tree carries every kind of event; only uplinks are readings, and each for its device."""
    document, names = example(name), sorted(ENVELOPES, key=len, reverse=True)
    by_name = next(each for each in names if name.startswith(each))
    payload = document["payload"]
    raw = payload.encode() if isinstance(payload, str) else payload
    if expected is LET_GO:
        assert tuple(unwrap("auto" if envelope == "auto" else by_name, raw)) == ()
        return
    if isinstance(expected, RejectReason):
        with pytest.raises(RefusedError) as refusal:
            unwrap("auto" if envelope == "auto" else by_name, raw)
        assert refusal.value.reason is expected
        return
    uplink = only("auto" if envelope == "auto" else by_name, raw)
    device, counter, port, content = expected
    assert (device in uplink.device_ids, uplink.counter, uplink.port) == (True, counter, port)
    if isinstance(content, dict):
        assert content.items() <= uplink.fields.items()
    elif content:
        assert uplink.frame.hex() == content


def test_every_documented_message_is_in_the_table() -> None:
    """A new example in the shared data must not be overlooked."""
    table = next(
        mark.args[1] for mark in test_of_the_documented_messages.pytestmark if mark.args[0] == ("name", "expected")
    )
    assert {each.values[0] for each in table} == {path.stem for path in (DATA / "envelopes").glob("*.json")}


MILESIGHT_FRAME = "0482e803"
THINGPARK = {
    "Time": "2026-06-01T13:00:00.500+02:00",
    "DevEUI": "A84041000181D447",
    "FPort": 85,
    "FCntUp": 368,
    "payload_hex": MILESIGHT_FRAME,
    "LrrRSSI": -84.0,
}
CHIRPSTACK_V3 = {
    "applicationID": "123",
    "applicationName": "bins",
    "deviceName": "bin-7",
    "devEUI": "a84041000181d447",
    "rxInfo": [{"gatewayID": "0303030303030303", "time": "2026-06-01T11:00:00.5Z", "rssi": -48}],
    "fCnt": 10,
    "fPort": 85,
    "data": "BILoAw==",
}
AT_ELEVEN = datetime(2026, 6, 1, 11, 0, 0, 500_000, tzinfo=UTC)


OF_DEVICE_V3 = {name: CHIRPSTACK_V3[name] for name in ("applicationID", "applicationName", "deviceName", "devEUI")}


@pytest.mark.parametrize("envelope", ["chirpstack_v3", "auto"])
@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"devAddr": "AFE5Qg==", "rxInfo": CHIRPSTACK_V3["rxInfo"], "txInfo": {}, "dr": 5}, id="a join"),
        pytest.param({"fCnt": 12, "acknowledged": False}, id="a downlink that was not acknowledged"),
        pytest.param({"fCnt": 12, "gatewayID": "0303030303030303", "txInfo": {}}, id="a sent downlink"),
        pytest.param({"margin": 10, "batteryLevel": 75.5}, id="a status"),
        pytest.param({"type": "UPLINK_CODEC", "error": "it threw"}, id="an error"),
        pytest.param({"location": {"latitude": 59.6, "longitude": 16.5}}, id="a location"),
        pytest.param({"integrationName": "loracloud", "eventType": "x", "objectJSON": "{}"}, id="an integration"),
    ],
)
def test_what_chirpstack_3_tells_beside_uplinks_is_let_go(event: dict[str, object], envelope: str) -> None:
    """Over HTTP it pushes every event to the one address that it was given."""
    assert tuple(unwrap(envelope, {**OF_DEVICE_V3, **event})) == ()


TTS_OF_DEVICE = {"end_device_ids": {"device_id": "bin-7"}, "received_at": "2026-06-01T11:00:00.5Z"}
HEARD_BY = [{"rssi": -48, "snr": 9.5}]


@pytest.mark.parametrize("auto", [False, True], ids=["by its name", "auto"])
@pytest.mark.parametrize(
    ("envelope", "payload"),
    [
        pytest.param(
            "tts_v3", {**TTS_OF_DEVICE, "uplink_message": {"f_cnt": 3, "rx_metadata": HEARD_BY}}, id="The Things Stack"
        ),
        pytest.param(
            "tts_v3", {**TTS_OF_DEVICE, "uplink_message": {"f_port": 0, "frm_payload": "Aw=="}}, id="with its commands"
        ),
        pytest.param(
            "chirpstack_v4", {"deviceInfo": {"devEui": EUI}, "fCnt": 3, "rxInfo": HEARD_BY}, id="ChirpStack, 0 omitted"
        ),
        pytest.param(
            "chirpstack_v4", {"deviceInfo": {"devEui": EUI}, "fPort": 0, "data": "Aw=="}, id="ChirpStack, 0 written"
        ),
        pytest.param("chirpstack_v3", {**CHIRPSTACK_V3, "fPort": 0, "data": None}, id="ChirpStack v3"),
        pytest.param("thingpark", {"DevEUI_uplink": {**THINGPARK, "FPort": 0, "payload_hex": ""}}, id="ThingPark"),
        pytest.param("loriot", {"cmd": "rx", "EUI": EUI, "ts": 1, "fcnt": 1, "port": 0, "data": ""}, id="LORIOT"),
        pytest.param(
            "milesight_gateway",
            {"devEUI": EUI, "time": "2026-06-01T11:00:00Z", "fPort": 0, "data": ""},
            id="a Milesight gateway",
        ),
    ],
)
def test_a_frame_of_network_commands_alone_is_let_go(
    envelope: str, payload: object, auto: bool, context: IngestContext
) -> None:
    """Port 0: a device answers its network with one now and then; as letters they hid what somebody must see."""
    message = Message("city/up", json.dumps(payload).encode(), NOW, "auto" if auto else envelope)
    batch = process([message], context)
    assert (batch.readings, batch.statuses, batch.rejected) == ((), (), ())


@pytest.mark.parametrize(
    ("envelope", "payload"),
    [
        pytest.param("thingpark", {"DevEUI_uplink": THINGPARK}, id="ThingPark"),
        pytest.param(
            "thingpark", {"DevEUI_uplink": {**THINGPARK, "FPort": "85", "FCntUp": "368"}}, id="ThingPark, older: texts"
        ),
        pytest.param("chirpstack_v3", CHIRPSTACK_V3, id="ChirpStack v3"),
        pytest.param("chirpstack_v3", {**CHIRPSTACK_V3, "devEUI": "qEBBAAGB1Ec="}, id="its EUI in base64"),
        pytest.param(
            "chirpstack_v3",
            {**CHIRPSTACK_V3, "rxInfo": [{"gatewayID": "x", "time": None}], "publishedAt": "2026-06-01T11:00:00.5Z"},
            id="no gateway knows the time",
        ),
        pytest.param(
            "milesight_gateway",
            {**CHIRPSTACK_V3, "rxInfo": [{"mac": "24e1"}], "time": "2026-06-01T11:00:00.5Z"},
            id="a Milesight gateway",
        ),
    ],
)
@pytest.mark.parametrize("auto", [False, True], ids=["by its name", "auto"])
def test_one_uplink_through(envelope: str, payload: object, auto: bool) -> None:
    """Networks without a published message in our data, by their documentation: who, when, what."""
    uplink = only("auto" if auto else envelope, payload)
    assert {"A84041000181D447", "a84041000181d447", "A8-40-41-00-01-81-D4-47"} <= set(uplink.device_ids)
    assert (uplink.measured_utc, uplink.port, uplink.frame.hex()) == (AT_ELEVEN, 85, MILESIGHT_FRAME)


@pytest.mark.parametrize(
    ("envelope", "payload", "level"),
    [
        pytest.param("thingpark", {"DevEUI_uplink": {**THINGPARK, "payload": {"distance_mm": 812}}}, 812, id="payload"),
        pytest.param(
            "thingpark",
            {"DevEUI_uplink": {**THINGPARK, "points": {"distance": {"unitId": "cm", "record": 81.2}}}},
            812,
            id="ThingPark's points",
        ),
        pytest.param("chirpstack_v3", {**CHIRPSTACK_V3, "object": {"distance_mm": 812}}, 812, id="object"),
        pytest.param("chirpstack_v3", {**CHIRPSTACK_V3, "objectJSON": '{"distance_mm": 812}'}, 812, id="objectJSON"),
        pytest.param(
            "loriot",
            {"cmd": "rx", "EUI": EUI, "ts": 1, "fcnt": 1, "port": 1, "decoded": {"data": {"distance_mm": 812}}},
            812,
            id="LORIOT's decoded",
        ),
        pytest.param(
            "vega_nb11",
            {"Message": {"IMEI": "867723030711633"}, "Telemetry": {"UTC": 1571227500, "distance": "812 mm"}},
            812,
            id="a fill sensor's telemetry",
        ),
    ],
)
def test_what_the_network_decoded_is_taken_from(envelope: str, payload: object, level: float) -> None:
    """A city that decodes on its network server need not decode again."""
    (measurement,) = decode(only(envelope, payload), Sensor(SensorId("X")))
    assert measurement.distance_mm == level


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("2020-0327T12:39:05.547336Z", datetime(2020, 3, 27, 12, 39, 5, 547336, tzinfo=UTC), id="a dash"),
        pytest.param("20200327T123905Z", datetime(2020, 3, 27, 12, 39, 5, tzinfo=UTC), id="no dash at all"),
        pytest.param("2020-03-27 12:39:05+0100", datetime(2020, 3, 27, 11, 39, 5, tzinfo=UTC), id="the zone's colon"),
        pytest.param("2020-03-27T12:39:05", None, id="no zone: which hour?"),
        pytest.param("2020-3-27T12:39:05Z", None, id="a digit is missing"),
        pytest.param("yesterday", None, id="a word"),
    ],
)
def test_a_milesight_gateways_time_is_repaired_where_every_digit_is_there(
    written: str, expected: datetime | None
) -> None:
    """Its firmware loses punctuation; what is lost beyond that would be a guess."""
    payload = {"devEUI": EUI, "data": "BILoAw==", "fPort": 85, "time": written}
    if expected is None:
        with pytest.raises(RefusedError, match="time must be a time"):
            only("milesight_gateway", payload)
    else:
        assert only("milesight_gateway", payload).measured_utc == expected


def test_loriot_tells_an_uplink_twice_and_it_is_one_reading(context: IngestContext) -> None:
    """First rx, then gw with the gateways: the same device, the same time, hence the same reading."""
    rx = {"cmd": "rx", "EUI": EUI, "ts": 1780311600500, "fcnt": 7, "port": 85, "data": MILESIGHT_FRAME}
    gw = {**rx, "cmd": "gw", "gws": [{"rssi": -38, "gweui": "1020304080706050", "ts": 1780311600497}]}
    batch = process([Message("l", json.dumps(each).encode(), NOW, "loriot") for each in (rx, gw)], context)
    assert batch.rejected == ()
    assert {(each.sensor_id, each.measured_utc) for each in batch.readings} == {(f"eui-{EUI}", AT_ELEVEN)}


@pytest.mark.parametrize(
    ("envelope", "payload", "reason", "says"),
    [
        pytest.param("thingpark", {"DevEUI_downlink_Sent": {}}, R.NO_READING, "DevEUI_downlink_Sent", id="a downlink"),
        pytest.param("thingpark", {"DevEUI_uplink": {**THINGPARK, "payload_hex": "048"}}, R.WRONG_FIELD, "hex digits",
                     id="half a byte"),
        pytest.param("thingpark", {"DevEUI_uplink": {**THINGPARK, "FPort": "many"}}, R.WRONG_FIELD, "FPort",
                     id="a port in words"),
        pytest.param("thingpark", {"DevEUI_uplink": {"FPort": 1, "payload_hex": "00"}}, R.WRONG_FIELD, "DevEUI must",
                     id="nobody"),
        pytest.param("loriot", {"cmd": "tx", "EUI": EUI}, R.NO_READING, "cmd must be rx or gw", id="a LORIOT downlink"),
        pytest.param("loriot", {"cmd": "rx", "EUI": EUI, "port": 1, "encdata": "aabb"}, R.WRONG_FIELD, "AppSKey",
                     id="still encrypted"),
        pytest.param("chirpstack_v4", {"deviceInfo": {"devEui": EUI}, "fPort": 3, "rxInfo": []}, R.NO_READING,
                     "data or object", id="an empty frame of a device"),
        pytest.param("thingpark", {"DevEUI_uplink": {"DevEUI": EUI, "payload_hex": "00"}}, R.WRONG_FIELD,
                     "FPort must be given", id="no port, where zeros are written"),
        pytest.param("chirpstack_v4", {"deviceInfo": {"devEui": EUI}, "time": "2026-06-01T11:00:00Z"}, R.NO_READING,
                     "an event we do not know", id="an event of tomorrow"),
        pytest.param("chirpstack_v4", {"deviceInfo": {}, "fPort": 3, "data": "AA=="}, R.WRONG_FIELD, "devEui",
                     id="no device"),
        pytest.param("vega_nb11", {"Message": {"IMEI": "1"}, "Telemetry": {}}, R.WRONG_FIELD, "Telemetry",
                     id="no telemetry"),
        pytest.param("milesight_nbiot", b"0102", R.WRONG_FIELD, "Milesight NB-IoT frame", id="another frame"),
        pytest.param("dragino_nbiot", b"0102", R.WRONG_FIELD, "Dragino NB-IoT frame", id="another maker's frame"),
        pytest.param("dragino_nbiot", b" ", R.NO_READING, "got nothing", id="an empty frame"),
        pytest.param("auto", {"hello": 1}, R.UNKNOWN_FORMAT, "no keys of json, tts_v3", id="JSON of nobody we know"),
        pytest.param("auto", [1], R.UNKNOWN_FORMAT, "no keys of", id="a list of numbers"),
        pytest.param("auto", b"hello", R.UNKNOWN_FORMAT, "neither JSON, nor CSV", id="a word"),
        pytest.param("auto", {"end_device_ids": {}, "DevEUI_uplink": {}}, R.UNKNOWN_FORMAT, "tts_v3 and thingpark",
                     id="two networks at once"),
    ],
)  # fmt: skip
def test_a_message_is_refused_because(envelope: str, payload: object, reason: RejectReason, says: str) -> None:
    """Each with the reason that helps: an event is harmless, a key that is missing is not."""
    with pytest.raises(RefusedError) as refusal:
        unwrap(envelope, payload)
    assert (refusal.value.reason, says in str(refusal.value)) == (reason, True), str(refusal.value)


@pytest.mark.parametrize(
    ("envelope", "topic", "payload"),
    [
        pytest.param("tts_v3", "v3/a@t/devices/other/up",
                     {"end_device_ids": {"device_id": "bin-7"}, "uplink_message": {}}, id="The Things Stack"),
        pytest.param("chirpstack_v4", "application/1/device/2000000000000002/event/up",
                     {"deviceInfo": {"devEui": EUI}, "fPort": 1, "data": "AA=="}, id="ChirpStack v4"),
        pytest.param("chirpstack_v3", "application/1/device/2000000000000002/event/up", CHIRPSTACK_V3,
                     id="ChirpStack v3"),
        pytest.param("thingpark", "mqtt/things/2000000000000002/uplink", {"DevEUI_uplink": THINGPARK}, id="ThingPark"),
        pytest.param("json", "tomma/v1/H0002/reading", {"sensor_id": "H0001", "fill_pct": 5}, id="our own"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("auto", [False, True], ids=["by its name", "auto"])
def test_a_payload_that_speaks_for_another_device_than_its_topic_is_foreign(
    envelope: str, topic: str, payload: object, auto: bool
) -> None:
    """A broker's access rules hang on the topic; the payload must not talk around them."""
    with pytest.raises(RefusedError) as refusal:
        unwrap("auto" if auto else envelope, payload, topic)
    assert refusal.value.reason is R.FOREIGN_TOPIC


def test_the_topic_may_spell_the_same_device_otherwise() -> None:
    """ThingPark writes the EUI in capitals in both places, an installer's bridge perhaps not."""
    uplink = only("thingpark", {"DevEUI_uplink": THINGPARK}, "mqtt/things/a8-40-41-00-01-81-d4-47/uplink")
    assert uplink.device_ids[0] == "A84041000181D447"


def test_an_eui_is_one_device_however_it_is_written() -> None:
    """The registry holds what stands on a label, in a spreadsheet or in a network's console."""
    written = ["A84041000181D447", "a84041000181d447", "A8-40-41-00-01-81-D4-47", "a8:40:41:00:01:81:d4:47",
               "eui-a84041000181d447"]  # fmt: skip
    for one in written:
        assert set(written) <= set(spellings(one))
        assert spellings(one)[0] == one
        assert all(same_device(one, other) for other in written)
    assert not same_device(written[0], "A84041000181D448")
    assert not same_device("bin-7", "BIN-7")
    assert spellings("bin-7", None, "bin-7") == ("bin-7",)


def test_the_settings_know_every_envelope_and_no_other() -> None:
    """A name that is accepted at start and unknown at the first message would turn readings into dead letters."""
    assert set(get_args(EnvelopeName.__value__)) == ENVELOPES.keys()


def test_a_stranger_is_told_by_one_spelling_of_each_name(context: IngestContext) -> None:
    """Nine spellings of one EUI in a row hide the one that stands on the label."""
    body = {"deviceInfo": {"devEui": "a84041000181d447", "deviceName": "tank-7"}, "data": "AQ==", "fPort": 2}
    message = Message("application/1/device/a84041000181d447/event/up", json.dumps(body).encode(), T0, "chirpstack_v4")
    (rejected,) = process([message], context).rejected
    assert rejected.reason is RejectReason.UNKNOWN_DEVICE
    assert rejected.detail.lower().count("d447") <= 1, rejected.detail
    assert len(rejected.device_ids) > 2, "it is found under every spelling all the same"
