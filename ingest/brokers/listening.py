"""Ports of this machine that a broker may listen on, or that something listens on already."""

import random
import socket

from tomma.errors import TommaError

HOST = "127.0.0.1"
ANSWERS_WITHIN_S = 1.0
OURS_TO_CHOOSE = range(20_000, 32_768)
"""Below what Linux (32768 on), macOS and Windows (49152 on) give to outgoing connections, or to who asks for any."""
TRIES = 100
_chance = random.SystemRandom()


def free_port() -> int:
    """Return a port that nobody uses, and that the system gives to nobody by itself before it is taken.

    A port that the system chose is free to be chosen again once the probe is closed: for a connection of another
    process, or another broker, while ours starts or is started again.

    Raises:
        TommaError: If none is found.
    """
    for port in _chance.sample(OURS_TO_CHOOSE, TRIES):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise TommaError(f"no free port among {TRIES} between {OURS_TO_CHOOSE.start} and {OURS_TO_CHOOSE.stop - 1}")


def is_taken(port: int) -> bool:
    """Return whether something takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(ANSWERS_WITHIN_S)
        return probe.connect_ex((HOST, port)) == 0
