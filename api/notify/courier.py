"""Tells recipients of alerts: decides what is worth a message, puts it into the outbox, and sends what is due.

What is told and that it was told become durable as one, before anything is sent: a process that is killed at any moment
resumes without loss. A message may then arrive twice; its id is the same both times.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from api.alerts.desk import AlertDesk, Standing, bin_of
from api.alerts.ids import alert_id
from api.city.keeper import CityKeeper
from api.notify.items import Item, item_of, over, wanted
from api.notify.letter import as_text, letter_of, trial_letter
from api.notify.pace import HOUR, Sent, Waiting, ready
from api.turns import TurnTaker
from tomma.alerts import About, CareState, about_of
from tomma.care_ports import Outbox
from tomma.clock import Clock
from tomma.errors import NotFoundError, NotSentError, TommaError
from tomma.model import Alert
from tomma.notices import Notice, NoticeStatus, ToldAlert
from tomma.notify_settings import NotifySettings, Recipient

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""A try that has not ended by then was killed in the middle."""
FIRST_RETRY_S, LONGEST_RETRY_S, GROWTH = 5.0, 6 * 3_600.0, 4.0
ERROR_MAX = 300
TURN_S = 1.0
FORGET_EVERY = timedelta(hours=1)

type Send = Callable[[Notice, datetime], None]


@dataclass(frozen=True, slots=True)
class _News:
    """What one recipient has not been told, and what is to be kept of it."""

    waiting: tuple[tuple[Item, ToldAlert], ...]
    silently: tuple[ToldAlert, ...]
    """Kept without a word: ends nobody asked for, returns within hours."""
    forgotten: tuple[ToldAlert, ...]


