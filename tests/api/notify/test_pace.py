"""When a message leaves: fire at once, everything else in company, never a storm."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.notify.items import Item, over, wanted
from api.notify.pace import Sent, Waiting, ready
from tomma.model import Alert, AlertKind, SensorId
from tomma.notify_settings import EmailSettings, NotifySettings, Recipient, Rule

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
NIGHT = datetime(2026, 11, 22, 23, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Stockholm")
S = NotifySettings()


def item(kind: AlertKind, number: int = 1, area: str = "Centrum", fraction: str = "glass") -> Item:
    """One alert about one sensor."""
    alert = Alert(kind, DAY - timedelta(hours=1), True, SensorId(f"H{number}"))
    return Item(alert, f"{kind}-{number}", "Torget", area, fraction)


def known(items: Sequence[Item], since_utc: datetime) -> list[Waiting]:
    """Waiting since then."""
    return [Waiting(each, since_utc) for each in items]


def told(waiting: Sequence[Waiting], now_utc: datetime, sent: Sequence[Sent] = (), settings: NotifySettings = S) -> int:
    """How many alerts go into a message now."""
    return len(ready(waiting, sent, settings, now_utc, ZONE))


def test_fire_goes_at_once_and_by_night() -> None:
    """It is why there is a telephone by the bed."""
    waiting = known([item(AlertKind.FIRE), item(AlertKind.TILT)], NIGHT)
    assert [each.kind for each in ready(waiting, (), S, NIGHT, ZONE)] == [AlertKind.FIRE]


def test_ten_fires_are_ten_fires_in_two_messages() -> None:
    """The first leaves at once, the others a minute later together."""
    first = Sent(DAY, urgent=True)
    fires = known([item(AlertKind.FIRE, number) for number in range(2, 11)], DAY)
    assert told(fires, DAY + timedelta(seconds=59), [first]) == 0
    assert told(fires, DAY + timedelta(seconds=60), [first]) == 9


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        pytest.param(AlertKind.OVERFLOW_SOON, timedelta(minutes=2), id="for today: two minutes"),
        pytest.param(AlertKind.BATTERY_LOW, timedelta(hours=4), id="when it suits: four hours"),
    ],
)
def test_other_alerts_wait_for_company(kind: AlertKind, after: timedelta) -> None:
    """What comes together is told together."""
    waiting = known([item(kind)], DAY)
    assert told(waiting, DAY + after - timedelta(seconds=1)) == 0
    assert told(waiting, DAY + after) == 1


def test_what_can_wait_rides_with_what_cannot() -> None:
    """One message instead of two."""
    waiting = [*known([item(AlertKind.BATTERY_LOW)], DAY), *known([item(AlertKind.TILT)], DAY)]
    assert told(waiting, DAY + timedelta(minutes=2)) == 2


def test_a_lost_gateway_that_silences_three_hundred_sensors_is_one_message() -> None:
    """So many at once are a greater trouble than each by itself: told after two minutes, and once."""
    silent = [item(AlertKind.SENSOR_SILENT, number) for number in range(300)]
    waiting = known(silent[:200], DAY) + known(silent[200:], DAY + timedelta(seconds=90))
    assert told(waiting[:19], DAY + timedelta(minutes=2)) == 0
    assert told(waiting, DAY + timedelta(minutes=2)) == 300


def test_the_night_is_quiet_and_the_morning_has_all_of_it() -> None:
    """22:00 to 06:00 on the city's clocks, also when they were put back in the night."""
    waiting = known([item(AlertKind.OVERFLOW)], NIGHT)
    assert told(waiting, datetime(2026, 11, 23, 4, 59, tzinfo=UTC)) == 0
    assert told(waiting, datetime(2026, 11, 23, 5, 0, tzinfo=UTC)) == 1
    summer = known([item(AlertKind.OVERFLOW)], datetime(2026, 10, 24, 22, tzinfo=UTC))
    assert told(summer, datetime(2026, 10, 25, 4, 59, tzinfo=UTC)) == 0
    assert told(summer, datetime(2026, 10, 25, 5, 0, tzinfo=UTC)) == 1


def test_what_does_not_fit_into_the_hour_is_not_dropped() -> None:
    """The seventh message of an hour waits, and takes everything with it."""
    sent = [Sent(DAY + timedelta(minutes=5 * number), urgent=False) for number in range(6)]
    waiting = known([item(AlertKind.TILT, number) for number in range(3)], DAY + timedelta(minutes=26))
    assert told(waiting, DAY + timedelta(minutes=40), sent) == 0
    assert told(waiting, DAY + timedelta(minutes=60), sent) == 3


MINUTES = st.integers(0, 6 * 60)
KINDS = st.sampled_from([AlertKind.FIRE, AlertKind.TILT, AlertKind.SENSOR_SILENT, AlertKind.BATTERY_LOW])


@given(st.lists(st.tuples(MINUTES, KINDS), max_size=60), st.sampled_from([DAY, NIGHT]))
def test_whatever_happens_every_alert_is_told_once_and_never_in_a_storm(
    happens: list[tuple[int, AlertKind]], begin_utc: datetime
) -> None:
    """At most six messages an hour and one of fire a minute; and after a day nobody has been forgotten."""
    waiting: dict[str, Waiting] = {}
    arrivals = [(begin_utc + timedelta(minutes=at), item(kind, number)) for number, (at, kind) in enumerate(happens)]
    sent: list[Sent] = []
    told_ids: list[str] = []
    for minute in range(0, 36 * 60, 2):
        now_utc = begin_utc + timedelta(minutes=minute)
        for at_utc, each in arrivals:
            if at_utc <= now_utc and each.alert_id not in told_ids:
                waiting.setdefault(each.alert_id, Waiting(each, at_utc))
        items = ready(list(waiting.values()), sent, S, now_utc, ZONE)
        if items:
            sent.append(Sent(now_utc, urgent=items[0].kind is AlertKind.FIRE))
            told_ids += [each.alert_id for each in items]
            waiting = {key: each for key, each in waiting.items() if key not in told_ids}
    assert sorted(told_ids) == sorted(each.alert_id for _, each in arrivals)
    plain = [each.at_utc for each in sent if not each.urgent]
    assert all(sum(at <= each < at + timedelta(hours=1) for each in plain) <= S.messages_per_h for at in plain)


def test_rules_decide_who_is_told_of_what() -> None:
    """Fires to the fire brigade, glass of the centre to its contractor, the stream to whoever asked for all."""
    people = [Recipient(name=name, email=f"{name}@exempel.test") for name in ("brand", "glas", "alla")]
    rules = (
        Rule(kinds=(AlertKind.FIRE,), to=("brand",)),
        Rule(areas=("Centrum",), fractions=("glass",), to=("glas",)),
        Rule(to=("alla",)),
    )
    NotifySettings(
        email=EmailSettings(host="mail.test", from_address="t@exempel.test"), recipients=tuple(people), rules=rules
    )

    def who(each: Item) -> list[str]:
        return [person.name for person in people if wanted(each, person, rules)]

    assert who(item(AlertKind.FIRE, area="Hamnen")) == ["brand", "alla"]
    assert who(item(AlertKind.TILT)) == ["glas", "alla"]
    assert who(item(AlertKind.STREAM_SILENT, area="", fraction="")) == ["alla"]
    assert all(wanted(item(AlertKind.TILT), person, ()) for person in people)


def test_that_it_is_over_can_always_wait_for_company() -> None:
    """Nobody gets up for a fire that is out."""
    assert told(known([over(item(AlertKind.FIRE))], DAY), DAY) == 0
