"""How long a sensor, and the stream, may be silent is learned from how they spoke."""

import itertools
from datetime import timedelta

import pytest

from ingest.alerts.silence import STREAM_SILENT_MAX, STREAM_SILENT_MIN, patience_of, stream_patience
from tests.ingest.alerts.town import HOUR, T0
from tomma.model import BinId, Reading, SensorId


@pytest.mark.parametrize(
    ("gaps_h", "expected_h"),
    [
        pytest.param([1.0] * 50, 6.0, id="hourly"),
        pytest.param([24.0] * 50, 144.0, id="once a day"),
        pytest.param([1.0] * 10 + [9.0] + [1.0] * 10, 24.0, id="a radio that was lost for nine hours before"),
        pytest.param([0.25] * 50, 2.0, id="never less than two hours"),
        pytest.param([1.0, 1.0], 48.0, id="too new to know"),
    ],
)
def test_patience_is_learned(gaps_h: list[float], expected_h: float) -> None:
    """Makes speak four times an hour or once a day, and the radio loses messages in bursts."""
    hours = itertools.accumulate(gaps_h, initial=0.0)
    readings = [Reading(BinId("B"), SensorId("S"), T0 + hour * HOUR, T0 + hour * HOUR, 0.5) for hour in hours]
    assert patience_of(readings) == timedelta(hours=expected_h)
    assert patience_of([]) == timedelta(hours=48)


@pytest.mark.parametrize(
    ("kept_h", "expected_h"),
    [
        pytest.param(10, 24.0, id="ten hours lost by the radio and sent later"),
        pytest.param(24, 192.0, id="a day's readings handed in each midnight"),
    ],
)
def test_who_measures_each_hour_but_is_heard_more_seldom_is_given_the_time_to_be_heard(
    kept_h: int, expected_h: float
) -> None:
    """In the demo each kept reading made its sensor look as if it never lost one, and every lost evening an alert."""
    hourly = range(24 * 10)
    held = hourly if kept_h == 24 else range(100, 100 + kept_h)
    heard_h = {hour: (hour // kept_h + 1) * kept_h if kept_h == 24 else 100 + kept_h for hour in held}
    readings = [
        Reading(BinId("B"), SensorId("S"), T0 + hour * HOUR, T0 + heard_h.get(hour, hour) * HOUR, 0.5)
        for hour in hourly
    ]
    assert patience_of(readings) == timedelta(hours=expected_h)


@pytest.mark.parametrize("within_h", [0.5, 20.0], ids=["in half an hour", "in a day"])
def test_days_that_come_at_once_do_not_make_a_sensor_look_quick(within_h: float) -> None:
    """After an outage, or at a move from another system: in the demo each of its sensors was given two hours."""
    readings = [
        Reading(BinId("B"), SensorId("S"), T0 + hour * HOUR, T0 + (240 + within_h * hour / 240) * HOUR, 0.5)
        for hour in range(240)
    ]
    assert patience_of(readings) == timedelta(hours=24)


@pytest.mark.parametrize(
    ("received_h", "expected"),
    [
        pytest.param([n / 100 for n in range(1400)], STREAM_SILENT_MIN, id="somebody speaks each half minute"),
        pytest.param([*range(14)], timedelta(hours=2), id="all speak at the full hour"),
        pytest.param(
            [n / 100 for n in range(1400) if not 300 < n < 700], STREAM_SILENT_MIN, id="after an outage of hours"
        ),
        pytest.param([1.0, 2.0], STREAM_SILENT_MAX, id="too little to know"),
    ],
)
def test_the_streams_patience_is_learned(received_h: list[float], expected: timedelta) -> None:
    """A city of ten hourly sensors pauses for an hour, one of ten thousand never for a minute."""
    assert stream_patience(T0 + hour * HOUR for hour in received_h) == expected
