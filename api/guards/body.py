"""Bounds what a request may carry, told or not: memory is for those who have something to say."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems.model import problem_response

TOO_LARGE = "the body must be at most {} bytes"


class BodyLimit:
    """Refuses a body that is too large by its stated length, or as soon as it has grown too large."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, larger: Mapping[str, int] = MappingProxyType({})) -> None:
        """Bound every body by `max_bytes`, and those of the paths in `larger` by what stands there."""
        self._app = app
        self._max_bytes = max_bytes
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 at once, or count while the feature reads."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        max_bytes = self._larger.get(scope["path"], self._max_bytes)
        detail = TOO_LARGE.format(max_bytes)
        if _is_too_large(Headers(scope=scope).get("content-length", ""), max_bytes):
            await problem_response(413, detail)(scope, receive, send)
            return
        taken_bytes = 0

        async def counted() -> Message:
            nonlocal taken_bytes
            message = await receive()
            taken_bytes += len(message.get("body", b""))
            if taken_bytes > max_bytes:
                raise HTTPException(413, detail)
            return message

        await self._app(scope, counted, send)


def _is_too_large(told: str, max_bytes: int) -> bool:
    return told.isdecimal() and (len(told) > len(str(max_bytes)) or int(told) > max_bytes)
