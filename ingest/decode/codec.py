"""The seam for decoders that a city drops in: what the pure core asks of them, and nothing of how they run."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ingest.decode.values import Values
from ingest.message import Uplink
from tomma.city import Sensor

type FrameDecoder = Callable[[Uplink], Sequence[Values]]
"""From one uplink to what it says: one measurement, or several when it carries history; never an empty sequence.

Raises `RefusedError` and nothing else. It sees the frame, the port and what the network server decoded.
"""


class Codecs(Protocol):
    """The decoders a city dropped in; they win over the built-in ones."""

    def find(self, sensor: Sensor) -> FrameDecoder | None:
        """Return the decoder for this make and model, or None; called per message, so it must be a look-up."""

    def prepare(self, uplinks: Iterable[tuple[Uplink, Sensor]]) -> None:
        """Take note of what the decoders are about to be asked: some do a batch in the time of two single ones."""


class NoCodecs:
    """A city that dropped in none."""

    def find(self, sensor: Sensor) -> FrameDecoder | None:  # noqa: ARG002  (the protocol names it)
        """Find none."""
        return None

    def prepare(self, uplinks: Iterable[tuple[Uplink, Sensor]]) -> None:
        """Leave it: there is no decoder to ask."""


NO_CODECS: Codecs = NoCodecs()
