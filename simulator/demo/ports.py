"""The port that the demo's pages are served on."""

import socket

from ingest.brokers.listening import HOST
from tomma.errors import ConfigurationError

TRIES = 20


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
