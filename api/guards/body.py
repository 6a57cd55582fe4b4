"""Bounds what a request may carry, told or not: memory is for those who have something to say."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems.model import problem_response

TOO_LARGE = "the body must be at most {} bytes"


class BodyLimit:
    """Refuses a body that is too large by its stated length, or as soon as it has grown too large."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 at once, or count while the feature reads."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        detail = TOO_LARGE.format(self._max_bytes)
        if self._is_too_large(Headers(scope=scope).get("content-length", "")):
            await problem_response(413, detail)(scope, receive, send)
            return
        taken_bytes = 0

        async def counted() -> Message:
            nonlocal taken_bytes
            message = await receive()
            taken_bytes += len(message.get("body", b""))
            if taken_bytes > self._max_bytes:
                raise HTTPException(413, detail)
            return message

        await self._app(scope, counted, send)

    def _is_too_large(self, told: str) -> bool:
        return told.isdecimal() and (len(told) > len(str(self._max_bytes)) or int(told) > self._max_bytes)
