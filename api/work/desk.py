"""Makes, changes and settles work orders."""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

from api.city.keeper import CityKeeper
from api.driver.ledger import DriverLedger
from tomma.care_ports import WorkOrderBook
from tomma.clock import Clock
from tomma.errors import ConflictError, NotFoundError, Refusal
from tomma.work import (
    DONE_BY_EMPTYING,
    DONE_BY_MOUNTING,
    Deed,
    WorkChange,
    WorkOrder,
    WorkPriority,
    WorkStatus,
    settled,
)

log = logging.getLogger(__name__)

ENDED_KEPT = timedelta(days=90)
"""How far back the list of ended orders reaches; the book keeps them all."""
DRIVER, INSTALLER = "driver", "installer"
"""Who is written down for what a deed settled: the role, never the person."""


class WorkDesk:
    """Callable from any thread."""

    def __init__(self, book: WorkOrderBook, ledger: DriverLedger, city: CityKeeper, clock: Clock) -> None:
        self._book, self._ledger = book, ledger
        self._city, self._clock = city, clock

    def all(self) -> Sequence[WorkOrder]:
        """Return what stands, and what ended in the last `ENDED_KEPT`, newest first."""
        return self._book.all(self._clock.now_utc() - ENDED_KEPT)

    def standing(self) -> Sequence[WorkOrder]:
        """Return what somebody still has to do, newest first."""
        return [each for each in self.all() if each.stands]

    def make(self, order: WorkOrder) -> WorkOrder:
        """Keep an order.

        Raises:
            NotFoundError: If it names a bin or a sensor that the city does not have.
            ConflictError: If its id stands for another order.
        """
        city = self._city.current()
        if order.bin_id is not None and order.bin_id not in city.bins:
            raise NotFoundError(f"there is no bin {order.bin_id}", Refusal.NO_SUCH_BIN, bin_id=order.bin_id)
        if order.sensor_id is not None and order.sensor_id not in city.sensors:
            text = f"there is no sensor {order.sensor_id}"
            raise NotFoundError(text, Refusal.NO_SUCH_SENSOR, sensor_id=order.sensor_id)
        kept = self._book.add(order)
        if (kept.kind, kept.bin_id, kept.sensor_id, kept.note) != (
            order.kind,
            order.bin_id,
            order.sensor_id,
            order.note,
        ):
            text = f"work order {order.id} was made before with other words; that one stands"
            raise ConflictError(text, Refusal.MADE_BEFORE)
        return kept

    def change(
        self,
        order: WorkOrder,
        by: str,
        *,
        status: WorkStatus | None = None,
        priority: WorkPriority | None = None,
        note: str = "",
    ) -> WorkOrder:
        """Take the order one step on; what is not named stays. ConflictError when somebody else was first."""
        step = WorkChange(
            order_id=order.id,
            revision=order.revision + 1,
            at_utc=self._clock.now_utc(),
            by=by,
            status=status or order.status,
            priority=priority or order.priority,
            note=note,
        )
        return self._book.change(step)

    def settle(self) -> Sequence[WorkOrder]:
        """Close what a driver's or an installer's deed has done, and return it."""
        standing = [each for each in self.standing() if each.bin_id is not None]
        if not standing:
            return ()
        done = []
        for order, deed in settled(standing, self._deeds(standing)):
            try:
                done.append(self.change(order, deed.by, status=WorkStatus.DONE))
            except ConflictError:
                continue  # somebody is at it just now; the next look sees what became of it
            log.info("work order done id=%s by=%s", order.id, deed.by)
        return done

    def _deeds(self, standing: Sequence[WorkOrder]) -> Iterator[Deed]:
        since_utc = min(each.created_utc for each in standing)
        until_utc = self._clock.now_utc() + timedelta(seconds=1)
        for bin_id in sorted({each.bin_id for each in standing if each.bin_id is not None}):
            for emptied in self._ledger.confirmed(since_utc, until_utc, bin_id):
                yield Deed(bin_id, emptied.at_utc, DRIVER, DONE_BY_EMPTYING)
        for hung in self._city.current().installations:
            if since_utc <= hung.from_utc < until_utc:
                yield Deed(hung.bin_id, hung.from_utc, INSTALLER, DONE_BY_MOUNTING)
