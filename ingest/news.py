"""What a batch has to tell, netted: a thing told and refuted within one batch was never told."""

from collections.abc import Iterable

from ingest.emptyings import Revision
from tomma.model import Alert, Emptying


class News:
    """Collects emptyings and alerts, and what refutes earlier ones."""

    def __init__(self) -> None:
        self._told: dict[object, Emptying | Alert] = {}
        self._withdrawn: dict[object, Emptying | Alert] = {}

    def add(self, revision: Revision) -> None:
        """Take what one more reading changed."""
        if revision.told or revision.withdrawn:
            self.change(revision.told, revision.withdrawn)

    def tell(self, *alerts: Alert) -> None:
        """Take changes of alerts."""
        self.change(alerts)

    def change(self, told: Iterable[Emptying | Alert], withdrawn: Iterable[Emptying | Alert] = ()) -> None:
        """Take what is so now, and what is no longer."""
        for each in withdrawn:
            if self._told.pop(_key(each), None) is None:
                self._withdrawn[_key(each)] = each
        self._told.update({_key(each): each for each in told})

    @property
    def emptyings(self) -> tuple[Emptying, ...]:
        """Every emptying that is to be added."""
        return tuple(each for each in self._told.values() if isinstance(each, Emptying))

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Every change of an alert that is to be added."""
        return tuple(each for each in self._told.values() if isinstance(each, Alert))

    @property
    def withdrawn(self) -> tuple[Emptying | Alert, ...]:
        """What is to be removed before."""
        return tuple(self._withdrawn.values())


def _key(each: Emptying | Alert) -> object:
    if isinstance(each, Alert):
        return each.kind, each.subject, each.at_utc, each.active
    return each.bin_id, each.at_utc, each.source
