"""The process in which makers' scripts run: reads requests on stdin, answers on stdout, and can do nothing else.

Started by path, with nothing but the engine on its import path. Scripts have no files, sockets or clock to begin with
(the engine gives them none); the limits below are for the day when the engine has a fault. A script that outstays its
time is interrupted by the engine; one that sits inside a native function, where the engine does not look up, dies
with this process by the processor's own timer, and the parent starts another.

Both ways a message is a four-byte length and UTF-8. Requests are JSON; see `main`.
"""

import json
import os
import resource
import signal
import struct
import sys
import time
from pathlib import Path

sys.path += sys.argv[1:2]  # where the parent found the engine
import quickjs

HERE = Path(__file__).parent
HOSTS, RUNTIME = ((HERE / name).read_text(encoding="utf-8") for name in ("hosts.js", "runtime.js"))
PREFIX = struct.Struct(">I")

ADDRESS_SPACE_BYTES = 1 << 30
HARD_FACTOR = 4.0
HARD_FLOOR_S = 0.2
"""How long past its limit a native function may sit before the process dies."""
STAINED = " "
"""How `runtime.js` ends an answer after which the engine must be made anew."""
FRESH_TRIES = 16
"""How often a failing script is tried with unfrozen built-ins before that is held to be of no use."""


class Codec:
    """One script, compiled, with the engine it lives in."""

    def __init__(self, source: str, limits: dict[str, float]) -> None:
        self._source = source
        self._limits = limits
        self._frozen = True
        self._fresh_tries = FRESH_TRIES
        self._engine: quickjs.Context | None = None
        self._run: quickjs.Object | None = None

    def load(self) -> str:
        """Compile and return what was found, as JSON."""
        answer, self._run = self._build(self._frozen)
        if self._frozen and "fault" in json.loads(answer):
            answer, self._run = self._build(False)
            self._frozen = False
        return answer

    def decode(self, request: str, with_log: bool) -> str:
        """Return what the script makes of one frame, or a fault, as JSON on one line."""
        try:
            answer = self._call(request, with_log)
        except quickjs.JSException as exc:
            self._run = None  # what the engine broke off may have left anything behind
            return _fault_of(str(exc))
        if answer.endswith(STAINED):
            self._run = None
        if answer.startswith('{"fault":'):
            if "InternalError: out of memory" in answer:
                self._run = None
                return _fault_of("out of memory")
            return self._again(request, with_log, answer)
        return answer

    def _call(self, request: str, with_log: bool) -> str:
        if self._run is None or not self._frozen:
            _, self._run = self._build(self._frozen)
        with _HardLimit(self._limits["time_s"]):
            answer: str = self._run(request, with_log)
        return answer

    def _again(self, request: str, with_log: bool, answer: str) -> str:
        """Try a failed frame with unfrozen built-ins: some scripts extend them in the middle of a call."""
        if not self._frozen or '"kind":"type"' not in answer or self._fresh_tries <= 0:
            return answer
        self._fresh_tries -= 1
        _, run = self._build(False)
        with _HardLimit(self._limits["time_s"]):
            other: str = run(request, with_log)
        if other.startswith('{"fault":'):
            return answer
        self._frozen = False
        return other

    def _build(self, frozen: bool) -> tuple[str, quickjs.Object]:
        engine = quickjs.Context()
        engine.set_memory_limit(int(self._limits["memory_bytes"]))
        engine.set_max_stack_size(int(self._limits["stack_bytes"]))
        engine.set_time_limit(self._limits["load_s"])
        require = engine.eval(HOSTS)
        surround = engine.eval(RUNTIME)
        parts = surround(engine.globalThis, require)
        engine.set("__parts", parts)
        load, run = engine.eval("__parts.load"), engine.eval("__parts.run")
        engine.eval("delete globalThis.__parts")
        with _HardLimit(self._limits["load_s"]):
            answer: str = load(self._source, frozen)
        engine.set_time_limit(self._limits["time_s"])
        self._engine = engine
        return answer, run


class _HardLimit:
    """Ends this process when its processor time passes the limit by far."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = HARD_FACTOR * limit_s + HARD_FLOOR_S

    def __enter__(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, self._limit_s)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def _fault_of(message: str) -> str:
    first = message.split("\n", 1)[0]
    kind, text = "other", first
    if "interrupted" in first:
        kind, text = "time", "it ran out of time"
    elif "out of memory" in first or first in ("null", "[unsupported type]"):
        kind, text = "memory", "it ran out of memory"
    return json.dumps({"fault": text[:300], "kind": kind})


def run_batch(codecs: dict[str, Codec], calls: list[list[object]], fair_s: float, waste_s: float) -> str:
    """Return one line of JSON for each call, after a line with seconds and frames by script.

    A script that has wasted `waste_s` beyond `fair_s` for each of its frames is skipped for the rest.
    """
    used: dict[str, list[float]] = {}
    lines = []
    for name, frame, port, received_ms, with_log in calls:
        codec = codecs.get(str(name))
        if codec is None:
            lines.append(json.dumps({"fault": "it is not loaded", "kind": "unloaded"}))
            continue
        account = used.setdefault(str(name), [0.0, 0])
        if account[0] > waste_s + fair_s * account[1]:
            lines.append(json.dumps({"fault": "it is too slow for the stream", "kind": "skipped"}))
            continue
        began_s = time.process_time()
        lines.append(codec.decode(f"[{list(bytes.fromhex(str(frame)))},{port},{received_ms}]", bool(with_log)))
        account[0] += time.process_time() - began_s
        account[1] += 1
    return "\n".join([json.dumps(used), *lines])


def main() -> None:
    """Answer requests until the parent hangs up.

    {"load": name, "source": text, "limits": {...}} -> what `Codec.load` found
    {"drop": name}                                  -> {}
    {"run": [[name, hex, port, received_ms, log]]}  -> see `run_batch`
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _give_up_the_world()
    codecs: dict[str, Codec] = {}
    while head := requests.read(PREFIX.size):
        request = json.loads(requests.read(PREFIX.unpack(head)[0]))
        if "load" in request:
            codec = Codec(request["source"], request["limits"])
            try:
                answer = codec.load()
                codecs[request["load"]] = codec
            except quickjs.JSException as exc:
                answer = _fault_of(str(exc))
        elif "drop" in request:
            codecs.pop(request["drop"], None)
            answer = "{}"
        else:
            answer = run_batch(codecs, request["run"], request["fair_s"], request["waste_s"])
        body = answer.encode("utf-8", "replace")
        answers.write(PREFIX.pack(len(body)) + body)
        answers.flush()


def _give_up_the_world() -> None:
    """No new files or sockets, no writing to files, no children, no core dumps, and bounded memory."""
    for what, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE_BYTES),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides


if __name__ == "__main__":
    main()
