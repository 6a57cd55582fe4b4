"""What there is to tell: one alert with its place, as every channel needs it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tomma.alerts import ORDER, URGENCY, Urgency
from tomma.city import City
from tomma.model import Alert, AlertKind, BinId
from tomma.notify_settings import Recipient, Rule


@dataclass(frozen=True, slots=True)
class Item:
    """One alert to tell of, raised or over."""

    alert: Alert
    """The raising, also when it is over."""
    alert_id: str
    place: str = ""
    area: str = ""
    fraction: str = ""
    """Code of the waste stream."""
    ended: bool = False

    @property
    def kind(self) -> AlertKind:
        """Of the alert."""
        return self.alert.kind

    @property
    def urgency(self) -> Urgency:
        """How soon somebody should act; that it is over can always wait for company."""
        return Urgency.TODAY if self.ended and self.kind is AlertKind.FIRE else URGENCY[self.kind]

    @property
    def order(self) -> tuple[int, bool, str, datetime, str]:
        """The most urgent first, then those of a kind together, then the oldest."""
        return ORDER[self.urgency], self.ended, self.kind.value, self.alert.at_utc, self.alert_id


def item_of(alert: Alert, alert_id: str, bin_id: BinId | None, city: City) -> Item:
    """Return the alert with what the city knows of its place."""
    own = city.bins.get(bin_id) if bin_id is not None else None
    if own is None:
        return Item(alert, alert_id)
    site = city.sites[own.site_id]
    return Item(alert, alert_id, site.name, site.area, own.fraction_code)


def over(item: Item) -> Item:
    """Return the news that it is over."""
    return replace(item, ended=True)


def wanted(item: Item, recipient: Recipient, rules: tuple[Rule, ...]) -> bool:
    """Return whether the rules give it to the recipient; without rules everybody gets everything.

    What is about no bin (the stream) has no area and no fraction: only rules that ask for neither match it.
    """
    return not rules or any(
        recipient.name in rule.to
        and (not rule.kinds or item.kind in rule.kinds)
        and (not rule.areas or item.area in rule.areas)
        and (not rule.fractions or item.fraction in rule.fractions)
        for rule in rules
    )


def utc_text(moment: datetime) -> str:
    """Return the moment as the API writes it.

    >>> utc_text(datetime(2026, 11, 22, 5, 30, tzinfo=UTC))
    '2026-11-22T05:30:00Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