class Courier(TurnTaker):
    """`look` decides, `send_due` sends; the thread does both every second.

    When it is stopped, what is on its way ends by itself, and what waits is sent after the next start.
    """

    def __init__(
        self,
        *,
        settings: NotifySettings,
        link: str,
        desk: AlertDesk,
        outbox: Outbox,
        city: CityKeeper,
        clock: Clock,
        send: Send,
        rng: random.Random,
    ) -> None:
        super().__init__("courier", log, every_s=TURN_S, begin_after_s=TURN_S)
        self._settings, self._link = settings, link
        self._desk, self._outbox, self._city = desk, outbox, city
        self._clock, self._send, self._rng = clock, send, rng
        self._known_since: dict[tuple[str, About, bool], datetime] = {}
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._forget_due_utc: datetime | None = None

    def start(self) -> None:
        """Begin to tell; without recipients there is nothing to do."""
        if self._settings.recipients:
            super().start()

    def look(self) -> list[Notice]:
        """Put what is to be told now into the outbox and return it; NotFoundError before the first import."""
        now_utc, standing = self._clock.now_utc(), self._desk.standing()
        zone = ZoneInfo(self._city.current().organisation.timezone)
        told: dict[str, dict[About, ToldAlert]] = {}
        for each in self._outbox.told():
            told.setdefault(each.recipient, {})[each.about] = each
        made = []
        self._known_since = dict(self._still_known(standing, told))
        for recipient in self._settings.recipients:
            news = self._news(recipient, standing, told.get(recipient.name, {}), now_utc)
            if news.silently:
                self._outbox.retell(news.silently)
            if news.forgotten:
                self._outbox.forget_told(news.forgotten)
            notice = self._message(recipient, news.waiting, now_utc, zone)
            if notice is not None:
                made.append(notice)
        return made

    def test(self, recipient: str) -> Notice:
        """Put a message on purpose into the outbox; NotFoundError when there is no such recipient."""
        found = next((each for each in self._settings.recipients if each.name == recipient), None)
        if found is None:
            raise NotFoundError(f"there is no recipient {recipient}; see [[notify.recipients]] in the settings")
        now_utc = self._clock.now_utc()
        notice = _notice(found, as_text(trial_letter(now_utc, self._link)), 0, now_utc, urgent=True)
        self._outbox.put(notice, ())
        return notice

    def send_due(self, *, wait: bool = False) -> None:
        """Send what is due, one message to a recipient at a time; a slow recipient holds up nobody else."""
        threads = []
        for notice in self._outbox.due(self._clock.now_utc()):
            with self._lock:
                if notice.recipient in self._busy:
                    continue
                self._busy.add(notice.recipient)
            thread = threading.Thread(target=self._deliver, args=(notice,), name="courier-send", daemon=True)
            thread.start()
            threads.append(thread)
        for thread in threads if wait else ():
            thread.join()

    def _still_known(
        self, standing: Iterable[Standing], told: Mapping[str, Mapping[About, ToldAlert]]
    ) -> Iterator[tuple[tuple[str, About, bool], datetime]]:
        here = {about_of(each.alert) for each in standing}
        for key, since_utc in self._known_since.items():
            recipient, about, ended = key
            row = told.get(recipient, {}).get(about)
            if (about not in here) if ended else (about in here and (row is None or row.over)):
                yield key, since_utc

    def _news(
        self, recipient: Recipient, standing: Sequence[Standing], told: Mapping[About, ToldAlert], now_utc: datetime
    ) -> _News:
        city, rules = self._city.current(), self._settings.rules
        again_after = timedelta(hours=self._settings.again_after_h)
        waiting: list[tuple[Item, ToldAlert]] = []
        silently: list[ToldAlert] = []
        here = set()
        for each in standing:
            about = about_of(each.alert)
            here.add(about)
            row, item = told.get(about), item_of(each.alert, each.id, each.bin_id, city)
            if not wanted(item, recipient, rules) or not _to_tell(each, row):
                continue
            new = ToldAlert(recipient.name, about, each.alert.at_utc, now_utc)
            if row is not None and row.over and now_utc - row.told_utc < again_after:
                silently.append(replace(new, told_utc=row.told_utc))
            else:
                waiting.append((item, new))
        gone = [row for about, row in told.items() if about not in here]
        for row in gone:
            if row.over:
                continue
            if recipient.tell_ends or recipient.channel == "webhook":
                alert = _alert_of(row)
                waiting.append(
                    (over(item_of(alert, alert_id(alert), bin_of(alert, city, now_utc), city)), replace(row, over=True))
                )
            else:
                silently.append(replace(row, over=True))
        forgotten = [row for row in gone if row.over and now_utc - row.told_utc > again_after]
        return _News(tuple(waiting), tuple(silently), tuple(forgotten))

    def _message(
        self, recipient: Recipient, waiting: Sequence[tuple[Item, ToldAlert]], now_utc: datetime, zone: ZoneInfo
    ) -> Notice | None:
        known = []
        for item, told in waiting:
            since_utc = self._known_since.setdefault((recipient.name, told.about, item.ended), now_utc)
            known.append(Waiting(item, since_utc))
        items = ready(known, self._sent(recipient, now_utc), self._settings, now_utc, zone) if known else ()
        if not items:
            return None
        chosen = {(about_of(each.alert), each.ended) for each in items}
        letter = letter_of(items, self._settings.listed_max, now_utc, self._link)
        notice = _notice(recipient, as_text(letter), len(items), now_utc, urgent=_is_urgent(items))
        told_now = [told for item, told in waiting if (told.about, item.ended) in chosen]
        if not self._outbox.put(notice, told_now):
            return None  # another process was first
        log.info("notice made recipient=%s alerts=%d urgent=%s", recipient.name, len(items), notice.urgent)
        return notice

    def _sent(self, recipient: Recipient, now_utc: datetime) -> list[Sent]:
        made = self._outbox.made_after(now_utc - HOUR, recipient.name)
        return [Sent(each.created_utc, each.urgent) for each in made if each.alerts]

    def _deliver(self, notice: Notice) -> None:
        try:
            now_utc = self._clock.now_utc()
            claimed = self._outbox.claim(notice, now_utc + LEASE)
            if claimed is not None:
                self._outbox.settle(self._tried(claimed, now_utc))
        except TommaError as exc:
            log.warning("notice waits id=%s why=%s", notice.id, exc)
        except Exception:
            log.exception("notice crashed id=%s", notice.id)  # its lease ends, and it is tried again
        finally:
            with self._lock:
                self._busy.discard(notice.recipient)

    def _tried(self, notice: Notice, now_utc: datetime) -> Notice:
        try:
            self._send(notice, now_utc)
        except NotSentError as exc:
            after_utc, error = self._clock.now_utc(), str(exc)[:ERROR_MAX]
            given_up = exc.for_good or after_utc - notice.created_utc > timedelta(hours=self._settings.give_up_h)
            log.warning(
                "notice not sent id=%s attempts=%d given_up=%s why=%s", notice.id, notice.attempts, given_up, error
            )
            if given_up:
                return replace(notice, status=NoticeStatus.FAILED, settled_utc=after_utc, error=error)
            return replace(notice, due_utc=after_utc + timedelta(seconds=self._wait_s(notice.attempts)), error=error)
        log.info("notice sent id=%s recipient=%s attempts=%d", notice.id, notice.recipient, notice.attempts)
        return replace(notice, status=NoticeStatus.SENT, settled_utc=self._clock.now_utc(), error="")

    def _wait_s(self, attempts: int) -> float:
        """Return the wait before the next try: growing fourfold to six hours, spread so that nobody is stormed."""
        span_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * GROWTH ** min(attempts - 1, 10))
        return span_s * self._rng.uniform(0.5, 1.0)

    def _forget(self) -> None:
        now_utc = self._clock.now_utc()
        if self._forget_due_utc is None or now_utc >= self._forget_due_utc:
            self._forget_due_utc = now_utc + FORGET_EVERY
            self._outbox.forget_before(now_utc - timedelta(days=self._settings.keep_days))

    def _turn(self) -> None:
        self.look()
        self.send_due()
        self._forget()


def _to_tell(each: Standing, row: ToldAlert | None) -> bool:
    """Return whether it is news: nobody looks after it, and it was not told, ended since, or was put off till now."""
    if each.attention.state is not CareState.OPEN:
        return False
    if row is None or row.over:
        return True
    woke_utc = each.attention.woke_utc
    return woke_utc is not None and row.told_utc < woke_utc


def _is_urgent(items: Sequence[Item]) -> bool:
    return all(each.urgency.value == "now" for each in items)


def _alert_of(row: ToldAlert) -> Alert:
    kind, sensor_id, bin_id = row.about
    return Alert(kind, row.raised_utc, active=True, sensor_id=sensor_id, bin_id=bin_id)


def _notice(recipient: Recipient, body: str, alerts: int, now_utc: datetime, *, urgent: bool) -> Notice:
    return Notice(
        id=f"msg_{uuid4().hex}",
        recipient=recipient.name,
        channel=recipient.channel,
        body=body,
        alerts=alerts,
        urgent=urgent,
        created_utc=now_utc,
        due_utc=now_utc,
    )
