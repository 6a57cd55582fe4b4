"""A network that misbehaves: a TCP proxy which delays, throttles, cuts, swallows and falls silent on command."""

import asyncio
import contextlib
import random
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"
CHUNK_BYTES = 1_400
"""What one packet carries: loss and delay work on these."""
RETRANSMISSION_S = 0.2
"""TCP's shortest time-out: what the loss of a packet looks like from above."""


@dataclass(slots=True)
class Weather:
    """How the network is; may be changed while connections are open."""

    loss: float = 0.0
    """The share of packets that are lost, and sent again by TCP a time-out later."""
    bytes_per_s: float | None = None
    silent: bool = False
    """Nothing arrives, nobody is told: a partition, or a peer that is gone without a word."""
    refuses: bool = False
    """New connections are cut at once."""


class FaultProxy:
    """Forwards connections to a port of this machine, through some weather; runs in a thread of its own."""

    def __init__(self, to_port: int, rng: random.Random) -> None:
        self.weather = Weather()
        self.port = 0
        self.connections = 0
        """How many have been made, ever: a storm of reconnects shows here."""
        self._to_port, self._rng = to_port, rng
        self._deaf_before = 0
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        """Listen on a free port, then in `port`."""
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Reset every open connection; new ones are taken as the weather says."""
        self._do(self._cut())

    def deafen(self) -> None:
        """Let the open connections stay open and never carry a byte again; new ones work."""
        self._deaf_before = self.connections

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._cut()

    async def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._open.add(writer)
        if self.weather.refuses:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._to_port)
        except OSError:
            writer.transport.abort()
            return
        self._open.add(far_writer)
        await asyncio.gather(self._carry(number, reader, far_writer), self._carry(number, far_reader, writer))

    async def _carry(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Bring one direction's bytes over, packet by packet and in order."""
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                await self._endure(len(chunk))
                if number > self._deaf_before:
                    writer.write(chunk)
                    await writer.drain()
        writer.transport.abort()
        self._open.discard(writer)

    async def _endure(self, size: int) -> None:
        wait_s = RETRANSMISSION_S
        while self._rng.random() < self.weather.loss:
            await asyncio.sleep(wait_s)
            wait_s *= 2
        if self.weather.bytes_per_s:
            await asyncio.sleep(size / self.weather.bytes_per_s)
        while self.weather.silent:  # noqa: ASYNC110  (set by another thread)
            await asyncio.sleep(0.02)
