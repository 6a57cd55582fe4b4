"""`tomma ingest`: the front door of the stream. Wiring only."""

import contextlib
import gc
import json
import random
import re
import threading
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import typer
from pydantic import SecretStr

from ingest.alerts.watcher import Watcher, watching
from ingest.brokers.care import cared_for
from ingest.brokers.desk import EmbeddedDesk, tidied
from ingest.brokers.embedded import EmbeddedBroker
from ingest.brokers.topics import SHARE
from ingest.codecs.cli import open_codecs
from ingest.stream.counters import Status
from ingest.stream.link import MqttLink
from ingest.stream.reporter import facts, reporting
from ingest.stream.subscriber import Subscriber
from ingest.stream.turns import FileTurns
from ingest.stream.vitals import noting
from tomma.broker_settings import BrokerSettings
from tomma.clock import Clock
from tomma.errors import ConfigurationError
from tomma.locks import the_only
from tomma.settings import Settings, load_settings
from tomma.stopping import stop_on_signal
from tomma.stores.upkeep.retention import retaining
from tomma.stores.wiring import Stores, open_stores

app = typer.Typer(add_completion=False, help="Take readings from the broker into the store.")

COLLECT_AFTER = (200_000, 20, 100)
"""What is remembered of a city's sensors is hundreds of thousands of tuples without a cycle among them. Python would
walk through all of them every few seconds: a tenth of the work here, in pauses that a reading waits for. A batch in
hand is some ten thousand."""


@app.command()
def ingest(
    embedded_broker: bool = typer.Option(
        False, "--embedded-broker", help="Start our own MQTT broker on the configured port of 127.0.0.1."
    ),
    as_json: bool = typer.Option(False, "--json", help="One JSON line when ready, every few seconds, and at the end."),
) -> None:
    """Take readings from the broker into the store until told to stop (Ctrl-C or SIGTERM).

    Prints one line when the broker has granted the subscriptions. A reading is acknowledged to the broker only after
    it is durable, so stopping or killing this command at any moment loses none. Exit code 1, with one plain line:
    the broker refuses the login, the port is taken, or a store cannot be opened.
    """
    settings = load_settings()
    gc.freeze()  # what is imported stays
    gc.set_threshold(*COLLECT_AFTER)
    with contextlib.ExitStack() as rim:
        stop = rim.enter_context(stop_on_signal())
        rim.enter_context(the_only(f"ingest as {settings.broker.client_id}", _lock_path(settings)))
        stores = rim.enter_context(open_stores(settings))
        codecs = rim.enter_context(contextlib.closing(open_codecs(settings)))
        desk = EmbeddedDesk(settings.data_dir, settings.broker.topics)
        broker = _embedded(rim, settings, stop) if embedded_broker else None
        broker_settings = settings.broker if broker is None else _with_login(settings.broker, broker)
        turns = None
        if broker_settings.share_group:
            turns = rim.enter_context(contextlib.closing(FileTurns(settings.data_dir / "workers.lock")))
        voice = _Voice(as_json, settings, broker_settings, embedded_broker)
        clock = settings.clock.clock()
        filters = broker.filters if broker is not None else ()
        subscriber = Subscriber(
            broker_settings,
            stores.readings,
            stores.registry,
            clock,
            link=MqttLink(broker_settings, clock, random.Random(), filters=filters),  # noqa: S311  (jitter)
            codecs=codecs,
            turns=turns,
            on_ready=voice.ready,
            on_status=lambda status: _watch(status, voice, broker, desk, stop),
            on_kept=rim.enter_context(noting(stores.vitals)).take,
        )
        rim.enter_context(
            reporting(stores.workers, broker_settings.client_id, lambda: facts(subscriber.status(), stores.readings))
        )
        rim.enter_context(_retaining(stores, settings, clock))
        watcher = Watcher(stores.readings, stores.registry, stores.plans, stores.events, clock)
        rim.enter_context(watching(watcher, clock))
        subscriber.run(stop)
        voice.ended(subscriber.status())
        if broker is not None:
            broker.check()


def _retaining(stores: Stores, settings: Settings, clock: Clock) -> AbstractContextManager[None]:
    journal = settings.retention_journal
    return retaining(stores.readings, stores.assets, settings.retention, clock, journal, stores.audit, stores.old_rows)


def _lock_path(settings: Settings) -> Path:
    """Two with one client id would take the session from each other without end; with two ids they share the work."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", settings.broker.client_id)
    return settings.data_dir / f"ingest-{name}.lock"


def _watch(
    status: Status, voice: "_Voice", broker: EmbeddedBroker | None, desk: EmbeddedDesk, stop: threading.Event
) -> None:
    """Tell the counters; end when our broker has, so that a supervisor starts both anew; end logins that are over."""
    voice.status(status)
    if broker is not None and not broker.running:
        stop.set()
    elif broker is not None:
        tidied(desk, datetime.now(UTC))


def _embedded(rim: contextlib.ExitStack, settings: Settings, stop: threading.Event) -> EmbeddedBroker:
    """Start our own broker until the rim closes; without it we stop, so that a supervisor starts both anew."""
    topics = [source.topic for source in settings.broker.sources]
    broker = EmbeddedBroker(settings.data_dir, settings.broker.port, topics, settings.broker.embedded_sync)
    rim.enter_context(broker)
    rim.enter_context(cared_for(broker, stop.set))
    return broker


def _with_login(settings: BrokerSettings, broker: EmbeddedBroker) -> BrokerSettings:
    """Return the settings that lead to our own broker, under ingest's own login."""
    login = broker.ingest_login
    own = {"host": "127.0.0.1", "port": broker.port, "username": login.username, "password": SecretStr(login.password)}
    if settings.share_group or any(topic.startswith(SHARE) for topic in settings.topics):
        raise ConfigurationError(
            "share_group and $share topics must be left out with the embedded broker: it knows no shared subscriptions"
        )
    return settings.model_copy(update={**own, "password_file": None, "mqtt_version": "3.1.1", "tls": False})


class _Voice:
    """What the command says on standard output."""

    def __init__(self, as_json: bool, settings: Settings, broker: BrokerSettings, embedded: bool) -> None:
        self._as_json = as_json
        self._settings = settings
        self._broker = broker
        self._embedded = embedded

    def ready(self) -> None:
        """Say that readings are taken from now on."""
        topics = [source.topic for source in self._broker.sources]
        if self._as_json:
            logins = str(self._settings.data_dir / "broker" / "logins.json") if self._embedded else None
            self._line(event="ready", host=self._broker.host, port=self._broker.port, topics=topics, logins=logins)
        else:
            typer.echo(f"ingest ready broker={self._broker.host}:{self._broker.port} topics={','.join(topics)}")

    def status(self, status: Status) -> None:
        """Say the counters, in JSON only."""
        if self._as_json:
            self._line(event="status", **status.as_json())

    def ended(self, status: Status) -> None:
        """Say what was done in all."""
        if self._as_json:
            self._line(event="ended", **status.as_json())
        else:
            rejected = sum(status.rejected.values())
            typer.echo(f"ingest ended stored={status.stored} duplicates={status.duplicates} rejected={rejected}")

    def _line(self, **values: object) -> None:
        typer.echo(json.dumps(values))
