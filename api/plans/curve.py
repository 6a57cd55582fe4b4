"""The curve behind the risk knob: computed in the background, a point at a time, and never before a plan.

Points are asked for in an order in which a page can show them early: what is set, the ends, what lies between. Then
further futures are drawn, and the points told are averages over them.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Literal

from api.city.keeper import CityKeeper
from api.context import ApiContext
from api.live.hub import Hub
from api.live.topics import CITY
from api.plans.desk import PlanDesk
from api.turns import TurnTaker
from routing.alternatives.pareto import AS_SET, LADDER, at_risk
from routing.alternatives.pareto_weeks import Weekly
from tomma.city import City
from tomma.errors import TommaError

log = logging.getLogger(__name__)

CurveStatus = Literal["computing", "ready", "failed"]
FRESH = timedelta(hours=6)
"""A curve of weeks moves little in a morning."""
FAILED_FRESH = timedelta(minutes=5)
"""What kept one from being computed has passed by then, or is told once more."""
BINS_DRAWN = 600
"""Futures are drawn until so many bins have been lived through."""
PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of the knob and what it comes to."""

    risk: float
    accepted_overflow_probability: float
    expected_overflows_per_week: float
    km_per_week: float
    lifts_per_week: float
    cost_minor_per_week: int
    current: bool


@dataclass(slots=True)
class Curve:
    """What is known so far."""

    status: CurveStatus
    as_of_utc: datetime
    revision: int
    draws: int = 0
    """Futures that every point is an average of, once ready."""
    detail: str = ""
    weeks: dict[float, list[Weekly]] = field(default_factory=lambda: defaultdict(list))

    @property
    def fresh(self) -> timedelta:
        """How long it is good for."""
        return FAILED_FRESH if self.status == "failed" else FRESH


class CurveDesk(TurnTaker):
    """One thread that computes the city's curve when somebody looks at it."""

    def __init__(self, context: ApiContext, city: CityKeeper, desk: PlanDesk, hub: Hub) -> None:
        super().__init__("curve", log, every_s=None)
        self._context = context
        self._city = city
        self._desk = desk
        self._hub = hub
        self._lock = Lock()
        self._curve: Curve | None = None

    def is_set(self) -> bool:
        """Return whether the point under way is better left: a plan waits, or the server leaves."""
        return self._leaving.is_set() or self._desk.busy

    def look(self) -> tuple[Curve, Sequence[Point]]:
        """Return what is known; begins to compute when that is nothing, old, or of another city."""
        now_utc, revision = self._context.clock.now_utc(), self._context.registry.revision()
        self._city.current()  # NotFoundError before the first import
        with self._lock:
            known = self._curve
            if known is None or known.revision != revision or now_utc - known.as_of_utc > known.fresh:
                known = self._curve = Curve("computing", now_utc, revision)
                self.nudge()
            return known, self._points(known)

    def _points(self, curve: Curve) -> list[Point]:
        planning = self._context.settings.planning
        return [
            Point(
                risk=risk,
                accepted_overflow_probability=round(at_risk(planning, risk).accepted_overflow_probability, 4),
                expected_overflows_per_week=round(sum(each.expected_overflows for each in weeks) / len(weeks), 3),
                km_per_week=round(sum(each.km for each in weeks) / len(weeks), 2),
                lifts_per_week=round(sum(each.lifts for each in weeks) / len(weeks), 1),
                cost_minor_per_week=round(sum(each.cost_minor for each in weeks) / len(weeks)),
                current=risk == AS_SET,
            )
            for risk, weeks in sorted(curve.weeks.items())
        ]

    def _turn(self) -> None:
        with self._lock:
            curve = self._curve
        if curve is not None and curve.status == "computing":
            self._compute(curve)

    def _compute(self, curve: Curve) -> None:
        try:
            city = self._city.current()
            draws = max(1, min(self._context.pace.curve_draws, BINS_DRAWN // max(len(city.bins), 1)))
            for draw in range(draws):
                for risk in LADDER:
                    weekly = self._weekly(city, curve, risk, draw)
                    if weekly is None:
                        return
                    with self._lock:
                        curve.weeks[risk].append(weekly)
                    self._tell(curve)
                curve.draws = draw + 1
            curve.status = "ready"
        except TommaError as exc:
            log.warning("curve failed reason=%s", exc)
            curve.status, curve.detail = "failed", str(exc)
        except Exception:  # the knob works without its curve
            log.exception("curve crashed")
            curve.status, curve.detail = "failed", "the curve could not be computed; the operator's log says why"
        self._tell(curve)

    def _weekly(self, city: City, curve: Curve, risk: float, draw: int) -> Weekly | None:
        """Return the point; asked for again when a plan came first. None when nobody wants it any more."""
        while not self._leaving.is_set() and self._curve is curve:
            if self._desk.busy:
                self._leaving.wait(PAUSE_S)
                continue
            planning = self._context.planning(city)
            found = self._context.weekly(
                city=city, planning=planning, now_utc=curve.as_of_utc, risk=risk, draw=draw, stop=self
            )
            if found is not None:
                return found
        return None

    def _tell(self, curve: Curve) -> None:
        self._hub.tell(CITY, "pareto", {"status": curve.status, "points": len(curve.weeks)})
