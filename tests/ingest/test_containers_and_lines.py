"""FIWARE's containers, CSV lines and our own format: what is not LoRaWAN and not SenML."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.context import IngestContext
from ingest.decode import decode
from ingest.message import Message, Uplink
from ingest.pipeline import process
from ingest.refusal import RefusedError
from tests.ingest.unwrapping import NOW, only, unwrap
from tomma.city import Sensor
from tomma.model import RejectReason, SensorId

DATA = Path(__file__).parents[3] / "shared" / "data"
AT_ELEVEN = datetime(2026, 6, 1, 11, 0, 0, 500_000, tzinfo=UTC)
R = RejectReason


CONTAINER = "urn:ngsi-ld:WasteContainer:H0001"


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({"id": CONTAINER, "type": "WasteContainer", "fillingLevel": 0.4, "temperature": 23,
                      "dateModified": "2026-06-01T11:00:00.5Z"}, id="key-values"),
        pytest.param({"id": CONTAINER, "type": "WasteContainer", "temperature": {"type": "Number", "value": 23},
                      "fillingLevel": {"type": "Number", "value": 0.4, "metadata": {
                          "TimeInstant": {"type": "DateTime", "value": "2026-06-01T11:00:00.5Z"}}}}, id="NGSI-v2"),
        pytest.param({"id": CONTAINER, "type": "WasteContainer", "temperature": {"type": "Property", "value": 23},
                      "fillingLevel": {"type": "Property", "value": 0.4, "observedAt": "2026-06-01T11:00:00.5Z"},
                      "@context": ["c.jsonld"]}, id="NGSI-LD"),
        pytest.param({"id": CONTAINER, "type": "WasteContainer", "temperature": {"value": 23},
                      "fillingLevel": {"value": 40, "unitCode": "P1", "observedAt": "2026-06-01T11:00:00.5Z"}},
                     id="concise, in per cent"),
        pytest.param({"subscriptionId": "5", "data": [{"id": CONTAINER, "type": "WasteContainer", "fillingLevel": 0.4,
                      "temperature": 23, "TimeInstant": "2026-06-01T11:00:00.5Z"}]}, id="a notification"),
        pytest.param([{"id": "c1", "type": "https://uri.fiware.org/ns/data-models#/WasteContainer", "temperature": 23,
                       "refDevice": ["urn:ngsi-ld:Device:H0001"], "fillingLevel": 0.4,
                       "dateObserved": {"type": "Property",
                                        "value": {"@type": "DateTime", "@value": "2026-06-01T11:00:00.5Z"}}}],
                     id="a list, with a device of its own"),
        pytest.param({"id": CONTAINER, "type": "Feature", "properties": {
                      "type": "WasteContainer", "fillingLevel": {"type": "Property", "value": 0.4}, "temperature": 23,
                      "timeInstant": "2026-06-01T11:00:00.5Z"}}, id="GeoJSON"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("envelope", ["fiware", "auto"])
def test_a_container_of_a_context_broker_is_read(payload: object, envelope: str, context: IngestContext) -> None:
    """Every form that brokers send: one level, one time, one device."""
    batch = process([Message("ngsi", json.dumps(payload).encode(), NOW, envelope)], context)
    assert batch.rejected == ()
    (reading,) = batch.readings
    assert (reading.sensor_id, reading.measured_utc) == ("H0001", AT_ELEVEN)
    assert (reading.fill_fraction, reading.temperature_c) == (0.4, 23)


@pytest.mark.parametrize(
    "path", sorted((DATA / "standards" / "waste").glob("*/example*.json*")), ids=lambda path: "/".join(path.parts[-2:])
)  # fmt: skip
def test_every_example_of_the_data_models_is_understood(path: Path) -> None:
    """A container with a level is read; models, isles and containers without any are no readings."""
    (record,) = unwrap("fiware", path.read_bytes())
    if isinstance(record, RefusedError):
        assert record.reason is R.NO_READING
        assert '"fillingLevel"' not in path.read_text(encoding="utf-8")
    else:
        assert record.fields == {"fill_fraction": 0.4, "temperature_c": 23.0}


@pytest.mark.parametrize(
    ("change", "reason", "says"),
    [
        pytest.param({"fillingLevel": 40}, R.OUT_OF_BOUNDS, "did you send per cent?", id="per cent"),
        pytest.param({"fillingLevel": "0.4"}, R.WRONG_FIELD, "must be a number", id="text"),
        pytest.param({"fillingLevel": None}, R.NO_READING, "fillingLevel", id="never measured"),
        pytest.param({"type": "WasteContainerIsle"}, R.NO_READING, "type must be", id="an isle"),
        pytest.param({"id": None}, R.WRONG_FIELD, "id must be given", id="nobody"),
    ],
)
def test_a_container_is_refused_because(change: dict[str, Any], reason: RejectReason, says: str) -> None:
    """The standard says 0 to 1; 40 is somebody's per cent, and must not be a bin 40 times full."""
    (record,) = unwrap("fiware", {"id": "H0001", "type": "WasteContainer", "fillingLevel": 0.4, **change})
    assert isinstance(record, RefusedError)
    assert (record.reason, says in str(record)) == (reason, True), str(record)


