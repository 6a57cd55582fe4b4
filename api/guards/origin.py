"""Refuses requests that change something and were sent by a page of another site.

Browsers say where a request comes from (Sec-Fetch-Site, Origin); programs without a browser say neither and are let
through, unless they show a cookie: they cannot be tricked by a page.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.journal import Event, note
from api.problems.model import problem_response

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PATH_TOLD_MAX = 200
OWN_SITES = frozenset({"", "same-origin", "none"})


class SameOrigin:
    """Lets changes through from our own pages and from programs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a change that another site's page asked for."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and _is_foreign(Headers(scope=scope)):
            note(Event.FOREIGN_PAGE_REFUSED, method=scope["method"], path=scope["path"][:PATH_TOLD_MAX])
            await problem_response(403, "a page of another site asked for this")(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_foreign(headers: Headers) -> bool:
    site, origin = headers.get("sec-fetch-site", ""), headers.get("origin", "")
    if site not in OWN_SITES or (origin and _authority(origin) != headers.get("host", "").lower()):
        return True
    return not site and not origin and "cookie" in headers  # every browser with cookies says one of the two


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
