"""The embedded broker: private by default, durable, and never left behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from ingest.brokers.config_cli import app
from ingest.brokers.desk import EmbeddedDesk, tidied
from ingest.brokers.embedded import TOPICS, EmbeddedBroker, Login, logins
from ingest.brokers.enrolment import Enrolled
from ingest.brokers.nats_config import subject_of, users
from tests.processes import is_gone
from tomma.errors import ConfigurationError

PATIENCE_S = 20.0
READING = "tomma/v1/H0001/reading"


class Client:
    """A client that remembers what the broker answered."""

    def __init__(self, port: int, login: Login, client_id: str) -> None:
        self.received: list[str] = []
        self.connected: list[str] = []
        self.granted: list[bool] = []
        self.lost: list[str] = []
        self.mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self.mqtt.username_pw_set(login.username, login.password)
        self.mqtt.on_connect = lambda *answer: self.connected.append(str(answer[3]))
        self.mqtt.on_subscribe = lambda *answer: self.granted.extend(not reason.is_failure for reason in answer[3])
        self.mqtt.on_disconnect = lambda *answer: self.lost.append(str(answer[3]))
        self.mqtt.on_message = lambda *answer: self.received.append(answer[2].topic)
        self.mqtt.connect("127.0.0.1", port)
        self.mqtt.loop_start()

    def publish(self, topic: str) -> None:
        """Publish and wait for the broker's answer."""
        self.mqtt.publish(topic, b"{}", qos=1).wait_for_publish(PATIENCE_S)

    def end(self) -> None:
        """Leave."""
        self.mqtt.disconnect()
        self.mqtt.loop_stop()
        self.mqtt._reset_sockets()  # else left to the garbage collector, which warns


@pytest.fixture
def client(tmp_path: Path) -> Any:
    """Make clients of one broker; they leave with the test."""
    made: list[Client] = []
    with EmbeddedBroker(tmp_path) as broker:

        def make(login: Login, client_id: str) -> Client:
            made.append(Client(broker.port, login, client_id))
            return made[-1]

        make.broker, make.made = broker, made  # type: ignore[attr-defined]
        yield make
        for each in made:
            each.end()


def test_each_login_may_do_its_part_and_nothing_else(client: Any, wait: Callable[..., None]) -> None:
    """A device that reads others' readings, or writes elsewhere, is how one stolen password becomes a breach (M8)."""
    ingest = client(client.broker.ingest_login, "ingest")
    device = client(client.broker.device_login, "device")
    wait(lambda: ingest.connected and device.connected, "both are connected")
    ingest.mqtt.subscribe([(READING, 1), ("#", 1), ("$SYS/#", 1)])
    wait(lambda: len(ingest.granted) == 3, "the broker answers ingest")
    device.mqtt.subscribe([(READING, 1), ("#", 1), ("tomma/#", 1)])
    wait(lambda: len(device.granted) == 3, "the broker answers the device")
    # What may be published there is only what ingest is to have; it needs no filter of its own.
    assert (ingest.granted, device.granted) == ([True, True, True], [False, False, False])
    device.publish("tomma/v1/H0001/other")
    device.publish("somewhere/else")
    ingest.mqtt.publish(READING, b"{}", qos=0)
    device.publish(READING)
    wait(lambda: ingest.received, "the reading arrives")
    assert set(ingest.received) == {READING}


@pytest.mark.parametrize(
    "login",
    [
        pytest.param(Login("device", "wrong"), id="a wrong password"),
        pytest.param(Login("admin", "admin"), id="an unknown user"),
        pytest.param(Login("", ""), id="nobody"),
    ],
)
def test_a_login_is_refused(login: Login, client: Any, wait: Callable[..., None]) -> None:
    """There is no anonymous way in (case M10)."""
    stranger = client(login, "stranger")
    wait(lambda: stranger.connected, "the broker answers")
    assert stranger.connected[0] in {"Not authorized", "Bad user name or password"}


