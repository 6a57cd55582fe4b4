"""What every `ReadingStore` must do with alerts, and with what late readings refute."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tomma.model import Alert, AlertKind, BinId, Emptying, EmptyingSource, SensorId
from tomma.ports import ReadingStore

type OpenReadings = Callable[[], ReadingStore]
type AlertOf = Callable[..., Alert]


@pytest.fixture
def alert_of(t0: datetime) -> AlertOf:
    """Builds a change of sensor S1 in bin B1, so many minutes after t0."""

    def build(minutes: float, active: bool, kind: AlertKind = AlertKind.FIRE, **about: str | None) -> Alert:
        sensor_id, bin_id = about.get("sensor_id", "S1"), about.get("bin_id", "B1")
        return Alert(
            kind,
            t0 + timedelta(minutes=minutes),
            active,
            None if sensor_id is None else SensorId(sensor_id),
            None if bin_id is None else BinId(bin_id),
            {"temperature_c": 71.5},
        )

    return build


def everything(store: ReadingStore, t0: datetime) -> list[Alert]:
    """Every change of a year."""
    return list(store.alerts(t0 - timedelta(days=30), t0 + timedelta(days=330)))


def test_alerts_survive_and_come_back_as_they_were(
    open_readings: OpenReadings, alert_of: AlertOf, t0: datetime
) -> None:
    """A fire that was told before a restart burns after it."""
    first = open_readings()
    first.append([], alerts=[alert_of(0, True)])
    first.close()

    again = open_readings()
    assert list(again.active_alerts()) == [alert_of(0, True)]
    assert everything(again, t0) == [alert_of(0, True)]


def test_an_alert_told_twice_is_one_alert(readings: ReadingStore, alert_of: AlertOf, t0: datetime) -> None:
    """A broker that heard no acknowledgement sends again."""
    for _ in range(2):
        readings.append([], alerts=[alert_of(0, True), alert_of(5, False)])
    assert everything(readings, t0) == [alert_of(0, True), alert_of(5, False)]
    assert readings.active_alerts() == []


def test_what_ended_later_than_it_was_raised_is_over_whatever_came_first(
    readings: ReadingStore, alert_of: AlertOf
) -> None:
    """A gateway sends yesterday's alarm after today's all-clear."""
    readings.append([], alerts=[alert_of(60, False)])
    readings.append([], alerts=[alert_of(0, True)])
    assert readings.active_alerts() == []
    readings.append([], alerts=[alert_of(90, True)])
    assert list(readings.active_alerts()) == [alert_of(90, True)]


def test_a_sensor_that_moved_ends_what_it_raised_elsewhere(readings: ReadingStore, alert_of: AlertOf) -> None:
    """An alert is about the sensor, and only told with the bin."""
    readings.append([], alerts=[alert_of(0, True, bin_id="B1")])
    readings.append([], alerts=[alert_of(9, False, bin_id="B2")])
    assert readings.active_alerts() == []


def test_a_bin_and_a_sensor_of_one_name_and_the_stream_are_three(readings: ReadingStore, alert_of: AlertOf) -> None:
    """Names are the city's choice."""
    three = [
        alert_of(0, True, sensor_id=None, bin_id=None),
        alert_of(1, True, sensor_id=None, bin_id="X"),
        alert_of(2, True, sensor_id="X", bin_id="B1"),
    ]
    readings.append([], alerts=three)
    assert list(readings.active_alerts()) == three
    readings.append([], alerts=[alert_of(3, False, sensor_id=None, bin_id="X")])
    assert list(readings.active_alerts()) == [three[0], three[2]]


def test_alerts_of_a_bin_and_of_a_period(readings: ReadingStore, alert_of: AlertOf, t0: datetime) -> None:
    """Half-open, as every period is."""
    told = [alert_of(0, True), alert_of(10, True, sensor_id=None, bin_id="B2"), alert_of(20, False)]
    readings.append([], alerts=told)
    assert list(readings.alerts(t0, t0 + timedelta(minutes=20))) == told[:2]
    assert list(readings.alerts(t0, t0 + timedelta(minutes=21), BinId("B1"))) == [told[0], told[2]]


def test_what_is_withdrawn_was_never_told(readings: ReadingStore, alert_of: AlertOf, t0: datetime) -> None:
    """Late readings may show that an emptying was an echo, or that it happened earlier."""
    period = t0 - timedelta(days=1), t0 + timedelta(days=1)
    wrong = Emptying(BinId("B1"), t0, EmptyingSource.DETECTED, 0.9, 0.1)
    right = Emptying(BinId("B1"), t0 - timedelta(hours=1), EmptyingSource.DETECTED, 0.8, 0.1)
    confirmed = Emptying(BinId("B1"), t0, EmptyingSource.CONFIRMED)
    readings.append([], [wrong, confirmed], alerts=[alert_of(0, True)])

    for _ in range(2):  # a redelivered batch withdraws again
        readings.append([], [right], withdrawn=[wrong, alert_of(0, True)])
    assert list(readings.emptyings(*period)) == [right, confirmed]
    assert readings.active_alerts() == []

    readings.append([], [wrong], alerts=[alert_of(0, True)], withdrawn=[wrong, alert_of(0, True)])
    assert list(readings.emptyings(*period, bin_id=BinId("B1"))) == [right, confirmed, wrong]
    assert list(readings.active_alerts()) == [alert_of(0, True)]


@given(data=st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_order_of_telling_never_matters(
    data: st.DataObject, new_readings: OpenReadings, alert_of: AlertOf, t0: datetime
) -> None:
    """Two workers share the stream; each commits when it can."""
    told = [alert_of(minute, minute % 3 != 0, sensor_id=f"S{minute % 2}") for minute in range(12)]
    plain, mixed = new_readings(), new_readings()
    plain.append([], alerts=told)
    for each in data.draw(st.permutations([*told, told[0], told[7]])):
        mixed.append([], alerts=[each])
    assert everything(mixed, t0) == everything(plain, t0)
    assert mixed.active_alerts() == plain.active_alerts()
