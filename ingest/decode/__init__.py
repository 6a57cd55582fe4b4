"""From what a device sent to what it measured. One file per maker; a new one is one more line in `MAKERS`.

Four ways, in this order: our own JSON fields, a codec that the city dropped in, fields the network server decoded
with a level in a certain unit, the maker's binary frame.
Everything here is pure and raises `RefusedError` and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence

from ingest.decode import cayenne_lpp, decentlab, decoded_fields, dragino, elsys, milesight, netvox, own_fields
from ingest.decode.codec import NO_CODECS, Codecs, FrameDecoder
from ingest.decode.values import Values
from ingest.message import Uplink
from ingest.refusal import RefusedError, no_reading, shown
from tomma.bounds import Advice, BoundError, Rule
from tomma.city import Sensor
from tomma.model import Measurement, RejectReason

__all__ = ["MAKERS", "NO_CODECS", "Codecs", "FrameDecoder", "Values", "decode"]

type MakerDecoder = Callable[[Uplink, str], Sequence[Values]]
"""A `FrameDecoder` that is also told `Sensor.model`: one maker's models differ in their frames."""

MAKERS: Mapping[str, MakerDecoder] = {
    "cayenne_lpp": cayenne_lpp.decode,
    "decentlab": decentlab.decode,
    "dragino": dragino.decode,
    "elsys": elsys.decode,
    "milesight": milesight.decode,
    "netvox": netvox.decode,
}
"""Binary decoders by `Sensor.make`, lower case."""


def decode(uplink: Uplink, sensor: Sensor, codecs: Codecs = NO_CODECS) -> Sequence[Measurement]:
    """Return what the sensor measured, one or several; RefusedError when nothing in the uplink says it."""
    if uplink.said is not None:
        return (_measurement(uplink.said, uplink, sensor),)
    if uplink.ours:
        return (_measurement(own_fields.read(uplink.fields), uplink, sensor),)
    return [_measurement(values, uplink, sensor) for values in _foreign(uplink, sensor, codecs)]


def _measurement(values: Values, uplink: Uplink, sensor: Sensor) -> Measurement:
    distance_mm, fill_fraction, battery_v, battery_fraction, temperature_c, alarms, no_echo, measured_utc = values
    sent_utc = uplink.measured_utc
    return Measurement(
        sensor.id,
        measured_utc or sent_utc,
        distance_mm,
        fill_fraction,
        uplink.counter,
        battery_v,
        battery_fraction,
        temperature_c,
        alarms,
        no_echo,
        sent_utc,
    )


def _foreign(uplink: Uplink, sensor: Sensor, codecs: Codecs) -> Sequence[Values]:
    dropped_in = codecs.find(sensor)
    if dropped_in is not None:
        return dropped_in(uplink)
    make = sensor.make.strip().lower()
    decoder = MAKERS.get(make) if uplink.frame else None
    told = _told(uplink, make, or_else=decoder)
    if decoder is not None and not any(values.has_level for values in told):
        return decoder(uplink, sensor.model)
    if told:
        return told
    if uplink.frame:
        names = ", ".join(sorted(MAKERS))
        bound = f"must be one of {names} to decode a binary payload"
        unknown = BoundError("make", Rule.ONE_OF, bound, shown(sensor.make), names=names)
        raise RefusedError(RejectReason.UNKNOWN_FORMAT, unknown, Advice.ANOTHER_MAKE)
    raise no_reading(BoundError("decoded_payload", Rule.NO_LEVEL, "must carry a distance or a fill where no frame is"))


def _told(uplink: Uplink, make: str, *, or_else: MakerDecoder | None) -> Sequence[Values]:
    """Return what the network server decoded; a doubt about its units does not matter when we can decode the frame."""
    try:
        return decoded_fields.read(uplink.fields, make)
    except RefusedError as exc:
        if or_else is None or exc.reason is not RejectReason.UNKNOWN_UNIT:
            raise
        return ()
