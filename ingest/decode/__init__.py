"""From what a device sent to what it measured. One file per maker; a new one is one more line in `MAKERS`.

Three ways, in this order: our own JSON fields, fields the network server decoded, the maker's binary frame.
Everything here is pure and raises `RefusedError` and nothing else.
"""

from collections.abc import Callable, Mapping

from ingest.decode import decoded_fields, milesight, own_fields
from ingest.decode.values import Values
from ingest.message import Uplink
from ingest.refusal import RefusedError, shown
from tomma.city import Sensor
from tomma.model import Measurement, RejectReason

type FrameDecoder = Callable[[bytes], Values]

MAKERS: Mapping[str, FrameDecoder] = {
    "milesight": milesight.decode,
}
"""Binary decoders by `Sensor.make`, lower case."""


def decode(uplink: Uplink, sensor: Sensor) -> Measurement:
    """Return what the sensor measured; RefusedError when nothing in the uplink says it."""
    values = own_fields.read(uplink.fields) if uplink.ours else _foreign(uplink, sensor)
    return Measurement(
        sensor_id=sensor.id,
        measured_utc=uplink.measured_utc,
        distance_mm=values.distance_mm,
        fill_fraction=values.fill_fraction,
        counter=uplink.counter,
        battery_v=values.battery_v,
        battery_fraction=values.battery_fraction,
        temperature_c=values.temperature_c,
    )


def _foreign(uplink: Uplink, sensor: Sensor) -> Values:
    make = sensor.make.strip().lower()
    values = decoded_fields.read(uplink.fields, make)
    if values is not None:
        return values
    decoder = MAKERS.get(make)
    if decoder is None:
        raise RefusedError(
            RejectReason.UNKNOWN_FORMAT,
            f"make must be one of {', '.join(sorted(MAKERS))} to decode a binary payload, got {shown(sensor.make)}",
        )
    if not uplink.frame:
        raise RefusedError(
            RejectReason.NO_READING, "decoded_payload carries no distance or fill, and there is no frame"
        )
    return decoder(uplink.frame)
