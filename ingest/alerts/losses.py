"""Messages lost between the devices and us, told by their counters (case M2: a broker that forgets). Pure.

A sensor on the radio loses 28 % on an ordinary day, so one gap says nothing. A broker or a network server that forgets
loses the messages of many sensors at once: the share of the last hours beside that of the hours before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt

from ingest.alerts.scene import Scene
from tomma.model import Alert, AlertKind, BinId, Reading

RECENT = timedelta(hours=2)
BEFORE = timedelta(hours=8)
LEAD = timedelta(hours=4)
"""A gap is told by the reading behind it, and its length by the one before: without these hours the long gaps at the
beginning went uncounted, the usual share looked too small, and an ordinary radio raised an alert each other day."""
LOOK_BACK = LEAD + BEFORE + RECENT
JUMP_MAX = 500
"""A greater step of a counter is a restart or another device."""
LOST_MIN = 10
MORE_FRACTION = 0.10
SIGMAS = 5.0
ENDS_FRACTION = 0.05


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages there should be, and how many of them did not come."""

    expected: int = 0
    lost: int = 0
    lost_squared: int = 0
    """Sum over the gaps of the square of their length: what bursts make of the variance."""

    @property
    def fraction(self) -> float:
        """The share that was lost."""
        return self.lost / self.expected if self.expected else 0.0


def tally(readings: Mapping[BinId, Sequence[Reading]], from_utc: datetime, to_utc: datetime) -> Tally:
    """Count, by sensor, the steps of the counter that end within the half-open period."""
    expected = lost = lost_squared = 0
    for found in readings.values():
        counted = sorted((each for each in found if each.counter is not None), key=lambda each: each.measured_utc)
        for earlier, later in pairwise(counted):
            if earlier.sensor_id != later.sensor_id or not from_utc <= later.measured_utc < to_utc:
                continue
            step = (later.counter or 0) - (earlier.counter or 0)
            if 0 < step <= JUMP_MAX:
                expected += step
                lost += step - 1
                lost_squared += (step - 1) ** 2
    return Tally(expected, lost, lost_squared)


def losses(scene: Scene, readings: Mapping[BinId, Sequence[Reading]]) -> Iterator[Alert]:
    """Yield when far more messages are lost than usual, and when that is over.

    Args:
        scene: What is known.
        readings: Every bin's of the last `LOOK_BACK`.
    """
    middle_utc = scene.now_utc - RECENT
    usual = tally(readings, middle_utc - BEFORE, middle_utc)
    now = tally(readings, middle_utc, scene.now_utc)
    if not usual.expected or not now.expected:
        return
    raised = scene.standing(AlertKind.MESSAGES_LOST, (None, None))
    at_utc = scene.now_utc.replace(second=0, microsecond=0)
    more = now.fraction - usual.fraction
    if raised is not None and more <= ENDS_FRACTION:
        yield Alert(AlertKind.MESSAGES_LOST, at_utc, active=False)
    elif raised is None and now.lost >= LOST_MIN and more >= max(MORE_FRACTION, SIGMAS * _sigma(usual, now)):
        numbers = {
            "lost": float(now.lost),
            "expected": float(now.expected),
            "usual_fraction": round(usual.fraction, 4),
        }
        yield Alert(AlertKind.MESSAGES_LOST, at_utc, active=True, values=numbers)


def _sigma(usual: Tally, now: Tally) -> float:
    """One sigma of the share now, if gaps come by chance, all hours alike (a compound Poisson process).

    The gaps of now count in, too: some hours of the past are too few to have seen how long gaps can be.
    """
    lost_squared, expected = usual.lost_squared + now.lost_squared, usual.expected + now.expected
    return sqrt(max(lost_squared, 1) / expected / now.expected)
