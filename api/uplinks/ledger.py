"""What came in by each HTTP source, and what was refused: told of sources that fell silent. Pure but for its lock.

A broker's stream is watched where it is taken; whoever pushes here is only known by what it pushed. So a source counts
from its first message that was taken, and its patience is learned from its own pauses. What strangers try changes
nothing: a refusal is told of a source that was once taken, and troubles nobody while it is taken.
"""

import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.alerts.silence import STREAM_PAUSES, STREAM_SILENT_MAX, stream_patience
from tomma.workers import FORGOTTEN_AFTER, Fact

MOMENT = timedelta(minutes=1)
"""Of all messages within one, the first counts: the pauses of a city that speaks at the full hour are hours."""
MOMENTS_KEPT = 1_440


@dataclass(slots=True)
class _Source:
    last_taken_utc: datetime
    taken: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    """Since it was last taken, by the answer's status."""
    last_refused: int = 0
    patience: timedelta = STREAM_SILENT_MAX
    moments: deque[datetime] = field(default_factory=lambda: deque(maxlen=MOMENTS_KEPT))

    def take(self, now_utc: datetime) -> None:
        self.last_taken_utc = now_utc
        self.refused.clear()
        self.last_refused = 0
        if not self.moments or now_utc - self.moments[-1] >= MOMENT:
            self.moments.append(now_utc)
            if len(self.moments) > STREAM_PAUSES:  # else what is known is better, or is the longest
                self.patience = stream_patience(self.moments)

    def is_silent(self, now_utc: datetime) -> bool:
        return now_utc - self.last_taken_utc > self.patience


@dataclass(frozen=True, slots=True)
class Silent:
    """A source of which nothing was taken for longer than its pauses explain."""

    network: str
    since_utc: datetime
    """When patience ran out."""
    last_taken_utc: datetime
    refused: int
    last_refused: int
    """The newest refusal's status; 0 when nothing was refused."""

    def __str__(self) -> str:
        told = f"{self.network} has handed in nothing since {self.last_taken_utc:%Y-%m-%dT%H:%M:%SZ}"
        if not self.refused:
            return told
        return f"{told}; {self.refused} of its requests were refused since, the newest with {self.last_refused}"


class UplinkLedger:
    """Safe to call from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sources: dict[str, _Source] = {}

    def taken(self, network: str, now_utc: datetime) -> None:
        """Count a message that is durable."""
        with self._lock:
            source = self._sources.setdefault(network, _Source(now_utc))
            source.taken += 1
            source.take(now_utc)

    def refused(self, network: str, status: int) -> None:
        """Count a message that was not taken, of a source that once was."""
        with self._lock:
            source = self._sources.get(network)
            if source is not None:
                source.refused[status] += 1
                source.last_refused = status

    def silent(self, now_utc: datetime) -> Iterator[Silent]:
        """Yield the sources whose patience ran out, by name."""
        with self._lock:
            known = sorted(self._sources.items())
        for network, each in known:
            if each.is_silent(now_utc):
                since_utc = each.last_taken_utc + each.patience
                yield Silent(network, since_utc, each.last_taken_utc, each.refused.total(), each.last_refused)

    def facts(self, now_utc: datetime) -> Mapping[str, Mapping[str, Fact]]:
        """Return what is known of each source, as a report tells it and `resume` takes it back."""
        with self._lock:
            return {name: _facts(each, now_utc) for name, each in sorted(self._sources.items())}

    def forget(self, now_utc: datetime) -> None:
        """Forget whoever was taken away on purpose: silent for so long that nobody misses it."""
        with self._lock:
            gone = [name for name, each in self._sources.items() if now_utc - each.last_taken_utc > FORGOTTEN_AFTER]
            for name in gone:
                del self._sources[name]

    def resume(self, told: object) -> None:
        """Go on where the server before us ended, and know what another one on the same data has taken since.

        A source that is silent since before we started is silent; one that speaks to the other server is not.
        """
        for name, facts in told.items() if isinstance(told, Mapping) else ():
            with self._lock, suppress(AttributeError, KeyError, TypeError, ValueError):  # another version's words
                last_utc = datetime.fromisoformat(facts["last_taken_utc"])
                patience = timedelta(seconds=facts["patience_s"])
                source = self._sources.setdefault(name, _Source(last_utc, taken=facts["taken"], patience=patience))
                if last_utc > source.last_taken_utc:
                    source.take(last_utc)


def _facts(source: _Source, now_utc: datetime) -> Mapping[str, Fact]:
    return {
        "taken": source.taken,
        "last_taken_utc": source.last_taken_utc.isoformat(),
        "silent": source.is_silent(now_utc),
        "patience_s": source.patience.total_seconds(),
        "refused": source.refused.total(),
        "refused_by_status": {str(status): count for status, count in sorted(source.refused.items())},
        "last_refused": source.last_refused,
    }
