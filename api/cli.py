"""`tomma serve`: the pages and the API."""

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from api.app import create_app
from api.context import ApiContext
from api.figures.saver import HelpedSaver, saving_worker
from api.helper import Helper
from api.planning import (
    HelpedEditor,
    HelpedForecaster,
    HelpedGuide,
    HelpedLookout,
    HelpedPlanner,
    edit_worker,
    forecast_worker,
    guide_worker,
    plan_worker,
)
from api.server import Server, listen_on
from tomma.errors import ConfigurationError
from tomma.settings import Settings, load_settings
from tomma.stores.wiring import Stores, open_stores

log = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, help="Serve the pages and the API.")

Certificate = Annotated[Path | None, typer.Option("--tls-cert", help="Certificate chain (PEM): serve HTTPS.")]
Key = Annotated[Path | None, typer.Option("--tls-key", help="Its private key (PEM).")]


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is every one. [default: as set]")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is a free one. [default: as set]")] = -1,
    tls_cert: Certificate = None,
    tls_key: Key = None,
) -> None:
    """Serve the pages and the API until stopped; one line on standard output tells the address."""
    settings = load_settings()
    _check_pair(tls_cert, tls_key)
    host, port = host or settings.server.host, port if port >= 0 else settings.server.port
    with _socket(host, port) as listening, open_stores(settings) as stores, _helpers(settings) as helpers:
        https = tls_cert is not None
        address = _address(host, listening.getsockname()[1], https=https)
        application = create_app(_context(settings, stores, helpers, https=https))
        server = Server(
            application, certificate=tls_cert, key=tls_key, on_ready=lambda: typer.echo(f"tomma serves {address}")
        )
        _leave_quietly()
        server.run(sockets=[listening])
        if not server.started:
            raise ConfigurationError("the server did not start; the lines above say why")


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
def _helpers(settings: Settings) -> Iterator[_Helpers]:
    workers = (forecast_worker, plan_worker, guide_worker, edit_worker, saving_worker)
    with closing(_Helpers(*(Helper(each, settings) for each in workers))) as helpers:
        yield helpers


def _context(settings: Settings, stores: Stores, helpers: _Helpers, *, https: bool) -> ApiContext:
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
        clock=settings.clock.clock(),
        forecaster=HelpedForecaster(helpers.forecasts),
        planner=HelpedPlanner(helpers.plans),
        lookout=HelpedLookout(helpers.forecasts),
        editor=HelpedEditor(helpers.edits),
        saving=stores.saving,
        saver=HelpedSaver(helpers.savings),
        mornings=stores.mornings,
        guide=HelpedGuide(helpers.words),
        https=https,
        on_leaving=helpers.close,
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
