"""The commands `tomma simulate` and `tomma demo`. Wiring only.

What a command needs is imported when it runs: map and number libraries take a second that `--help` need not wait.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from simulator.presets import SHIPPED_EXTRACT
from tomma.stopping import stop_on_signal

simulate_app = typer.Typer(
    add_completion=False, help="Play a town: sensors over MQTT, drivers over HTTP; or replay a recording."
)
demo_app = typer.Typer(
    add_completion=False, help="Start everything with a simulated town on this machine; prints the address to open."
)

Size = Annotated[int | None, typer.Option("--bins", min=1, help="How many bins, in place of a preset.")]
PresetName = Annotated[str, typer.Option("--preset", help="small-town, city-1400, city-5700 or city-11100.")]
Extract = Annotated[Path, typer.Option("--osm", exists=True, dir_okay=False, help="OpenStreetMap extract.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same town and the same messages.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON line with the counts at the end.")]


@simulate_app.command()
def simulate(
    preset: PresetName = "small-town",
    bins: Size = None,
    osm: Extract = SHIPPED_EXTRACT,
    seed: Seed = 1,
    days_of_history: Annotated[float, typer.Option(min=0.0, max=400.0, help="Days to publish first, fast.")] = 0.0,
    planned_days: Annotated[
        int, typer.Option(min=0, max=60, help="So many of them planned and driven: needs the stores on this machine.")
    ] = 0,
    speed: Annotated[float, typer.Option(min=0.1, max=10_000, help="How many times as fast as real time.")] = 1.0,
    reports_per_hour: Annotated[int, typer.Option(min=1, max=60, help="Of a sensor, live; history has one.")] = 1,
    silent_share: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of sensors that die.")] = 0.03,
    broker: Annotated[str, typer.Option(help="HOST:PORT of the MQTT broker. [default: as set]")] = "",
    username: Annotated[str, typer.Option(help="[default: the embedded broker's device login]")] = "",
    password: Annotated[str, typer.Option(envvar="TOMMA_DEVICE_PASSWORD", help="Better given as variable.")] = "",
    api: Annotated[str, typer.Option(help="Address of the server, to drive its plans. Empty: sensors only.")] = "",
    api_key: Annotated[
        str, typer.Option(envvar="TOMMA_API_KEY", help="Of `tomma keys add`, roles manager and driver; as variable.")
    ] = "",
    plan_every_morning: Annotated[bool, typer.Option(help="Ask for a plan each morning and publish it.")] = True,
    drive: Annotated[bool, typer.Option(help="Let simulated drivers follow the published plan.")] = True,
    plan_budget_s: Annotated[float | None, typer.Option(min=0.2, max=600.0, help="Time for each plan. [s]")] = None,
    duration_s: Annotated[float | None, typer.Option("--duration", min=0.0, help="Real seconds to run live.")] = None,
    replace_city: Annotated[bool, typer.Option(help="Put the town in place of a registered city.")] = False,
    replay_file: Annotated[Path | None, typer.Option("--replay", exists=True, help="A recording to play.")] = None,
    positions: Annotated[Path | None, typer.Option(exists=True, help="Where recorded bins stand (CSV).")] = None,
    rate: Annotated[float, typer.Option(min=0.0, help="Replayed messages a second; 0: as fast as acknowledged.")] = 0.0,
    as_of_now: Annotated[bool, typer.Option(help="Move a recording by whole weeks so that it ends now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish what a town's sensors say, until told to stop; with --api also make and drive its plans.

    Nothing counts as published before the broker has acknowledged it. With --replay a recording is played instead,
    once; the city it needs is registered first. A --speed other than 1 only makes sense when all processes share
    the fast clock: set TOMMA_CLOCK__START_UTC, TOMMA_CLOCK__REAL_START_S and TOMMA_CLOCK__FACTOR, as the demo does.
    """
    from simulator.door import device_login, register_city
    from simulator.replay.play import ReplayChoices, replay
    from simulator.session import SessionChoices, simulate_town
    from tomma.settings import load_settings

    settings = load_settings()
    login = device_login(settings, broker, username, password)
    with stop_on_signal(closed_terminal=True) as stop:
        if replay_file is not None:
            recorded = ReplayChoices(replay_file, positions, rate, as_of_now, replace_city)
            result = replay(settings, login, recorded, stop, _tell(as_json))
        else:
            choices = SessionChoices(
                size=bins if bins is not None else preset,
                extract=osm,
                seed=seed,
                history=timedelta(days=days_of_history),
                planned_days=planned_days,
                speed=speed,
                reports_per_hour=reports_per_hour,
                silent_share=silent_share,
                api=api.rstrip("/"),
                api_key=api_key,
                dispatches=plan_every_morning,
                drives=drive,
                plan_budget_s=plan_budget_s,
                duration_s=duration_s,
            )
            result = simulate_town(
                settings,
                login,
                choices,
                lambda city: register_city(settings, city, replace=replace_city),
                stop,
                _tell(as_json),
            )
    typer.echo(json.dumps(result) if as_json else " ".join(f"{key}={value}" for key, value in result.items()))


@demo_app.command()
def demo(
    preset: PresetName = "small-town",
    bins: Size = None,
    speed: Annotated[float, typer.Option(min=1.0, max=2_000, help="Simulated seconds per second.")] = 120.0,
    seed: Seed = 1,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages; the next free one if taken.")] = 8765,
    data_dir: Annotated[Path, typer.Option(help="What the demo keeps; its own folder.")] = Path(".tomma/demo"),
    fresh: Annotated[bool, typer.Option(help="Prepare map and streets again.")] = False,
    days_of_history: Annotated[
        float | None, typer.Option(min=0.0, max=60.0, help="Days before today. [default: 10; 5 or 3 for a city]")
    ] = None,
    once_s: Annotated[
        float | None, typer.Option("--once", min=1.0, help="End by itself, this long after ready.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start broker, ingest, server and a simulated town as one tree; Ctrl-C ends all of it.

    Every run begins a new morning at 04:30 with fresh readings; map and street network are kept from run to run.
    It listens on 127.0.0.1 only.
    """
    from simulator.demo.choices import DemoChoices
    from simulator.demo.supervisor import run_demo

    choices = DemoChoices(
        size=bins if bins is not None else preset,
        speed=speed,
        seed=seed,
        port=port,
        data_dir=data_dir,
        fresh=fresh,
        days_of_history=days_of_history,
        once_s=once_s,
    )
    with stop_on_signal(closed_terminal=True) as stop:
        result = run_demo(choices, stop, _tell(as_json))
    if as_json:
        typer.echo(json.dumps(result))


def _tell(as_json: bool) -> Callable[[str], None]:
    """Return who says progress: on standard output, or on standard error when that one is for JSON."""
    return lambda line: typer.echo(line, err=as_json)
