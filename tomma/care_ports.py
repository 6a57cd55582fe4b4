"""What the core asks of the world about alerts in care, work orders and messages that are still to be sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tomma.alerts import Care
from tomma.notices import Notice, ToldAlert
from tomma.work import WorkChange, WorkOrder


class CareBook(Protocol):
    """Keeps what people did about alerts."""

    def append(self, actions: Sequence[Care]) -> None:
        """Keep the actions, durably and as one; of a known key the first one stands."""

    def since(self, from_utc: datetime) -> Sequence[Care]:
        """Return the actions with at_utc >= from_utc, oldest first."""


class WorkOrderBook(Protocol):
    """Keeps work orders and every step of them."""

    def add(self, order: WorkOrder) -> WorkOrder:
        """Keep the order; of a known id the first one stands and is returned."""

    def change(self, change: WorkChange) -> WorkOrder:
        """Keep the step and return the order as it is now.

        ConflictError when somebody changed it since the asker looked; NotFoundError when there is no such order.
        """

    def get(self, order_id: str) -> WorkOrder:
        """Return the order; NotFoundError when there is none."""

    def history(self, order_id: str) -> Sequence[WorkChange]:
        """Return the order's steps after its making, oldest first."""

    def all(self, since_utc: datetime) -> Sequence[WorkOrder]:
        """Return the orders that stand, and those changed at `since_utc` or later, newest first."""


class Outbox(Protocol):
    """Keeps messages until they have left the house, and who was told of what."""

    def put(self, notice: Notice, told: Sequence[ToldAlert]) -> bool:
        """Keep the message and what it tells, durably and as one: a kill can neither lose nor double it.

        Return False, and keep nothing, when another process has told the recipient of one of them meanwhile.
        """

    def told(self) -> Sequence[ToldAlert]:
        """Return who was told of what, in no order."""

    def retell(self, told: Sequence[ToldAlert]) -> None:
        """Keep what is known of each (recipient, about) in place of what was."""

    def forget_told(self, told: Sequence[ToldAlert]) -> None:
        """Forget these: should the alert come back, it is told anew."""

    def due(self, now_utc: datetime) -> Sequence[Notice]:
        """Return each recipient's next message whose time has come: an urgent one, or else the oldest.

        One of each: however much waits for one recipient, it stands before nobody else's.
        """

    def claim(self, notice: Notice, until_utc: datetime) -> Notice | None:
        """Count a try, durably, and return the message; None when another process has it.

        It is not due again before `until_utc`: whoever is killed in the middle leaves it to be tried once more.
        """

    def settle(self, notice: Notice) -> None:
        """Keep what became of a try: status, error and when it is due again."""

    def recent(self, limit: int) -> Sequence[Notice]:
        """Return the newest messages by created_utc, newest first."""

    def made_after(self, moment: datetime, recipient: str) -> Sequence[Notice]:
        """Return a recipient's messages by created_utc, those made after `moment`, oldest first."""

    def forget_before(self, moment: datetime) -> int:
        """Delete messages that were settled before `moment`; return how many."""
