"""Brokers that can be killed, frozen and started again: our embedded one, and Debian's mosquitto."""

import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ingest.brokers.embedded import EmbeddedBroker, logins
from ingest.brokers.listening import HOST, free_port, is_taken
from simulator.faults.here import NotHereError
from simulator.publisher import BrokerLogin
from tomma.broker_settings import BrokerSettings
from tomma.errors import TommaError

DEVICE, EVERY_READING = "gateway", "tomma/v1/+/reading"
"""One login for all the sensors, as a network server has."""
READY_WITHIN_S = 30.0


class Broker(Protocol):
    """A broker on a port that stays the same over restarts."""

    port: int

    def start(self) -> None:
        """Return once it takes connections."""

    def kill(self) -> None:
        """End it with kill -9."""

    def stop(self) -> None:
        """End it properly."""

    def signal(self, number: int) -> None:
        """Send its process a signal, such as SIGSTOP."""

    def device(self) -> BrokerLogin:
        """Return how a device logs in."""

    def settings(self) -> Mapping[str, str]:
        """Return the variables that lead `tomma ingest` here."""


class Embedded:
    """The broker that ships with tomma, as `tomma ingest --embedded-broker` runs it."""

    def __init__(self, data_dir: Path, sync: str = BrokerSettings().embedded_sync) -> None:
        self.port = free_port()
        self._data_dir, self._sync = data_dir, sync
        self._broker: EmbeddedBroker | None = None

    def start(self) -> None:
        """Return once it takes connections."""
        self._broker = EmbeddedBroker(self._data_dir, self.port, sync=self._sync)
        self._broker.__enter__()

    def kill(self) -> None:
        """End the server with kill -9; its keeper notices and ends too."""
        self.signal(signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        """End it properly."""
        if self._broker is not None:
            self._broker.stop()
            self._broker = None

    def signal(self, number: int) -> None:
        """Send the NATS server a signal."""
        if self._broker is not None and self._broker.pid is not None:
            os.kill(self._broker.pid, number)

    def device(self) -> BrokerLogin:
        """Return how a device logs in."""
        login = logins(self._data_dir).device
        return BrokerLogin(HOST, self.port, login.username, login.password)

    def settings(self) -> Mapping[str, str]:
        """Return the variables that lead `tomma ingest` here."""
        login = logins(self._data_dir).ingest
        return {
            "TOMMA_BROKER__PORT": str(self.port),
            "TOMMA_BROKER__USERNAME": login.username,
            "TOMMA_BROKER__PASSWORD": login.password,
        }


class Mosquitto:
    """Debian's mosquitto with the files of `tomma broker-config`, as a city would run it."""

    def __init__(self, data_dir: Path) -> None:
        self.port = free_port()
        self._folder = data_dir / "mosquitto"
        self._process: subprocess.Popen[bytes] | None = None
        found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
        if found is None:
            raise NotHereError("no mosquitto")
        self._binary = found
        _broker_config("--out", str(self._folder), "--port", str(self.port), "--run-as", getpass.getuser())
        told = _broker_config("add-device", DEVICE, "--out", str(self._folder), "--topic", EVERY_READING, "--json")
        self._password: str = json.loads(told.splitlines()[-1])["password"]

    def start(self) -> None:
        """Return once it takes connections."""
        config = self._folder / "mosquitto.conf"
        self._process = subprocess.Popen(
            [self._binary, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline_s = time.monotonic() + READY_WITHIN_S
        while not is_taken(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                raise TommaError(f"mosquitto does not start with {config}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it with kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it properly: it writes its queue to the disk."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(READY_WITHIN_S)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        if self._process is not None:
            self._process.send_signal(number)

    def device(self) -> BrokerLogin:
        """Return how a device logs in."""
        return BrokerLogin(HOST, self.port, DEVICE, self._password)

    def settings(self) -> Mapping[str, str]:
        """Return the variables that lead `tomma ingest` here: those that `tomma broker-config` wrote."""
        lines = (self._folder / "ingest.env").read_text(encoding="utf-8").splitlines()
        return {key: value for key, _, value in (line.partition("=") for line in lines) if key.startswith("TOMMA_")}


class Behind:
    """A broker that is reached through a proxy only."""

    def __init__(self, broker: Broker, port: int) -> None:
        self._broker, self.port = broker, port

    def start(self) -> None:
        """Return once it takes connections."""
        self._broker.start()

    def kill(self) -> None:
        """End it with kill -9."""
        self._broker.kill()

    def stop(self) -> None:
        """End it properly."""
        self._broker.stop()

    def signal(self, number: int) -> None:
        """Send its process a signal."""
        self._broker.signal(number)

    def device(self) -> BrokerLogin:
        """Return how a device logs in."""
        return replace(self._broker.device(), port=self.port)

    def settings(self) -> Mapping[str, str]:
        """Return the variables that lead `tomma ingest` here."""
        return {**self._broker.settings(), "TOMMA_BROKER__PORT": str(self.port)}


def _broker_config(*arguments: str) -> str:
    """Run `tomma broker-config`, and return what it said."""
    command = [sys.executable, "-m", "tomma", "broker-config", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=READY_WITHIN_S * 4, check=False)
    if done.returncode:
        raise TommaError(f"tomma broker-config failed: {done.stderr[-500:]}")
    return done.stdout
