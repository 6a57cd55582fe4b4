"""The parent's side of the process in which makers' scripts run: starts it, talks to it, and replaces it.

Nothing a script does is believed or waited for: an answer that does not come in time, or not in form, costs the
process its life and the frame its place in the stream (it becomes a dead letter), and the next frame finds a new
process. Frames go over in batches, since a round trip costs as much as a decode.
"""

import contextlib
import importlib.util
import json
import logging
import os
import select
import struct
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

log = logging.getLogger(__name__)

PREFIX = struct.Struct(">I")
WORKER = Path(__file__).with_name("worker.py")
BATCH_MAX = 100
_NOT_NEGATIVE = msgspec.Meta(ge=0)
_findings = msgspec.json.Decoder(dict[str, object])
_accounts = msgspec.json.Decoder(dict[str, tuple[Annotated[float, _NOT_NEGATIVE], Annotated[int, _NOT_NEGATIVE]]])
ANSWER_MAX_BYTES = 16 * 1024 * 1024
"""A batch of the largest answers has 7 MB."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one script may use up."""

    time_s: float = 0.05
    """Processor time for one frame; real codecs take 30 microseconds, the slowest published one 2 milliseconds."""
    memory_bytes: int = 32 * 1024 * 1024
    stack_bytes: int = 256 * 1024
    fair_s: float = 0.004
    """What a frame may cost without being a waste: 100 times a usual one, and what a new engine for it takes."""
    batch_s: float = 0.25
    """What one script may waste in one batch; the rest of its frames is skipped."""
    debt_s: float = 1.0
    """Processor time that one script may waste before it rests: twenty frames that run out of their 50 ms."""
    load_s: float = 1.0
    """Processor time to read a script; one of 10,000 lines takes 30 milliseconds."""
    answer_s: float = 15.0
    """On the wall clock, for one batch: then the process is held to hang."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Call:
    """One frame for one script."""

    codec: str
    frame: bytes
    port: int
    received_ms: int
    with_log: bool = False


class Sandbox:
    """Runs scripts by name. One process, started when first needed; not for several threads."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.starts = 0
        self.spent_s: defaultdict[str, float] = defaultdict(float)
        """Processor seconds by script in the last run; one that killed the process has spent its whole share twice."""
        self.frames: Counter[str] = Counter()
        """Frames by script in the last run, without those that were skipped."""
        self._sources: dict[str, str] = {}
        self._loaded: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def load(self, name: str, source: str) -> str | None:
        """Compile a script under a name; return why it cannot be, or None. A failure leaves nothing under the name."""
        try:
            found = self._told(self._ask(self._load_request(name, source)), _findings)
        except _LostError as exc:
            return f"it could not be loaded: {exc}"
        if "fault" in found:
            return str(found["fault"])
        self._sources[name] = source
        self._loaded.add(name)
        return None

    def drop(self, name: str) -> None:
        """Forget a script."""
        if self._sources.pop(name, None) is not None and name in self._loaded:
            self._loaded.discard(name)
            with contextlib.suppress(_LostError):
                self._ask({"drop": name})

    def run(self, calls: Sequence[Call]) -> list[bytes]:
        """Return one JSON document for each call: the script's answer, or {"fault": why, "kind": which}."""
        self.spent_s.clear()
        self.frames.clear()
        answers: list[bytes] = []
        for at in range(0, len(calls), BATCH_MAX):
            answers += self._run_batch(calls[at : at + BATCH_MAX])
        return answers

    def close(self) -> None:
        """End the process; the next call would start another."""
        process, self._process = self._process, None
        self._loaded.clear()
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _run_batch(self, calls: Sequence[Call]) -> list[bytes]:
        try:
            return self._try_batch(calls)
        except (_LostError, OSError):  # OSError: this machine starts no process now
            return [self._run_alone(call) for call in calls]  # one of them ends the process: the others must not pay

    def _run_alone(self, call: Call) -> bytes:
        if self.spent_s[call.codec] > self.limits.batch_s:
            return _fault("it has stopped the worker process in this batch", "skipped")
        try:
            return self._try_batch([call])[0]
        except (_LostError, OSError) as exc:
            return self._killed(call, str(exc))

    def _killed(self, call: Call, why: str) -> bytes:
        self._book(call.codec, 2 * self.limits.batch_s, 1)
        log.warning("codec ended its process codec=%s why=%s", call.codec, why)
        return _fault(f"it had to be stopped by force: {why}", "killed")

    def _try_batch(self, calls: Sequence[Call]) -> list[bytes]:
        self._started()
        self._load_missing({call.codec for call in calls})
        rows = [[call.codec, call.frame.hex(), call.port, call.received_ms, call.with_log] for call in calls]
        head, *lines = self._ask({"run": rows, "fair_s": self.limits.fair_s, "waste_s": self.limits.batch_s}).split(
            b"\n"
        )
        spent = self._told(head, _accounts)
        if len(lines) != len(calls):
            self.close()
            raise _LostError(f"{len(lines)} answers came for {len(calls)} frames")
        for name, (seconds, frames) in spent.items():
            self._book(name, seconds, frames)
        return lines

    def _told[T](self, text: bytes, form: msgspec.json.Decoder[T]) -> T:
        """Return what the process says of itself; one that speaks otherwise is a script's by now, and ends."""
        try:
            return form.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            self.close()
            raise _LostError(f"its process answers in another form: {exc}") from exc

    def _book(self, name: str, seconds: float, frames: int) -> None:
        self.spent_s[name] += seconds
        self.frames[name] += frames

    def _load_missing(self, names: set[str]) -> None:
        """Load what a process that was replaced does not know."""
        for name in sorted(names - self._loaded):
            if name in self._sources:
                self._ask(self._load_request(name, self._sources[name]))
                self._loaded.add(name)

    def _load_request(self, name: str, source: str) -> Mapping[str, object]:
        limits = {
            "time_s": self.limits.time_s,
            "load_s": self.limits.load_s,
            "memory_bytes": self.limits.memory_bytes,
            "stack_bytes": self.limits.stack_bytes,
        }
        return {"load": name, "source": source, "limits": limits}

    def _ask(self, request: Mapping[str, object]) -> bytes:
        """Send one request and return its answer; on any trouble end the process and raise _LostError."""
        body = json.dumps(request).encode("utf-8")
        try:
            pipe = _Pipe(self._started(), time.monotonic() + self.limits.answer_s)
            pipe.write(PREFIX.pack(len(body)) + body)
            return pipe.read(*PREFIX.unpack(pipe.read(PREFIX.size)))
        except (_LostError, OSError) as exc:
            self.close()
            raise _LostError(str(exc)) from exc

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            engine = importlib.util.find_spec("quickjs")
            place = str(Path(engine.origin).parent.parent) if engine and engine.origin else ""
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(WORKER), place],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                bufsize=0,
            )
            self.starts += 1
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    os.set_blocking(stream.fileno(), False)
        return self._process


