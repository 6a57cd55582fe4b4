"""From an alert in the store to a message that was taken: nothing lost, nothing doubled, nobody stormed."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.alerts.desk import AlertDesk
from api.alerts.ids import alert_id
from api.city.keeper import CityKeeper
from api.notify.courier import Courier
from api.notify.sending import Sender
from tests.api.notify.conftest import SECRET, WebReceiver, mail_server, web_receiver
from tests.api.patience import until
from tests.api.town import NOW
from tests.api.world import World, serving
from tomma.alerts import Care, CareAction
from tomma.errors import ConfigurationError, NotSentError
from tomma.model import Alert, AlertKind, BinId, SensorId
from tomma.notices import Notice, NoticeStatus
from tomma.notify_settings import EmailSettings, NotifySettings, Recipient, WebhookSettings

TILT = Alert(AlertKind.TILT, NOW - timedelta(minutes=1), True, SensorId("H1"), BinId("B1"))
FIRE = Alert(AlertKind.FIRE, NOW - timedelta(minutes=1), True, SensorId("H2"), BinId("B2"), {"temperature_c": 71.0})
DESK = Recipient(name="drift", email="drift@exempel.test")
EMAIL = EmailSettings(host="mail.test", from_address="tomma@exempel.test")
NOTIFY = NotifySettings(email=EMAIL, recipients=(DESK,))
MINUTE = timedelta(minutes=1)


class Post:
    """Takes every message, or fails as it is told."""

    def __init__(self) -> None:
        self.sent: list[Notice] = []
        self.failures: list[NotSentError] = []

    def __call__(self, notice: Notice, now_utc: datetime) -> None:
        """Take it."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(notice)

    @property
    def told(self) -> list[tuple[str, bool]]:
        """Which alerts were told, and whether as raised."""
        return [(each["kind"], each["active"]) for one in self.sent for each in json.loads(one.body)["data"]["alerts"]]


def courier_of(world: World, send: Callable[[Notice, datetime], None], settings: NotifySettings = NOTIFY) -> Courier:
    """A courier on the world's stores, moved by hand."""
    city = CityKeeper(world.stores.registry)
    return Courier(
        settings=settings,
        link="",
        desk=AlertDesk(world.stores.readings, world.stores.care, city, world.clock),
        outbox=world.stores.outbox,
        city=city,
        clock=world.clock,
        send=send,
        rng=random.Random(1),  # noqa: S311  (jitter)
    )


@pytest.fixture
def post() -> Post:
    """Whoever brings messages further."""
    return Post()


@pytest.fixture
def day(world: World) -> World:
    """Nine in the morning: nobody sleeps."""
    world.clock.now = NOW + timedelta(hours=3)
    return world


def pass_time(world: World, courier: Courier, span: timedelta = 5 * MINUTE, step: timedelta = MINUTE) -> None:
    """Let the courier look and send every minute."""
    end_utc = world.clock.now + span
    while world.clock.now < end_utc:
        courier.look()
        courier.send_due(wait=True)
        world.clock.now += step


def change(world: World, *alerts: Alert) -> None:
    """What ingest would tell."""
    world.stores.readings.append([], alerts=alerts)


def ended(world: World, alert: Alert) -> Alert:
    """The alert is over now."""
    return replace(alert, at_utc=world.clock.now, active=False, values={})


def test_an_alert_is_told_once(day: World, post: Post) -> None:
    """However often the courier looks, and after a restart too."""
    change(day, TILT)
    pass_time(day, courier_of(day, post))
    pass_time(day, courier_of(day, post))
    assert post.told == [("tilt", True)]


def test_what_clears_before_it_is_told_is_not_told(day: World, post: Post) -> None:
    """Every emptying tilts a bin."""
    courier = courier_of(day, post)
    change(day, TILT)
    pass_time(day, courier, MINUTE)
    change(day, ended(day, TILT))
    pass_time(day, courier, 10 * MINUTE)
    assert post.told == []


