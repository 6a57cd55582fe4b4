"""Keeps one child process for as long as its own parent lives: run as a script, never imported.

The parent holds the other end of this process's standard input and never writes to it. When the parent ends, however
it ends (kill -9 included), the operating system closes the pipe, and the child is ended here. That works the same on
Linux and macOS. Linux alone could also tie the child to us (PR_SET_PDEATHSIG), which would cover a kill -9 of this
keeper; it is set where it exists. Prints the child's process id on one line.

Only the standard library, and no import of ours: it starts in milliseconds with `python -I -S`.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading

END_WITHIN_S = 10.0
PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """Ask Linux to end this child with the keeper (which has one thread when it forks)."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _end_when_pipe_closes(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 4096):
        pass
    child.terminate()


def main(command: list[str]) -> int:
    """Run the command until it ends or the pipe on standard input closes; return its exit code."""
    # The parent ends us by closing the pipe; a Ctrl-C meant for the parent must not end the child first.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=_reset_and_tie if sys.platform == "linux" else _reset,  # noqa: PLW1509  (one thread here)
    )
    print(child.pid, flush=True)  # noqa: T201  (the parent reads it)
    watcher = threading.Thread(target=_end_when_pipe_closes, args=(child,), daemon=True)
    watcher.start()
    while child.poll() is None:
        watcher.join(timeout=0.1)
        if not watcher.is_alive():
            return _wait_or_kill(child)
    return child.returncode


def _reset() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _reset_and_tie() -> None:
    _reset()
    _end_with_parent()


def _wait_or_kill(child: subprocess.Popen[bytes]) -> int:
    try:
        return child.wait(END_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
