"""What the NATS server is told: a pure function, so that a test can read it like the operator does."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ingest.brokers.enrolment import Enrolled, own_topics
from ingest.brokers.topics import bare

SYNC_INTERVAL = "10ms"
"""How often what was acknowledged to devices is forced to the disk; `always` does it before each answer."""
ACK_WAIT = "4s"
INFLIGHT_MAX = 1_000
PAYLOAD_MAX_BYTES = 2 * 1024 * 1024
"""Far above what ingest takes: a device that is cut off sends the same again for ever and nobody learns why, whereas a
message that is let through becomes one dead letter with its reason. Beyond this the device is cut off."""
STORE_MAX_BYTES = 4 * 1024**3
LOG_MAX_BYTES = 16 * 1024 * 1024


class HasLogin(Protocol):
    """A user name and its password."""

    @property
    def username(self) -> str:
        """The user name."""

    @property
    def password(self) -> str:
        """The password."""


def nats_config(
    port: int, directory: Path, users: Sequence[Mapping[str, object]], sync: str = SYNC_INTERVAL
) -> Mapping[str, object]:
    """Return the server's configuration; NATS reads JSON.

    Args:
        port: MQTT port on 127.0.0.1.
        directory: Where the log and the file store go.
        users: Who may do what, as `users` tells it.
        sync: How often the file store is forced to the disk.
    """
    return {
        "server_name": "tomma",
        "listen": "127.0.0.1:-1",  # the NATS protocol itself is not used; it cannot be switched off, so any free port
        "pid_file": str(directory / "nats.pid"),
        "log_file": str(directory / "nats.log"),
        "logfile_size_limit": LOG_MAX_BYTES,
        "logfile_max_num": 3,
        "max_payload": PAYLOAD_MAX_BYTES,
        "jetstream": {
            "store_dir": str(directory / "jetstream"),
            "sync_interval": sync,
            "max_file_store": STORE_MAX_BYTES,
        },
        "mqtt": {"listen": f"127.0.0.1:{port}", "ack_wait": ACK_WAIT, "max_ack_pending": INFLIGHT_MAX},
        "authorization": {"users": list(users)},
    }


def users(
    ingest: HasLogin,
    device: HasLogin,
    enrolled: Sequence[Enrolled],
    topics: Sequence[str],
    filters: Sequence[str],
) -> Sequence[Mapping[str, object]]:
    """Return who may do what.

    Args:
        ingest: May subscribe to `filters` and publish nothing.
        device: Speaks for every device of this machine: may publish to `topics` and subscribe to nothing.
        enrolled: Each may publish to its own topics only, and subscribe to nothing.
        topics: MQTT topic filters that devices publish to.
        filters: Those that ingest subscribes to. No exceptions: for one, NATS judges each message, at 7 us.
    """
    subjects = [subject_of(bare(topic)) for topic in topics]
    return [
        _user(ingest, publish={"deny": [">"]}, subscribe={"allow": [subject_of(bare(each)) for each in filters]}),
        _user(device, publish={"allow": subjects}, subscribe={"deny": [">"]}),
        *(_enrolled_user(login, topics) for login in enrolled),
    ]


def _enrolled_user(login: Enrolled, topics: Sequence[str]) -> Mapping[str, object]:
    subjects = [subject_of(topic) for topic in login.topics or own_topics(topics, login.device)]
    publish = {"allow": subjects} if subjects else {"deny": [">"]}  # NATS takes an empty "allow" for everything
    return _user(login, publish=publish, subscribe={"deny": [">"]})


def _user(login: HasLogin, publish: Mapping[str, object], subscribe: Mapping[str, object]) -> Mapping[str, object]:
    return {
        "user": login.username,
        "password": login.password,
        "allowed_connection_types": ["MQTT"],
        "permissions": {"publish": publish, "subscribe": subscribe},
    }


def subject_of(topic: str) -> str:
    """Return the NATS subject of an MQTT topic filter.

    >>> subject_of("tomma/v1/+/reading")
    'tomma.v1.*.reading'
    >>> subject_of("city/#")
    'city.>'
    """
    return topic.translate(_NOTATION)


_NOTATION = str.maketrans({".": "//", "/": ".", "+": "*", "#": ">"})