class _LostError(Exception):
    """The process gave no usable answer; it is gone."""


class _Pipe:
    """Reads and writes with a deadline."""

    def __init__(self, process: subprocess.Popen[bytes], deadline_s: float) -> None:
        if process.stdin is None or process.stdout is None:
            raise _LostError("its pipes are missing")
        self._in, self._out = process.stdin.fileno(), process.stdout.fileno()
        self._deadline_s = deadline_s

    def write(self, data: bytes) -> None:
        """Send all of it."""
        rest = memoryview(data)
        for _ in self._until_ready(self._in, write=True):
            rest = rest[os.write(self._in, rest[:65536]) :]
            if not rest:
                return

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        got = bytearray()
        if not 0 < size <= ANSWER_MAX_BYTES:
            raise _LostError(f"its answer has {size} bytes")
        for _ in self._until_ready(self._out, write=False):
            piece = os.read(self._out, size - len(got))
            if not piece:
                raise _LostError("it used too much time or memory inside the engine")
            got += piece
            if len(got) == size:
                break
        return bytes(got)

    def _until_ready(self, descriptor: int, *, write: bool) -> Iterator[None]:
        watch = select.poll()
        watch.register(descriptor, select.POLLOUT if write else select.POLLIN)
        while True:
            left_s = self._deadline_s - time.monotonic()
            if left_s <= 0 or not watch.poll(left_s * 1000):
                raise _LostError("no answer came in time")
            yield


def _fault(why: str, kind: str) -> bytes:
    return json.dumps({"fault": why, "kind": kind}).encode("ascii")
