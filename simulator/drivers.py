"""Drivers with tablets: each follows its published route and taps what it did. Pure; the rim is `simulator.live`.

A driver starts when the plan is out, so one published late runs late all day. It never taps a stop twice, not even
after somebody undid the tap at the desk: then a person is at work there.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from simulator.office import RouteView, StopView, iso

BLOCKED_SHARE = 0.015  # a parked car in front of the bins; assumed
EMPTY_BELOW_FRACTION = 0.04
DELAY_STEP_S = 25.0

type Tap = dict[str, object]


@dataclass
class Driver:
    """One truck on one plan's route."""

    route: RouteView
    published_utc: datetime
    """When this driver first saw the route."""
    rng: np.random.Generator
    _next: int = 0
    _sequence: int = 0
    _delay_s: float = field(init=False)

    def __post_init__(self) -> None:
        """Start late if the plan came late."""
        self._delay_s = max((self.published_utc - self.route.start_utc).total_seconds(), 0.0)

    def taps_until(self, now_utc: datetime, fill_of: Callable[[str], float]) -> list[Tap]:
        """Return what the driver tapped since the last call.

        Args:
            now_utc: The present.
            fill_of: What the driver sees in a bin, within [0, 1].
        """
        taps: list[Tap] = []
        while self._next < len(self.route.stops):
            stop = self.route.stops[self._next]
            at_utc = stop.depart_utc + timedelta(seconds=self._delay_s)
            if at_utc > now_utc:
                break
            self._next += 1
            self._delay_s = max(self._delay_s + float(self.rng.normal(0.0, DELAY_STEP_S)), 0.0)
            taps += self._taps_at(stop, at_utc, fill_of)
        return taps

    def _taps_at(self, stop: StopView, at_utc: datetime, fill_of: Callable[[str], float]) -> list[Tap]:
        if stop.kind == "collect" and stop.bin_id is not None and stop.state == "todo":
            return [self._at_bin(stop, stop.bin_id, at_utc, fill_of)]
        if stop.kind == "dispose":
            return [self._tap(stop, "unloaded", at_utc, disposal_site_id=stop.disposal_site_id)]
        if stop.kind == "break":
            return [self._tap(stop, "break_ended", at_utc)]
        return []

    def _at_bin(self, stop: StopView, bin_id: str, at_utc: datetime, fill_of: Callable[[str], float]) -> Tap:
        if self.rng.random() < BLOCKED_SHARE:
            return self._tap(stop, "skipped", at_utc, bin_id=bin_id, skip_reason="blocked")
        if fill_of(bin_id) < EMPTY_BELOW_FRACTION:
            return self._tap(stop, "skipped", at_utc, bin_id=bin_id, skip_reason="already_empty")
        return self._tap(stop, "emptied", at_utc, bin_id=bin_id)

    def _tap(self, stop: StopView, kind: str, at_utc: datetime, **more: object) -> Tap:
        self._sequence += 1
        identity = f"{self.route.plan_id}|{self.route.vehicle_id}|{self._next}|{kind}|{at_utc.isoformat()}"
        place = {} if stop.lat_deg is None else {"lat_deg": stop.lat_deg, "lon_deg": stop.lon_deg}
        return {
            "key": hashlib.blake2b(identity.encode(), digest_size=16).hexdigest(),
            "device_id": f"sim-{self.route.vehicle_id}",
            "sequence": self._sequence,
            "plan_id": self.route.plan_id,
            "vehicle_id": self.route.vehicle_id,
            "kind": kind,
            "tapped_utc": iso(at_utc),
            **place,
            **more,
        }
