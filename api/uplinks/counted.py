"""Tells the ledger what became of each message at the HTTP door, also of one that never reached its route."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.uplinks.door import NETWORKS
from api.uplinks.ledger import UplinkLedger
from tomma.clock import Clock

TAKEN = 204


class CountUplinks:
    """ASGI middleware; every guard that can refuse a message lies inside."""

    def __init__(self, app: ASGIApp, prefix: str, ledger: UplinkLedger, clock: Clock) -> None:
        self._app = app
        self._prefix = f"{prefix}/uplinks/"
        self._ledger = ledger
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; count its answer by the network it names, if there is one of that name."""
        is_ours = scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(self._prefix)
        network = scope["path"].removeprefix(self._prefix) if is_ours else ""
        if network not in NETWORKS:
            await self._app(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == TAKEN:
                    self._ledger.taken(network, self._clock.now_utc())
                else:
                    self._ledger.refused(network, message["status"])
            await send(message)

        await self._app(scope, receive, counting)