def test_a_burning_container_is_told_without_a_level() -> None:
    """The most urgent message a container can send has no number in it."""
    (measurement,) = decode(
        only("fiware", {"id": "H0001", "type": "WasteContainer", "status": "burning"}), Sensor(SensorId("H0001"))
    )
    assert (measurement.alarms, measurement.has_level) == (frozenset({"fire"}), False)


CSV = (
    b"sensor_id,measured_utc,distance_mm,battery_v\n"
    b"H0001,2026-06-01T10:00:00Z,812,3.58\n"
    b'"H0002",2026-06-01T11:00:00Z,455,\r\n'
)


@pytest.mark.parametrize("envelope", ["csv", "auto"])
@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(CSV, id="commas"),
        pytest.param(b"\xef\xbb\xbf" + CSV.replace(b",", b";"), id="semicolons and a byte order mark"),
        pytest.param(CSV + b"\n\n", id="empty lines at the end"),
    ],
)
def test_csv_lines_are_readings(payload: bytes, envelope: str, context: IngestContext) -> None:
    """A header and lines, as a spreadsheet or a logger writes them."""
    batch = process([Message("csv", payload, NOW, envelope)], context)
    assert batch.rejected == ()
    assert [(each.sensor_id, each.distance_mm, each.battery_v) for each in batch.readings] == [
        ("H0001", 812, 3.58), ("H0002", 455, None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "reason", "says"),
    [
        pytest.param(b"H0001,,0x10,", R.WRONG_FIELD, "distance_mm must be a number", id="another number system"),
        pytest.param(b"H0001,,NaN,", R.WRONG_FIELD, "must be a number", id="not a number"),
        pytest.param(b"H0001,,1e3,", R.WRONG_FIELD, "must be a number", id="an exponent"),
        pytest.param(b"H0001,noon,5,", R.WRONG_FIELD, "measured_utc must be", id="a vague time"),
        pytest.param(b"H0001,,5", R.UNKNOWN_FORMAT, "4 cells", id="a cell too few"),
        pytest.param(b",,5,", R.WRONG_FIELD, "sensor_id must be given", id="nobody"),
        pytest.param(b'"H00\n01",,5,', R.UNKNOWN_DEVICE, r"H00\n01", id="a line break in a name"),
        pytest.param(b"H0001,,,3.5", R.WRONG_FIELD, "exactly one of", id="no level"),
    ],
)
def test_a_bad_line_costs_only_itself(line: bytes, reason: RejectReason, says: str, context: IngestContext) -> None:
    """The other lines of the block are readings."""
    batch = process([Message("csv", CSV + line, NOW, "csv")], context)
    assert len(batch.readings) == 2
    (rejected,) = batch.rejected
    assert (rejected.reason, says in rejected.detail) == (reason, True), rejected.detail
    assert rejected.detail.startswith("record 3 of 3: ")


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        pytest.param(b"", "header", id="nothing"),
        pytest.param(CSV.split(b"\n")[0], "at least one line", id="only a header"),
        pytest.param(b"sensor_id,level\nH0001,5", "'level'", id="an unknown column"),
        pytest.param(b"fill_pct,fill_pct\n5,6", "appear once", id="a column twice"),
        pytest.param(b'sensor_id,fill_pct\n"H0001,5', "not CSV", id="a quote without end"),
        pytest.param(b"sensor_id,fill_pct\nH\xff,5", "UTF-8", id="no UTF-8"),
    ],
)
def test_a_csv_block_is_refused_because(payload: bytes, says: str) -> None:
    """Without a header that we know, no cell has a meaning."""
    with pytest.raises(RefusedError, match=says):
        unwrap("csv", payload)


def test_a_csv_line_must_be_of_the_sensor_its_topic_names() -> None:
    """On a device's own topic nobody may speak for another; there the column may be left out."""
    (own,) = unwrap("csv", b"fill_pct,counter\n5,1", "tomma/v1/H0001/reading")
    assert isinstance(own, Uplink)
    assert own.device_ids == ("H0001",)
    foreign, _ = unwrap("csv", CSV, "tomma/v1/H0009/reading")
    assert isinstance(foreign, RefusedError)
    assert foreign.reason is R.FOREIGN_TOPIC


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param({"alarms": ["fire"]}, None, id="fire without a level"),
        pytest.param({"no_echo": True, "battery_v": 3.5}, None, id="no echo"),
        pytest.param({"fill_pct": 50, "alarms": ["tilt", "battery_low"]}, None, id="alarms beside a level"),
        pytest.param({"alarms": []}, "some of fire, tilt", id="no alarm at all"),
        pytest.param({"alarms": ["flood"]}, "got 'flood'", id="an alarm nobody knows"),
        pytest.param({"alarms": "fire"}, "list of texts", id="a text"),
        pytest.param({"fill_pct": 50, "no_echo": True}, "without a level", id="a level without an echo"),
        pytest.param({"no_echo": False}, "no_echo must be true", id="an echo of nothing"),
    ],
)
def test_our_own_format_tells_of_the_device_too(body: dict[str, Any], says: str | None) -> None:
    """A gateway of the city's own must be able to say what every other device can."""
    read: Callable[[], Any] = lambda: decode(  # noqa: E731  (a name for one line)
        only("json", body, "tomma/v1/H0001/reading"), Sensor(SensorId("H0001"))
    )
    if says is None:
        (measurement,) = read()
        assert measurement.alarms == frozenset(body.get("alarms", ()))
    else:
        with pytest.raises(RefusedError, match=says):
            read()
