"""Brokers that can be killed, frozen and started again: our embedded one, and Debian's mosquitto."""

import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ingest.broker import EmbeddedBroker, logins
from simulator.publisher import BrokerLogin

HOST = "127.0.0.1"
READY_WITHIN_S = 30.0


def free_port() -> int:
    """Return a port nobody uses."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


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

    def __init__(self, data_dir: Path) -> None:
        self.port = free_port()
        self._data_dir = data_dir
        self._broker: EmbeddedBroker | None = None

    def start(self) -> None:
        """Return once it takes connections."""
        self._broker = EmbeddedBroker(self._data_dir, self.port)
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
