"""What mosquitto is told: pure functions from a few facts to the text of its three files.

Every line answers a fault that was tried against mosquitto 2.0.11; docs/brokers.md has the table.
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.brokers.enrolment import Enrolled, LoginBook, own_topics
from ingest.brokers.topics import bare
from ingest.brokers.watch import DROPPED_TOPIC

SALT_BYTES = 12
HASH_ROUNDS = 101
"""mosquitto's own; passwords here have 192 random bits, which no number of rounds makes safer."""
QUEUED_MAX_BYTES = 512 * 1024 * 1024
"""Payloads that wait for ingest: a weekend of a 10,000-bin city. mosquitto needs about four times that in memory."""
QUEUED_MAX_MESSAGES = 100_000_000
INFLIGHT_MAX = 1_000
TOPIC_MAX_BYTES = 1_024
SESSION_KEPT = "14d"


@dataclass(frozen=True, slots=True)
class MosquittoFacts:
    """What differs from one city's broker to another's."""

    directory: Path
    port: int
    tls_port: int | None
    bind: str
    payload_max_bytes: int
    connections_max: int
    run_as: str

    @property
    def certificate(self) -> Path:
        """The chain mosquitto shows."""
        return self.directory / "tls" / "server.crt"

    @property
    def key(self) -> Path:
        """Its private key."""
        return self.directory / "tls" / "server.key"


def mosquitto_conf(facts: MosquittoFacts) -> str:
    """Return mosquitto.conf."""
    where = facts.directory
    tls = "" if facts.tls_port is None else _tls_listener(facts)
    return f"""\
# Written by `tomma broker-config`; run it again rather than editing here.
user {facts.run_as}
pid_file {where}/run/mosquitto.pid
log_dest stderr
log_type error
log_type warning
log_type notice
log_timestamp_format %Y-%m-%dT%H:%M:%S

# What is not yet in tomma's store survives a restart, and a kill but for the last second.
persistence true
persistence_location {where}/run/
autosave_interval 1
autosave_on_changes false
persistent_client_expiration {SESSION_KEPT}

# As shipped, mosquitto drops silently what exceeds 1000 messages. Here bytes are the only limit that is ever met.
# (0 would mean no limit, but with it mosquitto 2.0.11 hangs up on a device at each publish that it refuses.)
max_queued_messages {QUEUED_MAX_MESSAGES}
max_queued_bytes {QUEUED_MAX_BYTES}
max_inflight_messages {INFLIGHT_MAX}
queue_qos0_messages false

# Nobody without a login, nobody on another's topic, nothing large, nothing left behind for others to read.
allow_anonymous false
password_file {where}/passwords
acl_file {where}/acl
max_packet_size {facts.payload_max_bytes + TOPIC_MAX_BYTES}
retain_available false
allow_zero_length_clientid false
set_tcp_nodelay true

# The user name is the client id: nobody can push another off the line, or take its session.
listener {facts.port} 127.0.0.1
use_username_as_clientid true
max_connections {facts.connections_max}
{tls}"""


def _tls_listener(facts: MosquittoFacts) -> str:
    return f"""
listener {facts.tls_port} {facts.bind}
use_username_as_clientid true
max_connections {facts.connections_max}
certfile {facts.certificate}
keyfile {facts.key}
tls_version tlsv1.2
"""


def acl(topics: Sequence[str], book: LoginBook) -> str:
    """Return the access list: a device its own topic, a network server its topics, ingest all, and nothing else."""
    lines = ["# Written by `tomma broker-config`. %u is the user name: a device publishes on its own topic only."]
    lines += [f"pattern write {topic}" for topic in own_topics(topics, "%u")]
    for worker in book.workers:
        reads = [*(bare(topic) for topic in topics), DROPPED_TOPIC]
        lines += ["", f"user {worker.name}", *(f"topic read {topic}" for topic in reads)]
    for login in book.devices:
        writes = login.topics or (own_topics(topics, login.device) if login.name != login.device else ())
        if writes:  # else the pattern above does
            lines += ["", f"user {login.name}", *(f"topic write {topic}" for topic in writes)]
    return "\n".join(lines) + "\n"


def password_file(logins: Sequence[Enrolled]) -> str:
    """Return the password file: names and hashes."""
    return "".join(f"{login.name}:{login.secret}\n" for login in logins)


def password_hash(password: str, salt: bytes | None = None) -> str:
    """Return the hash mosquitto 2 compares with: PBKDF2-HMAC-SHA512, as `mosquitto_passwd` writes it."""
    grain = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), grain, HASH_ROUNDS)
    return f"$7${HASH_ROUNDS}${base64.b64encode(grain).decode()}${base64.b64encode(digest).decode()}"
