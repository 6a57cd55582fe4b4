"""Runs ingest's own stream behind an HTTP door: the same judging, the same bounds, stored before it is answered.

The stream starts with the first message: a city whose sensors all speak MQTT pays nothing for this door.
"""

import contextlib
import logging
import threading
from concurrent.futures import Future

from api.context import ApiContext
from ingest.envelope import ENVELOPES
from ingest.message import Message
from ingest.stream.hand_in import HandInLink
from tomma.broker_settings import BrokerSettings, Source

log = logging.getLogger(__name__)

NETWORKS = frozenset(ENVELOPES)
TOPIC = "http"
"""How dead letters and limits name what came in here: `http/tts_v3`, or `http/json/H0001/reading` of one device."""


class UplinkDoor:
    """Takes messages from any thread; one thread of its own stores them."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context
        self._settings = door_settings(context.settings.broker)
        self._lock = threading.Lock()
        self._leaving = threading.Event()
        self._link = HandInLink()
        self._thread: threading.Thread | None = None

    def hand_in(self, network: str, device: str, payload: bytes) -> Future[None]:
        """Return what is done once the message is durable: as a reading, or as a dead letter with its reason.

        Raises:
            StoreUnavailableError: If it cannot be taken now; its sender must keep it.
        """
        topic = f"{TOPIC}/{network}/{device}/reading" if device else f"{TOPIC}/{network}"
        kept = payload[: self._settings.payload_max_bytes]
        message = Message(topic, kept, self._context.clock.now_utc(), network, len(payload))
        return self._open().hand_in(message)

    def stop(self) -> None:
        """Finish what came in and take nothing more."""
        self._leaving.set()

    def join(self, patience_s: float) -> None:
        """Wait for the thread to end, for so long."""
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(patience_s)

    def _open(self) -> HandInLink:
        with self._lock:
            if not self._leaving.is_set() and (self._thread is None or not self._thread.is_alive()):
                self._link = HandInLink()
                self._thread = threading.Thread(target=self._run, args=(self._link,), name="uplinks", daemon=True)
                self._thread.start()
            return self._link

    def _run(self, link: HandInLink) -> None:
        # Here and not above: most cities' sensors speak MQTT, and a server then starts without all of this.
        from ingest.codecs.cli import open_codecs
        from ingest.stream.subscriber import Subscriber
        from ingest.stream.turns import FileTurns
        from ingest.stream.vitals import noting

        context = self._context
        try:
            with contextlib.ExitStack() as rim:
                codecs = rim.enter_context(contextlib.closing(open_codecs(context.settings)))
                # Workers that share the stream judge no sensor while we do; one alone is told by the store.
                turns = rim.enter_context(contextlib.closing(FileTurns(context.settings.data_dir / "workers.lock")))
                Subscriber(
                    self._settings,
                    context.readings,
                    context.registry,
                    context.clock,
                    link=link,
                    codecs=codecs,
                    turns=turns,
                    on_kept=rim.enter_context(noting(context.vitals)).take,
                ).run(self._leaving)
        except Exception:  # a front door: whoever waits is told, and the next message starts it anew
            log.exception("uplinks crashed")
        finally:
            link.close()


def door_settings(broker: BrokerSettings) -> BrokerSettings:
    """Return the settings with the door's topics as its sources: each may carry as many devices as the city has."""
    sources = tuple(Source(topic=f"{TOPIC}/{each}", envelope=each) for each in sorted(NETWORKS))
    return broker.model_copy(update={"sources": sources})
