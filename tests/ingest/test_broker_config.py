"""`tomma broker-config` against the real mosquitto: what its files forbid is tried, what they promise is broken.

The names M2 to M17 are those of docs/brokers.md.
"""

import contextlib
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from ingest.brokers.config_cli import app
from ingest.brokers.desk import MosquittoDesk, enrolled
from ingest.brokers.enrolment import checked_topic
from ingest.brokers.private_files import write_private
from tomma.broker_settings import BrokerSettings
from tomma.errors import ConfigurationError

PATIENCE_S = 30.0
READING = "tomma/v1/{}/reading"


def tomma(*arguments: str) -> str:
    """Run `tomma broker-config`; its output, or the assertion that it failed."""
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


class Peer:
    """A client that remembers what the broker said to it."""

    def __init__(self, port: int, login: Mapping[str, str] | None, **options: Any) -> None:
        self.answers: list[str] = []
        self.acks: dict[int, str] = {}
        self.granted: list[str] = []
        self.gone: list[str] = []
        self.got: list[tuple[str, bytes]] = []
        version, will = options.pop("version", 5), options.pop("will", None)
        is_kept = options.pop("session", False)
        self.mqtt = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=options.pop("client_id", "anything"),
            protocol=mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311,
            clean_session=None if version == 5 else not is_kept,
            reconnect_on_failure=False,
        )
        if login:
            self.mqtt.username_pw_set(login["username"], login["password"])
        if will:
            self.mqtt.will_set(will, b"gone", qos=1)
        self.mqtt.on_connect = lambda *said: self.answers.append(str(said[3]))
        self.mqtt.on_publish = lambda *said: self.acks.update({said[2]: str(said[3])})
        self.mqtt.on_subscribe = lambda *said: self.granted.extend(map(str, said[3]))
        self.mqtt.on_disconnect = lambda *said: self.gone.append(str(said[3]))
        self.mqtt.on_message = lambda *said: self.got.append((said[2].topic, said[2].payload))
        self.mqtt.connect("127.0.0.1", port)
        self.mqtt.loop_start()

    def publish(self, topic: str, payload: bytes = b"{}", **more: Any) -> str:
        """Publish with QoS 1; the broker's answer, or that it hung up."""
        number = self.mqtt.publish(topic, payload, qos=1, **more).mid
        deadline = time.monotonic() + PATIENCE_S
        while number not in self.acks and not self.gone and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.acks.get(number) or f"hung up: {self.gone}"

    def leave(self, *, rudely: bool = False) -> None:
        """Go, with or without saying so."""
        if rudely and (sock := self.mqtt.socket()):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # type: ignore[arg-type]
        self.mqtt.disconnect()
        self.mqtt.loop_stop()
        self.mqtt._reset_sockets()  # else left to the garbage collector, which warns


class Mosquitto:
    """The real one, with our files."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory, self.port = directory, port
        self._process: subprocess.Popen[bytes] | None = None
        self._peers: list[Peer] = []
        tomma("--out", str(directory), "--port", str(port), "--run-as", getpass.getuser())
        lines = (directory / "ingest.env").read_text().splitlines()
        known = {key.removeprefix("TOMMA_BROKER__"): value for key, value in (line.split("=") for line in lines)}
        self.ingest_login = {"username": known["USERNAME"], "password": known["PASSWORD"]}

    def start(self, wait: Callable[..., None]) -> None:
        """Start, and return once it listens."""
        binary = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        assert binary, "mosquitto must be installed; `make test` installs it or says how"
        with (self.directory / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([binary, "-c", str(self.directory / "mosquitto.conf")], stderr=log)
        wait(self._answers, "mosquitto listens")

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def log(self) -> str:
        """What it said."""
        return (self.directory / "mosquitto.log").read_text(errors="replace")

    def enrol(self, name: str, *more: str) -> Mapping[str, str]:
        """Give a device a login."""
        login: Mapping[str, str] = json.loads(
            tomma("add-device", name, "--out", str(self.directory), "--json", *more).splitlines()[-1]
        )
        return login

    def disable(self, name: str) -> None:
        """Take it away."""
        tomma("disable-device", name, "--out", str(self.directory))

    def peer(self, login: Mapping[str, str] | None, **options: Any) -> Peer:
        """Connect; the answer is in `answers`."""
        self._peers.append(Peer(self.port, login, **options))
        return self._peers[-1]

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self._process.wait(PATIENCE_S)

    def end(self) -> None:
        """End it and everybody at it."""
        for each in self._peers:
            each.leave()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)


@pytest.fixture
def guarded(tmp_path: Path, free_port: int, wait: Callable[..., None]) -> Iterator[Mosquitto]:
    """Mosquitto with our files, running."""
    broker = Mosquitto(tmp_path / "broker", free_port)
    try:
        broker.start(wait)
        yield broker
    finally:
        broker.end()


@pytest.fixture
def listener(guarded: Mosquitto, wait: Callable[..., None]) -> Peer:
    """Ingest's own login, subscribed to everything it may read."""
    peer = guarded.peer(guarded.ingest_login)
    wait(lambda: peer.answers, "the broker answers ingest")
    peer.mqtt.subscribe([("tomma/v1/+/reading", 1), ("v3/+/devices/+/up", 1), ("$share/g/tomma/v1/+/reading", 1)])
    wait(lambda: len(peer.granted) == 3, "the subscriptions are granted")
    return peer


