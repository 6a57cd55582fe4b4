"""A device to decode for."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ingest.decode import MAKERS
from ingest.decode.values import Values
from ingest.message import Uplink

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEVICE = "eui-1000000000000001"


def frame(hexes: str, make: str, model: str = "", port: int | None = None) -> Sequence[Values]:
    """Decode a frame written in hex."""
    return MAKERS[make](Uplink(("X",), NOW, frame=bytes.fromhex(hexes), port=port), model)
