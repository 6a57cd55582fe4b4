"""What people do about an alert: it is theirs to acknowledge, to put off and to write on; only the world can end it.

Actions are appended and folded, never edited, as the drivers' events are. So who said what, and when, stays readable.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from tomma.bounds import BoundError, Rule, check_length, check_utc
from tomma.model import Alert, AlertKind, BinId, SensorId

CARE_NOTE_MAX = 500
"""Characters."""
SNOOZE_MAX = timedelta(days=30)
"""What is put off for longer is forgotten: then acknowledge it, or make a work order of it."""


class Urgency(StrEnum):
    """How soon somebody should act."""

    NOW = "now"
    """Whatever the hour."""
    TODAY = "today"
    LATER = "later"
    """When somebody comes that way anyway."""


URGENCY: Mapping[AlertKind, Urgency] = MappingProxyType(
    {
        AlertKind.FIRE: Urgency.NOW,
        AlertKind.MORNING_PLAN_FAILED: Urgency.NOW,
        AlertKind.SECOND_ROUND_FAILED: Urgency.TODAY,
        AlertKind.OVERFLOW: Urgency.TODAY,
        AlertKind.OVERFLOW_SOON: Urgency.TODAY,
        AlertKind.PICKUP_MISSED: Urgency.TODAY,
        AlertKind.TILT: Urgency.TODAY,
        AlertKind.TAMPER: Urgency.TODAY,
        AlertKind.STREAM_SILENT: Urgency.TODAY,
        AlertKind.SOURCE_SILENT: Urgency.TODAY,
        AlertKind.MESSAGES_LOST: Urgency.TODAY,
        AlertKind.RESIDENTS_BUSY: Urgency.TODAY,
        AlertKind.TWO_SENDERS: Urgency.TODAY,
        AlertKind.SENSOR_SILENT: Urgency.LATER,
        AlertKind.SENSOR_FAULT: Urgency.LATER,
        AlertKind.BATTERY_LOW: Urgency.LATER,
        AlertKind.BATTERY_FALLING: Urgency.LATER,
        AlertKind.STUCK: Urgency.LATER,
        AlertKind.BLOCKED: Urgency.LATER,
        AlertKind.IMPOSSIBLE_VALUES: Urgency.LATER,
        AlertKind.EMPTIED_UNPLANNED: Urgency.LATER,
    }
)
ORDER: Mapping[Urgency, int] = MappingProxyType({each: place for place, each in enumerate(Urgency)})


class CareAction(StrEnum):
    """What somebody did about an alert."""

    ACKNOWLEDGED = "acknowledged"
    """Somebody looks after it; it stays on the list until it is over."""
    SNOOZED = "snoozed"
    """Not before `until_utc`."""
    REOPENED = "reopened"
    """Takes back the two above."""
    NOTED = "noted"


class CareState(StrEnum):
    """What an alert wants of people."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"


@dataclass(frozen=True, slots=True)
class Care:
    """One action on one alert, told once: `key` is made by whoever acts."""

    key: str
    kind: AlertKind
    sensor_id: SensorId | None
    bin_id: BinId | None
    raised_utc: datetime
    action: CareAction
    at_utc: datetime
    by: str
    note: str = ""
    until_utc: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a nameless actor, an endless note, and a snooze without end or for ever."""
        check_length("key", self.key, 1, 128)
        check_length("by", self.by, 1, 128)
        check_length("note", self.note, 0, CARE_NOTE_MAX)
        check_utc("raised_utc", self.raised_utc)
        check_utc("at_utc", self.at_utc)
        if (self.action is CareAction.SNOOZED) != (self.until_utc is not None):
            bound = "must be set for a snooze and for nothing else"
            raise BoundError("until_utc", Rule.BELONGS, bound, self.until_utc, other="action")
        if self.until_utc is not None:
            check_utc("until_utc", self.until_utc)
            if not self.at_utc < self.until_utc <= self.at_utc + SNOOZE_MAX:
                most = SNOOZE_MAX.days
                bound = f"must be within {most} days from now"
                raise BoundError("until_utc", Rule.DAYS_FROM_NOW, bound, self.until_utc, most=most)

    @property
    def about(self) -> "About":
        """The kind and the subject it concerns."""
        return self.kind, self.sensor_id, self.bin_id if self.sensor_id is None else None


type About = tuple[AlertKind, SensorId | None, BinId | None]


def about_of(alert: Alert) -> About:
    """Return what an alert is about; of those with one answer at most one is raised at a time."""
    return alert.kind, *alert.subject


@dataclass(frozen=True, slots=True)
class Attention:
    """What people did about one alert so far."""

    state: CareState = CareState.OPEN
    snoozed_until_utc: datetime | None = None
    """Set while it is snoozed."""
    woke_utc: datetime | None = None
    """When its last snooze ended by itself, if nothing was done since."""
    actions: tuple[Care, ...] = ()
    """Oldest first."""


def attention_to(alert: Alert, actions: Iterable[Care], now_utc: datetime) -> Attention:
    """Return what the actions add up to for an alert that was raised.

    An action counts when the alert had been raised by the time of it. A late reading may date an alert anew, and what
    somebody said of it before then still holds; one that was raised afterwards is a new alert.

    Args:
        alert: The raising.
        actions: On the same kind and subject, in any order; of other alerts they are passed over.
        now_utc: Tells whether a snooze has ended.
    """
    about = about_of(alert)
    own = [each for each in actions if each.about == about and alert.at_utc <= max(each.at_utc, each.raised_utc)]
    own.sort(key=lambda each: (each.at_utc, each.key))
    state, until_utc = CareState.OPEN, None
    for each in own:
        if each.action is CareAction.ACKNOWLEDGED:
            state, until_utc = CareState.ACKNOWLEDGED, None
        elif each.action is CareAction.SNOOZED:
            state, until_utc = CareState.SNOOZED, each.until_utc
        elif each.action is CareAction.REOPENED:
            state, until_utc = CareState.OPEN, None
    woke_utc = None
    if until_utc is not None and until_utc <= now_utc:
        state, until_utc, woke_utc = CareState.OPEN, None, until_utc
    return Attention(state, until_utc, woke_utc, tuple(own))


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert from its raising to its end."""

    raised: Alert
    ended_utc: datetime | None


def episodes(changes: Iterable[Alert]) -> list[Episode]:
    """Pair every raising with its end, in order of the raising; an end without a raising is older than `changes`."""
    standing: dict[About, Alert] = {}
    found: list[Episode] = []
    for each in sorted(changes, key=lambda one: (one.at_utc, not one.active)):
        about = about_of(each)
        if each.active:
            standing.setdefault(about, each)  # raised again while it stood: two workers, or a shorter memory
        elif about in standing:
            found.append(Episode(standing.pop(about), each.at_utc))
    found += [Episode(raised, None) for raised in standing.values()]
    return sorted(found, key=lambda each: (each.raised.at_utc, each.raised.kind, *map(str, each.raised.subject)))
