"""Refuses requests that change something and were sent by a page of another site.

Browsers say where a request comes from (Sec-Fetch-Site, Origin); programs without a browser say neither and are let
through: they cannot be tricked by a page.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems.model import problem_response

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"", "same-origin", "none"})


class SameOrigin:
    """Lets changes through from our own pages and from programs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a change that another site's page asked for."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and _is_foreign(Headers(scope=scope)):
            await problem_response(403, "a page of another site asked for this")(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_foreign(headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "") not in OWN_SITES:
        return True
    origin = headers.get("origin", "")
    return bool(origin) and _authority(origin) != headers.get("host", "").lower()


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
