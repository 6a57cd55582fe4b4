"""The fields of our own JSON format: strict, since whoever sends them reads our documentation."""

from collections.abc import Mapping

from ingest import fields
from ingest.decode.values import Values
from ingest.refusal import RefusedError, shown
from ingest.strict_json import JsonValue
from tomma.bounds import Advice, BoundError, Rule
from tomma.model import Alarm

KNOWN = frozenset(
    {
        "sensor_id",
        "measured_utc",
        "counter",
        "distance_mm",
        "fill_fraction",
        "fill_pct",
        "battery_v",
        "temperature_c",
        "alarms",
        "no_echo",
    }
)
STATUS = ("alarms", "no_echo")
"""What may stand without a level: the device tells of itself."""
NO_ALARMS: frozenset[Alarm] = frozenset()
KNOWN_ALARMS = ", ".join(Alarm)
LEVELS = ("distance_mm", "fill_fraction", "fill_pct")


def read(body: Mapping[str, JsonValue]) -> Values:
    """Return the values of one reading in our own format."""
    if not KNOWN.issuperset(body):
        name = next(each for each in body if each not in KNOWN)
        bound = f"is not a known key; known are {', '.join(sorted(KNOWN))}"
        raise fields.wrong(BoundError(shown(name), Rule.UNKNOWN, bound))
    given = [name for name in LEVELS if name in body]
    if len(given) != 1 and (given or not any(name in body for name in STATUS)):
        names, got = ", ".join(LEVELS), " and ".join(given) or None
        told_as = f"exactly one of {names}"
        raise fields.wrong(BoundError("level", Rule.ONE_GIVEN, "must be given", got, told_as=told_as, names=names))
    return Values(
        distance_mm=_distance_mm(body) if "distance_mm" in body else None,
        fill_fraction=None if "distance_mm" in body else _fill_fraction(body),
        battery_v=fields.bounded(body, "battery_v", fields.BATTERY_V, Advice.MILLIVOLTS),
        temperature_c=fields.bounded(body, "temperature_c", fields.TEMPERATURE_C, Advice.KELVIN),
        alarms=_alarms(body) if "alarms" in body else NO_ALARMS,
        no_echo=_no_echo(body, given) if "no_echo" in body else False,
    )


def _alarms(body: Mapping[str, JsonValue]) -> frozenset[Alarm]:
    names = body["alarms"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _no_alarms("must be a list of texts", shown(names))
    unknown = [name for name in names if name not in tuple(Alarm)]
    if unknown or not names:
        raise _no_alarms(f"must be some of {KNOWN_ALARMS}", shown(unknown[0]) if unknown else None)
    return frozenset(Alarm(str(name)) for name in names)


def _no_alarms(bound: str, got: str | None) -> RefusedError:
    return fields.wrong(BoundError("alarms", Rule.ONE_OF, bound, got, names=KNOWN_ALARMS))


def _no_echo(body: Mapping[str, JsonValue], levels: list[str]) -> bool:
    if body["no_echo"] is not True or levels:
        got = " and ".join(levels) or shown(body["no_echo"])
        raise fields.wrong(BoundError("no_echo", Rule.TRUE_ALONE, "must be true and without a level", got))
    return True


def _distance_mm(body: Mapping[str, JsonValue]) -> float | None:
    """Metres are below any echo, micrometres beyond every one; centimetres are in range and cannot be told."""
    distance_mm = fields.number(body, "distance_mm")
    if distance_mm is not None:
        fields.check_bounds("distance_mm", distance_mm, fields.DISTANCE_MM, Advice.NOT_MILLIMETRES)
    return distance_mm


def _fill_fraction(body: Mapping[str, JsonValue]) -> float | None:
    pct = fields.bounded(body, "fill_pct", (0.0, 100.0), slack=100.0 * fields.FILL_TOLERANCE)
    if pct is not None:
        return pct / 100.0
    fraction = fields.number(body, "fill_fraction")
    if fraction is not None:
        fields.check_bounds("fill_fraction", fraction, fields.FILL_FRACTION, Advice.PER_CENT, fields.FILL_TOLERANCE)
    return fraction
