"""What the pipeline knows of the world: handed in with every batch, since the pipeline itself reaches for nothing."""

from dataclasses import dataclass
from typing import Protocol

from ingest.alerts.trail import NO_TRAILS, Trails
from ingest.decode.codec import NO_CODECS, Codecs
from ingest.memory import SensorMemory
from ingest.repeats import NO_RECEIPTS, Receipts
from tomma.city import City
from tomma.model import BinId, SensorId

PAYLOAD_MAX_BYTES = 16_384


class Memories(Protocol):
    """What was seen of each sensor before."""

    def of(self, sensor_id: SensorId, bin_id: BinId) -> SensorMemory:
        """Return the memory of this sensor in this bin, empty when there is none."""


@dataclass(frozen=True, slots=True)
class IngestContext:
    """What the pipeline needs to know about the world."""

    city: City
    memories: Memories
    payload_max_bytes: int = PAYLOAD_MAX_BYTES
    codecs: Codecs = NO_CODECS
    """The decoders that the city dropped in."""
    trails: Trails = NO_TRAILS
    receipts: Receipts = NO_RECEIPTS
    """What is stored beyond the memories, for readings without a time of their own."""
