"""The figures of plans for their list: each plan is read once, by itself, and then forgotten but for its figures.

A plan of 11,100 bins is megabytes, and a page's list has up to 200 of them: read anew each time that took seconds, and
gigabytes.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from threading import Lock

from api.plans.schemas import PlanSummaryOut
from api.plans.view import summary_out
from tomma.errors import NotFoundError
from tomma.model import PlanId
from tomma.plan import UNFINISHED, PlanHead, PlanStatus
from tomma.ports import PlanStore

KEPT = 2_000
"""Some 2 MB of figures: ten lists of the longest."""


class Summaries:
    """Remembers what finished plans come to; only their status may change. Safe to ask from many threads."""

    def __init__(self, plans: PlanStore) -> None:
        self._plans = plans
        self._lock = Lock()
        self._known: OrderedDict[tuple[PlanId, PlanStatus], PlanSummaryOut] = OrderedDict()

    def of(self, heads: Sequence[PlanHead]) -> Iterator[PlanSummaryOut]:
        """Yield the figures of these plans; a draft that was forgotten meanwhile is passed over."""
        for head in heads:
            known = self._known.get((head.id, head.status)) or self._read(head)
            if known is not None:
                yield known

    def _read(self, head: PlanHead) -> PlanSummaryOut | None:
        try:
            plan = self._plans.get(head.id)
        except NotFoundError:
            return None
        told = summary_out(plan)
        if plan.status not in UNFINISHED:
            with self._lock:
                self._known[plan.id, plan.status] = told
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return told
