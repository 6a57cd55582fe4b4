"""What is not heard is told once a minute: silence, losses, pick-ups that left no trace."""

import itertools
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.alerts.losses import LOOK_BACK, Tally, losses, tally
from ingest.alerts.pickups import Pickup, missed
from ingest.alerts.scene import Scene
from ingest.alerts.silence import STREAM_SILENT_MAX, STREAM_SILENT_MIN, patience_of, stream_patience
from ingest.alerts.watcher import Watcher
from tomma.city import City, Installation, Sensor
from tomma.events import Event, EventKind, SkipReason
from tomma.model import Alert, AlertKind, BinId, Emptying, EmptyingSource, PlanId, Quality, Reading, SensorId, VehicleId
from tomma.plan import LeftOut, Plan, PlanStatus, RoadsSource, Route, Stop, StopKind
from tomma.reasons import Reason, ReasonCode
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores

T0 = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
K = AlertKind
SENSORS = 10


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = T0

    def now_utc(self) -> datetime:
        """The time it was set to."""
        return self.now

    def real_seconds(self, clock_s: float) -> float:
        """One second is one second."""
        return clock_s


class Town:
    """Ten sensors that speak each hour, real stores, and a watch."""

    def __init__(self, stores: Stores) -> None:
        self.stores, self.clock = stores, HandClock()
        self.counter = itertools.count()
        self.restart()

    def restart(self) -> None:
        """Start the watch anew."""
        parts = self.stores
        self.watcher = Watcher(parts.readings, parts.registry, parts.plans, parts.events, self.clock)

    def hear(self, hour: float, sensors: Sequence[int] = range(SENSORS), level: float = 0.4, **what: Any) -> None:
        """These sensors speak."""
        moment = T0 + hour * HOUR
        said = [
            Reading(BinId(f"B{n:04d}"), SensorId(f"H{n:04d}"), moment, moment + timedelta(seconds=n), level, **what)
            for n in sensors
        ]
        self.stores.readings.append(said)

    def look(self, hour: float) -> list[tuple[AlertKind, bool, str | None]]:
        """Look at that hour: kind, raised, about whom."""
        self.clock.now = T0 + hour * HOUR
        return [(each.kind, each.active, each.sensor_id or each.bin_id) for each in self.watcher.look()]


@pytest.fixture
def town(tmp_path: Path, city: City, made_stores: Path) -> Iterator[Town]:
    """The small city, an hour of which was heard each hour of the day before."""
    shutil.copytree(made_stores, tmp_path, dirs_exist_ok=True)
    with open_stores(Settings(data_dir=tmp_path)) as stores:
        stores.registry.save(city)
        yield Town(stores)


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


def test_a_broker_that_forgets_is_told_by_the_counters(town: Town) -> None:
    """A sensor may lose messages; many at once, far more than usual, is a queue that was thrown away (case M2)."""
    minutes = range(-14 * 60, 8 * 60, 10)
    number = {minute: place for place, minute in enumerate(minutes)}
    told = []
    for minute in minutes:
        if not 20 <= minute < 80 or minute % 20 == 0:
            town.hear(minute / 60, counter=number[minute])
        if minute >= 0:
            told += town.look(minute / 60 + 0.05)
    assert told == [(K.MESSAGES_LOST, True, None), (K.MESSAGES_LOST, False, None)]
    raised, _ = town.stores.readings.alerts(T0, T0 + 9 * HOUR)
    assert raised.values["lost"] >= 2 * SENSORS


def test_messages_are_counted_by_the_steps_of_each_sensors_counter() -> None:
    """A restart, a roll-over or another device is no loss."""
    numbers = [5, 6, 9, 2, 3, 9_000]
    readings = [
        Reading(BinId("B"), SensorId("S"), T0 + n * HOUR, T0 + n * HOUR, 0.5, counter=number)
        for n, number in enumerate(numbers)
    ]
    assert tally({BinId("B"): readings}, T0, T0 + 9 * HOUR) == Tally(expected=5, lost=2, lost_squared=4)
    assert tally({BinId("B"): readings}, T0 + 3 * HOUR, T0 + 9 * HOUR) == Tally(expected=1, lost=0)


