"""Our own JSON format, read in one go where nothing about it is odd: six times as fast, and nearly always.

Whatever is odd in any way (an unknown key, a value out of bounds, two levels, a key twice, an alarm) is left to
`ingest.strict_json` and `ingest.decode.own_fields`, which find words for it, or find it right. What is read here is
what they would read; tests hold the two side by side.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ingest import fields
from ingest.message import Uplink, Values
from ingest.strict_json import BACKSLASH, has_texts

COUNTER_MAX = 2**53
_SLACK = fields.FILL_TOLERANCE


class _Said(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The keys of a common reading with the bounds of `own_fields`."""

    measured_utc: str | UnsetType = UNSET
    counter: Annotated[int, Meta(ge=0, le=COUNTER_MAX)] | UnsetType = UNSET
    distance_mm: Annotated[float, Meta(ge=fields.DISTANCE_MM[0], le=fields.DISTANCE_MM[1])] | UnsetType = UNSET
    battery_v: Annotated[float, Meta(ge=fields.BATTERY_V[0], le=fields.BATTERY_V[1])] | UnsetType = UNSET
    temperature_c: Annotated[float, Meta(ge=fields.TEMPERATURE_C[0], le=fields.TEMPERATURE_C[1])] | UnsetType = UNSET
    fill_pct: Annotated[float, Meta(ge=-100 * _SLACK, le=100 + 100 * _SLACK)] | UnsetType = UNSET
    fill_fraction: Annotated[float, Meta(ge=-_SLACK, le=1 + _SLACK)] | UnsetType = UNSET
    sensor_id: str | UnsetType = UNSET


_KEYS = len(_Said.__struct_fields__)
_decode = msgspec.json.Decoder(_Said).decode


def read(payload: bytes, sensor_id: str) -> Uplink | None:
    """Return the uplink in a payload from this sensor's own topic, None when it is to be read carefully."""
    if BACKSLASH in payload:
        return None
    try:
        said = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    moment, counter, distance_mm, volts, celsius, pct, fraction, name = found = msgspec.structs.astuple(said)
    texts = _KEYS - found.count(UNSET)
    measured_utc = None
    if moment is not UNSET:
        texts += 1
        measured_utc = fields.written(moment)
        if measured_utc is None:
            return None
    if name is not UNSET:
        texts += 1
        if name != sensor_id:
            return None
    if not has_texts(payload, texts) or (distance_mm, pct, fraction).count(UNSET) != 2:
        return None
    if pct is not UNSET:
        fraction = (pct + 0.0) / 100.0
    values = Values(
        None if distance_mm is UNSET else distance_mm,
        None if fraction is UNSET else fraction + 0.0,  # -0.0 + 0.0 is 0.0, here and below
        None if volts is UNSET else volts + 0.0,
        None,
        None if celsius is UNSET else celsius + 0.0,
    )
    return Uplink((sensor_id,), measured_utc, None if counter is UNSET else counter, ours=True, said=values)
