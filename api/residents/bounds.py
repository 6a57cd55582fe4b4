"""How much residents may tell: nobody is known by name there, so what one prank can do is bounded instead."""

from dataclasses import dataclass, field
from threading import Lock

from api.guards.throttle import Throttle
from tomma.resident_settings import ResidentSettings


@dataclass
class Bounds:
    """Kept in memory only: where a tap came from is gone when the server stops, and is never stored."""

    settings: ResidentSettings
    looks: Throttle = field(default_factory=Throttle)
    taps: Throttle = field(init=False)
    one_at_a_time: Lock = field(default_factory=Lock)
    """Held from the look at what stands already until the request is kept: two taps at once are one request."""

    def __post_init__(self) -> None:
        """Let an address use its hour's taps at once, and give them back one by one."""
        hourly = self.settings.address_hour_max
        self.taps = Throttle(per_minute=hourly / 60, burst=hourly)
