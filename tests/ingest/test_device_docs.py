"""The page of networks and makes is what an installer has: it must be complete, and its examples must work."""

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decode import MAKERS, decode
from ingest.decode.own_fields import KNOWN
from ingest.envelope import ENVELOPES, auto
from ingest.envelope.csv_lines import COLUMNS
from ingest.message import Message, Uplink
from tomma.broker_settings import BrokerSettings
from tomma.city import Sensor
from tomma.model import Alarm, SensorId

PAGE = (Path(__file__).parents[2] / "docs" / "devices.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def code(language: str) -> list[str]:
    """The examples in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_every_envelope_stands_in_the_table() -> None:
    """An envelope that nobody can find is not there."""
    assert set(re.findall(r"^\| [^|]+ \| `(\w+)` \|", PAGE, re.MULTILINE)) == ENVELOPES.keys()


def test_every_make_stands_in_the_table() -> None:
    """By the name that a sensor's make is compared with."""
    makes = PAGE[PAGE.index("## Makes") :]
    assert {name.lower() for name in re.findall(r"^\| `(\w+)` \|", makes, re.MULTILINE)} == MAKERS.keys()


def test_everything_auto_recognises_stands_in_its_table() -> None:
    """The page says how it decides: all of it."""
    table = PAGE[PAGE.index("### How `auto` decides") : PAGE.index("### Which device")]
    assert set(re.findall(r"\| `(\w+)` \|$", table, re.MULTILINE)) == auto.OBJECTS.keys() | auto.PACKS.keys()


def test_the_settings_are_settings() -> None:
    """Copied as they stand, they must be understood."""
    (example,) = code("toml")
    settings = BrokerSettings(**tomllib.loads(example)["broker"])
    assert {source.envelope for source in settings.sources} <= ENVELOPES.keys()


@pytest.mark.parametrize(
    ("language", "envelope", "levels"),
    [pytest.param("csv", "csv", [812, 455], id="CSV"), pytest.param("json", "json", [812], id="our own JSON")],
)
def test_the_examples_are_readings(language: str, envelope: str, levels: list[float]) -> None:
    """What an installer tries first is what the page shows."""
    payload = code(language)[0].encode()
    records = ENVELOPES[envelope](Message("tomma/v1/H0001/data", payload, NOW, envelope))
    assert all(isinstance(record, Uplink) for record in records)
    found = [decode(record, Sensor(SensorId("X"))) for record in records if isinstance(record, Uplink)]
    assert [measurement.distance_mm for (measurement,) in found] == levels


def test_the_example_of_a_sensor_is_one() -> None:
    """Its model is one that the decoder of its make knows."""
    sensor = Sensor(**json.loads(code("json")[1]))
    (measurement,) = decode(Uplink(("X",), NOW, frame=bytes.fromhex("0d3b0aef00000001"), port=2), sensor)
    assert measurement.distance_mm == 2799


def test_every_column_and_every_alarm_is_told() -> None:
    """A name that must be guessed is a support call."""
    told = set(re.findall(r"`([a-z_]+)`", PAGE))
    assert COLUMNS | set(Alarm) <= told
    assert {"alarms", "no_echo"} == KNOWN - COLUMNS
