"""Uvicorn, told how to leave: open streams are ended first, so that a stop takes a moment and not for ever."""

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from api.services import Services

GRACE_S = 2
"""Requests under way are given so long when the server stops."""
KEEP_ALIVE_S = 15
BACKLOG = 2_048


class Server(uvicorn.Server):
    """Serves one application on one socket."""

    def __init__(
        self, app: FastAPI, *, certificate: Path | None, key: Path | None, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # a header of a stranger must not name the client
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=GRACE_S,
                ws="none",
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )
        self._services: Services = app.state.services
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, then say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then what uvicorn ends."""
        self._services.hub.close()
        await super().shutdown(sockets)


def listen_on(host: str, port: int) -> socket.socket:
    """Return a socket that listens; OSError when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, since asyncio turns Nagle's algorithm off only for a socket that says so: else each answer's body waits
    # some 40 ms for the acknowledgement of its head.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening
