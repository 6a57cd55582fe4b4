"""Bounds a request's head, and answers HEAD wherever GET is answered."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems.model import problem_response

TARGET_MAX_BYTES = 8_192
"""Path and query: the standard asks for 8,000 at least; the longest of ours has some hundred."""
HEAD_MAX_BYTES = 16_384
"""All headers; a browser with its cookies and a proxy before us send two or three thousand."""
HEADERS_MAX = 100
VERSIONS = frozenset({"1.0", "1.1"})


class HeadLimit:
    """Refuses a head that is too large, or that two readers could frame differently."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 414, 431, 400 or 415, or pass the request on."""
        if scope["type"] == "http" and (fault := _fault(scope)):
            status, detail = fault
            await problem_response(status, detail, headers={"Connection": "close"})(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _fault(scope: Scope) -> tuple[int, str] | None:
    if scope["http_version"] not in VERSIONS:
        return 400, f"this server speaks HTTP 1.0 and 1.1, not {scope['http_version']}"
    if not scope["path"].startswith("/"):  # what a proxy is asked, or a server as a whole
        return 400, "the request must be for a path of this server"
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > TARGET_MAX_BYTES:
        return 414, f"path and query must be at most {TARGET_MAX_BYTES} bytes"
    told = scope["headers"]
    if len(told) > HEADERS_MAX:
        return 431, f"a request must have at most {HEADERS_MAX} headers, got {len(told)}"
    if sum(len(name) + len(value) + 4 for name, value in told) > HEAD_MAX_BYTES:
        return 431, f"the headers must be at most {HEAD_MAX_BYTES} bytes"
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers and "content-length" in headers:  # a proxy may believe the other one
        return 400, "a request must not state its length and be sent in chunks, too"
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        return 415, "the body must come as it is, without a content encoding"
    return None


class HeadAsGet:
    """Answers HEAD like GET, without the body: what watches a server asks that way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the feature answer, and send on what comes before the body."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        is_said = False

        async def only_the_head(message: Message) -> None:
            nonlocal is_said
            if message["type"] == "http.response.start" and not is_said:
                is_said = True
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def until_said() -> Message:
            return {"type": "http.disconnect"} if is_said else await receive()

        await self._app({**scope, "method": "GET"}, until_said, only_the_head)
