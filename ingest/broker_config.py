"""`tomma broker-config`: makes a broker ready, and enrols devices at it. Wiring only."""

import json
import typing
from enum import StrEnum
from pathlib import Path

import typer

from ingest.broker_desk import MosquittoDesk, desk_of, disabled, enrolled
from ingest.enrolment import Enrolled, checked_name, checked_topic, new_password, own_topics
from ingest.mosquitto_config import MosquittoFacts
from tomma.errors import ConfigurationError
from tomma.settings import load_settings

app = typer.Typer(add_completion=False, help="Make a broker ready for this city, and give devices their logins.")

DIRECTORY = Path("broker")
WORKERS_MAX = 64
SHARE_GROUP = "tomma"


class Kind(StrEnum):
    """Which broker."""

    MOSQUITTO = "mosquitto"
    EMBEDDED = "embedded"


KindOption = typing.Annotated[
    Kind, typer.Option("--kind", help="Which broker; `embedded` is the one that `tomma ingest` brings.")
]
OutOption = typing.Annotated[Path, typer.Option("--out", help="Where mosquitto's files are kept.")]
TopicOption = typing.Annotated[
    list[str] | None, typer.Option("--topic", help="For a network server: where it may publish instead.")
]
JsonOption = typing.Annotated[bool, typer.Option("--json", help="One JSON line.")]


@app.callback(invoke_without_command=True)
def broker_config(
    ctx: typer.Context,
    kind: KindOption = Kind.MOSQUITTO,
    out: OutOption = DIRECTORY,
    tls: bool = typer.Option(False, "--tls", help="Listen for devices, encrypted, on --tls-port of --bind."),
    port: int = typer.Option(1883, "--port", help="Port on 127.0.0.1, for what runs on this machine."),
    tls_port: int = typer.Option(8883, "--tls-port"),
    bind: str = typer.Option("0.0.0.0", "--bind", help="Address of the encrypted port."),  # noqa: S104
    workers: int = typer.Option(1, "--workers", min=1, max=WORKERS_MAX, help="Ingest workers; each has its login."),
    connections: int = typer.Option(20_000, "--connections", min=1, help="The most at once, per port."),
    run_as: str = typer.Option("mosquitto", "--run-as", help="The account mosquitto runs as."),
) -> None:
    """Write a ready mosquitto.conf, its password file, its access list, and a login for each ingest worker.

    Run again, it keeps the logins and writes the rest anew. Passwords are random: a worker's is in DIR/ingest.env,
    a device's is shown once, by `tomma broker-config add-device NAME`.
    """
    if ctx.invoked_subcommand is not None:
        return
    if kind is not Kind.MOSQUITTO:
        raise ConfigurationError("the embedded broker needs no configuration: run `tomma ingest --embedded-broker`")
    broker = load_settings().broker
    directory = out.absolute()
    shown_tls_port = tls_port if tls else None
    facts = MosquittoFacts(directory, port, shown_tls_port, bind, broker.payload_max_bytes, connections, run_as)
    desk = MosquittoDesk(directory, broker.topics)
    desk.make_ready(facts)
    book = desk.book
    for name in _worker_names(workers):
        if all(each.name != name for each in book.logins):
            password = new_password()
            book = book.with_login(Enrolled(name, desk.secret_of(password)))
            desk.write_worker(name, password, facts, SHARE_GROUP if workers > 1 else "")
    desk.write(book)
    if tls:
        typer.echo(f"put the certificate chain into {facts.certificate} and its key into {facts.key}")
    typer.echo(f"start the broker with:  mosquitto -c {directory / 'mosquitto.conf'}")
    typer.echo(f"start ingest with the variables in:  {directory / 'ingest.env'}")


def _worker_names(workers: int) -> list[str]:
    return ["ingest", *(f"ingest-{number}" for number in range(2, workers + 1))]


@app.command()
def add_device(
    name: str = typer.Argument(help="The device's id, as it stands in its topic."),
    topic: TopicOption = None,
    kind: KindOption = Kind.MOSQUITTO,
    out: OutOption = DIRECTORY,
    as_json: JsonOption = False,
) -> None:
    """Give a device a login for its own topic, show the password once, and let a running broker know."""
    settings = load_settings()
    password, topics = new_password(), tuple(checked_topic(each) for each in topic or ())
    checked_name(name)
    desk = desk_of(settings, embedded=kind is Kind.EMBEDDED, directory=out)
    may_publish = topics or own_topics(settings.broker.topics, name)
    if not may_publish:
        raise ConfigurationError("a device needs a source with exactly one `+` in its topic, got none; say --topic")
    reloaded = enrolled(desk, name, password, topics)
    if as_json:
        told = {"username": name, "password": password, "topics": may_publish, "reloaded": reloaded}
        typer.echo(json.dumps(told))
    else:
        typer.echo(f"username {name}\npassword {password}\npublish  {' '.join(may_publish)}\n{_told(reloaded)}")


@app.command()
def disable_device(
    name: str = typer.Argument(help="The device's id."),
    kind: KindOption = Kind.MOSQUITTO,
    out: OutOption = DIRECTORY,
    as_json: JsonOption = False,
) -> None:
    """Take a device's login away; a running broker cuts its connection at once."""
    desk = desk_of(load_settings(), embedded=kind is Kind.EMBEDDED, directory=out)
    reloaded = disabled(desk, checked_name(name))
    typer.echo(
        json.dumps({"username": name, "reloaded": reloaded}) if as_json else f"disabled {name}\n{_told(reloaded)}"
    )


@app.command()
def list_devices(kind: KindOption = Kind.MOSQUITTO, out: OutOption = DIRECTORY, as_json: JsonOption = False) -> None:
    """List who is enrolled, and where each may publish; with --json one line each."""
    settings = load_settings()
    for login in desk_of(settings, embedded=kind is Kind.EMBEDDED, directory=out).book.devices:
        topics = login.topics or own_topics(settings.broker.topics, login.name)
        row = {"username": login.name, "topics": topics}
        typer.echo(json.dumps(row) if as_json else f"{login.name}  {' '.join(topics)}")


def _told(reloaded: bool) -> str:
    return "a running broker knows it" if reloaded else "no running broker was found: it counts from the next start"