def in_bursts(rng: random.Random) -> dict[BinId, list[Reading]]:
    """Sixty sensors that speak each half hour, each losing eight in a row about twice in a day and a half."""
    heard: dict[BinId, list[Reading]] = {}
    for sensor in range(60):
        lost = {start + n for start in range(72) if rng.random() < 0.015 for n in range(8)}
        moments = [(n, T0 + n * HOUR / 2) for n in range(72) if n not in lost]
        heard[BinId(f"B{sensor}")] = [
            Reading(BinId(f"B{sensor}"), SensorId(f"H{sensor}"), at, at, 0.5, counter=n) for n, at in moments
        ]
    return heard


def test_a_radio_that_loses_in_bursts_is_no_broker_that_forgets(city: City) -> None:
    """Eight lost in a row are told by one counter at one moment: some hours have many such moments, by chance."""
    rng = random.Random(7)  # noqa: S311  (chance, not a secret)
    now_utc = T0 + 36 * HOUR
    for _ in range(60):
        assert list(losses(Scene(city, now_utc, T0, T0), in_bursts(rng))) == []


def over_the_radio(rng: random.Random, hours: int) -> Iterator[tuple[datetime, int]]:
    """One sensor that speaks each half hour: 28 % are lost, in bursts of six on average (as in simulator/radio.py)."""
    is_bad = rng.random() < 0.27
    for number in range(2 * hours):
        is_bad = rng.random() >= 1 / 6 if is_bad else rng.random() < 0.0618
        if rng.random() >= (0.9 if is_bad else 0.05):
            yield T0 + number * HOUR / 2, number


def told_by(heard: Sequence[Sequence[tuple[datetime, int]]]) -> dict[BinId, list[Reading]]:
    """Of each sensor's messages, those that the watch reads at T0 + 48 h."""
    oldest_utc = T0 + 48 * HOUR - LOOK_BACK
    return {
        BinId(f"B{n}"): [
            Reading(BinId(f"B{n}"), SensorId(f"H{n}"), at, at, 0.5, counter=number)
            for at, number in told
            if at >= oldest_utc
        ]
        for n, told in enumerate(heard)
    }


def test_what_was_usual_is_counted_whole(city: City) -> None:
    """Gaps that began before the hours that are read went uncounted: the radio looked better then than it was."""
    rng = random.Random(11)  # noqa: S311  (chance, not a secret)
    last_utc = T0 + 47.4 * HOUR
    heard = [
        [told for told in over_the_radio(rng, 48) if told[0] < last_utc - 1.5 * HOUR or told[0] > last_utc]
        for _ in range(300)
    ]
    (raised,) = losses(Scene(city, T0 + 48 * HOUR, T0, T0), told_by(heard))
    assert raised.values["usual_fraction"] == pytest.approx(0.28, abs=0.02)


def test_a_few_that_come_back_after_a_night_are_no_broker_that_forgets(city: City) -> None:
    """Hours without a long gap do not say that there are none: those of now count, too."""
    usual = [[(T0 + number * HOUR / 2, number) for number in range(96) if (number + n) % 10] for n in range(40)]
    back = [[told for told in one if not 79 <= told[1] < 94] for one in usual[:5]]
    assert list(losses(Scene(city, T0 + 48 * HOUR, T0, T0), told_by([*back, *usual[5:]]))) == []


def level(hour: float, fill: float, quality: Quality = Quality.GOOD) -> Reading:
    """One reading of the bin."""
    return Reading(BinId("B0001"), SensorId("H0001"), T0 + hour * HOUR, T0 + hour * HOUR, fill, quality)


def emptying(hour: float, bin_id: str = "B0001") -> Emptying:
    """Seen by the sensor."""
    return Emptying(BinId(bin_id), T0 + hour * HOUR, EmptyingSource.DETECTED, 0.8, 0.1)


@pytest.mark.parametrize(
    ("after", "detected", "expected"),
    [
        pytest.param([(1, 0.82), (2, 0.83)], [], "missed", id="as full as before"),
        pytest.param([(1, 0.15), (2, 0.16)], [], "emptied", id="fell"),
        pytest.param([(1, 0.82), (2, 0.83)], [-0.5], "emptied", id="fell, and is full again"),
        pytest.param([(1, 0.82)], [], "unknown", id="one reading may be an echo of before"),
        pytest.param([(1, 0.1), (2, 0.83), (3, 0.83)], [], "emptied", id="seen low once: in doubt for the driver"),
        pytest.param([], [], "unknown", id="nothing heard since"),
    ],
)
def test_a_confirmed_pickup_is(after: list[tuple[float, float]], detected: list[float], expected: str) -> None:
    """The driver said emptied: the level says whether it was this bin."""
    before = [level(hour, 0.8 + hour / 100) for hour in (-3, -2, -1)]
    verdict = missed(
        Pickup(BinId("B0001"), T0, confirmed=True),
        [*before, *(level(*each) for each in after)],
        [emptying(hour) for hour in detected],
    )
    assert ("missed" if isinstance(verdict, Alert) else {True: "emptied", None: "unknown"}[verdict]) == expected


