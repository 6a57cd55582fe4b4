"""`tomma broker-config`: makes a broker ready, and enrols devices at it. Wiring only."""

import contextlib
import json
import time
import typing
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import typer

from ingest.brokers.desk import (
    Desk,
    Given,
    MosquittoDesk,
    changing,
    desk_of,
    disabled,
    enrolled,
    overdue,
    rotated,
    tidied,
)
from ingest.brokers.enrolment import Enrolled, checked_name, checked_topic, new_password, own_topics
from ingest.brokers.mosquitto_config import MosquittoFacts
from ingest.brokers.private_files import write_private
from tomma.audit import Fact
from tomma.errors import ConfigurationError
from tomma.settings import Settings, load_settings
from tomma.stores.audit.intent import Doing
from tomma.stores.commands.audit_here import by_operator_here

app = typer.Typer(add_completion=False, help="Make a broker ready for this city, and give devices their logins.")

DIRECTORY = Path("broker")
WORKERS_MAX = 64
SHARE_GROUP = "tomma"
OVERLAP_H = 168.0
"""A week: a technician's round, or a device's next visit to its server."""
OVERLAP_MAX_H = 8_760.0


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
NamesArgument = typing.Annotated[
    Path, typer.Argument(help="A text file with one device's id in each line.", dir_okay=False, exists=True)
]
ToOption = typing.Annotated[
    Path, typer.Option("--to", help="Where the passwords go, as CSV, readable by you only. Not kept here.")
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
    if ctx.invoked_subcommand is not None:  # what stood before it is meant for it, too, unless it says otherwise
        ctx.default_map = {ctx.invoked_subcommand: {"kind": kind.value, "out": str(out)}}
        return
    if kind is not Kind.MOSQUITTO:
        raise ConfigurationError("the embedded broker needs no configuration: run `tomma ingest --embedded-broker`")
    settings = load_settings()
    broker = settings.broker
    directory = out.absolute()
    shown_tls_port = tls_port if tls else None
    facts = MosquittoFacts(directory, port, shown_tls_port, bind, broker.payload_max_bytes, connections, run_as)
    desk = MosquittoDesk(directory, broker.topics)
    with by_operator_here(settings, "broker-configured", beside=directory, workers=workers):
        desk.make_ready(facts)
        _enrol_workers(desk, facts, workers)
    if tls:
        typer.echo(f"put the certificate chain into {facts.certificate} and its key into {facts.key}")
    typer.echo(f"start the broker with:  mosquitto -c {directory / 'mosquitto.conf'}")
    typer.echo(f"start ingest with the variables in:  {directory / 'ingest.env'}")


def _enrol_workers(desk: MosquittoDesk, facts: MosquittoFacts, workers: int) -> None:
    with changing(desk) as book:
        for name in _worker_names(workers):
            if all(each.name != name for each in book.logins):
                password = new_password()
                book = book.with_logins(Enrolled(name, desk.secret_of(password)))  # noqa: PLW2901  (it grows)
                desk.write_worker(name, password, facts, SHARE_GROUP if workers > 1 else "")
        desk.write(book)


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
    topics = tuple(checked_topic(each) for each in topic or ())
    settings, device = load_settings(), checked_name(name)
    desk = _desk(settings, kind, out)
    with _on_record(settings, desk, "device-logins-added", f"device:{device}", logins=1):
        (given,) = enrolled(desk, [device], topics)
    _show(given, as_json=as_json)


@app.command()
def add_devices(
    names: NamesArgument,
    to: ToOption,
    kind: KindOption = Kind.MOSQUITTO,
    out: OutOption = DIRECTORY,
) -> None:
    """Give many devices their logins in one go: all of them, or none."""
    if to.exists():
        raise ConfigurationError(f"{to}: exists already; passwords are shown once, so nothing is overwritten")
    began_s = time.monotonic()
    devices = [line.strip() for line in names.read_text(encoding="utf-8").splitlines() if line.strip()]
    settings = load_settings()
    desk = _desk(settings, kind, out)
    with _on_record(settings, desk, "device-logins-added", logins=len(devices)):
        given = enrolled(desk, devices)
        rows = [f"{each.username},{each.password},{' '.join(each.publish)}\n" for each in given]
        write_private(to, "".join(["username,password,publish\n", *rows]))
    took_s = time.monotonic() - began_s
    reloaded = bool(given) and given[0].reloaded
    typer.echo(f"enrolled {len(given)} devices in {took_s:.1f} s; their passwords are in {to}\n{_told(reloaded)}")


@app.command()
def rotate_device(
    name: str = typer.Argument(help="The device's id."),
    overlap_h: float = typer.Option(
        OVERLAP_H, "--overlap-h", min=0.0, max=OVERLAP_MAX_H, help="How long the former login is good for, too. [h]"
    ),
    kind: KindOption = Kind.MOSQUITTO,
    out: OutOption = DIRECTORY,
    as_json: JsonOption = False,
) -> None:
    """Give a device a new user name and password, shown once; the former are good until the overlap is over.

    With `--overlap-h 0` the former login is cut at once. `tidy` takes away what has ended.
    """
    until_utc = datetime.now(UTC) + timedelta(hours=overlap_h) if overlap_h else None
    settings, device = load_settings(), checked_name(name)
    desk = _desk(settings, kind, out)
    with _on_record(settings, desk, "device-login-rotated", f"device:{device}", hours=round(overlap_h)):
        given = rotated(desk, device, until_utc)
    _show(given, as_json=as_json)


@app.command()
def tidy(kind: KindOption = Kind.MOSQUITTO, out: OutOption = DIRECTORY) -> None:
    """Take away the logins whose overlap is over; for a timer. An embedded broker does so by itself."""
    settings, now_utc, ended = load_settings(), datetime.now(UTC), 0
    desk = _desk(settings, kind, out)
    if overdue(desk, now_utc):  # else there is nothing to tell: a timer asks each quarter of an hour
        with _on_record(settings, desk, "device-logins-ended") as doing:
            ended = doing.facts["logins"] = tidied(desk, now_utc)
    typer.echo(f"took away {ended} logins")


@app.command()
def disable_device(
    name: str = typer.Argument(help="The device's id."),
    kind: KindOption = Kind.MOSQUITTO,
    out: OutOption = DIRECTORY,
    as_json: JsonOption = False,
) -> None:
    """Take a device's logins away; a running broker cuts its connection at once."""
    settings, device = load_settings(), checked_name(name)
    desk = _desk(settings, kind, out)
    with _on_record(settings, desk, "device-logins-disabled", f"device:{device}"):
        reloaded = disabled(desk, device)
    typer.echo(
        json.dumps({"username": name, "reloaded": reloaded}) if as_json else f"disabled {name}\n{_told(reloaded)}"
    )


@app.command()
def list_devices(kind: KindOption = Kind.MOSQUITTO, out: OutOption = DIRECTORY, as_json: JsonOption = False) -> None:
    """List who is enrolled, and where each may publish; with --json one line each."""
    desk = _desk(load_settings(), kind, out)
    for login in desk.book.devices:
        topics = login.topics or own_topics(desk.topics, login.device)
        row: dict[str, object] = {"username": login.name, "topics": topics}
        row |= {"until_utc": login.until_utc.isoformat()} if login.until_utc else {}
        until = f"  until {login.until_utc:%Y-%m-%d %H:%M} UTC" if login.until_utc else ""
        typer.echo(json.dumps(row) if as_json else f"{login.name}  {' '.join(topics)}{until}")


def _desk(settings: Settings, kind: Kind, out: Path) -> Desk:
    return desk_of(settings, embedded=kind is Kind.EMBEDDED, directory=out)


def _on_record(
    settings: Settings, desk: Desk, action: str, target: str = "", **facts: Fact
) -> contextlib.AbstractContextManager[Doing]:
    return by_operator_here(settings, action, target, beside=desk.lock_path.parent, **facts)


def _show(given: Given, *, as_json: bool) -> None:
    if as_json:
        told = {"username": given.username, "password": given.password, "topics": given.publish}
        typer.echo(json.dumps({**told, "reloaded": given.reloaded}))
        return
    publish = " ".join(given.publish)
    typer.echo(f"username {given.username}\npassword {given.password}\npublish  {publish}\n{_told(given.reloaded)}")


def _told(reloaded: bool) -> str:
    return "a running broker knows it" if reloaded else "no running broker was found: it counts from the next start"