@pytest.mark.parametrize("action", [CareAction.ACKNOWLEDGED, CareAction.SNOOZED])
def test_what_somebody_has_taken_on_or_put_off_is_not_told(day: World, post: Post, action: CareAction) -> None:
    """Until the snooze ends: then it is told, also if it was told before."""
    until_utc = day.clock.now + 30 * MINUTE if action is CareAction.SNOOZED else None
    change(day, TILT)
    said = Care(
        "k", TILT.kind, TILT.sensor_id, TILT.bin_id, TILT.at_utc, action, day.clock.now, "office", "", until_utc
    )
    day.stores.care.append([said])
    courier = courier_of(day, post)
    pass_time(day, courier, 20 * MINUTE)
    assert post.told == []
    pass_time(day, courier, 20 * MINUTE)
    assert post.told == ([("tilt", True)] if action is CareAction.SNOOZED else [])


def test_what_flaps_is_told_once_in_hours(day: World, post: Post) -> None:
    """A lid that is opened and closed all day is one message, and one more the next day."""
    courier = courier_of(day, post)
    for _ in range(8):
        change(day, replace(TILT, at_utc=day.clock.now))
        pass_time(day, courier, 10 * MINUTE)
        change(day, ended(day, TILT))
        pass_time(day, courier, 10 * MINUTE)
    assert post.told == [("tilt", True)]
    day.clock.now += timedelta(hours=24)
    courier.look()
    change(day, replace(TILT, at_utc=day.clock.now))
    pass_time(day, courier)
    assert post.told == [("tilt", True)] * 2


def test_an_end_is_told_where_it_is_asked_for(day: World, post: Post) -> None:
    """Who was called out wants to know that it is over; who never heard of it does not."""
    asks = NOTIFY.model_copy(update={"recipients": (DESK.model_copy(update={"tell_ends": True}),)})
    courier = courier_of(day, post, asks)
    change(day, FIRE)
    pass_time(day, courier)
    change(day, ended(day, FIRE))
    pass_time(day, courier, 10 * MINUTE)
    assert post.told == [("fire", True), ("fire", False)]


def test_three_hundred_silent_sensors_are_one_message(day: World, post: Post) -> None:
    """A gateway was lost; the message names twenty and counts the rest."""
    silent = [Alert(AlertKind.SENSOR_SILENT, NOW, True, SensorId(f"X{number}")) for number in range(300)]
    courier = courier_of(day, post)
    change(day, *silent[:150])
    pass_time(day, courier, MINUTE)
    change(day, *silent[150:])
    pass_time(day, courier, timedelta(hours=6), 5 * MINUTE)
    assert [each.alerts for each in post.sent] == [300]
    data = json.loads(post.sent[0].body)["data"]
    assert (len(data["alerts"]), data["not_listed"]) == (
        20, [{"kind": "sensor_silent", "active": True, "count": 280}],
    )  # fmt: skip


def test_a_message_that_does_not_leave_is_tried_again_later_and_later(day: World, post: Post) -> None:
    """Growing pauses, one id; a receiver that is back after an hour has lost nothing."""
    post.failures = [NotSentError("away")] * 4
    change(day, FIRE)
    courier = courier_of(day, post)
    tries: list[datetime] = []
    for _ in range(300):
        courier.look()
        courier.send_due(wait=True)
        found = day.stores.outbox.recent(1)[0]
        if len(tries) < found.attempts:
            tries.append(day.clock.now)
        day.clock.now += timedelta(seconds=3)
    gaps_s = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    assert len(tries) == 5
    assert all(later > 2 * earlier for earlier, later in pairwise(gaps_s))
    assert [(each.status, each.error) for each in day.stores.outbox.recent(9)] == [(NoticeStatus.SENT, "")]


