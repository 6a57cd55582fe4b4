"""What tests ask of the processes that they, or what they test, have started."""

import contextlib

import psutil


def is_gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for yet has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def running_children(words: str) -> list[psutil.Process]:
    """Return the children of this process, and theirs, with those words in their command; one just ended is none."""
    found = []
    for each in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [each] if words in " ".join(each.cmdline()) else []
    return found
