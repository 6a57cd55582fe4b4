"""An application asked without a socket."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self

import httpx
from fastapi import FastAPI

PATIENCE_S = 90.0


class InProcess(httpx.BaseTransport):
    """Asks the application in an event loop of its own thread: whole answers only, but no socket to wait for."""

    def __init__(self, app: FastAPI) -> None:
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, and read the whole answer."""
        request.read()  # from here on its body is one piece that can be sent asynchronously
        return self._wait(self._ask(request))

    def __enter__(self) -> Self:
        """Start the application."""
        self._thread.start()
        self._lifespan = self._app.router.lifespan_context(self._app)
        self._wait(self._lifespan.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the application."""
        self._wait(self._lifespan.__aexit__(None, None, None))
        self._wait(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        content = b"".join([piece async for piece in answer.stream])
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)

    def _wait[Answer](self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)
