"""What a device that nobody registered seems to be: each make's decoder is asked about what it sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.decode import MAKERS, decode
from ingest.envelope import ENVELOPES
from ingest.message import Message, Uplink
from tomma.city import Sensor
from tomma.model import Measurement, Rejected, SensorId

TOLD_BY_ITSELF = ""
"""The make of a device whose values the network decoded, or that speaks our own format: none is needed."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A make under which a message has a meaning, and the meaning."""

    make: str
    measurement: Measurement


def guesses(rejected: Rejected) -> Sequence[Guess]:
    """Return every make that understands the message, those that find a level in it first; empty: none does."""
    found: list[Guess] = []
    for uplink in _uplinks(rejected):
        for make in (TOLD_BY_ITSELF, *MAKERS):
            try:
                said = decode(uplink, Sensor(SensorId(uplink.device_ids[0]), make))
            except Exception:  # noqa: BLE001, S112  (a stranger's bytes under another maker's rules: no meaning)
                continue
            if said and not any(each.measurement == said[-1] for each in found):
                found.append(Guess(make, said[-1]))
    return sorted(found, key=lambda each: not each.measurement.has_level)


def _uplinks(rejected: Rejected) -> Sequence[Uplink]:
    unwrap = ENVELOPES.get(rejected.envelope) or ENVELOPES["auto"]
    try:
        records = unwrap(Message(rejected.topic, rejected.payload, rejected.received_utc, rejected.envelope))
    except Exception:  # noqa: BLE001  (the pipeline refused it once already)
        return ()
    return [each for each in records if isinstance(each, Uplink) and each.device_ids][:1]
