"""`tomma alerts`: what somebody should look at."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from tomma.model import Alert, BinId
from tomma.settings import load_settings
from tomma.stores.wiring import open_stores

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What somebody should look at.")


@app.callback()
def _alerts() -> None:
    """What somebody should look at."""


@app.command("list")
def list_alerts(
    hours: Annotated[
        float, typer.Option(min=0.0, max=9_600.0, help="Also what was raised and what ended in these last hours.")
    ] = 0.0,
    bin_id: Annotated[str, typer.Option("--bin", help="Only of this bin and its sensors.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List what is the matter now, oldest first; with --hours every change of that time instead."""
    settings = load_settings()
    now_utc = settings.clock.clock().now_utc()
    with open_stores(settings) as stores:
        if hours:
            since_utc, until_utc = now_utc - timedelta(hours=hours), now_utc + timedelta(minutes=1)
            found = stores.readings.alerts(since_utc, until_utc, BinId(bin_id) if bin_id else None)
        else:
            found = [each for each in stores.readings.active_alerts() if bin_id in ("", each.bin_id)]
    for each in found:
        typer.echo(json.dumps(_as_json(each)) if as_json else _line(each))
    if not found and not as_json:
        typer.echo("nothing is the matter")


def _as_json(alert: Alert) -> dict[str, object]:
    return {
        "kind": alert.kind.value,
        "at_utc": _iso(alert.at_utc),
        "active": alert.active,
        "sensor_id": alert.sensor_id,
        "bin_id": alert.bin_id,
        "values": dict(alert.values),
    }


def _line(alert: Alert) -> str:
    about = " ".join(
        f"{name}={value!r}" for name, value in (("sensor", alert.sensor_id), ("bin", alert.bin_id)) if value is not None
    )
    numbers = " ".join(f"{name}={value:g}" for name, value in alert.values.items())
    words = (_iso(alert.at_utc), "raised" if alert.active else "ended", alert.kind.value, about or "stream", numbers)
    return " ".join(word for word in words if word)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
