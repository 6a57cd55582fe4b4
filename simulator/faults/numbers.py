"""Numbered readings: a number goes in as distance and temperature, and can be read out of any store again.

A reading is known by what it says, not by its time. So one that was stored under two identities is seen too, which no
unique key of a store would tell.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tomma.city import Bin, City, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.containers import ContainerType
from tomma.model import BinId, ContainerTypeId, FractionCode, Reading, SensorId, SiteId

SENSORS = 50
NEAREST_MM = 150.0
STEPS = 9_000
"""Distances go up and down between 150 and 1,050 mm in tenths: no leap that looks like an emptying."""
TEMPERATURES = 4_000
"""One hundredth of a degree per wave, up to 40 C: 36 million numbers."""
EVERY_CLOCKLESS = 10
"""One sensor in so many has no clock: the identity of its readings is made on receipt."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The readings of one run: reading n was measured n milliseconds after `start_utc`."""

    start_utc: datetime

    @classmethod
    def before(cls, now_utc: datetime) -> "Numbers":
        """Return a run whose first ten million readings are past when it begins."""
        return cls((now_utc - timedelta(hours=3)).replace(microsecond=0))

    def message(self, number: int, measured_utc: datetime | None = None) -> tuple[str, bytes]:
        """Return topic and payload of a reading; another time of measurement may be given.

        The counter is the device's own: without a gap, and the same when the reading is sent again.
        """
        distance_mm, temperature_c = _values(number)
        body: dict[str, object] = {
            "distance_mm": distance_mm,
            "temperature_c": temperature_c,
            "counter": number // SENSORS,
        }
        if measured_utc is not None or not is_clockless(number):
            body["measured_utc"] = (measured_utc or self.measured_utc(number)).isoformat(timespec="milliseconds")
        return f"tomma/v1/{sensor_of(number)}/reading", json.dumps(body).encode()

    def measured_utc(self, number: int) -> datetime:
        """Return when reading `number` was measured."""
        return self.start_utc + timedelta(milliseconds=number)


def number_of(reading: Reading) -> int | None:
    """Return the number in a stored reading; None when it is none of ours."""
    if reading.distance_mm is None or reading.temperature_c is None:
        return None
    number = number_at(reading.distance_mm, reading.temperature_c)
    return number if sensor_of(number) == reading.sensor_id and bin_of(number) == reading.bin_id else None


def number_at(distance_mm: float, temperature_c: float) -> int:
    """Return the number that these two values tell."""
    wave, step = round(temperature_c * 100), round((distance_mm - NEAREST_MM) * 10)
    return wave * STEPS + (step if wave % 2 else STEPS - 1 - step)


def is_clockless(number: int) -> bool:
    """Whether the device that sends this reading has no clock."""
    return number % EVERY_CLOCKLESS == EVERY_CLOCKLESS - 1


def sensor_of(number: int) -> SensorId:
    """Return which sensor sends a reading."""
    return SensorId(f"F{number % SENSORS:03d}")


def bin_of(number: int) -> BinId:
    """Return which bin that sensor hangs in."""
    return BinId(f"B{number % SENSORS:03d}")


def _values(number: int) -> tuple[float, float]:
    wave, step = divmod(number, STEPS)
    if wave >= TEMPERATURES:
        raise ValueError(f"number must be below {STEPS * TEMPERATURES}, got {number}")
    step = step if wave % 2 else STEPS - 1 - step  # the first wave fills the bins
    return round(NEAREST_MM + step / 10, 1), wave / 100


def numbered_city() -> City:
    """Return the city of the sensors that send numbers."""
    container = ContainerType(ContainerTypeId("C"), "1.1 m deep", volume_l=370, empty_mm=1100, full_mm=100, max_kg=150)
    site = Site(SiteId("P"), "Square", Position(59.3, 18.0))
    fraction = Fraction(FractionCode("R"), "Restavfall", "Residual waste", 0.1)
    pairs = [(sensor_of(number), bin_of(number)) for number in range(SENSORS)]
    return City(
        organisation=Organisation("O", "Testby"),
        fractions={fraction.code: fraction},
        container_types={container.id: container},
        sites={site.id: site},
        bins={bin_id: Bin(bin_id, site.id, container.id, fraction.code) for _, bin_id in pairs},
        sensors={sensor_id: Sensor(sensor_id) for sensor_id, _ in pairs},
        installations=tuple(
            Installation(sensor_id, bin_id, datetime(2015, 1, 1, tzinfo=UTC)) for sensor_id, bin_id in pairs
        ),
        vehicles={},
        depots={},
        disposal_sites={},
    )