def test_ingest_takes_everything_but_from_a_store_that_knows_its_topics(tmp_path: Path) -> None:
    """A session remembers its filters: with another one beside them, a day's backlog would come twice or not at all."""
    with EmbeddedBroker(tmp_path / "new") as broker:
        assert broker.filters == ("#",)
    assert EmbeddedBroker(tmp_path / "new").filters == ("#",)
    (tmp_path / "old" / "broker" / "jetstream").mkdir(parents=True)
    with EmbeddedBroker(tmp_path / "old", topics=("tomma/v1/+/reading",)) as broker:
        assert broker.filters == ("tomma/v1/+/reading",)


def test_passwords_are_random_kept_and_for_the_owner_only(tmp_path: Path) -> None:
    """Another account of the machine must not read them; devices must not need new ones after a restart."""
    with EmbeddedBroker(tmp_path / "one") as broker:
        known = logins(tmp_path / "one")
        files = [broker.directory / "nats.conf", broker.directory / "logins.json"]
        assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600, 0o600]
        assert stat.S_IMODE(broker.directory.stat().st_mode) == 0o700
    assert logins(tmp_path / "one") == known
    assert logins(tmp_path / "two") != known
    assert known.device.password not in repr(known)


def test_a_broken_login_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    """A half-written file must not end in a traceback, nor in new passwords behind the devices' back."""
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "logins.json").write_text('{"ingest"')
    with pytest.raises(ConfigurationError, match="remove it to make new ones"):
        EmbeddedBroker(tmp_path)


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """Else the readings of this city would go to another's broker."""
    with (
        EmbeddedBroker(tmp_path / "first") as first,
        pytest.raises(ConfigurationError, match="port must be free"),
        EmbeddedBroker(tmp_path / "second", first.port),
    ):
        pass


def test_a_port_that_another_takes_while_it_starts_is_told(tmp_path: Path, free_port: int) -> None:
    """Something answers there, and would refuse the logins of this city for ever, or worse, take its readings."""
    config = tmp_path / "broker" / "nats.conf"
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))

        def listen_after_the_look() -> None:
            deadline_s = time.monotonic() + PATIENCE_S
            while not config.exists() and time.monotonic() < deadline_s:
                time.sleep(0.001)
            other.listen()

        taker = threading.Thread(target=listen_after_the_look)
        taker.start()
        with pytest.raises(ConfigurationError, match=r"ended at start.*in use"), EmbeddedBroker(tmp_path, free_port):
            pass
        taker.join()


def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    """Opening it to the street is a decision, with TLS, not a default."""
    with EmbeddedBroker(tmp_path) as broker:
        listening = psutil.Process(broker.pid).net_connections(kind="inet")
        addresses = {each.laddr.ip for each in listening if each.status == psutil.CONN_LISTEN}
    assert addresses == {"127.0.0.1"}


def test_what_was_published_survives_a_killed_broker(tmp_path: Path, wait: Callable[..., None]) -> None:
    """A PUBACK is a promise: the file store keeps it over kill -9."""
    session = {"client_id": "ingest", "clean_session": False}

    def reader(broker: EmbeddedBroker) -> tuple[mqtt.Client, list[bytes], list[Any]]:
        got, granted = list[bytes](), list[Any]()
        made = mqtt.Client(CallbackAPIVersion.VERSION2, **session)  # type: ignore[arg-type]
        made.username_pw_set(broker.ingest_login.username, broker.ingest_login.password)
        made.on_message = lambda *answer: got.append(answer[2].payload)
        made.on_connect = lambda *_: made.subscribe("tomma/v1/+/reading", 1)  # type: ignore[assignment]
        made.on_subscribe = lambda *answer: granted.append(answer)
        made.connect("127.0.0.1", broker.port)
        made.loop_start()
        return made, got, granted

    with EmbeddedBroker(tmp_path) as broker:
        first, _, granted = reader(broker)
        wait(lambda: granted, "the session is there")
        first.disconnect()
        first.loop_stop()
        device = Client(broker.port, broker.device_login, "device")
        sent = [device.mqtt.publish(READING, str(number).encode(), qos=1) for number in range(500)]
        for each in sent:
            each.wait_for_publish(PATIENCE_S)
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        wait(lambda: not broker.running, "the broker is dead")
        device.end()
    with EmbeddedBroker(tmp_path) as broker:
        second, got, _ = reader(broker)
        wait(lambda: len(set(got)) == 500, "everything acknowledged is delivered")
        second.disconnect()
        second.loop_stop()


