"""One HTTP/1.1 connection that is waited for, but not for ever.

Uvicorn waits without end for a head, for a body and for somebody to take an answer. Here each has a deadline, the
number of lines is bounded (`api.guards.lines`), and what cannot be understood is refused in the same form as everything
else: a problem document under the security headers.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from api.guards.lines import Lines
from api.problems.model import problem_response
from tomma.server_settings import DoorSettings

log = logging.getLogger(__name__)

LINGER_S = 1.0
"""A refused caller may still be sending: it is listened to for so long, or a reset would swallow the refusal."""


class _Owed(Enum):
    """What the other side is to send."""

    HEAD = auto()
    BODY = auto()
    REST = auto()
    """Of a body that was answered before it was read: nobody wants it any more."""


class PatientProtocol(H11Protocol):
    """Uvicorn's connection with deadlines on whatever the other side must do."""

    def __init__(
        self, *args: Any, door: DoorSettings, lines: Lines, refusal_headers: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._door = door
        self._lines = lines
        self._refusal_headers = refusal_headers
        self._deadline: asyncio.TimerHandle | None = None
        self._giving_up: asyncio.TimerHandle | None = None
        self._owed: _Owed | None = None
        self._body_since_s = 0.0
        self._body_bytes = 0
        self._is_refused = False

    @property
    def address(self) -> str:
        """Who is at the other end."""
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the line in and begin to wait for its first request."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (the server listens on streams)
        super().connection_made(transport)
        if self._lines.admit(self):
            self._watch()
        else:
            self._refuse(503, "as many are connected as this server serves; try again", lingers=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the line."""
        self._lines.leave(self)
        self._stop_waiting()
        if self._giving_up is not None:
            self._giving_up.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand on what came, unless the line was refused already."""
        if self._is_refused:
            return
        self._body_bytes += len(data)
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Go on to the next request, which is waited for in turn."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Give the other side a while to take what waits for it, and less when somebody needs its place."""
        super().pause_writing()
        self._lines.owes(self, owes=True)
        self._give_up_after(self._door.answer_s)

    def resume_writing(self) -> None:
        """See that it takes the answer."""
        super().resume_writing()
        self._lines.owes(self, owes=self._owes_now() is not None)
        if self._giving_up is not None and not self.transport.is_closing():
            self._giving_up.cancel()
            self._giving_up = None

    def timeout_keep_alive_handler(self) -> None:
        """End an idle line; one that has not taken its last answer is not waited for once more."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  (says less than ours)
        """Refuse what is no HTTP; uvicorn calls this while it handles the fault, which knows more."""
        fault = sys.exception()
        if isinstance(fault, h11.RemoteProtocolError) and fault.error_status_hint == 431:
            self._refuse(431, "the request's head is too large")
        else:
            self._refuse(400, "the request is not HTTP/1.1 as the standard has it")

    def give_way(self) -> None:
        """End at once for somebody else."""
        log.debug("line ended for another address=%s", self.address)
        self._is_refused = True
        self._stop_waiting()
        self.transport.abort()

    def _watch(self) -> None:
        """Begin, go on or stop to wait, by what the line's other side owes now."""
        if self.transport.is_closing():
            self._stop_waiting()
            self._give_up_after(self._door.answer_s)  # what is left of the answer may never be taken
            return
        owed = self._owes_now()
        self._lines.owes(self, owes=owed is not None or self.flow.write_paused)
        is_between = self.timeout_keep_alive_task is not None and not self.conn.trailing_data[0]
        if owed is _Owed.HEAD and is_between:
            owed = None  # two requests: uvicorn waits by itself
        if owed is self._owed:
            return
        self._stop_waiting()
        self._owed = owed
        if owed is _Owed.BODY:
            self._body_since_s, self._body_bytes = self.loop.time(), 0
        if owed is not None:
            self._deadline = self.loop.call_later(self._wait_s(owed), self._too_late, owed)

    def _owes_now(self) -> _Owed | None:
        if self.conn.their_state is h11.IDLE:
            return _Owed.HEAD
        if self.conn.their_state is not h11.SEND_BODY:
            return None
        return _Owed.REST if self.cycle.response_complete else _Owed.BODY

    def _wait_s(self, owed: _Owed) -> float:
        """Return how much longer to wait; nothing or less when that is over."""
        if owed is _Owed.HEAD:
            return self._door.head_s
        if owed is _Owed.REST:
            return LINGER_S
        granted_s = self._door.body_s + self._body_bytes / self._door.body_bytes_per_s
        return self._body_since_s + granted_s - self.loop.time()

    def _too_late(self, owed: _Owed) -> None:
        if owed is _Owed.BODY:
            if self.flow.read_paused:  # it is we who do not take it
                self._body_since_s = self.loop.time()
            if (more_s := self._wait_s(owed)) > 0:
                self._deadline = self.loop.call_later(more_s, self._too_late, owed)
                return
        log.debug("line too slow address=%s owed=%s", self.address, owed.name.lower())
        if owed is _Owed.HEAD and not self.conn.trailing_data[0]:
            self.transport.close()  # it asked nothing: a browser keeps such lines ready, and expects no answer on them
        else:
            self._refuse(408, "the request did not come in time")

    def _stop_waiting(self) -> None:
        self._owed = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up_after(self, seconds_s: float) -> None:
        if self._giving_up is None:
            self._giving_up = self.loop.call_later(seconds_s, self.transport.abort)

    def _refuse(self, status: int, detail: str, *, lingers: bool = True) -> None:
        """Say why, where an answer can still be begun, and end the line."""
        self._is_refused = True
        self._stop_waiting()
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True  # the feature must not answer, too
            cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE} and not self.transport.is_closing():
            self._write_refusal(status, detail)
        if lingers and self.transport.can_write_eof():
            self.transport.write_eof()
            self.flow.resume_reading()
        else:
            self.transport.close()
        self._give_up_after(LINGER_S)

    def _write_refusal(self, status: int, detail: str) -> None:
        problem = problem_response(status, detail, headers={**self._refusal_headers, "Connection": "close"})
        headers = [*self.server_state.default_headers, *problem.raw_headers]
        answer = h11.Response(status_code=status, headers=headers, reason=HTTPStatus(status).phrase.encode())
        for event in (answer, h11.Data(data=bytes(problem.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
