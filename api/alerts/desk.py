"""What is the matter now, and what people have said of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.alerts.ids import alert_id
from api.city.keeper import CityKeeper
from tomma.alerts import (
    ORDER,
    URGENCY,
    About,
    Attention,
    Care,
    CareState,
    Urgency,
    about_of,
    attention_to,
    episodes,
)
from tomma.care_ports import CareBook
from tomma.city import City
from tomma.clock import Clock
from tomma.model import Alert, BinId
from tomma.ports import ReadingStore

EARLIER = timedelta(days=2)
"""A late reading may date an alert so much anew, and what was said of it before still counts."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One alert with its place and with what people did about it."""

    id: str
    alert: Alert
    attention: Attention
    bin_id: BinId | None
    """The bin it is about, or in which its sensor hangs."""
    place: str = ""
    area: str = ""
    fraction: str = ""
    """Code of the waste stream."""
    ended_utc: datetime | None = None

    @property
    def urgency(self) -> Urgency:
        """How soon somebody should act."""
        return URGENCY[self.alert.kind]

    @property
    def order(self) -> tuple[int, bool, float, str]:
        """The most urgent first, what nobody has taken on before the rest, then the newest."""
        taken = self.attention.state is not CareState.OPEN
        return ORDER[self.urgency], taken, -self.alert.at_utc.timestamp(), self.id


class AlertDesk:
    """Puts the alerts of the reading store beside the actions of the registry; callable from any thread."""

    def __init__(self, readings: ReadingStore, care: CareBook, city: CityKeeper, clock: Clock) -> None:
        self._readings, self._care = readings, care
        self._city, self._clock = city, clock

    def standing(self) -> Sequence[Standing]:
        """Return every alert that is raised now, the most urgent first; NotFoundError before the first import."""
        active = self._readings.active_alerts()
        return self._beside_care([(each, None) for each in active])

    def history(self, from_utc: datetime, to_utc: datetime, bin_id: BinId | None = None) -> Sequence[Standing]:
        """Return the alerts raised within a time, the newest first, each with its end if it had one by then."""
        changes = self._readings.alerts(from_utc, max(to_utc, self._clock.now_utc() + timedelta(seconds=1)), bin_id)
        found = [each for each in episodes(changes) if each.raised.at_utc < to_utc]
        beside = self._beside_care([(each.raised, each.ended_utc) for each in found])
        return sorted(beside, key=lambda each: (each.alert.at_utc, each.id), reverse=True)

    def act(self, actions: Sequence[Care]) -> None:
        """Keep what somebody did."""
        self._care.append(actions)

    def _beside_care(self, found: Sequence[tuple[Alert, datetime | None]]) -> Sequence[Standing]:
        if not found:
            return ()
        city, now_utc = self._city.current(), self._clock.now_utc()
        by_about = _by_about(self._care.since(min(alert.at_utc for alert, _ in found) - EARLIER))
        standing = [_standing(alert, ended, by_about, city, now_utc) for alert, ended in found]
        return sorted(standing, key=lambda each: each.order)


def _by_about(actions: Iterable[Care]) -> Mapping[About, Sequence[Care]]:
    found: dict[About, list[Care]] = {}
    for each in actions:
        found.setdefault(each.about, []).append(each)
    return found


def _standing(
    alert: Alert, ended_utc: datetime | None, by_about: Mapping[About, Sequence[Care]], city: City, now_utc: datetime
) -> Standing:
    actions = by_about.get(about_of(alert), ())
    if ended_utc is not None:  # of what has come back since, somebody else's words count
        actions = [each for each in actions if each.at_utc <= ended_utc or each.raised_utc == alert.at_utc]
    bin_id = bin_of(alert, city, now_utc)
    own = city.bins.get(bin_id) if bin_id is not None else None
    site = city.sites[own.site_id] if own is not None else None
    return Standing(
        alert_id(alert),
        alert,
        attention_to(alert, actions, now_utc),
        bin_id,
        site.name if site else "",
        site.area if site else "",
        own.fraction_code if own else "",
        ended_utc,
    )


def bin_of(alert: Alert, city: City, now_utc: datetime) -> BinId | None:
    """Return the bin that somebody should go to."""
    if alert.bin_id is None and alert.sensor_id is not None:
        return city.bin_of_sensor(alert.sensor_id, now_utc)
    return alert.bin_id
