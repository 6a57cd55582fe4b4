"""The values that every decoder returns (`Values`), and the draft it collects them in.

What no decoder may get wrong is decided here once: which distances mean "no echo", when a temperature is a probe that
is not there, and when a temperature alarm means fire.
"""

from dataclasses import dataclass, field
from datetime import datetime

from ingest import fields
from ingest.message import Values
from ingest.refusal import no_reading
from tomma.bounds import BoundError, Rule
from tomma.model import Alarm

__all__ = ["FIRE_MIN_C", "NO_ECHO_MM", "Draft", "Values"]

NO_ECHO_MM = frozenset({0.0, 9999.0, 65533.0, 65534.0, 65535.0})
"""0 and 65535 are empty words; 9999 is how MaxBotix ultrasonic modules, in many makes, say that nothing came back."""
FIRE_MIN_C = 50.0
"""A threshold alarm below this is frost, or a threshold somebody tried out: no container burns at 23 degrees."""


@dataclass(slots=True)
class Draft:
    """Values while a frame is read: the last of two equal quantities wins, since a frame tells them in order."""

    distance_mm: float | None = None
    fill_fraction: float | None = None
    battery_v: float | None = None
    battery_fraction: float | None = None
    temperature_c: float | None = None
    alarms: set[Alarm] = field(default_factory=set)
    no_echo: bool = False
    temperature_alarm: bool = False
    """The device's own threshold alarm; whether it means fire depends on the temperature."""
    measured_utc: datetime | None = None

    def hear(self, distance_mm: float | None) -> None:
        """Note a distance, or that there was no echo (None)."""
        self.no_echo = distance_mm is None or distance_mm in NO_ECHO_MM
        self.distance_mm = None if self.no_echo else distance_mm

    def feel(self, temperature_c: float) -> None:
        """Note a temperature, unless it is none: some devices say 327.6 or -100 degrees for a probe not there."""
        low, high = fields.TEMPERATURE_C
        if low <= temperature_c <= high:
            self.temperature_c = temperature_c + 0.0  # -0.0 is 0.0

    def supply(self, battery_v: float) -> None:
        """Note a battery voltage that a battery can have."""
        if fields.BATTERY_V[0] < battery_v <= fields.BATTERY_V[1]:
            self.battery_v = battery_v

    def charge(self, battery_pct: float) -> None:
        """Note a battery level in per cent; 255 is how many say "unknown"."""
        if 0.0 <= battery_pct <= 100.0:
            self.battery_fraction = battery_pct / 100.0

    def raise_if(self, alarm: Alarm, *, on: bool) -> None:
        """Note an alarm as on or off; the last word in the frame counts."""
        if on:
            self.alarms.add(alarm)
        else:
            self.alarms.discard(alarm)

    @property
    def has_level(self) -> bool:
        """Whether there is a distance or a fill."""
        return self.distance_mm is not None or self.fill_fraction is not None

    @property
    def empty(self) -> bool:
        """Whether nothing we keep was in the frame."""
        return not (
            self.no_echo
            or self.alarms
            or self.temperature_alarm
            or any(
                value is not None
                for value in (
                    self.distance_mm,
                    self.fill_fraction,
                    self.battery_v,
                    self.battery_fraction,
                    self.temperature_c,
                )
            )
        )

    def values(self) -> Values:
        """Return the values.

        Raises:
            RefusedError: NO_READING when there is nothing we keep, OUT_OF_BOUNDS for a level no sensor sees.
        """
        if self.empty:
            bound = "must carry a distance, or something else that is kept, got device information"
            raise no_reading(BoundError("frame", Rule.NO_LEVEL, bound, told_as="the frame"))
        if self.distance_mm is not None:
            fields.check_bounds("distance_mm", self.distance_mm, fields.DISTANCE_MM)
        if self.fill_fraction is not None:
            fields.check_bounds("fill_fraction", self.fill_fraction, fields.FILL_FRACTION, slack=fields.FILL_TOLERANCE)
        return Values(
            distance_mm=self.distance_mm,
            fill_fraction=self.fill_fraction,
            battery_v=self.battery_v,
            battery_fraction=self.battery_fraction,
            temperature_c=self.temperature_c,
            alarms=frozenset(self.alarms | {Alarm.FIRE} if self._burns else self.alarms),
            no_echo=self.no_echo and self.fill_fraction is None,
            measured_utc=self.measured_utc,
        )

    @property
    def _burns(self) -> bool:
        return self.temperature_alarm and (self.temperature_c is None or self.temperature_c >= FIRE_MIN_C)
