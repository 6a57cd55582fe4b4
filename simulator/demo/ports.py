"""Free ports on this machine's own address."""

import socket

from tomma.errors import ConfigurationError

HOST = "127.0.0.1"
TRIES = 20


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def first_free_port(wanted: int) -> int:
    """Return `wanted`, or the next port that is free; ConfigurationError when none of twenty is."""
    for port in range(wanted, min(wanted + TRIES, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ConfigurationError(f"--port: none of {wanted} to {wanted + TRIES - 1} is free; choose another")
