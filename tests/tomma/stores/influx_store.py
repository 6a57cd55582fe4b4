"""A store on a real server: its settings, and how to look at what came there."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.tomma.stores.influx_support import influxql
from tomma.model import BinId, Reading, SensorId
from tomma.store_settings import ReadingSettings
from tomma.stores.influx.readings import InfluxReadings

type OpenInflux = Callable[..., InfluxReadings]
type ReadingOf = Callable[..., Reading]
T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
FAR = EVER[1]
PATIENCE_S = 30.0


def influx_settings(url: str, place: Path, **more: object) -> ReadingSettings:
    """Settings with short deadlines."""
    values = {"kind": "influx", "url": url, "measurement": f"m{abs(hash(place))}", "timeout_s": 0.5, "batch_rows": 100}
    return ReadingSettings.model_validate(values | more)


def many(number: int, first: int = 0) -> list[Reading]:
    """Readings of seven sensors, one a minute."""
    moments = [T0 + timedelta(minutes=minutes) for minutes in range(first, first + number)]
    return [Reading(BinId(f"B{m.minute % 7}"), SensorId(f"S{m.minute % 7}"), m, m, m.minute / 60) for m in moments]


def on_server(url: str, place: Path) -> int:
    """How many readings the server has, counted by itself."""
    asked = f"SELECT count(fill_fraction) FROM {influx_settings(url, place).measurement}"  # noqa: S608
    answer = json.loads(influxql(url, asked))
    series = answer["results"][0].get("series", [])
    return int(series[0]["values"][0][1]) if series else 0


def feed_all(store: InfluxReadings) -> None:
    """Feed until nothing waits."""
    while store.feed():
        pass


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Wait for it, for a bounded time."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.02)
