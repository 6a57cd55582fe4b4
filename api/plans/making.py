"""Tells a plan that is being made from one that its maker left behind: by a lock that dies with its holder.

Several servers may work on one data directory, for a moment at a restart or for good. Why a lock of the operating
system and not a lease with a heartbeat: docs/decisions/0041-whose-plan-is-it.md.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tomma.errors import StoreUnavailableError
from tomma.locks import holding
from tomma.model import PlanId


class Making:
    """The plans that this desk makes, marked for every other desk on the same folder.

    Args:
        folder: Where the marks lie; made when there is none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[PlanId, ExitStack] = {}

    def begin(self, plan_id: PlanId) -> None:
        """Mark the plan as ours, before anybody can find it in the store."""
        self._held[plan_id], _ = self._hold(plan_id)

    def end(self, plan_id: PlanId) -> None:
        """Take the mark away, after the store tells what became of the plan."""
        held = self._held.pop(plan_id, None)
        if held is not None:
            with held:
                self._remove(plan_id)

    @contextmanager
    def nobodys(self, plan_id: PlanId) -> Iterator[bool]:
        """Yield whether no living process makes the plan; inside, no other desk judges it.

        Whoever asks reads the plan again inside: it may have been finished just before.
        """
        held, got = self._hold(plan_id)
        with held:
            yield got
            if got:
                self._remove(plan_id)

    def _hold(self, plan_id: PlanId) -> tuple[ExitStack, bool]:
        held = ExitStack()
        try:
            return held, held.enter_context(holding(self._path(plan_id)))
        except OSError as exc:
            raise StoreUnavailableError(f"{self._folder}: {exc.strerror}; who makes which plan cannot be told") from exc

    def _remove(self, plan_id: PlanId) -> None:
        with suppress(OSError):  # a file that stays is a lock that nobody holds
            self._path(plan_id).unlink()

    def _path(self, plan_id: PlanId) -> Path:
        name = hashlib.blake2b(plan_id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return self._folder / f"{name}.lock"
