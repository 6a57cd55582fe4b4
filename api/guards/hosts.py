"""Refuses requests that were sent to somebody else's name.

A page of a stranger can point its own name at this machine's address (DNS rebinding); its requests then carry
that name. Plain addresses and `localhost` cannot be rebound, so they are always answered. The answer is 421, not 400:
nothing is wrong with the body, and a tablet must go on keeping it.
"""

from collections.abc import Collection
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems.model import problem_response


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
        return name in self._names or _is_address(name)


def _without_port(host: str) -> str:
    if host.startswith("["):
        name, closed, _ = host[1:].partition("]")
        return name if closed else ""
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