def test_it_ends_with_its_block(tmp_path: Path) -> None:
    """No server is left on the machine after a demo, and it was asked to go, not killed while it writes."""
    with EmbeddedBroker(tmp_path) as broker:
        pid = broker.pid
    assert pid is not None
    assert is_gone(pid)
    assert "Server Exiting" in (broker.directory / "nats.log").read_text()


PARENT = """
import sys, time
from pathlib import Path
from ingest.brokers.embedded import EmbeddedBroker
with EmbeddedBroker(Path(sys.argv[1])) as broker:
    print(broker.pid, flush=True)
    time.sleep(60)
"""


def test_it_ends_when_its_parent_is_killed(tmp_path: Path, wait: Callable[..., None]) -> None:
    """A kill -9 leaves no time to clean up; the next start must find the port and the store free."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait(PATIENCE_S)
    parent.stdout.close()
    wait(lambda: is_gone(pid), "the server ends")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's life")
def test_it_ends_when_its_keeper_is_killed(tmp_path: Path, wait: Callable[..., None]) -> None:
    """The keeper is a process too, and an out-of-memory kill picks any."""
    with EmbeddedBroker(tmp_path) as broker:
        pid = broker.pid or 0
        psutil.Process(pid).parent().kill()  # type: ignore[union-attr]
        wait(lambda: is_gone(pid), "the server ends")


def test_a_server_that_cannot_start_is_told_with_its_own_words(tmp_path: Path) -> None:
    """The operator must not have to look for the log."""
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "jetstream").write_text("a file where a directory belongs")
    with pytest.raises(ConfigurationError, match=r"ended at start.*(directory|storage)"), EmbeddedBroker(tmp_path):
        pass


@pytest.mark.parametrize(
    ("topic", "subject"),
    [
        pytest.param("tomma/v1/+/reading", "tomma.v1.*.reading", id="one level"),
        pytest.param("v3/+/devices/+/up", "v3.*.devices.*.up", id="two levels"),
        pytest.param("city/#", "city.>", id="all below"),
        pytest.param("se.stad/+/up", "se//stad.*.up", id="a dot in a name"),
    ],
)
def test_rights_are_given_on_the_subject_of_a_topic(topic: str, subject: str) -> None:
    """NATS keeps rights in its own notation; a wrong translation would open or shut the wrong door."""
    assert subject_of(topic) == subject
    ingest, device, enrolled = users(Login("i", "x"), Login("d", "y"), [Enrolled("H1", "z")], [topic], [topic])
    assert ingest["permissions"] == {"publish": {"deny": [">"]}, "subscribe": {"allow": [subject]}}
    assert device["permissions"] == {"publish": {"allow": [subject]}, "subscribe": {"deny": [">"]}}
    assert enrolled["permissions"] == {
        "publish": {"allow": [subject.replace("*", "H1")]} if subject.count("*") == 1 else {"deny": [">"]},
        "subscribe": {"deny": [">"]},
    }


def enrol(data_dir: Path, command: str, name: str, *more: str) -> Any:
    """Run `tomma broker-config` for the embedded broker of this data directory."""
    arguments = [command, name, "--kind", "embedded", "--json", *more]
    done = CliRunner(env={"TOMMA_DATA_DIR": str(data_dir)}).invoke(app, arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.output)


def test_an_enrolled_device_publishes_on_its_own_topic_only(
    client: Any, tmp_path: Path, wait: Callable[..., None]
) -> None:
    """One stolen password must not speak for the whole city (M6, M8); no restart for a new device."""
    ingest = client(client.broker.ingest_login, "ingest")
    wait(lambda: ingest.connected, "ingest is connected")
    ingest.mqtt.subscribe("tomma/v1/+/reading", 1)
    wait(lambda: ingest.granted, "the subscription is granted")
    told = enrol(tmp_path, "add-device", "H0001")
    assert told["reloaded"]
    login = Login(told["username"], told["password"])
    wait(lambda: client(login, "H0001").mqtt and any_success(client.made), "the broker knows it")
    device = client.made[-1]
    device.mqtt.subscribe([("#", 1), (READING, 1)])
    wait(lambda: len(device.granted) == 2, "the broker answers")
    device.publish("tomma/v1/H0002/reading")
    device.publish(READING)
    wait(lambda: READING in ingest.received, "the reading arrives")
    assert (ingest.received, device.granted) == ([READING], [False, False])


def any_success(made: list[Client]) -> bool:
    """Whether the newest client was let in; waits for the broker's answer."""
    deadline = time.monotonic() + PATIENCE_S / 2
    while not (made[-1].connected or made[-1].lost) and time.monotonic() < deadline:
        time.sleep(0.01)
    return made[-1].connected[:1] == ["Success"]


