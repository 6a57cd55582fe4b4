"""Nothing counts as published before a real broker has said so."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.brokers.listening import free_port
from simulator.messages import OutMessage
from simulator.publisher import WINDOW, BrokerLogin, Publisher, PublishFailedError
from tests.simulator.support import wait_for_port
from tomma.model import SensorId


def messages(count: int) -> Iterator[OutMessage]:
    """So many different messages."""
    for number in range(count):
        yield OutMessage("tomma/v1/u1/reading", b"%d" % number, SensorId("u1"))


class Listener:
    """A subscriber that keeps everything."""

    def __init__(self, port: int, wanted: int) -> None:
        self.payloads: list[bytes] = []
        self.complete = threading.Event()
        self._wanted = wanted
        subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "listener")
        self._client.on_message = lambda _client, _data, message: self._take(bytes(message.payload))
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe("tomma/#", qos=1)
        assert subscribed.wait(10)

    def _take(self, payload: bytes) -> None:
        self.payloads.append(payload)
        if len(self.payloads) >= self._wanted:
            self.complete.set()

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


def test_everything_published_arrives_once_and_is_acknowledged(mosquitto_port: int) -> None:
    """Many times the window, so that waiting for acknowledgements is part of it."""
    count = 3 * WINDOW + 7
    listener = Listener(mosquitto_port, count)
    with Publisher(BrokerLogin("127.0.0.1", mosquitto_port), "publisher") as publisher:
        publisher.publish(messages(count))
        publisher.flush()
        assert publisher.acknowledged == count
    assert listener.complete.wait(10)
    listener.close()
    assert listener.payloads == [b"%d" % number for number in range(count)]


def test_a_frozen_broker_is_noticed_and_nothing_is_claimed(tmp_path: Path) -> None:
    """Paho's own return code says 0 all the while (case M20)."""
    port, config = free_port(), tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        with Publisher(BrokerLogin("127.0.0.1", port), "publisher", stall_s=1.0) as publisher:
            publisher.publish(messages(10))
            publisher.flush()
            process.send_signal(signal.SIGSTOP)
            stopped_by_s = time.monotonic() + 10
            while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
                assert time.monotonic() < stopped_by_s
                time.sleep(0.01)
            with pytest.raises(PublishFailedError, match=r"acknowledged nothing for 1 s; 500 messages are open"):
                publisher.publish(messages(2 * WINDOW))
            assert publisher.acknowledged == 10
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(10)


def test_a_wrong_password_is_told_and_not_retried_for_ever(tmp_path: Path) -> None:
    """One plain line that names the address and never the password."""
    port, config = free_port(), tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous false\n")
    process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        login = BrokerLogin("127.0.0.1", port, "device", "guessed-wrong")
        with pytest.raises(PublishFailedError, match=rf"127.0.0.1:{port} refused us") as refusal, Publisher(login, "p"):
            pass
        assert "guessed-wrong" not in str(refusal.value)
    finally:
        process.terminate()
        process.wait(10)


def test_no_broker_at_all_is_one_plain_sentence() -> None:
    """Not a traceback of sockets."""
    login = BrokerLogin("127.0.0.1", free_port())
    with pytest.raises(PublishFailedError, match="no broker answers at 127"), Publisher(login, "p"):
        pass
