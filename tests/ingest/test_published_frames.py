"""Makes: every published frame must come out as its maker says."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.decode import MAKERS
from ingest.decode.values import Values
from ingest.message import Uplink
from ingest.refusal import RefusedError
from tests.ingest.devices import NOW
from tomma.model import Alarm, RejectReason

DATA = Path(__file__).parents[3] / "shared" / "data"


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