def heard(peer: Peer, wait: Callable[..., None], topic: str) -> list[tuple[str, bytes]]:
    """What arrived, once a message on `topic` has: what came before it would be there."""
    wait(lambda: any(each == topic for each, _ in peer.got), f"a message on {topic} arrives")
    return peer.got


@pytest.mark.parametrize("version", [5, 4], ids=["MQTT 5", "MQTT 3.1.1"])
def test_a_device_publishes_on_its_own_topic_only(
    version: int, guarded: Mosquitto, listener: Peer, wait: Callable[..., None]
) -> None:
    """One stolen password must not speak for the whole city (M6, M7, M8)."""
    one, other = guarded.enrol("H0001"), guarded.enrol("H0002")
    with_will = guarded.peer(one, version=version, will=READING.format("H0002"))
    wait(lambda: with_will.answers, "the broker answers")
    device = with_will
    if device.answers != ["Success"]:  # a Will on another's topic is reason enough to refuse
        device = guarded.peer(one, version=version)
    wait(lambda: device.answers, "the broker answers")
    device.mqtt.subscribe([("#", 1), ("tomma/#", 1), ("$SYS/#", 1)])
    wait(lambda: len(device.granted) == 3, "the broker answers the subscription")
    denied = device.publish(READING.format("H0002"))
    assert denied == ("Not authorized" if version == 5 else "Success"), "3.1.1 has no word for it"
    device.publish("v3/app/devices/H0001/up")
    device.publish(READING.format("H0001"), b"mine")
    with_will.leave(rudely=True)
    guarded.peer(other, version=version).publish(READING.format("H0002"), b"last")
    assert set(heard(listener, wait, READING.format("H0002"))) == {
        (READING.format("H0001"), b"mine"),
        (READING.format("H0002"), b"last"),
    }
    assert device.got == []


def test_a_network_server_speaks_for_its_devices_only_where_it_was_told(
    guarded: Mosquitto, listener: Peer, wait: Callable[..., None]
) -> None:
    """It brings many devices on one login, and has no business on the direct ones' topics."""
    server = guarded.peer(guarded.enrol("lorawan", "--topic", "v3/city/devices/+/up"))
    wait(lambda: server.answers, "the broker answers")
    assert server.publish("v3/other/devices/a/up") == "Not authorized"
    assert server.publish(READING.format("H0001")) == "Not authorized"
    server.publish("v3/city/devices/a/up")
    assert heard(listener, wait, "v3/city/devices/a/up") == [("v3/city/devices/a/up", b"{}")]


def test_nobody_takes_another_ones_place_by_its_client_id(guarded: Mosquitto, wait: Callable[..., None]) -> None:
    """Whoever could name ingest's client id would take its session, and with it the queue (M5)."""
    victim = guarded.peer(guarded.ingest_login, client_id="ingest")
    wait(lambda: victim.answers == ["Success"], "ingest is connected")
    thief = guarded.peer(guarded.enrol("H0001"), client_id="ingest")
    wait(lambda: thief.answers, "the broker answers")
    assert thief.publish(READING.format("H0001")) in {"Success", "No matching subscribers"}
    assert victim.gone == []


@pytest.mark.parametrize(
    "login",
    [
        pytest.param({"username": "H0001", "password": "wrong"}, id="a wrong password"),
        pytest.param({"username": "admin", "password": "admin"}, id="an unknown user"),
        pytest.param(None, id="nobody"),
    ],
)
def test_a_login_is_refused(login: Mapping[str, str] | None, guarded: Mosquitto, wait: Callable[..., None]) -> None:
    """There is no anonymous way in, and no password that comes with the box (M10)."""
    guarded.enrol("H0001")
    stranger = guarded.peer(login)
    wait(lambda: stranger.answers or stranger.gone, "the broker answers")
    assert stranger.answers == ["Not authorized"]


@pytest.mark.parametrize("name", ["+", "#", "a/b", "tomma/v1/+", "%u", "a:b", "a\nb", "ingest", "ingest-2", "", "å"])
def test_a_name_that_could_widen_its_rights_is_refused(name: str, tmp_path: Path) -> None:
    """The name stands in the device's topic; with a wildcard in it, it would be everybody's (M9)."""
    tomma("--out", str(tmp_path), "--run-as", getpass.getuser())
    before = (tmp_path / "acl").read_text(), (tmp_path / "passwords").read_text()
    done = CliRunner().invoke(app, ["add-device", "--out", str(tmp_path), "--", name])
    assert done.exit_code != 0
    assert ((tmp_path / "acl").read_text(), (tmp_path / "passwords").read_text()) == before


@pytest.mark.parametrize(
    "topic", ["#", "+/up", "$SYS/broker", "", "v3/#/up", "v3/dev+/up", "v3/a b", "v3/a\nuser root", "v3/\u202e"]
)
def test_a_topic_that_would_speak_for_everybody_is_refused(topic: str) -> None:
    """It is written into an access list as it is: a wildcard in front is every device there is."""
    with pytest.raises(ConfigurationError, match="must be an MQTT filter without spaces"):
        checked_topic(topic)
    assert checked_topic("v3/city/devices/+/up") == "v3/city/devices/+/up"


def test_a_packet_that_is_too_large_costs_its_sender_only(
    guarded: Mosquitto, listener: Peer, wait: Callable[..., None]
) -> None:
    """100 kB where a reading has 200 bytes is a fault or an attack (M11)."""
    giant, other = guarded.peer(guarded.enrol("H0001")), guarded.peer(guarded.enrol("H0002"))
    wait(lambda: giant.answers and other.answers, "the broker answers both")
    giant.mqtt.publish(READING.format("H0001"), b"x" * 100_000, qos=1)
    wait(lambda: giant.gone, "the broker hangs up on it")
    other.publish(READING.format("H0002"))
    assert set(heard(listener, wait, READING.format("H0002"))) == {(READING.format("H0002"), b"{}")}


@pytest.mark.parametrize("version", [5, 4], ids=["MQTT 5", "MQTT 3.1.1"])
def test_nothing_is_retained(version: int, guarded: Mosquitto, wait: Callable[..., None]) -> None:
    """A retained reading comes back at every restart, for years; a storm of them fills the broker (M12)."""
    device = guarded.peer(guarded.enrol("H0001"), version=version)
    wait(lambda: device.answers, "the broker answers")
    device.publish(READING.format("H0001"), b"kept", retain=True)
    late = guarded.peer(guarded.ingest_login)
    wait(lambda: late.answers, "the broker answers ingest")
    late.mqtt.subscribe("tomma/v1/+/reading", 1)
    wait(lambda: late.granted, "the subscription is granted")
    sender = guarded.peer(guarded.enrol("H0002"))
    wait(lambda: sender.answers, "the broker answers")
    sender.publish(READING.format("H0002"), b"last")
    assert heard(late, wait, READING.format("H0002")) == [(READING.format("H0002"), b"last")]


def test_a_disabled_device_is_cut_at_once_and_the_others_are_not(guarded: Mosquitto, wait: Callable[..., None]) -> None:
    """A stolen sensor must not go on until the next restart, nor cost the city one (M17)."""
    stolen_login, kept_login = guarded.enrol("H0001"), guarded.enrol("H0002")
    stolen, kept = guarded.peer(stolen_login), guarded.peer(kept_login)
    wait(lambda: stolen.answers == kept.answers == ["Success"], "both are connected")
    guarded.disable("H0001")
    wait(lambda: stolen.gone, "the broker hangs up on it")
    again = guarded.peer(stolen_login)
    wait(lambda: again.answers or again.gone, "the broker answers")
    assert again.answers == ["Not authorized"]
    assert kept.gone == []


def test_a_new_password_and_the_former_one_are_both_good_for_a_while(
    guarded: Mosquitto, listener: Peer, wait: Callable[..., None]
) -> None:
    """Nobody need stand at the bin at the minute of the change; what is over is cut, and only that."""
    former = guarded.enrol("H0001")
    device = guarded.peer(former)
    wait(lambda: device.answers == ["Success"], "the device is connected")
    where = ("--out", str(guarded.directory))
    fresh = json.loads(tomma("rotate-device", "H0001", *where, "--json").splitlines()[-1])
    assert (fresh["username"], fresh["topics"][0]) == ("H0001@2", READING.format("H0001"))
    renewed = guarded.peer(fresh)
    wait(lambda: renewed.answers == ["Success"], "the new login is good at once")
    assert renewed.publish(READING.format("H0001"), b"new") == "Success"
    assert renewed.publish(READING.format("H0002")) == "Not authorized"
    assert device.publish(READING.format("H0001"), b"old") == "Success"
    assert {payload for _, payload in heard(listener, wait, READING.format("H0001"))} <= {b"new", b"old"}
    assert "took away 0" in tomma("tidy", *where)
    tomma("rotate-device", "H0001", *where, "--overlap-h", "0.000001")  # the first one ends now, the second soon
    wait(lambda: device.gone, "the broker hangs up on the first")
    assert renewed.gone == []
    assert "took away 1" in tomma("tidy", *where)
    wait(lambda: renewed.gone, "the broker hangs up on the second")
    assert [json.loads(row)["username"] for row in tomma("list-devices", *where, "--json").splitlines()] == ["H0001@3"]
    guarded.disable("H0001")
    assert tomma("list-devices", *where) == ""


