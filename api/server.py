"""Uvicorn, told how to leave: open streams are ended first, so that a stop takes a moment and not for ever."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import uvicorn
from fastapi import FastAPI

from api.certificate import LOOK_EVERY_S, Pair, Renewal
from api.guards.head import HEAD_MAX_BYTES
from api.guards.headers import security_headers
from api.guards.lines import Lines
from api.guards.patience import PatientProtocol
from api.services import Services
from tomma.settings import Settings

GRACE_S = 2
"""Requests under way are given so long when the server stops."""
KEEP_ALIVE_S = 15
BACKLOG = 2_048
OWN_FILES = 256
"""Files that stay free for stores, helpers and pages however many lines are open."""


class Server(uvicorn.Server):
    """Serves one application on one socket."""

    def __init__(
        self,
        app: FastAPI,
        *,
        certificate: Path | None,
        key: Path | None,
        on_ready: Callable[[], None],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._services: Services = app.state.services
        super().__init__(
            uvicorn.Config(
                app,
                http=_protocol(self._services.context.settings, https=certificate is not None),
                h11_max_incomplete_event_size=HEAD_MAX_BYTES,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,  # it is made each second, or later under load: older than what is changed meanwhile
                proxy_headers=False,  # a header of a stranger must not name the client
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=GRACE_S,
                ws="none",
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )
        self._on_ready = on_ready
        self._pair = Pair(certificate, key) if certificate is not None and key is not None else None
        self._look_every_s = look_every_s
        self._renewing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, then say so."""
        await super().startup(sockets)
        if self.started:
            if self._pair is not None and self.config.ssl is not None:
                self._renewing = asyncio.create_task(self._renew(Renewal(self._pair, self.config.ssl)))
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then what uvicorn ends."""
        self._services.hub.close()
        if self._renewing is not None:
            self._renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._renewing
        await super().shutdown(sockets)

    async def _renew(self, renewal: Renewal) -> None:
        while True:
            await asyncio.sleep(self._look_every_s)
            renewal.look()


def _protocol(settings: Settings, *, https: bool) -> type[asyncio.Protocol]:
    """Return what makes a connection's protocol: ours, with the limits that were set."""
    door = settings.server.door
    lines = Lines(
        lines_max=_places(door.lines_max),
        lines_per_address_max=door.lines_per_address_max,
        uncounted=settings.server.trusted_proxies,
    )
    headers = {**security_headers(https=https, map_origin=settings.basemap.remote_origin), "Cache-Control": "no-store"}
    made = partial(PatientProtocol, door=door, lines=lines, refusal_headers=headers)
    return cast("type[asyncio.Protocol]", made)  # uvicorn only calls it


def _places(lines_max: int) -> int:
    """Return how many lines may be open, having asked the system for as many files as they need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = lines_max + OWN_FILES
    if soft < wanted and soft != resource.RLIM_INFINITY:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return lines_max if soft == resource.RLIM_INFINITY else max(1, min(lines_max, soft - OWN_FILES))


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