def test_a_message_is_given_up_when_it_is_refused_for_good_or_for_days(day: World, post: Post) -> None:
    """And the page shows why."""
    post.failures = [NotSentError("no such box", for_good=True)]
    change(day, FIRE)
    pass_time(day, courier_of(day, post))
    assert [(each.status, each.error) for each in day.stores.outbox.recent(9)] == [(NoticeStatus.FAILED, "no such box")]
    change(day, TILT)
    post.failures = [NotSentError("away")] * 99
    pass_time(day, courier_of(day, post), timedelta(hours=90), timedelta(hours=2))
    assert {each.status for each in day.stores.outbox.recent(9)} == {NoticeStatus.FAILED}


def test_a_slow_recipient_holds_up_nobody_else(day: World, servers: Any) -> None:
    """The fire brigade's message does not wait behind a web server that hangs."""
    slow, quick = servers(web_receiver()), servers(web_receiver())
    slow.drip_s = 0.02
    settings = webhooks(slow, quick)
    change(day, FIRE)
    courier = courier_of(day, Sender(settings, lambda: day.stores.registry.load().organisation), settings)
    courier.look()
    courier.send_due()
    until(lambda: len(quick.taken), lambda count: count == 1)
    assert len(slow.taken) <= 1
    slow.leaving.set()
    until(lambda: {each.status for each in day.stores.outbox.recent(9)}, lambda found: found == {NoticeStatus.SENT})


def test_what_piled_up_for_one_recipient_stands_before_nobody_elses(day: World, post: Post) -> None:
    """A web server that was away for days has hundreds of messages due at once; the others' had to wait for them."""
    away = Recipient(name="away", email="away@exempel.test")
    courier = courier_of(day, post, NOTIFY.model_copy(update={"recipients": (away, DESK)}))
    for _ in range(101):
        courier.test(away.name)
    day.clock.now += MINUTE
    courier.test(DESK.name)
    courier.send_due(wait=True)
    assert {each.recipient for each in post.sent} == {away.name, DESK.name}


def webhooks(*receivers: WebReceiver, group_s: float = 0.0) -> NotifySettings:
    """Settings that tell these web servers on this machine."""
    return NotifySettings(
        recipients=tuple(
            Recipient(name=f"hook-{number}", webhook=each.url, secret=SECRET) for number, each in enumerate(receivers)
        ),
        webhooks=WebhookSettings(allowed_networks=(ip_network("127.0.0.0/8"),), allow_http=True, timeout_s=20.0),
        group_s=group_s,
        quiet_from=None,
        quiet_to=None,
    )


def test_two_couriers_on_one_outbox_tell_once(day: World, post: Post) -> None:
    """Two servers for one city: what one has told or is sending, the other leaves alone."""
    change(day, FIRE)
    first, second = courier_of(day, post), courier_of(day, post)
    assert len(first.look()) == 1
    assert second.look() == []
    first.send_due()
    second.send_due()
    until(lambda: day.stores.outbox.recent(9)[0].status, lambda status: status is NoticeStatus.SENT)
    assert post.told == [("fire", True)]


CHILD = """
import random, sys
from datetime import datetime
from itertools import pairwise
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from api.alerts.desk import AlertDesk
from api.city.keeper import CityKeeper
from api.notify.courier import Courier
from api.notify.webhook import Webhook, deliver, key_of
from tomma.notify_settings import NotifySettings, Recipient, WebhookSettings
from tomma.settings import Settings
from tomma.stores.wiring import open_stores

data_dir, url, secret, now = sys.argv[1:]
web = WebhookSettings(allowed_networks=(ip_network("127.0.0.0/8"),), allow_http=True, timeout_s=60.0)
settings = NotifySettings(recipients=(Recipient(name="hook-0", webhook=url, secret=secret),), webhooks=web)
clock = SimpleNamespace(now_utc=lambda: datetime.fromisoformat(now))
with open_stores(Settings(data_dir=Path(data_dir))) as stores:
    city = CityKeeper(stores.registry)
    desk = AlertDesk(stores.readings, stores.care, city, clock)
    hook = Webhook(url, key_of(secret))
    send = lambda notice, now_utc: deliver(hook, notice.id, notice.body.encode(), now_utc, web)
    courier = Courier(settings=settings, link="", desk=desk, outbox=stores.outbox, city=city, clock=clock, send=send,
                      rng=random.Random())
    courier.look()
    courier.send_due(wait=True)
"""
"""A process that makes a message of what is raised and hangs in the middle of sending it."""


