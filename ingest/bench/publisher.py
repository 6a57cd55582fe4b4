"""The load generator: a process of its own that publishes with QoS 1 and counts every PUBACK.

Reads one `Job` as JSON from standard input; says "ready" when all packets are made and the broker has let it in; begins
when a line arrives; prints one `Published` at the end. Every packet is made before the clock runs.
"""

import resource
import select
import socket
import sys
import time
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ingest.bench import packets
from ingest.bench.load import Load

WINDOW = 1_000
"""Publishes under way without PUBACK."""
TICK_S = 0.005
"""How often a paced publisher sends what is due."""
ANSWER_WITHIN_S = 20.0
"""A broker that acknowledges nothing for so long has failed."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to publish, and where."""

    host: str
    port: int
    username: str
    password: str
    sensors: int
    began_utc: datetime
    first: int
    count: int
    per_s: float | None
    """The pace; None is as fast as the broker acknowledges."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was done. Times are the machine's steady clock, which all its processes share."""

    acknowledged: int
    began_s: float
    ended_s: float
    cpu_s: float
    sent: list[tuple[int, float]]
    """(how many messages were sent by then, time): one pair for each piece that left together."""


class Publisher:
    """One connection that publishes `packs` in order."""

    def __init__(self, sock: socket.socket, packs: list[bytes]) -> None:
        self._sock = sock
        self._packs = packs
        self._sent = self.acknowledged = 0
        self._half_answer = b""
        self.pieces: list[tuple[int, float]] = []

    def run(self, per_s: float | None) -> None:
        """Publish everything and wait for every PUBACK; OSError when the broker goes away or says something else."""
        began_s = time.monotonic()
        while self.acknowledged < len(self._packs):
            due = len(self._packs) if per_s is None else int((time.monotonic() - began_s) * per_s) + 1
            self._send(min(due, len(self._packs), self.acknowledged + WINDOW))
            self._take_answers(ANSWER_WITHIN_S if self._is_blocked(due) else TICK_S)

    def _is_blocked(self, due: int) -> bool:
        return self._sent == len(self._packs) or self._sent < due

    def _send(self, until: int) -> None:
        if until <= self._sent:
            return
        self.pieces.append((until, time.monotonic()))
        self._sock.sendall(b"".join(self._packs[self._sent : until]))
        self._sent = until

    def _take_answers(self, wait_s: float) -> None:
        if not select.select([self._sock], [], [], wait_s)[0]:
            if wait_s == ANSWER_WITHIN_S:
                raise TimeoutError(f"the broker acknowledged nothing for {wait_s:g} s")
            return
        found = self._sock.recv(65_536)
        if not found:
            raise ConnectionError("the broker closed the connection")
        answers = self._half_answer + found
        whole = len(answers) - len(answers) % packets.PUBACK_BYTES
        if answers[0 : whole : packets.PUBACK_BYTES].strip(bytes([packets.PUBACK])):
            raise ConnectionError("the broker answered something else than PUBACK")
        self._half_answer = answers[whole:]
        self.acknowledged += whole // packets.PUBACK_BYTES


def log_in(job: Job) -> socket.socket:
    """Return a connection that the broker has let in."""
    sock = socket.create_connection((job.host, job.port), ANSWER_WITHIN_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(packets.connect(f"bench-{job.first}", job.username, job.password))
    answer = sock.recv(packets.CONNACK_BYTES)
    if answer[:1] != b"\x20" or answer[3:] != b"\x00":
        raise ConnectionError(f"the broker refuses the publisher: {answer.hex(' ')}")
    return sock


def main() -> None:
    """Do one job."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    messages = Load(job.sensors, job.began_utc).messages(job.first, job.count)
    packs = [packets.publish(*each, n % packets.PACKET_IDS + 1) for n, each in enumerate(messages)]
    with log_in(job) as sock:
        publisher = Publisher(sock, packs)
        _say(b"ready")
        sys.stdin.buffer.readline()
        cpu_s, began_s = _cpu_s(), time.monotonic()
        publisher.run(job.per_s)
        ended_s = time.monotonic()
    done = Published(publisher.acknowledged, began_s, ended_s, _cpu_s() - cpu_s, publisher.pieces)
    _say(msgspec.json.encode(done))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
