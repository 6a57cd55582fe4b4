"""SenML and LwM2M: names, units and times make a quantity only together, and a bad record costs only itself."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.context import IngestContext
from ingest.envelope.senml_pack import Resolved, resolve
from ingest.message import Message, Record, Uplink
from ingest.pipeline import process
from ingest.refusal import RefusedError
from tests.ingest.unwrapping import NOW, only, unwrap
from tomma.model import RejectReason

DATA = Path(__file__).parents[3] / "shared" / "data"
AT_ELEVEN = datetime(2026, 6, 1, 11, 0, 0, 500_000, tzinfo=UTC)
R = RejectReason


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        pytest.param("ex2", [("voltage", 120.1, "V", None), ("current", 1.2, "A", None)], id="two quantities"),
        pytest.param(
            "ex3",
            [("voltage", 120.1, "V", 1276020076.001),
             *(("current", value, "A", 1276020076.001 + offset)
               for offset, value in ((-5, 1.2), (-4, 1.3), (-3, 1.4), (-2, 1.5), (-1, 1.6), (0, 1.7)))],
            id="base unit and base time hold on",
        ),
        pytest.param(
            "ex13", [("", 0.5, "/", 1320078429.0), ("", 0.5, "/", 1320078429.0), ("", 0.0, "/", 1320078429.1),
                     ("", 0.0, "/", 1320078429.1)], id="names without a base"
        ),
    ],
)  # fmt: skip
def test_a_pack_is_resolved_as_the_rfc_shows(file: str, expected: list[tuple[str, float, str, float | None]]) -> None:
    """RFC 8428, the examples of section 5: after resolution every record stands for itself."""
    pack = json.loads((DATA / "standards" / "senml" / f"{file}.json").read_text(encoding="utf-8"))
    found = [record for record in resolve(pack, NOW) if isinstance(record, Resolved)]
    assert len(found) == len(expected)
    for record, (tail, value, unit, seconds) in zip(found, expected, strict=True):
        assert (record.name.endswith(tail), record.number, record.unit) == (True, value, unit)
        if seconds is None:
            assert record.measured_utc is None
        else:
            assert record.measured_utc is not None
            assert record.measured_utc.timestamp() == pytest.approx(seconds, abs=1e-3)


WITHOUT_A_QUANTITY = ("ex12", "ex13", "ex2", "ex3", "ex4")
"""Switches, mains voltage and humidity."""


@pytest.mark.parametrize("path", sorted((DATA / "standards" / "senml").glob("*.json")), ids=lambda path: path.stem)
def test_every_example_of_the_rfc_is_understood(path: Path) -> None:
    """They measure no bins: each is either a status of a device, or refused as carrying nothing we know."""
    if path.stem in WITHOUT_A_QUANTITY:
        with pytest.raises(RefusedError, match="in a unit we know"):
            unwrap("senml", path.read_bytes())
    else:
        for record in unwrap("senml", path.read_bytes()):
            assert isinstance(record, Uplink)
            assert record.fields
            assert record.device_ids


def senml(*records: dict[str, Any], topic: str = "senml/bin-7/up") -> Sequence[Record]:
    """Unwrap a pack."""
    return unwrap("senml", list(records), topic)


@pytest.mark.parametrize(
    ("records", "device", "fields"),
    [
        pytest.param([{"bn": "urn:dev:mac:0024befffe804ff1/", "n": "distance", "u": "m", "v": 0.812}],
                     "0024befffe804ff1", {"distance_mm": 812.0}, id="metres"),
        pytest.param([{"n": "urn:dev:mac:0024befffe804ff1_level", "u": "%", "v": 45}],
                     "00-24-BE-FF-FE-80-4F-F1", {"fill_fraction": 0.45}, id="a name in one piece"),
        pytest.param([{"bn": "urn:dev:ops:city:", "n": "bin17/fill_pct", "v": 45}],
                     "urn:dev:ops:city:bin17", {"fill_pct": 45.0}, id="a name with its unit"),
        pytest.param([{"bn": "bin-9:", "n": "fill", "u": "/", "vs": "0.45"}, {"n": "temp", "u": "K", "v": 283.15}],
                     "bin-9", {"fill_fraction": 0.45, "temperature_c": 10.0}, id="text and kelvin"),
        pytest.param([{"n": "distance", "u": "cm", "v": 81.2}], "bin-7", {"distance_mm": 812.0}, id="device in topic"),
        pytest.param([{"bn": "bin-9:", "bv": 10, "n": "distance_mm", "v": 802}], "bin-9", {"distance_mm": 812.0},
                     id="a base value is added"),
        pytest.param([{"bn": "/3435/0/", "n": "2", "v": 45.5}], "bin-7", {"fill_pct": 45.5}, id="LwM2M, by topic"),
        pytest.param([{"bn": "urn:imei:490154203237518/3435/0/", "n": "2", "v": 45}, {"n": "22", "vb": True}],
                     "490154203237518", {"fill_pct": 45.0, "fire": True}, id="LwM2M with its fire alarm"),
        pytest.param([{"bn": "/3435/0/", "n": "1", "v": 150}, {"n": "3", "v": 60}], "bin-7", {"fill_pct": 40.0},
                     id="heights instead of a percentage"),
        pytest.param([{"bn": "/3435/2/", "n": "2", "v": 45}], "bin-7/2", {"fill_pct": 45.0}, id="its third container"),
        pytest.param([{"bn": "/3435/0/", "n": "2", "v": 100}, {"n": "6042", "v": 1}], "bin-7",
                     {"fill_pct": 100.0, "valid": False}, id="a level the device itself rejects"),
        pytest.param([{"bn": "/3435/0/", "n": "2", "v": 100}, {"n": "21", "vb": True}], "bin-7",
                     {"fill_pct": 100.0, "valid": False}, id="under an open cover"),
        pytest.param([{"bn": "/", "n": "3435/0/2", "v": 5}, {"n": "3303/0/5700", "v": 21.5}, {"n": "3/0/9", "v": 80}],
                     "bin-7", {"fill_pct": 5.0, "temperature_c": 21.5, "battery_pct": 80.0}, id="three objects"),
    ],
)  # fmt: skip
def test_a_pack_says(records: list[dict[str, Any]], device: str, fields: dict[str, Any]) -> None:
    """Name, unit and value make a quantity only together."""
    (uplink,) = senml(*records)
    assert isinstance(uplink, Uplink)
    assert device in uplink.device_ids
    assert uplink.fields == pytest.approx(fields)


def test_lwm2ms_own_json_is_understood_too() -> None:
    """The format before SenML: an object with `e`, text under `sv`, truth under `bv`, a time in 5518."""
    uplink = only(
        "auto",
        {"bn": "/3435/0/", "e": [{"n": "2", "v": 45}, {"n": "13", "bv": True}, {"n": "5518", "v": 1780311600}]},
        "lwm2m/bin-7",
    )
    assert (uplink.fields, uplink.device_ids[0]) == ({"fill_pct": 45.0, "tilt": True}, "bin-7")
    assert uplink.measured_utc == datetime(2026, 6, 1, 11, tzinfo=UTC)


def test_a_relative_time_counts_from_receipt() -> None:
    """RFC 8428: below 2^28 it is relative to now, and now is when we received it."""
    first, second = senml({"bn": "b:", "n": "distance_mm", "v": 5, "t": -3600}, {"n": "distance_mm", "v": 6})
    assert isinstance(first, Uplink)
    assert isinstance(second, Uplink)
    assert (first.measured_utc, second.measured_utc) == (datetime(2026, 6, 1, 11, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("records", "says"),
    [
        pytest.param([{"bver": 11, "n": "b:fill_pct", "v": 5}], "bver must be at most 10", id="a newer version"),
        pytest.param([{"n": "b:fill_pct", "v": 5, "secret_": 1}], "must be understood", id="a field that matters"),
        pytest.param([{"bt": "noon"}, {"n": "b:fill_pct", "v": 5}], "bt must be a number", id="a base time in words"),
        pytest.param([5], "must be an object", id="no record"),
        pytest.param([{"n": "b:switch", "u": "/", "v": 1}], "in a unit we know", id="a switch is no level"),
        pytest.param([], "in a unit we know", id="an empty pack"),
    ],
)
def test_a_pack_is_refused_because(records: list[Any], says: str) -> None:
    """What is wrong in the base is wrong in every record after it."""
    with pytest.raises(RefusedError, match=says):
        unwrap("senml", records)


def test_a_name_without_end_is_refused_and_a_topic_without_end_cut() -> None:
    """Both are a stranger's text, and both are searched."""
    (record,) = senml({"n": "a:" * 200, "v": 5})
    assert isinstance(record, RefusedError)
    assert "at most 256 characters" in str(record)
    (uplink,) = senml({"n": "fill_pct", "v": 5}, topic="/".join(f"level{number}" for number in range(5000)))
    assert isinstance(uplink, Uplink)
    assert len(uplink.device_ids) == 16


def test_a_bad_record_costs_only_itself(context: IngestContext) -> None:
    """The good records become readings; each bad one is kept with the whole payload, and told by its number."""
    pack = json.dumps([
        {"bn": "H0001:", "n": "distance_mm", "v": 600},
        {"bn": "H0002:", "n": "distance_mm", "v": "far"},
        {"bn": "H0003:", "n": "distance_mm", "v": 99999},
        {"bn": "H0004:", "n": "distance_mm", "v": 700},
    ]).encode()  # fmt: skip
    batch = process([Message("senml", pack, NOW, "senml")], context)
    assert [reading.sensor_id for reading in batch.readings] == ["H0001", "H0004"]
    assert [(each.reason, each.payload) for each in batch.rejected] == [(R.OUT_OF_BOUNDS, pack), (R.WRONG_FIELD, pack)]
    assert [each.detail.split(":")[0] for each in batch.rejected] == ["record 2 of 4", "record 4 of 4"]
