"""What the broker gives away about its own losses.

MQTT promises a subscriber nothing about what the broker threw away before sending it. Two signs can be seen from
here: mosquitto publishes how many messages it dropped since it started, and on a reconnect a broker says whether it
still knows our session. Both are told loudly, because nothing else in the house can notice such a loss.
"""

import logging
from dataclasses import dataclass

log = logging.getLogger(__name__)

DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"
NUMBER_BYTES_MAX = 20


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the link saw since start, for the status."""

    connected: bool = False
    reconnects: int = 0
    unread: int = 0
    """Messages of QoS 0 that found no room: the sender did not ask for more."""
    waiting: int = 0
    """Messages that are here and not yet taken to the store."""
    broker_dropped: int = 0
    sessions_lost: int = 0


NO_FACTS = LinkFacts()


@dataclass(slots=True)
class BrokerWatch:
    """Follows the broker's signs over reconnects and restarts."""

    dropped: int = 0
    """Messages the broker says it dropped, since it started or, over restarts, since we watch."""
    sessions_lost: int = 0
    """Reconnects at which the broker had forgotten us, and with us whatever it held for us."""
    _last: int | None = None

    def told(self, topic: str, payload: bytes) -> None:
        """Take a message that is no reading."""
        if topic != DROPPED_TOPIC or not payload.isdigit() or len(payload) > NUMBER_BYTES_MAX:
            return
        now, before = int(payload), self._last
        self._last = now
        grown = now - before if before is not None and now >= before else now  # less than before: it restarted
        if grown:
            self.dropped += grown
            when = "since it started" if before is None else "just now"
            log.error(
                "broker drops messages count=%d when=%s what_now=%s",
                grown,
                when,
                "raise max_queued_messages (0 is no limit) and max_queued_bytes: `tomma broker-config` writes both",
            )

    def keeps_sessions_for(self, kept_s: int | None, asked_s: int) -> None:
        """Take how long the broker says it will keep our session; None when it does not say: as long as asked."""
        if kept_s is not None and kept_s < asked_s:
            log.warning(
                "broker keeps sessions shorter than asked kept_s=%d asked_s=%d what_now=%s",
                kept_s,
                asked_s,
                "raise its limit: what arrives during a longer outage of ingest is lost",
            )

    def connected(self, *, session_present: bool, had_session: bool) -> None:
        """Take what the broker says at a connect; `had_session` when it had granted us one before."""
        if had_session and not session_present:
            self.sessions_lost += 1
            log.error(
                "broker forgot our session count=%d what_now=%s",
                self.sessions_lost,
                "what it held for us is lost: turn on its persistence, and let it keep sessions longer than an outage",
            )