def test_ten_thousand_devices_get_their_logins_in_one_go(guarded: Mosquitto, wait: Callable[..., None]) -> None:
    """All or none, in one file that only its owner reads; docs/brokers.md says what it costs."""
    names, to = guarded.directory / "names.txt", guarded.directory / "given.csv"
    names.write_text("".join(f"D{number:05d}\n" for number in range(10_000)))
    where = ("--out", str(guarded.directory), "--to", str(to))
    assert "enrolled 10000 devices" in tomma("add-devices", str(names), *where)
    assert to.stat().st_mode & 0o077 == 0
    name, password, publish = to.read_text().splitlines()[-1].split(",")
    device = guarded.peer({"username": name, "password": password})
    wait(lambda: device.answers == ["Success"], "the last of them is let in")
    assert (name, publish.split()[0]) == ("D09999", READING.format("D09999"))
    names.write_text("E1\nD00007\n")
    again = CliRunner().invoke(app, ["add-devices", str(names), *where[:2], "--to", str(to.with_name("more.csv"))])
    assert again.exit_code != 0
    assert not to.with_name("more.csv").exists()
    assert "\nE1:" not in (guarded.directory / "passwords").read_text()


def test_two_who_enrol_at_once_undo_nothing_of_each_other(tmp_path: Path) -> None:
    """The book is read, changed and written by one at a time."""
    tomma("--out", str(tmp_path), "--run-as", getpass.getuser())
    desk = MosquittoDesk(tmp_path, BrokerSettings().topics)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: enrolled(desk, [f"H{number}"]), range(20)))
    assert {each.device for each in desk.book.devices} == {f"H{number}" for number in range(20)}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write a file of another account's")
def test_what_root_changes_stays_the_servers_own(tmp_path: Path) -> None:
    """The timer of `tidy` runs as root; the page of connections must be able to read the logins afterwards, too."""
    path, nobody = tmp_path / "logins.json", 65_534
    write_private(path, "[]")
    os.chown(path, nobody, nobody)
    write_private(path, "[1]")
    assert (path.read_text(), path.stat().st_uid, path.stat().st_mode & 0o777) == ("[1]", nobody, 0o600)


def test_a_burst_waits_for_an_ingest_that_is_away(
    guarded: Mosquitto, listener: Peer, wait: Callable[..., None]
) -> None:
    """As shipped, mosquitto throws half of 2,000 away without a word (M3)."""
    before = guarded.peer(guarded.ingest_login, version=4, session=True)
    wait(lambda: before.answers, "the broker answers ingest")
    before.mqtt.subscribe("tomma/v1/+/reading", 1)
    wait(lambda: before.granted, "the session is there")
    before.leave()
    device = guarded.peer(guarded.enrol("H0001"))
    wait(lambda: device.answers, "the broker answers")
    sent = [device.mqtt.publish(READING.format("H0001"), b"%d" % number, qos=1) for number in range(3000)]
    for each in sent:
        each.wait_for_publish(PATIENCE_S)
    after = guarded.peer(guarded.ingest_login, version=4, session=True)
    wait(lambda: len({payload for _, payload in after.got}) == 3000, "all 3,000 arrive")


def test_what_waited_a_moment_survives_a_kill_of_the_broker(guarded: Mosquitto, wait: Callable[..., None]) -> None:
    """As shipped, a kill costs everything it holds; with our files, what came in the last second (M2)."""
    before = guarded.peer(guarded.ingest_login, version=4, session=True)
    wait(lambda: before.answers, "the broker answers ingest")
    before.mqtt.subscribe("tomma/v1/+/reading", 1)
    wait(lambda: before.granted, "the session is there")
    before.leave()
    device = guarded.peer(guarded.enrol("H0001"))
    wait(lambda: device.answers, "the broker answers")
    for number in range(20):
        device.publish(READING.format("H0001"), b"%d" % number)
    database = guarded.directory / "run" / "mosquitto.db"
    saved_ns = time.time_ns()
    wait(lambda: database.exists() and database.stat().st_mtime_ns > saved_ns, "it saves")
    guarded.signal(signal.SIGKILL)
    guarded.start(wait)
    after = guarded.peer(guarded.ingest_login, version=4, session=True)
    wait(lambda: len({payload for _, payload in after.got}) == 20, "all 20 arrive")
