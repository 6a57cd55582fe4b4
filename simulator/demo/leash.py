"""Runs one `tomma` command that ends when its supervisor does, however that one ended.

    python -c "from simulator.demo.leash import main; main()" serve --port 8765

The supervisor holds the other end of our standard input. When it closes, even because the supervisor was killed
with -9, this process ends itself and whatever it has started. Works on every system that has pipes.
"""

import contextlib
import os
import signal
import sys
import threading

import psutil

GRACE_S = 4.0


def _watch(descriptor: int, ended: threading.Event) -> None:
    while os.read(descriptor, 4096):
        pass
    family = psutil.Process().children(recursive=True)
    os.kill(os.getpid(), signal.SIGTERM)
    # A command that is still busy after this long is cut off; its stores are made for that.
    if not ended.wait(GRACE_S):
        end_family([*family, *psutil.Process().children(recursive=True)])
        os._exit(1)


def end_family(processes: list[psutil.Process]) -> None:
    """Kill these processes; psutil makes sure that an id used anew is not mistaken."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def main() -> None:
    """Run the command line given, on the leash."""
    from tomma.cli import main as run_command

    ended = threading.Event()
    watched = os.dup(sys.stdin.fileno())
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())  # nobody else reads the leash
    threading.Thread(target=_watch, args=(watched, ended), name="leash", daemon=True).start()
    sys.argv = ["tomma", *sys.argv[1:]]
    try:
        run_command()
    finally:
        ended.set()
