"""Ports of this machine that a broker may listen on, or that something listens on already."""

import socket

HOST = "127.0.0.1"
ANSWERS_WITHIN_S = 1.0


def free_port() -> int:
    """Return a port that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Return whether something takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(ANSWERS_WITHIN_S)
        return probe.connect_ex((HOST, port)) == 0
