"""From an error to the `Rejected` that is kept for the operator, with its reason and the beginning of the payload."""

import logging

from ingest.message import Message
from ingest.refusal import RefusedError, StrangerError, shown
from tomma.city import Sensor
from tomma.model import Rejected, RejectReason

log = logging.getLogger(__name__)


def rejected(message: Message, exc: Exception, sensor: Sensor | None, where: str, payload_max_bytes: int) -> Rejected:
    """Return what is kept of a message that failed; `where` says in which of its records."""
    if isinstance(exc, RefusedError):
        reason, detail, breach = exc.reason, str(exc), exc.breach
    else:
        # Every value type checks itself, so this is a check of ours that a decoder missed: never a lost stream.
        log.error("decoder missed a check topic=%s", shown(message.topic), exc_info=exc)
        reason, breach = RejectReason.UNKNOWN_FORMAT, None
        detail = f"the message could not be understood: {shown(str(exc))}"
    kept = message.payload[:payload_max_bytes]
    return Rejected(
        topic=message.topic,
        payload=kept,
        received_utc=message.received_utc,
        reason=reason,
        detail=where + detail,
        sensor_id=sensor.id if sensor else None,
        envelope=message.envelope,
        size_bytes=message.full_size_bytes if message.full_size_bytes > len(kept) else None,
        device_ids=exc.device_ids if isinstance(exc, StrangerError) else (),
        redelivered=message.redelivered,
        breach=breach,
    )