@pytest.mark.parametrize(("before", "after"), [(0.12, 0.12), (0.26, 0.19)])
def test_a_pickup_of_a_bin_with_little_in_it_is_never_missed(before: float, after: float) -> None:
    """Nobody can see it, and nobody minds."""
    readings = [level(hour, before if hour < 0 else after) for hour in (-3, -2, -1, 1, 2)]
    assert missed(Pickup(BinId("B0001"), T0, confirmed=True), readings, []) is True


def test_a_blocked_sensor_accuses_no_driver() -> None:
    """What it saw was a bag."""
    readings = [level(hour, 1.0, Quality.BLOCKED) for hour in (-3, -2, -1, 1, 2)]
    assert missed(Pickup(BinId("B0001"), T0, confirmed=True), readings, []) is None


def tap(kind: EventKind, bin_id: str, hour: float, **what: Any) -> Event:
    """The driver taps."""
    moment = T0 + hour * HOUR
    key = f"{kind}-{bin_id}-{hour}"
    return Event(key, "tablet", 1, PlanId("P"), VehicleId("V"), kind, moment, moment, bin_id=BinId(bin_id), **what)


def plan_for(bins: Sequence[int], hour: float) -> Plan:
    """Today's plan, every stop at that hour."""
    at_utc = T0 + hour * HOUR
    stops = tuple(Stop(StopKind.COLLECT, at_utc, at_utc, 100, 60, 100.0, 10.0, BinId(f"B{n:04d}")) for n in bins)
    left = LeftOut(BinId("B0009"), (Reason(ReasonCode.NOT_NEEDED_YET),))
    route = Route(VehicleId("V"), at_utc, at_utc, stops, 1000, 600)
    return Plan(
        PlanId("P"), date(2026, 6, 1), T0, T0, PlanStatus.READY, "greedy", RoadsSource.STRAIGHT_LINE,
        (route,), (left,), 1, 0,
    )  # fmt: skip


def test_what_was_planned_and_did_not_happen_is_told_and_what_happened_unplanned(town: Town) -> None:
    """B1 was confirmed but is full, B2 was forgotten, B3 skipped with a reason, B4 emptied as planned; B5 by nobody."""
    plan = plan_for([1, 2, 3, 4], 8)
    town.stores.plans.save(plan)
    town.stores.plans.publish(plan.id)
    for hour in range(-50, 9):
        town.hear(hour, level=0.8)
    town.stores.events.append(
        [
            tap(EventKind.EMPTIED, "B0001", 8.1),
            tap(EventKind.SKIPPED, "B0003", 8.2, skip_reason=SkipReason.BLOCKED),
            tap(EventKind.EMPTIED, "B0004", 8.3),
        ]
    )
    for hour in range(9, 14):
        town.hear(hour, [1, 2, 3], level=0.81)
        town.hear(hour, [4, 5], level=0.1)
        town.hear(hour, [0, 6, 7, 8, 9], level=0.8)
    town.stores.readings.append([], [emptying(9, "B0004"), emptying(9, "B0005")])
    assert sorted(town.look(13.5)) == [
        (K.EMPTIED_UNPLANNED, True, "B0005"),
        (K.PICKUP_MISSED, True, "B0001"),
        (K.PICKUP_MISSED, True, "B0002"),
    ]
    assert town.look(13.6) == []
    missing = [each for each in town.stores.readings.active_alerts() if each.kind is K.PICKUP_MISSED]
    assert {each.bin_id: each.values["confirmed"] for each in missing} == {"B0001": 1.0, "B0002": 0.0}

    town.stores.readings.append([], [emptying(14, "B0002")])
    assert town.look(14.1) == [(K.PICKUP_MISSED, False, "B0002")]
    for hour in range(15, 35):
        town.hear(hour)
    assert (K.EMPTIED_UNPLANNED, False, "B0005") in town.look(34.0)


def test_without_a_plan_no_emptying_is_unplanned(town: Town) -> None:
    """A city that does not plan here yet would get an alert a bin and day."""
    town.hear(0)
    town.stores.readings.append([], [emptying(0, "B0005")])
    assert town.look(0.1) == []


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
