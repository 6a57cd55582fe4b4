"""Refuses requests that were sent to somebody else's name.

A page of a stranger can point its own name at this machine's address (DNS rebinding); its requests then carry
that name. Plain addresses and `localhost` cannot be rebound, so they are always answered. The answer is 421, not 400:
nothing is wrong with the body, and a tablet must go on keeping it.
"""

import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems.model import problem_response
from tomma.server_settings import is_address

HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]:@/?#\s]+))(?::\d{0,5})?")
"""A name or an address, and a port; whatever else stands there other readers would read otherwise."""


class TrustedHosts:
    """Lets through what was sent to a plain address, to localhost, or to a configured name."""

    def __init__(self, app: ASGIApp, *, names: Collection[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names) | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 when the Host header names a stranger or is missing."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            if not self._trusts(host):
                detail = "this server is not known by that name; add it to [server] trusted_hosts"
                await problem_response(421, detail)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _trusts(self, host: str) -> bool:
        name = _without_port(host).lower()
        return name in self._names or is_address(name)


def _without_port(host: str) -> str:
    found = HOST.fullmatch(host)
    return (found["six"] or found["name"]) if found else ""
