"""Takes payloads out of their envelopes, as the pipeline does on a summer's noon."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from ingest.envelope import ENVELOPES
from ingest.message import Message, Record, Uplink

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def unwrap(envelope: str, payload: object, topic: str = "city/up") -> Sequence[Record]:
    """Take a payload out of its envelope."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return ENVELOPES[envelope](Message(topic, raw, NOW, envelope))


def only(envelope: str, payload: object, topic: str = "city/up") -> Uplink:
    """Take the one uplink out."""
    (record,) = unwrap(envelope, payload, topic)
    assert isinstance(record, Uplink), record
    return record
