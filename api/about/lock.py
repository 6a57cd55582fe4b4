"""Reads a hash-pinned lock file: which packages, in which versions, and who needs each."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

ENTRY = re.compile(r"([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?")
OURSELVES = "tomma (pyproject.toml)"
"""How the lock names a package that the product itself asks for; `…toml:build)` is what only builds it."""


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of the lock."""

    name: str
    version: str
    needed_by: tuple[str, ...] = ()
    """Names of packages, or the product itself as the lock names it."""
    only_if: str = ""
    """The condition under which it is installed at all, such as a platform; empty: always."""


def packages_in(lock: str) -> list[Locked]:
    """Return every package of a lock, in its order.

    Raises:
        ValueError: When an entry is not pinned to one version.
    """
    return [_package(entry) for entry in re.split(r"\n(?=\S)", lock.strip())]


def _package(entry: str) -> Locked:
    head, *rest = entry.splitlines()
    found = ENTRY.match(head)
    if found is None:
        raise ValueError(f"a lock's entry must be name==version, got {head!r}")
    name, version, only_if = found.groups(default="")
    return Locked(name, version, tuple(_reasons(rest)), only_if.strip())


def _reasons(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        comment = line.strip()
        if comment.startswith("#"):
            reason = re.sub(r"^#\s*(via\b)?\s*", "", comment)
            if reason:
                yield reason


def needs_of(packages: Iterable[Locked]) -> Mapping[str, list[str]]:
    """Return, by name, what each package needs, sorted; the product stands under `OURSELVES`."""
    needs: dict[str, list[str]] = {OURSELVES: []}
    for each in packages:
        needs.setdefault(each.name, [])
        for other in each.needed_by:
            needs.setdefault(other, []).append(each.name)
    return {name: sorted(found) for name, found in needs.items()}


def needed_to_run(packages: Iterable[Locked]) -> set[str]:
    """Return the names of what the product needs when it runs: the rest only builds it."""
    needs = needs_of(packages)
    found: set[str] = set()
    waiting = list(needs[OURSELVES])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs.get(name, [])
    return found
