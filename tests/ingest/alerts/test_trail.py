"""Signs raise alerts and end them, the same in whatever order they come."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.alerts.signs import KINDS, remembered_sign, sign_of
from ingest.alerts.trail import EMPTY, SIGNS_MAX, Trail, changes, follow, with_memory
from ingest.memory import SensorMemory, seen_in
from ingest.outcome import Heard
from tomma.model import Alarm, AlertKind, BinId, Measurement, Quality, Reading, SensorId

T0 = datetime(2026, 6, 1, tzinfo=UTC)
K = AlertKind
BIN, SENSOR = BinId("B"), SensorId("S")


def heard(hour: float, level: float | None = 0.5, **said: Any) -> Heard:
    """A reading, or a status when there is no level; `quality` and what the device says beside it."""
    quality = said.pop("quality", Quality.GOOD)
    is_implausible = said.pop("is_implausible", False)
    moment = T0 + timedelta(hours=hour)
    level = None if said.get("no_echo") else level
    if level is None and not any(said.values()):
        said["battery_v"] = 3.6  # an empty status cannot exist
    measurement = Measurement(SENSOR, moment, fill_fraction=level, **said)
    reading = None
    if level is not None:
        reading = Reading(BIN, SENSOR, moment, moment, level, quality, temperature_c=said.get("temperature_c"))
    return Heard(measurement, BIN, moment, moment, reading, is_implausible)


type Told = list[tuple[float, AlertKind, bool]]


def followed(messages: Sequence[Heard], trail: Trail = EMPTY) -> tuple[Trail, Told]:
    """The trail in the end, and what was told and not withdrawn: hour, kind, raised."""
    told: dict[tuple[object, ...], tuple[float, AlertKind, bool]] = {}
    for each in messages:
        trail, new, gone = follow(trail, sign_of(each))
        for one in gone:
            del told[one.identity]
        for one in new:
            hour = (one.sign.measured_utc - T0) / timedelta(hours=1)
            told[one.identity] = hour, KINDS[one.bit], one.active
    return trail, sorted(told.values(), key=lambda each: (each[0], each[1]))


def hot(*degrees: float) -> list[Heard]:
    """Temperatures ten minutes apart."""
    return [heard(number / 6, temperature_c=each) for number, each in enumerate(degrees)]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([*hot(20, 70, 55, 45)], [(K.FIRE, True), (K.FIRE, False)], id="a fire, until it has cooled"),
        pytest.param([*hot(48, 55, 52, 58, 54)], [], id="a lid in the sun is no fire"),
        pytest.param([*hot(20, 30, 46)], [(K.FIRE, True)], id="sixteen degrees within ten minutes, and hot"),
        pytest.param([*hot(5, 18, 33)], [], id="the morning sun warms as fast, but not so far"),
        pytest.param([heard(0, alarms=frozenset({Alarm.FIRE}))], [(K.FIRE, True)], id="the device says fire"),
        pytest.param([heard(0, None, alarms=frozenset({Alarm.FIRE}))], [(K.FIRE, True)], id="and says nothing else"),
        pytest.param([heard(0), heard(1, alarms=frozenset({Alarm.TILT})), heard(2)], [], id="emptying tilts once"),
        pytest.param(
            [*(heard(n, alarms=frozenset({Alarm.TILT})) for n in (0, 1, 2)), heard(3)],
            [(K.TILT, True), (K.TILT, False)],
            id="a container that lies, and is put up",
        ),
        pytest.param([heard(n, battery_fraction=0.14 + 0.08 * n) for n in (0, 1)], [], id="a frosty night"),
        pytest.param(
            [heard(n, battery_fraction=each) for n, each in enumerate((0.2, 0.14, 0.13, 0.16, 0.14, 0.9, 0.9, 0.9))],
            [(K.BATTERY_LOW, True), (K.BATTERY_LOW, False)],
            id="a battery low, and changed",
        ),
        pytest.param([heard(n, battery_v=2.5) for n in (0, 1)], [(K.BATTERY_LOW, True)], id="a cell at its end"),
        pytest.param([heard(n, battery_v=12.1) for n in (0, 1)], [], id="a solar panel's voltage tells nothing"),
        pytest.param(
            [heard(n, battery_fraction=0.9 - 0.012 * n) for n in range(20)],
            [(K.BATTERY_FALLING, True)],
            id="a quarter of a battery in a day",
        ),
        pytest.param([heard(n, battery_fraction=0.9 - 0.001 * n) for n in range(24)], [], id="a battery that ages"),
        pytest.param([heard(n, None, no_echo=True) for n in (0, 1)], [], id="an echo lost now and then"),
        pytest.param(
            [*(heard(n, None, no_echo=True) for n in (0, 1, 2)), heard(3)],
            [(K.SENSOR_FAULT, True), (K.SENSOR_FAULT, False)],
            id="no echo three times, then one",
        ),
        pytest.param([heard(0, 1.0), heard(1, 0.6)], [], id="a false full echo is no overflow"),
        pytest.param(
            [*(heard(n, 1.0) for n in (0, 1)), heard(2, 0.9), *(heard(n, 0.1) for n in (3, 4))],
            [(K.OVERFLOW, True), (K.OVERFLOW, False)],
            id="full, and emptied",
        ),
        pytest.param(
            [heard(n, 0.0, quality=Quality.OUT_OF_RANGE, is_implausible=True) for n in (0, 1, 2)],
            [(K.IMPOSSIBLE_VALUES, True)],
            id="far beyond the bottom again and again",
        ),
        pytest.param(
            [
                *(heard(n, 0.0, quality=Quality.OUT_OF_RANGE, is_implausible=True) for n in (0, 1, 2)),
                *(heard(n, 0.0, quality=Quality.OUT_OF_RANGE) for n in (3, 4, 5)),
            ],
            [(K.IMPOSSIBLE_VALUES, True)],
            id="nearer the bottom for a while, which may be the weather",
        ),
        pytest.param(
            [heard(0, 1.0, quality=Quality.BLOCKED), heard(1, 0.4)],
            [(K.BLOCKED, True), (K.BLOCKED, False)],
            id="a bag before the lens, and gone",
        ),
        pytest.param(
            [heard(0, quality=Quality.STUCK), heard(-1, quality=Quality.LATE)],
            [(K.STUCK, True)],
            id="a late reading does not free a stuck sensor",
        ),
    ],
)
def test_what_is_told_of(messages: list[Heard], expected: list[tuple[AlertKind, bool]]) -> None:
    """Raised once, ended once: a value that trembles about a threshold is not told again and again."""
    assert [(kind, active) for _, kind, active in followed(messages)[1]] == expected


odd = st.fixed_dictionaries(
    {"hour": st.integers(0, 40).map(lambda each: each / 2)},
    optional={
        "level": st.sampled_from([None, 0.2, 0.9, 0.98, 1.0]),
        "temperature_c": st.sampled_from([10.0, 38.0, 45.0, 55.0, 61.0]),
        "battery_fraction": st.sampled_from([0.1, 0.2, 0.3, 0.9]),
        "alarms": st.frozensets(st.sampled_from(Alarm), max_size=2),
        "quality": st.sampled_from([Quality.GOOD, Quality.OUT_OF_RANGE, Quality.BLOCKED]),
        "no_echo": st.booleans(),
    },
)


@given(
    st.lists(odd, max_size=SIGNS_MAX, unique_by=lambda each: each["hour"]),
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, SIGNS_MAX), max_size=8),
)
@settings(max_examples=300, deadline=None)
def test_any_order_and_any_repetition_ends_with_the_same_alerts(
    said: list[dict[str, Any]], rng: random.Random, again: list[int]
) -> None:
    """A gateway resends its night as it likes, and a broker what it heard no acknowledgement for (case M22)."""
    messages = [heard(**each) for each in said]
    in_order = sorted(messages, key=lambda each: each.measured_utc)
    arriving = [*messages, *(messages[place] for place in again if place < len(messages))]
    rng.shuffle(arriving)

    plain, told = followed(in_order)
    mixed, told_mixed = followed(arriving)

    assert told_mixed == told
    assert mixed == plain


def test_a_day_old_alarm_does_not_outlive_todays_all_clear() -> None:
    """It is told with both its times, and is over: a backlog is no flood of fires."""
    trail, told = followed([heard(24, temperature_c=15.0), heard(1, temperature_c=70.0), heard(2, temperature_c=20.0)])
    assert told == [(1.0, K.FIRE, True), (2.0, K.FIRE, False)]
    assert trail.active == 0


def test_what_is_older_than_all_we_remember_tells_nothing() -> None:
    """Nobody can say what came after it."""
    trail, _ = followed([heard(hour, temperature_c=15.0) for hour in range(SIGNS_MAX + 5)])
    assert follow(trail, sign_of(heard(-3, temperature_c=70.0))).told == ()


def test_after_a_restart_an_alert_is_not_raised_again_and_ends() -> None:
    """What is active is read from the store, what was seen from the readings."""
    before, _ = followed([heard(hour, temperature_c=70.0) for hour in range(3)])
    memory = SensorMemory(BIN)
    for hour in range(3):
        reading = heard(hour, temperature_c=70.0).reading
        assert reading is not None
        memory = memory.with_seen(seen_in(reading))
    restarted = with_memory(Trail(before.active), memory)

    assert followed([heard(2, temperature_c=70.0), heard(3, temperature_c=71.0)], restarted)[1] == []
    assert followed([heard(3, temperature_c=30.0)], restarted)[1] == [(3.0, K.FIRE, False)]


def test_a_late_reading_after_a_restart_is_judged_among_those_that_were_stored() -> None:
    """An overflow yesterday evening, told this morning by a gateway, was over in between."""
    memory = SensorMemory(BIN)
    for hour, level in ((1, 0.99), (3, 0.2), (4, 0.2), (5, 0.2)):
        reading = heard(hour, level).reading
        assert reading is not None
        memory = memory.with_seen(seen_in(reading))
    _, told = followed([heard(2, 0.99)], with_memory(EMPTY, memory))
    assert told == [(2.0, K.OVERFLOW, True), (4.0, K.OVERFLOW, False)]


def test_a_remembered_reading_is_the_sign_it_was() -> None:
    """Else a redelivered one would count twice after a restart."""
    for level, celsius in ((0.1, 20.0), (0.99, 65.0), (0.9, None)):
        was = heard(1, level, temperature_c=celsius)
        assert was.reading is not None
        again = remembered_sign(seen_in(was.reading), 0)
        assert (again.measured_utc, again.rank, again.odd, again.fine) == sign_of(was)[:4]


def test_every_change_follows_from_the_trail() -> None:
    """Raised and ended take turns."""
    trail, told = followed([heard(hour, 1.0 if hour % 8 < 4 else 0.1) for hour in range(SIGNS_MAX)])
    assert [each.active for each in changes(trail)] == [active for _, _, active in told] == [True, False] * 3
