"""Records every change, and every export, of somebody who is known: no answer leaves before its record is durable."""

import re
import secrets
from dataclasses import replace
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.who import Who
from api.audit.recorder import Recorder
from api.audit.trail import Trail, following
from api.guards.origin import SAFE_METHODS
from api.problems.model import problem_response
from tomma.audit import Deed, Outcome
from tomma.clock import Clock
from tomma.errors import TommaError

REQUEST_ID = "X-Request-Id"
MADE = frozenset({201, 202})
UNRECORDED = frozenset(
    {
        "post_events",  # the event log is itself append-only, and a record for each tap would follow a driver
        "look_at_link",  # changes nothing
        "post_uplink",  # a reading is its own record; a hundred thousand a day would bury what people do
    }
)
"""Routes, by name, that change something and leave no record; each with its reason."""
_FILES = re.compile(r"\.(csv|json|\{format\})$")
"""How the path of a route ends that hands data out as a file."""


class Audited:
    """ASGI middleware; everything that can tell, or can be refused, lies inside."""

    def __init__(self, app: ASGIApp, recorder: Recorder, wall: Clock) -> None:
        self._app = app
        self._recorder = recorder
        self._wall = wall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and hold its answer until what was done is recorded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._recorder.is_behind and scope["method"] not in SAFE_METHODS and not await self._caught_up():
            detail = "what was done cannot be recorded now, so nothing more is changed; see the server's log"
            await problem_response(503, detail)(scope, receive, send)
            return
        scope.setdefault("state", {})  # inner copies of the scope then share it, and tell here who asked
        trail = Trail(self._wall, secrets.token_hex(8))
        trail.begins = partial(self._begin, scope, trail)

        async def recording(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = trail.request_id
                if message["status"] in MADE and "location" in headers:
                    trail.target = _made(headers["location"])
                await self._record(scope, trail, message["status"])
            await send(message)

        with following(trail):
            try:
                await self._app(scope, receive, recording)
            except Exception:
                await self._record(scope, trail, 500)
                raise

    async def _caught_up(self) -> bool:
        try:
            await run_in_threadpool(self._recorder.catch_up)
        except TommaError:
            return False
        return True

    def _begin(self, scope: Scope, trail: Trail, actor: str) -> None:
        """Note a change before it is made; told by the rule of its door, which has found out who asks."""
        name = getattr(scope.get("route"), "name", "")
        if actor and name and name not in UNRECORDED and scope["method"] not in SAFE_METHODS:
            target = _target(scope.get("path_params", {}))
            trail.begins = None  # several rules: once
            self._recorder.begin(Deed(trail.wall.now_utc(), actor, name, target, request_id=trail.request_id))
            trail.is_begun = True

    async def _record(self, scope: Scope, trail: Trail, status: int) -> None:
        deeds, trail.deeds = _deeds(scope, trail, status), []
        if deeds:
            await run_in_threadpool(self._recorder.record, deeds)
        if trail.is_begun:
            trail.is_begun = False
            await run_in_threadpool(self._recorder.end, trail.request_id)


def _deeds(scope: Scope, trail: Trail, status: int) -> list[Deed]:
    who = scope["state"].get("who")
    trail.actor = who.name if isinstance(who, Who) else ""
    if trail.deeds:  # told by names of their own
        return [_by(deed, trail.actor) for deed in trail.deeds]
    route = scope.get("route")
    name = getattr(route, "name", "")
    if not trail.actor or not name or name in UNRECORDED:
        return []
    if scope["method"] in SAFE_METHODS and not (status < 400 and _FILES.search(getattr(route, "path", ""))):
        return []
    target = trail.target or _target(scope.get("path_params", {}))
    facts = trail.facts if status < 400 else {**trail.facts, "status": status}
    return [Deed(trail.wall.now_utc(), trail.actor, name, target, _outcome(status), trail.request_id, facts)]


def _outcome(status: int) -> Outcome:
    if status < 400:
        return Outcome.DONE
    return Outcome.REFUSED if status < 500 else Outcome.FAILED


def _target(params: dict[str, object]) -> str:
    """Return the things that the path names, such as `plan:p-7`."""
    return " ".join(f"{name.removesuffix('_id')}:{value}" for name, value in params.items())


def _made(location: str) -> str:
    """Return the thing at the address of what was made: `/api/v1/plans/p-7` is `plan:p-7`, as in a path."""
    kind, _, made_id = location.rpartition("/")
    return f"{kind.rpartition('/')[2].removesuffix('s')}:{made_id}"


def _by(deed: Deed, actor: str) -> Deed:
    return deed if deed.actor or not actor else replace(deed, actor=actor)
