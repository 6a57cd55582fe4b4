"""Who is connected: bounded in number, and the one that keeps us waiting longest leaves first.

Refusing newcomers would let a few hundred idle lines shut everybody out; so a newcomer is let in, and the line that
has owed us the rest of its request, or the reading of its answer, for longest is ended. Lines that wait for us (an
answer under way, an event stream) are never ended for a newcomer.
"""

from collections.abc import Collection
from typing import Protocol

from api.access.home import is_loopback, is_within
from tomma.server_settings import Network


class Line(Protocol):
    """One connection."""

    @property
    def address(self) -> str:
        """Who is at its other end; empty when nobody can tell."""

    def give_way(self) -> None:
        """End at once: somebody else needs the place."""


class Lines:
    """The open lines of one server; used by its event loop only."""

    def __init__(self, *, lines_max: int, lines_per_address_max: int, uncounted: Collection[Network] = ()) -> None:
        """Bound the lines.

        Args:
            lines_max: Of all addresses together.
            lines_per_address_max: Of one address.
            uncounted: Networks whose addresses many callers share, such as a proxy's. Loopback ones are anyway.
        """
        self._lines_max = lines_max
        self._lines_per_address_max = lines_per_address_max
        self._uncounted = uncounted
        self._open: set[Line] = set()
        self._counts: dict[str, int] = {}
        self._owing: dict[Line, None] = {}  # in the order in which they began to owe

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def admit(self, line: Line) -> bool:
        """Take the line in, at the cost of one that owes; False when there is none to end."""
        address = line.address
        if self._counts.get(address, 0) >= self._lines_per_address_max and self._is_counted(address):
            leaving = next((each for each in self._owing if each.address == address), None)
        elif len(self._open) >= self._lines_max:
            leaving = next(iter(self._owing), None)
        else:
            self._enter(line)
            return True
        if leaving is None:
            return False
        self.leave(leaving)
        leaving.give_way()
        self._enter(line)
        return True

    def leave(self, line: Line) -> None:
        """Forget a line; twice is once."""
        if line not in self._open:
            return
        self._open.discard(line)
        self._owing.pop(line, None)
        self._counts[line.address] -= 1
        if not self._counts[line.address]:
            del self._counts[line.address]

    def owes(self, line: Line, *, owes: bool) -> None:
        """Note whether the other side is to send or to take something; since when counts from the first time."""
        if not owes:
            self._owing.pop(line, None)
        elif line in self._open:
            self._owing.setdefault(line)

    def _enter(self, line: Line) -> None:
        self._open.add(line)
        self._counts[line.address] = self._counts.get(line.address, 0) + 1

    def _is_counted(self, address: str) -> bool:
        return bool(address) and not is_within(address, self._uncounted) and not is_loopback(address)
