"""What each process of a city says of itself, every few seconds, so that the others can tell how the whole is.

A worker that stops reporting is known by its silence: nothing it wrote earlier can hide that. Times here are of the
machine's clock, also where the city's clock runs fast.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tomma.bounds import check_utc

type Fact = str | int | float | bool | Mapping[str, Fact] | None

REPORT_EVERY_S = 5.0
SILENT_AFTER = timedelta(seconds=4 * REPORT_EVERY_S)
"""Three reports may be late on a busy machine; after that the worker is gone, frozen, or cut off."""
FORGOTTEN_AFTER = timedelta(days=7)
"""A worker that was taken away on purpose is not missed for ever."""


class WorkerKind(StrEnum):
    """What a worker does."""

    INGEST = "ingest"
    """Takes readings from a broker."""
    DOOR = "door"
    """Takes readings over HTTP, inside the server. Only its `sources` tell: it is there when the server answers."""


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """One worker's newest words; `worker` is its name, the same after a restart."""

    worker: str
    kind: WorkerKind
    started_utc: datetime
    reported_utc: datetime
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """Counters since start and gauges, named with their units; what is there depends on the kind."""

    def __post_init__(self) -> None:
        """Refuse a report without a name or with times that are not UTC."""
        if not self.worker:
            raise ValueError("worker must not be empty")
        check_utc("started_utc", self.started_utc)
        check_utc("reported_utc", self.reported_utc)

    def silent(self, now_utc: datetime) -> bool:
        """Return whether the worker has not reported for longer than a busy machine explains."""
        return now_utc - self.reported_utc > SILENT_AFTER
