"""Who is not heard is told once a minute, and our own absence is nobody's silence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.alerts import watcher
from tests.ingest.alerts.town import HOUR, SENSORS, T0, K, Town
from tomma.city import City, Installation, Sensor
from tomma.model import Alert, BinId, Reading, SensorId


def test_a_sensor_that_falls_silent_is_told_once_and_ends_when_it_speaks(town: Town) -> None:
    """Its patience is learned from its own gaps: six hours of one that speaks hourly."""
    for hour in range(-50, 1):
        town.hear(hour)
    others = range(1, SENSORS)
    told = []
    for hour in range(1, 12):
        town.hear(hour, others)
        told += town.look(hour + 0.1)
    assert told == [(K.SENSOR_SILENT, True, "H0000")]
    (alert,) = town.stores.readings.active_alerts()
    assert (alert.at_utc, alert.values) == (T0 + 6 * HOUR, {"expected_h": 6.0})

    town.hear(12)
    assert town.look(12.1) == [(K.SENSOR_SILENT, False, "H0000")]
    assert town.look(12.2) == []


def test_silence_told_by_another_worker_is_not_told_again(town: Town) -> None:
    """Both look at the same stores."""
    for hour in range(-50, 8):
        town.hear(hour, range(1, SENSORS) if hour > 0 else range(SENSORS))
    assert town.look(7.1) == [(K.SENSOR_SILENT, True, "H0000")]
    first = town.stores.readings.alerts(T0, T0 + 9 * HOUR)
    town.restart()
    assert town.look(7.2) == []
    assert town.stores.readings.alerts(T0, T0 + 9 * HOUR) == first


def test_when_nobody_is_heard_it_is_one_alert_about_the_stream(town: Town) -> None:
    """Ten thousand alerts would hide the one that matters: the network, the broker, or we."""
    for hour in range(-50, 1):
        town.hear(hour)
    told = [each for hour in range(1, 40) for each in town.look(hour)]
    assert told == [(K.STREAM_SILENT, True, None)]

    town.hear(40, range(5))
    assert town.look(40.1) == [(K.STREAM_SILENT, False, None)]
    town.hear(41, range(5))
    assert town.look(41.1) == [], "the others get their patience anew"
    told = []
    for hour in range(42, 50):
        town.hear(hour, range(5))
        told += town.look(hour + 0.1)
    assert set(told) == {(K.SENSOR_SILENT, True, f"H{n:04d}") for n in range(5, SENSORS)}
    assert len(told) == SENSORS - 5


def test_our_own_absence_is_nobodys_silence(town: Town) -> None:
    """A server that was off for a day finds every sensor unheard for a day."""
    for hour in range(-50, 1):
        town.hear(hour)
    town.clock.now = T0 + 24 * HOUR
    town.restart()
    assert town.look(24.1) == []
    town.hear(24.2)
    assert town.look(24.3) == []


def test_a_start_that_costs_the_stream_no_pause_leaves_no_silence_untold(town: Town) -> None:
    """A city that updates each night never heard of a dead sensor, and one that moved in only a day later."""
    for hour in range(-50, 8):
        town.hear(hour, range(1, SENSORS) if hour > 0 else range(SENSORS))
    town.clock.now = T0 + 7.1 * HOUR
    town.restart()
    assert town.look(7.2) == [(K.SENSOR_SILENT, True, "H0000")]
    (alert,) = town.stores.readings.active_alerts()
    assert alert.at_utc == T0 + 6 * HOUR


def test_a_sensor_that_was_dead_in_the_history_that_was_brought_along_is_told_within_hours(town: Town) -> None:
    """A city moves in with its last weeks: the map called it silent at once, the alert came a day or a week later."""
    said = [
        Reading(BinId(f"B{n:04d}"), SensorId(f"H{n:04d}"), T0 + hour * HOUR, T0 + timedelta(seconds=hour + 300), 0.4)
        for n in range(SENSORS)
        for hour in range(-240, 0 if n else -100)
    ]
    town.stores.readings.append(said)
    told = []
    for hour in range(1, 6):
        town.hear(hour, range(1, SENSORS))
        told += [(hour, *each) for each in town.look(hour + 0.2)]
    assert told == [(2, K.SENSOR_SILENT, True, "H0000")]


def test_what_nobody_heard_before_a_start_counts_for_no_sensor(town: Town) -> None:
    """The broker was down for a night, and we were restarted once it was back: patience begins with its return."""
    for hour in range(-50, 20):
        town.hear(hour, () if 0 < hour < 12 else range(1, SENSORS) if hour > 0 else range(SENSORS))
    town.clock.now = T0 + 14.1 * HOUR
    town.restart()
    assert town.look(14.2) == []
    town.restart()
    assert town.look(18.1) == [(K.SENSOR_SILENT, True, "H0000")]
    (alert,) = town.stores.readings.active_alerts()
    assert alert.at_utc == T0 + 18 * HOUR + timedelta(seconds=1)


def test_a_backlog_of_a_day_is_no_flood(town: Town) -> None:
    """A gateway sends its night after an outage (case M22): who is heard is not silent, whatever the message's age."""
    for hour in range(-50, 8):
        town.hear(hour, range(3, SENSORS) if hour > 0 else range(SENSORS))
    assert len(town.look(7.5)) == 3
    late = [
        Reading(BinId(f"B{n:04d}"), SensorId(f"H{n:04d}"), T0 + hour * HOUR, T0 + 8 * HOUR, 0.4)
        for n in range(3)
        for hour in (3, 1, 2)
    ]
    town.stores.readings.append(late)
    assert town.look(8.1) == [(K.SENSOR_SILENT, False, f"H{n:04d}") for n in range(3)]


