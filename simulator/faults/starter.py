"""Starts `tomma` commands for the harness: run as a script, spoken to over pipes, one JSON line each way.

A cold start runs a new interpreter. A warm start forks this process, which has imported everything already: the same
command in a process of its own, without the second of imports, so that a thousand kills fit into minutes. Whatever
was started is killed by the system when this process ends, however it ends.

    {"arguments": ["ingest"], "environment": {}, "folder": "x", "out": "x/1.out", "warm": true} -> {"pid": 7}
    {"reap": 7} -> {"code": -9}
"""

import ctypes
import gc
import json
import os
import runpy
import signal
import sys
import traceback
from typing import Any

PR_SET_PDEATHSIG = 1
FAILED = 70


def main() -> None:
    """Serve until standard input closes."""
    _import_what_ingest_needs()
    gc.freeze()  # collected by nobody, so forked children share its pages
    for line in sys.stdin:
        order = json.loads(line)
        answer = {"code": _reap(order["reap"])} if "reap" in order else {"pid": _start(order)}
        print(json.dumps(answer), flush=True)  # noqa: T201  (the answer)


def _import_what_ingest_needs() -> None:
    import alembic.command

    import ingest.cli
    import tomma.cli

    _ = alembic.command, ingest.cli, tomma.cli


def _reap(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _start(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = FAILED
    try:
        code = _become(order)
    except BaseException:  # noqa: BLE001  (the end of a process)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become(order: dict[str, Any]) -> int:
    """Be the command: its own session, output, environment and folder."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.setsid()
    _redirect(0, os.devnull, os.O_RDONLY)
    _redirect(1, order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    _redirect(2, order["out"] + ".err", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.chdir(order["folder"])
    if not order["warm"]:
        program = [order["program"]] if order.get("program") else ["-m", "tomma"]
        command = [sys.executable, *program, *order["arguments"]]
        os.execve(sys.executable, command, order["environment"])  # noqa: S606  (our own command)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["tomma", *order["arguments"]]
    return _run(order.get("program"))


def _run(program: str | None) -> int:
    """Run `tomma`, or another program in its place: one with a fault planted, to try the harness itself."""
    from tomma.cli import main as tomma

    try:
        if program:
            runpy.run_path(program, run_name="__main__")
        else:
            tomma()
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    return 0


def _redirect(handle: int, path: str, flags: int) -> None:
    opened = os.open(path, flags, 0o600)
    os.dup2(opened, handle)
    os.close(opened)


if __name__ == "__main__":
    main()
