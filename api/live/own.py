"""What of the city's news somebody may hear, and for how long."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool

from api.access import OFFICE, Role, Who
from api.access.gate import Gate
from api.live.hub import News

ASKED_EVERY_S = 15.0
"""How long a page that was signed out may still hear."""
DRIVERS_HEAR = frozenset({"plan"})
OF_A_WORKING_DAY = frozenset({"event"})
"""What drivers do, stop by stop: not for auditors, as follow-up is not."""


def may_hear(news: News, who: Who) -> bool:
    """Return whether the news is for this one: managers hear all, auditors not what drivers do, drivers their own."""
    if who.may_be(Role.MANAGER):
        return True
    if news.kind in OF_A_WORKING_DAY:
        return who.may_be(Role.DRIVER) and who.sees_truck(str(_fields(news.body).get("vehicle_id", "")))
    return who.may_be(*OFFICE) or news.kind in DRIVERS_HEAR


async def while_welcome(
    news: AsyncIterator[News | None], who: Who, gate: Gate, every_s: float = ASKED_EVERY_S
) -> AsyncIterator[News | None]:
    """Pass on what may be heard until the session ends or the key is taken away."""
    asked_s = time.monotonic()
    async for item in news:
        if time.monotonic() - asked_s >= every_s:
            if not await run_in_threadpool(gate.still_in, who):
                return
            asked_s = time.monotonic()
        if item is None or may_hear(item, who):
            yield item


def _fields(body: Any) -> Mapping[str, Any]:
    told = msgspec.to_builtins(body)
    return told if isinstance(told, dict) else {}
