"""From a message to its records, and from a record to the sensor that sent it."""

from collections.abc import Sequence

from ingest.envelope import ENVELOPES
from ingest.envelope.other_events import is_other_event
from ingest.identity import distinct
from ingest.message import Message, Record, Uplink
from ingest.refusal import RefusedError, StrangerError, shown, unknown_format
from tomma.bounds import BoundError, Rule
from tomma.city import City, Sensor
from tomma.model import RejectReason, SensorId


def unwrap(message: Message, payload_max_bytes: int) -> Sequence[Record]:
    """Return the records in a message's envelope; none for what a broker tells beside uplinks.

    Raises:
        RefusedError: TOO_LARGE, or UNKNOWN_FORMAT when the envelope is none of ours or not what its topic says.
    """
    if message.full_size_bytes > payload_max_bytes:
        raise _too_large(message.full_size_bytes, payload_max_bytes)
    if not message.envelope:  # the embedded broker also hands over what no source asks for
        if is_other_event(message.topic):
            return ()
        bound = "must be one of a source in the settings ([[broker.sources]])"
        raise unknown_format(
            BoundError("topic", Rule.TOPIC_OF_SOURCE, bound, shown(message.topic), told_as="the topic")
        )
    envelope = ENVELOPES.get(message.envelope)
    if envelope is None:
        known = ", ".join(sorted(ENVELOPES))
        bound, got = f"must be one of {known}", shown(message.envelope)
        raise unknown_format(BoundError("envelope", Rule.ONE_OF, bound, got, names=known))
    return envelope(message)


def _too_large(size_bytes: int, most: int) -> RefusedError:
    bound = f"must have at most {most} bytes"
    told = BoundError("payload", Rule.BYTES_MAX, bound, size_bytes, told_as="a payload", most=most)
    return RefusedError(RejectReason.TOO_LARGE, told)


def sensor_of(uplink: Uplink, city: City) -> Sensor | None:
    """Return the sensor by the first of the device's names that the city knows, or None."""
    known = (city.sensors.get(SensorId(name)) for name in uplink.device_ids)
    return next((sensor for sensor in known if sensor is not None), None)


def registered_sensor(uplink: Uplink, city: City) -> Sensor:
    """Return the sensor that sent it; StrangerError for a device that the city does not know."""
    sensor = sensor_of(uplink, city)
    if sensor is not None:
        return sensor
    names = " or ".join(shown(name) for name in distinct(uplink.device_ids))
    told = BoundError("device", Rule.KNOWN, "must be a sensor of the city", names, told_as="the device")
    raise StrangerError(RejectReason.UNKNOWN_DEVICE, told, uplink.device_ids)
