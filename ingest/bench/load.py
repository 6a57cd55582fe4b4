"""The load: who says what, as a pure function of the message's number, so that what was stored can be reckoned."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STEP = timedelta(seconds=60)
"""Between two readings of one sensor, by its own clock."""
TOPIC = "tomma/v1/{}/reading"


def sensor_name(sensor: int) -> str:
    """Return the name of sensor number `sensor`; its bin has the same one with a B.

    >>> sensor_name(7)
    'S00007'
    """
    return f"S{sensor:05d}"


@dataclass(frozen=True, slots=True)
class Load:
    """`sensors` speak in turn, round after round; message n is round n // sensors of sensor n % sensors."""

    sensors: int
    began_utc: datetime
    """What the clocks of the sensors say in round 0."""

    def __post_init__(self) -> None:
        """Refuse a load without a sender or with a time that payloads cannot carry exactly."""
        if self.sensors < 1:
            raise ValueError(f"sensors must be at least 1, got {self.sensors}")
        if self.began_utc.tzinfo is not UTC or self.began_utc.microsecond:
            raise ValueError(f"began_utc must be a whole second in UTC, got {self.began_utc!r}")

    def messages(self, first: int, count: int) -> Iterator[tuple[str, bytes]]:
        """Return topic and payload of each message, from number `first` on."""
        for number in range(first, first + count):
            yield TOPIC.format(sensor_name(number % self.sensors)), self.payload(number)

    def payload(self, number: int) -> bytes:
        """Return our documented JSON, with everything a common device says."""
        turn, sensor = divmod(number, self.sensors)
        moment = self.measured_utc(turn).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            f'{{"measured_utc": "{moment}", "counter": {turn}, "distance_mm": {self.distance_mm(number)}, '
            f'"battery_v": {3.3 + sensor % 30 / 100:.2f}, "temperature_c": {(number * 7) % 300 / 10 - 5:.1f}}}'
        ).encode()

    def measured_utc(self, turn: int) -> datetime:
        """Return what a sensor's clock says in this round."""
        return self.began_utc + turn * STEP

    def distance_mm(self, number: int) -> int:
        """Return the distance in this message: bins that fill by a few millimetres a reading, each at its own place."""
        turn, sensor = divmod(number, self.sensors)
        return 1_080 - (sensor * 37 + turn * 3) % 900

    def number_of(self, sensor: str, measured_utc: datetime) -> int | None:
        """Return which message said this, None for one that is not of this load."""
        turn, rest = divmod(measured_utc - self.began_utc, STEP)
        digits = sensor[1:]
        if rest or turn < 0 or not digits.isdigit() or int(digits) >= self.sensors:
            return None
        return turn * self.sensors + int(digits)
