"""A case: what happens, what must be true, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from simulator.faults.ledger import Verdict
from simulator.faults.rig import Bench


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case measured."""

    verdict: Verdict
    recovered_s: tuple[float, ...] = ()
    """From the end of each fault until a fresh reading could be queried."""
    kills: int = 0
    facts: Mapping[str, float | int | str] = field(default_factory=dict)
    """More that is worth telling."""
    broken: tuple[str, ...] = ()
    """What must be true and was not, in plain words."""
    lost_as_stated: int = 0
    """Lost within what the documentation says this broker may lose. Told apart, and never among what is kept."""

    def stating(self, allowed: int) -> "Outcome":
        """Return the outcome with a loss of up to `allowed` told as stated: it is no promise of ours that broke."""
        lost = len(self.verdict.lost)
        if not lost or lost > allowed:
            return self
        return replace(self, verdict=replace(self.verdict, lost=()), lost_as_stated=lost)


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try."""

    rng: Random
    kills: int = 20
    images: int = 500
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table."""

    id: str
    covers: tuple[str, ...]
    """The cases of docs/cases.md that it shows."""
    happens: str
    must: str
    run: Callable[[Bench, Effort], Outcome]
    in_quick: bool = False
