"""`tomma feed`: how the feeding of an InfluxDB goes, and what it refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import msgspec
import typer

from tomma.errors import ConfigurationError
from tomma.settings import load_settings
from tomma.stores.commands.audit_here import by_operator_here
from tomma.stores.files.record_rows import to_row
from tomma.stores.influx.readings import InfluxReadings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The way of the readings to the InfluxDB server.")

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, one line for each.")]


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say how many readings wait for the server, how many it refused, and why it does not go on."""
    with _store() as store:
        found = store.feed_status()
    if as_json:
        _line(asdict(found))
        return
    typer.echo(f"waiting {found.waiting}, refused {found.refused}, fed {found.fed}")
    if found.trouble:
        typer.echo(f"since {found.since_utc:%Y-%m-%d %H:%M} UTC: {found.trouble}")


@app.command()
def refused(
    limit: Annotated[int, typer.Option("--limit", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """Show the readings that the server did not take, with its reasons; they are kept here."""
    with _store() as store:
        found = store.refused_readings(limit)
    for each in found:
        if as_json:
            _line({"reading": to_row(each.reading), "reason": each.reason, "at_utc": each.at_utc})
        else:
            reading = each.reading
            typer.echo(f"{reading.bin_id} {reading.sensor_id} {reading.measured_utc.isoformat()}: {each.reason}")


@app.command()
def replay() -> None:
    """Send everything once more that the server did not take: after its fault is mended."""
    with _store() as store, by_operator_here(load_settings(), "refused-replayed") as doing:
        number = doing.facts["readings"] = store.replay_refused()
    typer.echo(f"{number} readings wait for the server again")


@contextmanager
def _store() -> Iterator[InfluxReadings]:
    settings = load_settings()
    if settings.readings.kind != "influx":
        raise ConfigurationError(f'readings.kind is "{settings.readings.kind}": no server is fed')
    store = InfluxReadings(settings.influx_path, settings.readings, settings.clock.clock(), feeding=False)
    try:
        yield store
    finally:
        store.close()


def _line(value: object) -> None:
    typer.echo(msgspec.json.encode(value).decode())
