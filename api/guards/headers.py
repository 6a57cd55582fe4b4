"""Security headers and the time on every answer, and a problem document for whatever nobody caught."""

import logging
import time
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems.model import problem_response

log = logging.getLogger(__name__)

DIRECTIVES = {
    "default-src": "'self'",
    "img-src": "'self' data: blob:",  # MapLibre makes its icons as blobs
    "worker-src": "'self' blob:",  # MapLibre's tile workers
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",  # no text becomes a script or markup, whatever a script of ours does
    "trusted-types": "default service-worker",  # static/map/create.js; driver/offline.js and install/offline.js
}


def content_security_policy(map_origin: str = "") -> str:
    """Return the policy; with `map_origin`, the one host besides this that a page may fetch its basemap from.

    Scripts, styles, frames and forms stay with this server whatever the basemap is.
    """
    directives = dict(DIRECTIVES)
    if map_origin:
        directives["img-src"] += f" {map_origin}"
        directives["connect-src"] = f"'self' {map_origin}"
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": content_security_policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), screen-wake-lock=(self), camera=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000; includeSubDomains"


def security_headers(*, https: bool, map_origin: str = "") -> dict[str, str]:
    """Return what every answer carries: the rule for the connection itself only where it is HTTPS."""
    policy = {"Content-Security-Policy": content_security_policy(map_origin)}
    return {**HEADERS, **policy, **({"Strict-Transport-Security": HSTS} if https else {})}


class SecurityHeaders:
    """Outermost: no answer leaves without the headers, not even a failure."""

    def __init__(self, app: ASGIApp, *, https: bool, map_origin: str = "") -> None:
        self._app = app
        self._headers = security_headers(https=https, map_origin=map_origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and stamp the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def stamp(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                _date(headers, time.time())
            await send(message)

        try:
            await self._app(scope, receive, stamp)
        except ClientDisconnect:  # nobody is there to be answered
            log.info("caller left method=%s path=%s", scope["method"], scope["path"])
        except Exception:  # a front door: told to the operator, not to the client
            if started:
                raise
            log.exception("request crashed method=%s path=%s", scope["method"], scope["path"])
            answer = problem_response(500, "the server could not do this; the operator's log says why")
            await answer(scope, receive, stamp)


def _date(headers: MutableHeaders, now_s: float) -> None:
    """Say when the answer was made. What it shows is no newer: clocks are set back, files come from elsewhere."""
    now = formatdate(now_s, usegmt=True)
    headers["Date"] = now
    changed = headers.get("Last-Modified")
    if changed is not None and parsedate_to_datetime(changed).timestamp() > now_s:
        headers["Last-Modified"] = now
