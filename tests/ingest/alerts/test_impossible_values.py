"""The alert of impossible values asks somebody to look at how a sensor hangs: cold and heaps are no reason to go."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.calibrate import sound_mps
from ingest.context import IngestContext
from ingest.pipeline import process
from tests.ingest.conftest import NOW, MakeMessage
from tomma.model import AlertKind, Quality, SensorId

EMPTY_MM, FULL_MM = 1100, 100  # of the city's containers
RECKONED_C = 20.0


def alerts(context: IngestContext, message: MakeMessage, distance_mm: float) -> tuple[list[AlertKind], Quality]:
    """What three readings of that distance in a row raise, and how the last is flagged."""
    bodies = [
        {"measured_utc": f"{NOW - timedelta(hours=3 - n):%Y-%m-%dT%H:%M:%SZ}", "distance_mm": round(distance_mm)}
        for n in range(3)
    ]
    batch = process([message(each) for each in bodies], context)
    assert len(batch.readings) == 3, batch.rejected
    return [each.kind for each in batch.alerts], batch.readings[-1].quality


@pytest.mark.parametrize("degrees_c", [-5.0, -15.0, -30.0])
def test_an_empty_bin_in_the_cold_is_flagged_and_nobody_is_sent(
    context: IngestContext, message: MakeMessage, degrees_c: float
) -> None:
    """Sound is slower: a sensor that reckons with 20 degrees tells an echo from below the bottom."""
    told_mm = EMPTY_MM * sound_mps(RECKONED_C) / sound_mps(degrees_c)
    assert alerts(context, message, told_mm) == ([], Quality.OUT_OF_RANGE)


@pytest.mark.parametrize("above_mm", [40, 60, 90])
def test_a_heap_above_the_rated_level_is_an_overflow_and_no_fault_of_the_sensor(
    context: IngestContext, message: MakeMessage, above_mm: int
) -> None:
    """Waste may reach the sensor: the bin is overfull, and that is told."""
    assert alerts(context, message, FULL_MM - above_mm) == ([AlertKind.OVERFLOW], Quality.OUT_OF_RANGE)


def test_a_level_that_no_weather_explains_is_told(context: IngestContext, message: MakeMessage) -> None:
    """The container is 20 cm deeper than registered: whatever is planned for it is too late."""
    kinds, quality = alerts(context, message, EMPTY_MM + 200)
    assert (kinds, quality) == ([AlertKind.IMPOSSIBLE_VALUES], Quality.OUT_OF_RANGE)


def test_a_level_that_no_heap_explains_is_told(context: IngestContext, message: MakeMessage) -> None:
    """The rated level was registered half way down: the bin would be emptied half empty for ever."""
    kinds = context.city.container_types
    half = {id_: replace(each, full_mm=600) for id_, each in kinds.items()}
    wrong = replace(context, city=replace(context.city, container_types=half))
    assert AlertKind.IMPOSSIBLE_VALUES in alerts(wrong, message, 400)[0]


def test_an_echo_from_the_dead_zone_is_told(context: IngestContext, message: MakeMessage) -> None:
    """Nobody knows what a sensor means that hears an echo where it cannot: perhaps its lens is covered."""
    sensor_id = SensorId("H0001")
    deaf = replace(context.city.sensors[sensor_id], dead_zone_mm=250)
    city = replace(context.city, sensors={**context.city.sensors, sensor_id: deaf})
    assert AlertKind.IMPOSSIBLE_VALUES in alerts(replace(context, city=city), message, 200)[0]