def test_which_broker_is_meant_may_stand_before_what_to_do(tmp_path: Path) -> None:
    """It was read and forgotten there: a login for the embedded broker was looked for among mosquitto's files."""
    device = ["add-device", "H0001", "--json"]
    done = CliRunner(env={"TOMMA_DATA_DIR": str(tmp_path)}).invoke(app, ["--kind", "embedded", *device])
    assert done.exit_code == 0, (done.output, done.exception)
    assert [each.device for each in EmbeddedDesk(tmp_path, TOPICS).book.devices] == ["H0001"]
    refused = CliRunner().invoke(app, ["--out", str(tmp_path / "mosquitto"), *device])
    assert f"{tmp_path}/mosquitto: holds no broker files" in str(refused.exception)
    nearest = CliRunner(env={"TOMMA_DATA_DIR": str(tmp_path)}).invoke(
        app, ["--kind", "mosquitto", "list-devices", "--kind", "embedded"]
    )
    assert nearest.output.startswith("H0001 ")


def test_a_disabled_device_is_cut_at_once(client: Any, tmp_path: Path, wait: Callable[..., None]) -> None:
    """A stolen sensor must not go on until the next restart (M17); the others must not notice."""
    told = enrol(tmp_path, "add-device", "H0001")
    login = Login(told["username"], told["password"])
    wait(lambda: client(login, "H0001").mqtt and any_success(client.made), "the broker knows it")
    stolen = client.made[-1]
    other = client(client.broker.device_login, "other")
    wait(lambda: other.connected, "another is connected")
    enrol(tmp_path, "disable-device", "H0001")
    wait(lambda: stolen.lost, "the broker hangs up on it")
    wait(lambda: not any_success([client(login, "again")]), "and lets it in no more")
    assert not other.lost


def test_a_new_password_and_the_former_one_are_both_good_until_it_is_over(
    client: Any, tmp_path: Path, wait: Callable[..., None]
) -> None:
    """The embedded broker knows one password for a name, too; both logins have the device's own topic."""
    former = enrol(tmp_path, "add-device", "H0001")
    fresh = enrol(tmp_path, "rotate-device", "H0001", "--overlap-h", "1")
    assert (fresh["username"], fresh["topics"]) == ("H0001@2", former["topics"])
    logins = [Login(each["username"], each["password"]) for each in (former, fresh)]
    wait(lambda: client(logins[1], "new").mqtt and any_success(client.made), "the new login is good")
    new = client.made[-1]
    wait(lambda: client(logins[0], "old").mqtt and any_success(client.made), "so is the former one")
    old = client.made[-1]
    desk = EmbeddedDesk(tmp_path, TOPICS)
    assert tidied(desk, datetime.now(UTC)) == 0
    assert tidied(desk, datetime.now(UTC) + timedelta(hours=2)) == 1
    wait(lambda: old.lost, "the former one is cut when it is over")
    assert not new.lost


def test_a_packet_that_is_too_large_costs_its_sender_only(client: Any, wait: Callable[..., None]) -> None:
    """3 MB where a reading has 200 bytes is an attack (M11)."""
    giant, other = (client(client.broker.device_login, name) for name in ("giant", "other"))
    wait(lambda: giant.connected and other.connected, "both are connected")
    giant.mqtt.publish(READING, b"x" * 3_000_000, qos=1)
    wait(lambda: giant.lost, "the broker hangs up on it")
    other.publish(READING)
    assert not other.lost
