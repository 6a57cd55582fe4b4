"""Looks every few seconds: raises what forecast and residents foretell, closes what was done, and tells the pages."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from api.alerts.busy import busy
from api.alerts.desk import AlertDesk, Standing
from api.alerts.foresight import Ahead, coming, foresee, just_emptied, next_trucks
from api.context import ApiContext
from api.live.hub import Hub
from api.live.topics import CITY
from api.live.watch import Watch
from api.turns import TurnTaker
from api.work.desk import WorkDesk
from routing.daytime import WorkingDay, local_day
from tomma.alerts import CareState, Urgency
from tomma.model import Alert, AlertKind, BinId
from tomma.requests import RequestSource

log = logging.getLogger(__name__)

TURNS = 4
"""So many of the watch's turns between two looks: two seconds."""
JUST_AFTER = timedelta(milliseconds=1)
ABOUT_BINS = {AlertKind.OVERFLOW, AlertKind.OVERFLOW_SOON}


class Lookout(TurnTaker):
    """One round is `look`; it may be called from any thread."""

    def __init__(self, context: ApiContext, desk: AlertDesk, work: WorkDesk, watch: Watch, hub: Hub) -> None:
        every_s = context.pace.poll_s * TURNS
        super().__init__("lookout", log, every_s=every_s, begin_after_s=every_s)
        self._context, self._desk, self._work = context, desk, work
        self._watch, self._hub = watch, hub
        self._looking = threading.Lock()
        self._told: object = None

    def look(self) -> None:
        """Look once; NotFoundError before the first import of a city."""
        with self._looking:
            found = [*self._foresee(), *self._residents()]
            if found:
                self._context.readings.append((), alerts=found)
                for each in found:
                    log.info("alert kind=%s active=%s about=%s", each.kind, each.active, each.bin_id)
            self._work.settle()
            self._tell(self._desk.standing())

    def _foresee(self) -> Sequence[Alert]:
        scene = self._watch.scene()
        if scene.forecast is None:
            return ()
        now_utc = self._context.clock.now_utc()
        active = {
            (each.kind, each.bin_id): each
            for each in self._context.readings.active_alerts()
            if each.kind in ABOUT_BINS and each.bin_id is not None
        }
        gone = just_emptied(scene.day, scene.forecast.as_of_utc)
        since_utc = scene.forecast.as_of_utc + JUST_AFTER  # what the own forecast made us say is no other's word

        def said_since(bin_id: BinId) -> Sequence[Alert]:
            return self._context.readings.alerts(since_utc, now_utc + JUST_AFTER, bin_id)

        days = self._context.planning(scene.city).collection_days
        trucks_utc = next_trucks(scene.city, days, scene.plan, now_utc)
        foreseen, on_the_way = scene.forecast.outlook, coming(scene.plan, scene.day, now_utc)
        ahead = Ahead(now_utc, foreseen, on_the_way, active, trucks_utc, gone, said_since)
        return list(foresee(scene.city.bins, ahead, self._context.settings.alerts.overflow_soon_h))

    def _residents(self) -> Iterator[Alert]:
        context, kind = self._context, AlertKind.RESIDENTS_BUSY
        now_utc, zone = context.clock.now_utc(), self._watch.scene().city.organisation.timezone
        midnight_utc = WorkingDay(local_day(now_utc, zone), zone).at_utc(0)
        is_open, day_max = context.settings.residents.open, context.settings.residents.day_max
        asked = context.requests.count(RequestSource.RESIDENT, midnight_utc) if is_open else 0
        standing = any(each.kind is kind for each in context.readings.active_alerts())
        return busy(asked, day_max, standing, now_utc)

    def _tell(self, standing: Sequence[Standing]) -> None:
        orders = self._work.standing()
        seen = (
            tuple((each.id, each.attention.state, len(each.attention.actions)) for each in standing),
            tuple((each.id, each.revision) for each in orders),
        )
        if seen == self._told:
            return
        self._told = seen
        self._hub.tell(CITY, "alert", {**summary(standing), "work_orders": len(orders)})

    def _turn(self) -> None:
        self.look()


def summary(standing: Sequence[Standing]) -> dict[str, int]:
    """Return how much wants attention: what nobody has taken on, by urgency, and the rest."""
    states = Counter(each.attention.state for each in standing)
    urgencies = Counter(each.urgency for each in standing if each.attention.state is CareState.OPEN)
    return {
        "open": states[CareState.OPEN],
        **{each.value: urgencies[each] for each in Urgency},
        "acknowledged": states[CareState.ACKNOWLEDGED],
        "snoozed": states[CareState.SNOOZED],
    }
