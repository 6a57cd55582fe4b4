"""Dead letters through the same pipeline again: after a codec was added, a city was mended, a device was registered.

A letter goes only after its readings are durable, so a replay that is killed anywhere can be repeated: what it stored
is then a duplicate. A letter that fails again stays as it is. The pipeline sees it with the time at which it was first
received, so that history is filled where it belongs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from ingest.batch import Batch
from ingest.context import IngestContext
from ingest.message import Message
from ingest.pipeline import process
from tomma.city import City
from tomma.model import DeadLetter, Quarantined, Rejected, RejectReason, SensorId
from tomma.ports import ReadingStore

LETTERS_PER_COMMIT = 500
type _Key = tuple[str, bytes, datetime]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of the letters that were tried."""

    tried: int = 0
    mended: int = 0
    """Became readings or a status; they are no dead letters any more."""
    failed: int = 0
    """Failed again, and were kept."""
    incomplete: int = 0
    """Kept in part when they came, so that nothing can be made of them."""
    stored: int = 0
    duplicates: int = 0
    failed_because: str = ""
    """Why the last that failed did."""
    others_too: bool = False
    """Whether another process stored readings since our last append: what is known by heart is old."""

    def __add__(self, other: "Replayed") -> "Replayed":
        return Replayed(
            self.tried + other.tried,
            self.mended + other.mended,
            self.failed + other.failed,
            self.incomplete + other.incomplete,
            self.stored + other.stored,
            self.duplicates + other.duplicates,
            other.failed_because or self.failed_because,
            self.others_too or other.others_too,
        )


type Keep = Callable[[Batch], None]
"""Where what a batch taught goes once it is durable: of the sensors' readings and of their alerts."""

type Turn = Callable[[Iterable[str]], AbstractContextManager[None]]
"""Has these topics to ourselves inside, where workers share a stream."""

type EnvelopeOf = Callable[[str], str]
"""From a topic to its envelope: letters of an older version do not say theirs."""


def replay(
    letters: Sequence[DeadLetter],
    context: IngestContext,
    store: ReadingStore,
    keep: Keep,
    envelope_of: EnvelopeOf,
) -> Replayed:
    """Run the letters through the pipeline, make durable what comes of them, then forget those that came through.

    Raises:
        StoreUnavailableError: If nothing could be promised; every letter is still there.
    """
    whole = [letter for letter in letters if letter.rejected.size_bytes is None]
    batch = process([_message(letter.rejected, envelope_of) for letter in whole], context)
    appended = store.append(batch.readings, batch.emptyings, (), batch.alerts, batch.withdrawn)
    keep(batch)
    failed = {_key(each) for each in batch.rejected}
    mended = [letter.id for letter in whole if _key(letter.rejected) not in failed]
    store.drop_dead_letters(mended)
    return Replayed(
        tried=len(letters),
        mended=len(mended),
        failed=len(whole) - len(mended),
        incomplete=len(letters) - len(whole),
        stored=appended.stored,
        duplicates=appended.duplicates,
        failed_because=next((f"{each.reason.value}: {each.detail}" for each in reversed(batch.rejected)), ""),
        others_too=appended.others_too,
    )


def _message(rejected: Rejected, envelope_of: EnvelopeOf) -> Message:
    envelope = rejected.envelope or envelope_of(rejected.topic)
    return Message(rejected.topic, rejected.payload, rejected.received_utc, envelope, replayed=True)


def _key(rejected: Rejected) -> _Key:
    return rejected.topic, rejected.payload, rejected.received_utc


def chosen(
    store: ReadingStore, reason: RejectReason | None = None, device_id: str | None = None
) -> Iterator[Sequence[DeadLetter]]:
    """Yield the letters of a reason and of a sensor or device, or all, oldest first, a commit's worth at a time."""
    after_id = 0
    while page := store.dead_letters_after(after_id, LETTERS_PER_COMMIT, reason=reason, device_id=device_id):
        yield page
        after_id = page[-1].id


def hung_now(store: ReadingStore, city: City) -> list[Quarantined]:
    """Return the devices in quarantine that the city knows and has hung in a bin by now."""
    return [
        each
        for each in store.quarantine()
        if any(city.installations_of_sensor.get(SensorId(name)) for name in each.device_ids)
    ]


class QuarantineReplay:
    """Brings the messages of devices home once they are registered, some at a time, so that the stream goes on.

    What fails again (a device hung since yesterday, a message of last week) is tried again with the next city.
    """

    def __init__(self, store: ReadingStore, envelope_of: EnvelopeOf) -> None:
        self._store = store
        self._envelope_of = envelope_of
        self._city: City | None = None
        self._pages: Iterator[Sequence[DeadLetter]] | None = None

    def step(self, context: IngestContext, keep: Keep, turn: Turn = lambda _: nullcontext()) -> Replayed:
        """Replay one commit's worth, if the city has changed since all of it was tried.

        Raises:
            StoreUnavailableError: If nothing could be promised; it begins anew at the next call.
        """
        if context.city is not self._city:
            self._pages = self._all_pages(context.city)
            self._city = context.city
        if self._pages is None:
            return Replayed()
        try:
            page = next(self._pages, None)
            if page is not None:
                with turn(letter.rejected.topic for letter in page):
                    return replay(page, context, self._store, keep, self._envelope_of)
        except BaseException:
            self._city = None
            raise
        self._pages = None
        return Replayed()

    def _all_pages(self, city: City) -> Iterator[Sequence[DeadLetter]]:
        for device in hung_now(self._store, city):
            yield from chosen(self._store, device_id=device.device_ids[0])
