"""Drivers with tablets: each follows its published route and taps what it did. Pure; the rim is `simulator.live`.

A driver starts when the plan is out, so one published late runs late all day; with a change of the plan it goes on
where the former one stopped. It never taps a stop twice, not even after somebody undid the tap at the desk: then a
person is at work there.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from simulator.office import RouteView, StopView, iso
from tomma.city import City

BLOCKED_SHARE = 0.015  # a parked car in front of the bins; assumed
EMPTY_BELOW_FRACTION = 0.04
DELAY_STEP_S = 25.0
SCALES_KG = 20
"""The step of a weighbridge for trucks."""
TO_DO = "todo"

type Tap = dict[str, object]


@dataclass
class Driver:
    """One truck on one plan's route."""

    route: RouteView
    published_utc: datetime
    """When this driver first saw the route."""
    rng: np.random.Generator
    kg_when_full: Mapping[str, float] = field(default_factory=dict)
    """What a full bin weighs, by bin; empty where the disposal site has no scales."""
    aboard_kg: float = 0.0
    """What the truck has collected since it unloaded; the next driver of it takes that over."""
    _next: int = field(init=False)
    _sequence: int = field(init=False)
    _delay_s: float = field(init=False)

    def __post_init__(self) -> None:
        """Start late if the plan came late; count taps on from where this tablet's former routes can have come."""
        self._sequence = int(self.published_utc.timestamp())  # nobody taps more than once a second
        to_do = (at for at, stop in enumerate(self.route.stops) if stop.state == TO_DO)
        self._next = next(to_do, len(self.route.stops))
        self._delay_s = max((self.published_utc - self._leaves_utc()).total_seconds(), 0.0)

    def _leaves_utc(self) -> datetime:
        """Return when the plan has the truck leave for the first stop to do: in the morning, or after a change."""
        if not 0 < self._next < len(self.route.stops):
            return self.route.start_utc
        first = self.route.stops[self._next]
        return first.arrive_utc - timedelta(seconds=first.leg_driving_s)

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
        if stop.state != TO_DO:
            return []
        if stop.kind == "collect" and stop.bin_id is not None:
            return [self._at_bin(stop, stop.bin_id, at_utc, fill_of)]
        if stop.kind == "dispose":
            return [self._tap(stop, "unloaded", at_utc, disposal_site_id=stop.disposal_site_id, **self._weighed())]
        if stop.kind == "break":
            return [self._tap(stop, "break_ended", at_utc)]
        return []

    def _at_bin(self, stop: StopView, bin_id: str, at_utc: datetime, fill_of: Callable[[str], float]) -> Tap:
        if self.rng.random() < BLOCKED_SHARE:
            return self._tap(stop, "skipped", at_utc, bin_id=bin_id, skip_reason="blocked")
        if fill_of(bin_id) < EMPTY_BELOW_FRACTION:
            return self._tap(stop, "skipped", at_utc, bin_id=bin_id, skip_reason="already_empty")
        self.aboard_kg += fill_of(bin_id) * self.kg_when_full.get(bin_id, 0.0)
        return self._tap(stop, "emptied", at_utc, bin_id=bin_id)

    def _weighed(self) -> dict[str, object]:
        """Return what the scales and the slip say, and begin anew with an empty truck."""
        load_kg, self.aboard_kg = round(self.aboard_kg / SCALES_KG) * SCALES_KG, 0.0
        return {"weight_kg": load_kg, "ticket": f"{self.route.vehicle_id}-{self._next}"} if self.kg_when_full else {}

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


def kg_when_full(city: City) -> Mapping[str, float]:
    """Return what each bin weighs when it is full of what it is for."""
    return {
        bin_id: city.container_type_of(bin_id).volume_l * city.fraction_of(bin_id).density_kg_per_l
        for bin_id in city.bins
    }
