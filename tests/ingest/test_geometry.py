"""From a distance to a fill level, for every shape of container and every way a sensor hangs."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.calibrate import Level, calibrate
from ingest.geometry import volume_share
from tomma.city import Installation, Sensor
from tomma.containers import ContainerType, Shape, VolumePoint
from tomma.model import BinId, ContainerTypeId, Measurement, SensorId

ID = ContainerTypeId("C")


def container(
    shape: Shape = Shape.STRAIGHT, *, empty: float = 1100, full: float = 100, **measures: Any
) -> ContainerType:
    """A container 1 m deep, of a shape."""
    return ContainerType(ID, "1 m deep", 1000, empty, full, 400, shape, **measures)


TABLE = (VolumePoint(0, 0), VolumePoint(400, 600), VolumePoint(1000, 1000), VolumePoint(1200, 1100))

KNOWN = [
    pytest.param(container(), 600, 0.5, id="straight walls: half the height is half the volume"),
    pytest.param(container(Shape.BOX), 850, 0.25, id="a box is straight"),
    pytest.param(
        container(Shape.TAPERED, taper_ratio=0.5), 600, (0.75**3 - 0.5**3) / (1 - 0.5**3), id="a bucket: 0.42"
    ),
    pytest.param(container(Shape.TAPERED, taper_ratio=1.0), 600, 0.5, id="a taper of 1 is straight"),
    pytest.param(container(Shape.LYING_CYLINDER), 600, 0.5, id="a lying tank is half full at half height"),
    pytest.param(
        container(Shape.LYING_CYLINDER), 850, 1 / 3 - math.sqrt(3) / (4 * math.pi), id="a lying tank at a quarter"
    ),
    pytest.param(container(Shape.SPHERE), 850, 10 / 64, id="a ball at a quarter of its height: 5/32"),
    pytest.param(container(Shape.IGLOO), 600, 0.6875, id="an igloo at half height: 11/16"),
    pytest.param(
        container(Shape.UNDERGROUND, shaft_mm=500, shaft_ratio=0.25), 600, 0.8, id="the room under the shaft is 4/5"
    ),
    pytest.param(
        container(Shape.UNDERGROUND, shaft_mm=500, shaft_ratio=0.25), 350, 0.9, id="half way up the shaft"
    ),
    pytest.param(container(Shape.TABLE, volume_table=TABLE), 700, 0.6, id="a point of the table"),
    pytest.param(container(Shape.TABLE, volume_table=TABLE), 900, 0.3, id="between two points of the table"),
    pytest.param(
        container(Shape.SPHERE, diameter_mm=2000), 100, 1.0, id="a ball rated full at its middle is full there"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "distance_mm", "fill"), KNOWN)
def test_the_fill_at_a_known_height_of(kind: ContainerType, distance_mm: float, fill: float) -> None:
    """Each by a number that can be had from a handbook or by head."""
    assert level(kind, distance_mm).fill_fraction == pytest.approx(fill, abs=1e-6)


def level(kind: ContainerType, distance_mm: float, **said: Any) -> Level:
    """The level that a distance means."""
    return calibrate(Measurement(SensorId("S"), None, distance_mm=distance_mm, **said), kind)


@st.composite
def kinds(draw: st.DrawFn) -> ContainerType:
    """Any container that can exist."""
    full = draw(st.floats(0, 5_000))
    height = draw(st.floats(10, 10_000))
    depth = (full + height) - full  # as the type will have it, to the last bit
    shape = draw(st.sampled_from(Shape))
    measures: dict[str, Any] = {}
    if shape is Shape.TAPERED:
        measures["taper_ratio"] = draw(st.floats(0.05, 20))
    elif shape is Shape.UNDERGROUND:
        measures = {"shaft_mm": depth * draw(st.floats(0, 1)), "shaft_ratio": draw(st.floats(0.01, 1))}
    elif shape is Shape.TABLE:
        steps = draw(st.lists(st.tuples(st.floats(0.1, 1), st.floats(1, 100)), min_size=1, max_size=6))
        reach, points = depth / sum(step for step, _ in steps) * 1.000001, [VolumePoint(0, 0)]
        for step, litres in steps:
            points.append(VolumePoint(points[-1].height_mm + step * reach, points[-1].volume_l + litres))
        measures["volume_table"] = tuple(points)
    elif shape in (Shape.SPHERE, Shape.LYING_CYLINDER, Shape.IGLOO) and draw(st.booleans()):
        measures["diameter_mm"] = depth * draw(st.floats(2, 3))
    return container(shape, empty=full + height, full=full, **measures)


shares = st.floats(0, 1)


@given(kind=kinds(), low=shares, high=shares)
def test_more_height_is_never_less_volume(kind: ContainerType, low: float, high: float) -> None:
    """A level that sinks while waste is thrown in would look like an emptying."""
    low, high = min(low, high), max(low, high)
    assert 0.0 <= volume_share(kind, low) <= volume_share(kind, high) + 1e-9 <= 1.0 + 1e-9


@given(kind=kinds())
def test_empty_is_zero_and_the_rated_level_is_one(kind: ContainerType) -> None:
    """Whatever the shape: the planner reckons with both ends."""
    assert level(kind, max(1.0, kind.empty_mm)).fill_fraction == pytest.approx(0, abs=0.2 if kind.empty_mm < 1 else 0)
    if kind.full_mm > 0:
        assert level(kind, kind.full_mm).fill_fraction == 1.0
    assert (volume_share(kind, 0.0), volume_share(kind, 1.0)) == (0.0, 1.0)


@given(kind=kinds(), distance_mm=st.floats(1, 20_000))
def test_any_echo_is_a_level_inside_the_container(kind: ContainerType, distance_mm: float) -> None:
    """Beyond the ends it is clipped and, when it lies far beyond, marked."""
    found = level(kind, distance_mm)
    assert 0.0 <= found.fill_fraction <= 1.0
    if not kind.full_mm - 0.04 * kind.height_mm < distance_mm < kind.empty_mm + 0.04 * kind.height_mm:
        assert found.clipped


def hung(**mounting: Any) -> Installation:
    """A sensor hung in some way."""
    return Installation(SensorId("S"), BinId("B"), datetime(2026, 1, 1, tzinfo=UTC), **mounting)


@pytest.mark.parametrize(
    ("mounting", "sensor", "temperature_c", "distance_mm", "fill"),
    [
        pytest.param({"offset_mm": 200}, {}, None, 400, 0.5, id="hung 20 cm deeper than the type says"),
        pytest.param({"offset_mm": -50}, {}, None, 650, 0.5, id="hung 5 cm above it"),
        pytest.param({"tilt_deg": 60 / 2}, {}, None, 600 / math.cos(math.pi / 6), 0.5, id="tilted by 30 degrees"),
        pytest.param({}, {"sound_reference_c": 20}, 20, 600, 0.5, id="at the temperature it reckons with"),
        pytest.param(
            {}, {"sound_reference_c": 20}, -20, 600 * 343.42 / 319.18, 0.5, id="in the cold it hears walls too far away"
        ),
        pytest.param({}, {"sound_reference_c": 20}, None, 600, 0.5, id="without a temperature it is taken as said"),
        pytest.param({}, {}, -20, 600, 0.5, id="one that compensates itself is not compensated again"),
    ],
)
def test_the_way_a_sensor_hangs_and_hears_is_taken_out(
    mounting: dict[str, float], sensor: dict[str, Any], temperature_c: float | None, distance_mm: float, fill: float
) -> None:
    """A fitter measures the bracket once; nobody wants a container type for every bracket."""
    said = Measurement(SensorId("S"), None, distance_mm=distance_mm, temperature_c=temperature_c)
    found = calibrate(said, container(), hung(**mounting), Sensor(SensorId("S"), **sensor))
    assert found.fill_fraction == pytest.approx(fill, abs=1e-5)


@pytest.mark.parametrize("distance_mm", [1, 150, 300])
def test_inside_the_dead_zone_no_level_is_made_up(distance_mm: float) -> None:
    """A blind sensor says anything; that it is at least as full as at the zone's edge is all that is sure."""
    said = Measurement(SensorId("S"), None, distance_mm=distance_mm)
    found = calibrate(said, container(), None, Sensor(SensorId("S"), dead_zone_mm=300))
    assert (found.in_dead_zone, found.fill_fraction, found.clipped) == (True, 0.8, True)
    beyond = calibrate(replace(said, distance_mm=301), container(), None, Sensor(SensorId("S"), dead_zone_mm=300))
    assert (beyond.in_dead_zone, beyond.clipped) == (False, False)