def test_a_process_killed_while_sending_loses_nothing(day: World, servers: Any) -> None:
    """Kill -9 in the middle of the answer: the next process sends the same message under the same id."""
    receiver = servers(web_receiver())
    receiver.drip_s = 0.02
    change(day, FIRE)
    told = (str(day.settings.data_dir), receiver.url, SECRET, day.clock.now.isoformat())
    command = [sys.executable, "-c", CHILD, *told]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}) as process:
        until(lambda: len(receiver.taken), lambda count: count == 1)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    receiver.drip_s = 0.0
    settings = webhooks(receiver)
    courier = courier_of(day, Sender(settings, lambda: day.stores.registry.load().organisation), settings)
    assert [each.status for each in day.stores.outbox.recent(9)] == [NoticeStatus.WAITING]
    pass_time(day, courier, 10 * MINUTE)
    first, second = receiver.taken
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert [each.status for each in day.stores.outbox.recent(9)] == [NoticeStatus.SENT]


@contextlib.contextmanager
def told_by(world: World, settings: NotifySettings) -> Iterator[httpx.Client]:
    """The whole server with these settings."""
    world.settings = world.settings.model_copy(update={"notify": settings})
    with serving(world) as client:
        yield client


def test_the_server_tells_by_itself_and_shows_what_became_of_it(day: World, servers: Any) -> None:
    """From the store over the outbox to a web server, and back on the page: host only, never the secret."""
    receiver = servers(web_receiver())
    with told_by(day, webhooks(receiver)) as client:
        change(day, FIRE)
        until(lambda: len(receiver.taken), lambda count: count == 1)
        told = json.loads(receiver.taken[0].body)
        assert (told["type"], told["data"]["alerts"][0]["id"]) == ("alerts.changed", alert_id(FIRE))
        shown = until(
            lambda: client.get("/api/v1/notifications").json(), lambda seen: seen["recent"][0]["status"] == "sent"
        )
        assert [(each["name"], each["to"], each["waiting"]) for each in shown["recipients"]] == [
            ("hook-0", "127.0.0.1", 0)
        ]
        assert SECRET not in json.dumps(shown)
        assert "/hook" not in json.dumps(shown)


def test_a_test_message_can_be_asked_for(day: World, servers: Any) -> None:
    """Before the first fire one wants to know that it would arrive."""
    box = servers(mail_server())
    email = EmailSettings(host="127.0.0.1", port=box.port, security="none", from_address="tomma@exempel.test")
    with told_by(day, NotifySettings(email=email, recipients=(DESK,))) as client:
        assert client.post("/api/v1/notifications/test", json={"recipient": "nobody"}).status_code == 404
        answer = client.post("/api/v1/notifications/test", json={"recipient": "drift"})
        assert (answer.status_code, answer.json()["alerts"]) == (202, 0)
        until(lambda: len(box.mails), lambda count: count == 1)
        assert "Provmeddelande" in box.mails[0]


def test_a_secret_that_everybody_can_read_keeps_the_server_from_starting(day: World, tmp_path: Path) -> None:
    """Better told at the start than read by a stranger (case O5)."""
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    recipient = Recipient(name="hook", webhook="https://ops.example/", secret_file=path)
    settings = NotifySettings(recipients=(recipient,))
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="can be read by everybody"):
        Sender(settings, lambda: day.stores.registry.load().organisation).check()
    path.chmod(0o600)
    Sender(settings, lambda: day.stores.registry.load().organisation).check()
