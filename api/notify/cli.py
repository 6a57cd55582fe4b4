"""`tomma notify`: sends a test message, lists what left the house, makes a webhook's secret."""

import base64
import secrets
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer

from api.notify.items import utc_text
from api.notify.letter import as_text, trial_letter
from api.notify.sending import Sender
from api.notify.webhook import SECRET_BYTES_MIN
from tomma.errors import ConfigurationError
from tomma.notices import Notice
from tomma.notify_settings import SECRET_PREFIX
from tomma.settings import load_settings
from tomma.stores.audit.intent import by_operator
from tomma.stores.wiring import open_stores

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Messages about alerts: docs/alerts.md.")


@app.callback()
def _notify() -> None:
    """Messages about alerts."""


@app.command("test")
def send_test(recipient: Annotated[str, typer.Argument(help="A name from [[notify.recipients]].")]) -> None:
    """Send one message on purpose, now and past the outbox; say whether it was taken."""
    settings = load_settings()
    found = next((each for each in settings.notify.recipients if each.name == recipient), None)
    if found is None:
        names = ", ".join(each.name for each in settings.notify.recipients) or "none"
        raise ConfigurationError(f"there is no recipient {recipient}; the settings name: {names}")
    now_utc = datetime.now(UTC)
    home = settings.server.public_url.rstrip("/")
    letter = trial_letter(now_utc, f"{home}/alerts" if home else "")
    notice = Notice(f"msg_{uuid4().hex}", found.name, found.channel, as_text(letter), 0, True, now_utc, now_utc)
    with open_stores(settings) as stores, by_operator(stores.audit, "message-tested", recipient=found.name):
        Sender(settings.notify, lambda: stores.registry.load().organisation)(notice, now_utc)
    typer.echo(f"{found.name}: taken by {settings.notify.email.host if found.email else found.webhook}")


@app.command("list")
def list_messages(
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many of the newest.")] = 20,
    failed: Annotated[bool, typer.Option("--failed", help="Only those given up.")] = False,
) -> None:
    """List the newest messages and what became of each, newest first."""
    with open_stores(load_settings()) as stores:
        found = stores.outbox.recent(limit)
    for each in found:
        if failed and each.status.value != "failed":
            continue
        error = f" why={each.error!r}" if each.error else ""
        typer.echo(
            f"{utc_text(each.created_utc)} {each.recipient} {each.status.value} alerts={each.alerts}"
            f" attempts={each.attempts}{error}"
        )


@app.command("secret")
def make_secret() -> None:
    """Print a new secret for a webhook; keep it in a file of its own and name that as `secret_file`."""
    typer.echo(SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES_MIN)).decode())