@pytest.mark.parametrize(
    ("said", "level", "raw"),
    [
        (-0.05, 0.0, -0.05),
        (1.05, 1.0, 1.05),
        (-0.01, 0.0, -0.01),
        (-0.0, 0.0, None),
        (0.5, 0.5, None),
        (1.0, 1.0, None),
    ],
)
def test_a_fill_beyond_the_ends_is_clipped_and_kept(said: float, level: float, raw: float | None) -> None:
    """Case P8: what the device said is evidence of a wrong geometry, what the plan uses is the level."""
    found = calibrate(Measurement(SensorId("S"), None, fill_fraction=said), container())
    assert (str(found.fill_fraction), found.raw_fraction) == (str(level), raw)
    assert found.clipped is (abs(said - 0.5) > 0.53)


REFUSED = [
    pytest.param({"shape": Shape.TAPERED}, "taper_ratio must be given for the shape tapered", id="a cone without"),
    pytest.param({"taper_ratio": 0.5}, "taper_ratio belongs to the shape tapered", id="a ratio without cone"),
    pytest.param(
        {"shape": Shape.TAPERED, "taper_ratio": 0.0}, r"taper_ratio must be within \[0.05, 20\], got 0", id="a tip"
    ),
    pytest.param({"shape": Shape.SPHERE, "diameter_mm": 900}, "diameter_mm must be within", id="a ball too small"),
    pytest.param({"shape": Shape.IGLOO, "diameter_mm": 1900}, r"within \[2000,", id="an igloo too high"),
    pytest.param(
        {"shape": Shape.UNDERGROUND, "shaft_mm": 1001, "shaft_ratio": 0.5}, r"shaft_mm must be within \[0, 1000\]",
        id="a shaft deeper than the container",
    ),
    pytest.param({"shape": Shape.UNDERGROUND, "shaft_mm": 100}, "shaft_ratio must be given", id="half a shaft"),
    pytest.param(
        {"shape": Shape.TABLE, "volume_table": (VolumePoint(1, 0), VolumePoint(1000, 9))}, "must begin with",
        id="a table that does not begin at the bottom",
    ),
    pytest.param(
        {"shape": Shape.TABLE, "volume_table": (VolumePoint(0, 0), VolumePoint(500, 9), VolumePoint(1000, 8))},
        "must rise", id="a table that falls",
    ),
    pytest.param(
        {"shape": Shape.TABLE, "volume_table": (VolumePoint(0, 0), VolumePoint(999, 9))},
        "must reach the rated full level", id="a table that ends too early",
    ),
    pytest.param(
        {"shape": Shape.TABLE, "volume_table": (VolumePoint(0, 0), VolumePoint(math.nan, 9))}, "must rise", id="NaN"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "says"), REFUSED)
def test_a_geometry_that_cannot_be_is_refused(given: dict[str, Any], says: str) -> None:
    """At the desk, with the field's name; not in the night, as a wrong level."""
    with pytest.raises(ValueError, match=says):
        container(**given)


@pytest.mark.parametrize(
    "given", [{"tilt_deg": 46.0}, {"tilt_deg": -1.0}, {"offset_mm": 6_000.0}, {"offset_mm": math.nan}]
)
def test_a_mounting_that_cannot_be_is_refused(given: dict[str, float]) -> None:
    """Metres for millimetres, degrees the wrong way round."""
    with pytest.raises(ValueError, match=next(iter(given))):
        hung(**given)


@pytest.mark.parametrize("given", [{"dead_zone_mm": -1.0}, {"dead_zone_mm": 9_000.0}, {"sound_reference_c": 293.0}])
def test_a_sensor_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    """Kelvin for degrees, and a dead zone deeper than any bin."""
    with pytest.raises(ValueError, match=next(iter(given))):
        Sensor(SensorId("S"), **given)
