"""Server-sent events on the wire."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.live.hub import News

SEND_DEADLINE_S = 20.0
"""A page that takes nothing for so long is gone or stuck; it is let go."""
HEARTBEAT = b": still here\n\n"
_encoder = msgspec.json.Encoder()


def encode(news: News) -> bytes:
    """Return one event as it goes over the wire; the body is one line of JSON."""
    return b"event: %b\ndata: %b\n\n" % (news.kind.encode(), _encoder.encode(news.body))


def sse_responses(description: str) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` entry that documents a stream."""
    example = 'event: progress\ndata: {"plan_id": "P1", "status": "solving", "stage": "pyvrp"}\n\n'
    content = {EventStream.media_type: {"schema": {"type": "string"}, "example": example}}
    return {200: {"description": f"Server-sent events: {description}.", "content": content}}


class EventStream(Response):
    """Sends news until it ends, the page leaves, or the page stops reading."""

    media_type = "text/event-stream"

    def __init__(self, news: AsyncIterator[News | None], headers: Mapping[str, str] | None = None) -> None:
        self.status_code = 200
        self.background = None
        self._news = news
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no", **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  (ASGI names it)
        """Send, with a deadline on every piece."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._until_gone, receive, group.cancel_scope)
            with contextlib.suppress(TimeoutError, OSError):  # nobody reads; the page will come back by itself
                await self._pump(send)
            group.cancel_scope.cancel()

    async def _pump(self, send: Send) -> None:
        async with asyncio.timeout(SEND_DEADLINE_S):
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
        async for item in self._news:
            body = HEARTBEAT if item is None else encode(item)
            async with asyncio.timeout(SEND_DEADLINE_S):
                await send({"type": "http.response.body", "body": body, "more_body": True})
        async with asyncio.timeout(SEND_DEADLINE_S):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_gone(self, receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()
