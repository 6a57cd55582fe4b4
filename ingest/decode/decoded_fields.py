"""Fields that a network server decoded with the maker's own script: accepted when they carry a level.

What fields mean is understood in `guess`, as for the codecs that a city drops in: a unit must be certain, side values
that make no sense are dropped, lists with times are history. Here stands what is known of makers besides: the units of
names that have none, which their published decoders fix, and two ways of telling a fault.
"""

from collections.abc import Mapping, Sequence

from ingest.decode.guess import understand
from ingest.decode.levels import Hint
from ingest.decode.names import Kind, words_of
from ingest.decode.side_values import is_yes
from ingest.decode.values import FIRE_MIN_C, Values
from ingest.refusal import RefusedError
from ingest.strict_json import JsonValue
from tomma.model import Alarm, RejectReason

MILLIMETRES: Mapping[Kind, str] = {Kind.DISTANCE: "mm"}
UNITS_OF_MAKER: Mapping[str, Mapping[Kind, str]] = {
    "decentlab": MILLIMETRES,
    "dingtek": {**MILLIMETRES, Kind.FILL: "mm"},
    "dragino": MILLIMETRES,
    "elsys": MILLIMETRES,
    "milesight": MILLIMETRES,
    "netvox": {**MILLIMETRES, Kind.FILL: "%"},
}
UNITS_OF_NAME: Mapping[tuple[str, str], str] = {("dragino", "Lidar_distance"): "cm"}
"""One name of a maker that is not like its others."""
TEMPERATURE_ALARMS = frozenset({"temperaturealarm", "temperatureabnormal"})
NO_SENSOR = "no sensor"
PROBE_FLAG = "Sensor_flag"
"""Dragino: 0 when no probe is connected."""


def read(body: Mapping[str, JsonValue], make: str) -> Sequence[Values]:
    """Return what the fields say, empty when nothing in them is ours.

    Raises:
        RefusedError: UNKNOWN_UNIT for a level without a certain unit, OUT_OF_BOUNDS for one no sensor sees.
    """
    if not body:
        return ()
    alarms = _faults(body)
    try:
        newest, *older = understand(dict(body), _hint(make))
    except RefusedError as exc:
        if exc.reason is not RejectReason.NO_READING:
            raise
        return (Values(alarms=alarms),) if alarms else ()
    if _is_hot(body, newest):
        alarms |= {Alarm.FIRE}
    return (newest._replace(alarms=newest.alarms | alarms) if alarms else newest, *older)


def _hint(make: str) -> Hint:
    units = UNITS_OF_MAKER.get(make, {})
    return lambda name, kind: UNITS_OF_NAME.get((make, name)) or units.get(kind, "")


def _faults(body: Mapping[str, JsonValue]) -> frozenset[Alarm]:
    """Return SENSOR_FAULT where the level is told to be missing because nothing measures it."""
    flag = body.get(PROBE_FLAG)
    told = any(isinstance(value, str) and value.lower() == NO_SENSOR for value in body.values())
    missing = told or (flag == 0 and not isinstance(flag, bool))
    return frozenset({Alarm.SENSOR_FAULT}) if missing else frozenset()


def _is_hot(body: Mapping[str, JsonValue], values: Values) -> bool:
    """Whether the device's threshold alarm means fire: at 23 degrees it is somebody's test, or frost."""
    raised = any(is_yes(value) for name, value in body.items() if "".join(words_of(name)) in TEMPERATURE_ALARMS)
    return raised and (values.temperature_c is None or values.temperature_c >= FIRE_MIN_C)
