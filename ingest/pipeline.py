"""The pipeline: messages in, one batch out. Pure, and total: no bytes whatever make it raise.

One record of a message passes these steps; whatever fails on the way is a `Rejected` with its reason and the payload,
and the rest of the batch goes on:

    envelope -> sensor -> decode -> when -> where -> calibrate -> the same again? -> quality -> emptyings, alerts

A device that is unknown, or hangs nowhere, is a `Rejected` with its names: the quarantine, from which its messages are
replayed once it is registered. A device that says something but no level is heard without a reading.
"""

from collections.abc import Iterator, Sequence

from ingest.batch import Batch
from ingest.context import IngestContext
from ingest.making import Making
from ingest.message import Message, Record, Uplink
from ingest.opening import sensor_of, unwrap
from ingest.rejection import rejected
from tomma.city import City, Sensor
from tomma.model import Rejected


def process(messages: Sequence[Message], context: IngestContext) -> Batch:
    """Return every record as a reading, a status or a rejection, in order, and what follows from the readings."""
    opened = [(message, _open(message, context)) for message in messages]
    context.codecs.prepare(_known(opened, context.city))
    batch = Making(context)
    for message, records in opened:
        batch.take(message, records)
    return batch.made()


def _open(message: Message, context: IngestContext) -> Sequence[Record] | Rejected:
    try:
        return unwrap(message, context.payload_max_bytes)
    except Exception as exc:  # noqa: BLE001  (what an envelope misses costs its message: sent again for ever, it is poison)
        return rejected(message, exc, None, "", context.payload_max_bytes)


def _known(
    opened: Sequence[tuple[Message, Sequence[Record] | Rejected]], city: City
) -> Iterator[tuple[Uplink, Sensor]]:
    """Yield what is about to be decoded, for codecs that had better see it all at once."""
    for _, records in opened:
        for record in () if isinstance(records, Rejected) else records:
            if isinstance(record, Uplink) and record.frame and (sensor := sensor_of(record, city)) is not None:
                yield record, sensor
