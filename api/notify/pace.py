"""When a message may leave: alone, in company, or not now. Pure, so that a storm can be played in a test.

Fire goes at once, at any hour. Everything else waits for company, keeps quiet at night and is capped by the hour;
what does not fit is not dropped but goes with the next message.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.notify.items import Item
from tomma.alerts import Urgency
from tomma.notify_settings import NotifySettings

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that went to the recipient before."""

    at_utc: datetime
    urgent: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing to tell, and since when we have known of it."""

    item: Item
    since_utc: datetime


def ready(
    waiting: Sequence[Waiting], sent: Sequence[Sent], settings: NotifySettings, now_utc: datetime, zone: ZoneInfo
) -> tuple[Item, ...]:
    """Return what to put into one message now; nothing as long as it should wait.

    Args:
        waiting: What the recipient has not been told.
        sent: What it was sent in the last hour.
        settings: How long things wait, and how many messages an hour.
        now_utc: This moment.
        zone: Of the city: nights are local.
    """
    fires = [each.item for each in waiting if each.item.urgency is Urgency.NOW]
    if fires and not _within(sent, now_utc, timedelta(seconds=settings.urgent_gap_s), urgent=True):
        return tuple(fires)
    rest = [each for each in waiting if each.item.urgency is not Urgency.NOW]
    if not rest or is_quiet(now_utc, settings, zone):
        return ()
    if len(_within(sent, now_utc, HOUR, urgent=False)) >= settings.messages_per_h:
        return ()
    if any(now_utc >= each.since_utc + timedelta(seconds=_patience_s(each.item, rest, settings)) for each in rest):
        return tuple(each.item for each in rest)  # once a message goes, nothing is kept for a later one
    return ()


def _patience_s(item: Item, rest: Sequence[Waiting], settings: NotifySettings) -> float:
    """Return how long it waits for company; many of a kind are a greater trouble than one and do not wait for hours."""
    if item.urgency is Urgency.TODAY:
        return settings.group_s
    of_kind = Counter((each.item.kind, each.item.ended) for each in rest)
    return settings.group_s if of_kind[item.kind, item.ended] >= settings.many else settings.digest_s


def is_quiet(now_utc: datetime, settings: NotifySettings, zone: ZoneInfo) -> bool:
    """Return whether people sleep: from `quiet_from` until `quiet_to`, local time, over midnight or not."""
    if settings.quiet_from is None or settings.quiet_to is None:
        return False
    local = now_utc.astimezone(zone).time()
    return _between(local, settings.quiet_from, settings.quiet_to)


def _between(moment: time, begin: time, end: time) -> bool:
    if begin <= end:
        return begin <= moment < end
    return moment >= begin or moment < end


def _within(sent: Sequence[Sent], now_utc: datetime, span: timedelta, *, urgent: bool) -> list[Sent]:
    return [each for each in sent if each.urgent is urgent and now_utc - each.at_utc < span]
