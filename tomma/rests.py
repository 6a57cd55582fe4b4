"""A truck's breaks, as they were tapped: one rule for the tablet, the follow-up and the planner. Pure.

A driver taps the beginning and the end of a break, or its end alone: driven past. A break that was never ended is over
when the next one begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tomma.events import Event, EventKind

RESTING = frozenset({EventKind.BREAK_STARTED, EventKind.BREAK_ENDED})


@dataclass(frozen=True, slots=True)
class Pause:
    """One break."""

    first: Event
    """Its beginning, or the end alone of one driven past."""
    ended: Event | None
    """Whichever tablet said so; None when nobody did."""
    goes_on: bool

    @property
    def begun(self) -> Event | None:
        """Its beginning; None when it was driven past."""
        return self.first if self.first.kind is EventKind.BREAK_STARTED else None


def pauses(own: Iterable[Event]) -> tuple[Pause, ...]:
    """Return the breaks that one truck's standing events tell of, in their order."""
    found: list[Pause] = []
    for event in own:
        if event.kind is EventKind.BREAK_STARTED:
            if found and found[-1].goes_on:
                found[-1] = Pause(found[-1].first, None, goes_on=False)
            found.append(Pause(event, None, goes_on=True))
        elif event.kind is EventKind.BREAK_ENDED:
            begun = found.pop().first if found and found[-1].goes_on else event
            found.append(Pause(begun, event, goes_on=False))
    return tuple(found)