def test_a_sensor_that_hangs_and_was_never_heard_is_told_after_two_days(town: Town, city: City) -> None:
    """A replacement put up with a flat battery has no reading whose age could tell; a second one in a bin has."""
    hung = [Installation(SensorId(each), BinId("B0001"), T0 - HOUR) for each in ("NEW", "SECOND")]
    sensors = {each.sensor_id: Sensor(each.sensor_id) for each in hung}
    town.stores.registry.save(
        replace(city, sensors={**city.sensors, **sensors}, installations=(*city.installations, *hung))
    )

    def second(hour: float) -> None:
        moment = T0 + hour * HOUR
        town.stores.readings.append([Reading(BinId("B0001"), SensorId("SECOND"), moment, moment, 0.4)])

    told = []
    for hour in range(60):
        second(hour - 0.5)
        town.hear(hour)
        told += town.look(hour + 0.1)
    assert told == [(K.SENSOR_SILENT, True, "NEW"), (K.SENSOR_SILENT, True, "eui-1000000000000001")]
    raised = {each.sensor_id: each.at_utc for each in town.stores.readings.active_alerts()}
    assert raised[SensorId("NEW")] == T0 + 48 * HOUR, "since we listen: it may have spoken before"

    moment = T0 + 60 * HOUR
    town.stores.readings.append([Reading(BinId("B0001"), SensorId("NEW"), moment, moment, 0.4)])
    assert town.look(60.1) == [(K.SENSOR_SILENT, False, "NEW")]


def test_before_anybody_is_heard_nobody_is_missed(town: Town) -> None:
    """A city is registered weeks before its sensors are hung up, or its network is told where to send."""
    assert [each for hour in range(0, 72, 8) for each in town.look(hour)] == []


def test_what_was_said_of_a_sensor_ends_when_another_hangs_there(town: Town, city: City) -> None:
    """The new one speaks the moment it hangs, and the old one never again: its alerts stood for ever."""
    for hour in range(-50, 8):
        town.hear(hour, range(1, SENSORS) if hour > 0 else range(SENSORS))
    low = Alert(K.BATTERY_LOW, T0, True, SensorId("H0000"), BinId("B0000"), {"battery_v": 2.5})
    full = [Alert(K.OVERFLOW, T0, True, None, BinId(each)) for each in ("B0000", "B0001")]
    town.stores.readings.append([], alerts=[low, *full])
    assert town.look(7.1) == [(K.SENSOR_SILENT, True, "H0000")]

    now_utc, old = T0 + 7.2 * HOUR, SensorId("H0000")
    hung = [replace(each, to_utc=now_utc) if each.sensor_id == old else each for each in city.installations]
    new = Installation(SensorId("NEW"), BinId("B0000"), now_utc)
    changed = replace(
        city,
        sensors={**city.sensors, new.sensor_id: Sensor(new.sensor_id)},
        installations=tuple(each for each in (*hung, new) if each.bin_id != "B0001"),
        bins={name: each for name, each in city.bins.items() if name != "B0001"},
    )
    town.stores.registry.save(changed)
    town.stores.readings.append([Reading(BinId("B0000"), new.sensor_id, now_utc, now_utc, 0.9)])
    ended = {(K.SENSOR_SILENT, False, "H0000"), (K.BATTERY_LOW, False, "H0000"), (K.OVERFLOW, False, "B0001")}
    assert set(town.look(7.3)) == ended
    assert town.look(7.4) == []


def test_a_sensor_that_was_taken_down_is_not_silent(town: Town, city: City) -> None:
    """It lies in the workshop."""
    for hour in range(-50, 8):
        town.hear(hour, range(1, SENSORS) if hour > 0 else range(SENSORS))
    assert len(town.look(7.5)) == 1
    hung = tuple(
        replace(each, to_utc=T0 + 8 * HOUR) if each.sensor_id == "H0000" else each for each in city.installations
    )
    town.stores.registry.save(replace(city, installations=hung))
    town.hear(8, range(1, SENSORS))
    assert town.look(8.5) == [(K.SENSOR_SILENT, False, "H0000")]
    town.hear(9, range(1, SENSORS))
    assert town.look(9.5) == []


def test_many_that_fell_silent_at_once_are_told_over_some_looks(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fortnight of each is read for its patience: ten thousand of them in one look would hold up ingest."""
    monkeypatch.setattr(watcher, "LEARN_MAX", 4)
    for hour in range(-50, 1):
        town.hear(hour)
    for hour in range(1, 12):
        town.hear(hour, [0])
    looks = [town.look(11.1 + minute / 60) for minute in range(4)]
    assert [sum(each[0] is K.SENSOR_SILENT for each in told) for told in looks] == [4, 4, 1, 0]
