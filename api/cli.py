"""`tomma serve`: the pages and the API."""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from fastapi import FastAPI

from api.access.home import is_loopback
from api.access.journal import Event
from api.app import create_app
from api.audit.trail import recorded
from api.context import ApiContext
from api.figures.saver import HelpedSaver, saving_worker
from api.helper import Helper
from api.planning import (
    HelpedCurve,
    HelpedEditor,
    HelpedForecaster,
    HelpedGuide,
    HelpedLookout,
    HelpedPlanner,
    HelpedRules,
    edit_worker,
    forecast_worker,
    guide_worker,
    plan_worker,
)
from api.server import Server, listen_on
from tomma.errors import ConfigurationError
from tomma.people import Purpose
from tomma.settings import Settings, load_settings
from tomma.stores.wiring import Stores, open_stores

log = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, help="Serve the pages and the API.")

Certificate = Annotated[Path | None, typer.Option("--tls-cert", help="Certificate chain (PEM): serve HTTPS.")]
Key = Annotated[Path | None, typer.Option("--tls-key", help="Its private key (PEM).")]


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is every one. [default: as set]")] = "",
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 is a free one. [default: as set]")] = None,
    tls_cert: Certificate = None,
    tls_key: Key = None,
) -> None:
    """Serve the pages and the API until stopped; one line on standard output tells the address."""
    settings = load_settings()
    _check_pair(tls_cert, tls_key)
    _leave_quietly()
    wanted = Wanted(host or settings.server.host, settings.server.port if port is None else port, tls_cert, tls_key)
    while _serve_once(settings, wanted):
        log.info("set up; serving again on %s", wanted.host)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where and how to serve."""

    host: str
    port: int
    certificate: Path | None
    key: Path | None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host == "localhost" or is_loopback(self.host)


def _serve_once(settings: Settings, wanted: Wanted) -> bool:
    """Serve until stopped; True when the first person was set up meanwhile and the door may now be opened wide."""
    again = threading.Event()
    with open_stores(settings) as stores, helpers_of(settings) as helpers:
        is_first_run = not settings.people.demo and not stores.people.all()
        host = _host(settings, wanted, is_first_run=is_first_run)
        with _socket(host, wanted.port) as listening:
            https = wanted.certificate is not None
            address = _address(host, listening.getsockname()[1], https=https)

            def open_wide() -> None:
                if is_first_run and host != wanted.host:
                    again.set()
                    server.should_exit = True

            application = create_app(context_of(settings, stores, helpers, wanted.certificate, on_set_up=open_wide))
            server = Server(
                application,
                certificate=wanted.certificate,
                key=wanted.key,
                on_ready=lambda: _tell(application, address, is_first_run=is_first_run),
            )
            server.run(sockets=[listening])
            if not server.started:
                raise ConfigurationError("the server did not start; the lines above say why")
    return again.is_set()


def _host(settings: Settings, wanted: Wanted, *, is_first_run: bool) -> str:
    """Return where to listen: on this machine only while anybody who comes could take the city over."""
    if settings.people.demo and not wanted.is_loopback:
        raise ConfigurationError(f"[people] demo serves a loopback address only, got {wanted.host}")
    if is_first_run and not wanted.is_loopback:
        typer.echo(f"nobody has an account yet: serving 127.0.0.1 only; {wanted.host} once somebody is set up")
        return "127.0.0.1"
    return wanted.host


def _tell(application: FastAPI, address: str, *, is_first_run: bool) -> None:
    settings = application.state.services.context.settings
    if not settings.basemap.remote_url and not settings.basemap_path.exists():
        mend = "[basemap] pmtiles_file names it" if settings.basemap.pmtiles_file else "`tomma basemap build` makes it"
        log.warning("maps have no streets path=%s mend=%s", settings.basemap_path, mend)
    typer.echo(f"tomma serves {address}")
    if is_first_run:
        services = application.state.services
        with recorded(services.context.audit, services.context.wall, "operator", Event.LINK_MADE):
            secret, _ = services.accounts.make_link(Purpose.SETUP, None, "operator")
        typer.echo(f"set up the first account, once and within 60 minutes: {address}login#link={secret}")


@dataclass(frozen=True, slots=True)
class _Helpers:
    """One for each: a forecast must not wait for a plan. Each starts at its first question."""

    forecasts: Helper
    plans: Helper
    words: Helper
    edits: Helper
    savings: Helper

    def close(self) -> None:
        for each in (self.forecasts, self.plans, self.words, self.edits, self.savings):
            each.close()


@contextmanager
def helpers_of(settings: Settings) -> Iterator[_Helpers]:
    """Lend the helper processes; none starts before its first question."""
    workers = (forecast_worker, plan_worker, guide_worker, edit_worker, saving_worker)
    with closing(_Helpers(*(Helper(each, settings) for each in workers))) as helpers:
        yield helpers


def context_of(
    settings: Settings, stores: Stores, helpers: _Helpers, certificate: Path | None, *, on_set_up: Callable[[], None]
) -> ApiContext:
    """Return what the application is built from, on the stores and with the helper processes."""
    return ApiContext(
        settings=settings,
        readings=stores.readings,
        registry=stores.registry,
        plans=stores.plans,
        events=stores.events,
        requests=stores.requests,
        tablets=stores.tablets,
        workers=stores.workers,
        assets=stores.assets,
        vitals=stores.vitals,
        people=stores.people,
        sessions=stores.sessions,
        audit=stores.audit,
        open_data=stores.open_data,
        care=stores.care,
        work_orders=stores.work_orders,
        outbox=stores.outbox,
        clock=settings.clock.clock(),
        forecaster=HelpedForecaster(helpers.forecasts),
        planner=HelpedPlanner(helpers.plans, helpers.edits),
        lookout=HelpedLookout(helpers.forecasts),
        editor=HelpedEditor(helpers.edits),
        mornings=stores.mornings,
        saving=stores.saving,
        saver=HelpedSaver(helpers.savings, stores.saving),
        weekly=HelpedCurve(helpers.plans),
        rules=HelpedRules(helpers.plans),
        guide=HelpedGuide(helpers.words),
        https=certificate is not None,
        certificate=certificate,
        on_leaving=helpers.close,
        on_set_up=on_set_up,
    )


def _leave_quietly() -> None:
    """Let a stop end this process with 0: uvicorn raises the signal again after it has shut down."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: None)


def _check_pair(certificate: Path | None, key: Path | None) -> None:
    if (certificate is None) != (key is None):
        raise ConfigurationError("--tls-cert and --tls-key belong together")
    for path in (certificate, key):
        if path is not None and not path.is_file():
            raise ConfigurationError(f"there is no file {path}")


def _socket(host: str, port: int) -> socket.socket:
    try:
        return listen_on(host, port)
    except OSError as exc:
        raise ConfigurationError(f"cannot listen on {host} port {port}: {exc.strerror}") from exc


def _address(host: str, port: int, *, https: bool) -> str:
    """Return what to type into a browser on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"{'https' if https else 'http'}://{shown}:{port}/"
