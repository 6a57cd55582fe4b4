"""`tomma bench ingest`: what comes in on this machine, beside Node-RED and a plain loop. Wiring only."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import psutil
import typer
from rich.console import Console
from rich.table import Table

from ingest.bench import big_store
from ingest.bench.brokers import BROKERS
from ingest.bench.load import Load
from ingest.bench.measure import Effort, Outcome, run
from ingest.bench.node_red import NodeRed, node_red
from ingest.bench.node_red_install import bring
from ingest.bench.report import AIMS, BATCHES, NODE_RED, OURS, PLAIN, Figures, summary
from ingest.bench.takers import StartTaker, ours, plain
from tomma.settings import load_settings

app = typer.Typer(add_completion=False, help="Take readings in beside Node-RED and a plain loop; report the figures.")

BINS = 10_000
QUICK_WITHIN_S = 48.0
"""The quick bench ends before 55 s; the rest is for what cannot be cut short."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done."""

    runs: int
    sensors: int
    store: big_store.Shape
    npm_within_s: float
    compiled: bool
    """Whether Node-RED's usual store node is compiled where it must be."""


FULL = Size(runs=3, sensors=2_000, store=big_store.Shape(BINS, 3_000), npm_within_s=900.0, compiled=True)
QUICK = Size(runs=1, sensors=500, store=big_store.Shape(BINS, 90), npm_within_s=30.0, compiled=False)


@app.command()
def ingest(
    quick: Annotated[bool, typer.Option("--quick", help="Once and small: done within 55 s.")] = False,
    broker: Annotated[Literal["embedded", "mosquitto"], typer.Option(help="Between publisher and taker.")] = "embedded",
    with_node_red: Annotated[
        bool, typer.Option("--node-red/--no-node-red", help="npm brings it once, into the data directory.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Take the same load in with tomma, with Node-RED and with a plain loop; report figures, aims and what was lost.

    The load goes publisher -> broker -> taker -> SQLite, and is looked at from outside until it can be queried. Then
    a store of 30 million readings (1 million with --quick) is made and asked. Exit code 1: a reading of ours was
    lost, doubled or changed. Node-RED is fetched by the machine's npm at the first run; --no-node-red fetches nothing.
    """
    size = QUICK if quick else FULL
    folder = load_settings().data_dir.absolute() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    end_s = _BEGAN_S + QUICK_WITHIN_S if quick else None
    with tempfile.TemporaryDirectory(prefix="run-", dir=folder) as scratch, ThreadPoolExecutor(1) as beside:
        bringing = beside.submit(_bring, folder, size) if with_node_red else None
        path = Path(scratch) / "large.sqlite3"
        bytes_per_reading = big_store.fill(path, size.store, _say)  # meanwhile npm mostly waits for the network
        found = bringing.result() if bringing else "--no-node-red"
        reads = big_store.measure(path, size.store, 3)
        outcomes = _run_all(_takers(found), broker, size, Path(scratch), end_s)
    why_not = found if isinstance(found, str) else ""
    figures = summary(outcomes, reads, size.store.readings, bytes_per_reading, why_not)
    _tell(figures, as_json=as_json)
    if any(figures[key] for key in ("lost", "doubled", "wrong")):
        raise typer.Exit(1)


def _bring(folder: Path, size: Size) -> NodeRed | str:
    found = bring(folder / "node-red", within_s=size.npm_within_s, compiled=size.compiled, say=_say)
    if isinstance(found, str):
        _say(f"without Node-RED: {found}")
    return found


def _takers(found: NodeRed | str) -> Mapping[str, StartTaker]:
    """Return everybody who can take part."""
    own = {OURS: ours, PLAIN: plain(batch=False), BATCHES: plain(batch=True)}
    stores = () if isinstance(found, str) else found.stores
    return own | {f"{NODE_RED}{store}": node_red(found, store) for store in stores if isinstance(found, NodeRed)}


def _run_all(
    takers: Mapping[str, StartTaker], broker: str, size: Size, scratch: Path, end_s: float | None
) -> dict[str, list[Outcome]]:
    """Let everybody take the load, one after the other, as often as wanted: what disturbs the machine meets all."""
    load = Load(size.sensors, datetime.now(UTC).replace(microsecond=0) - timedelta(days=1))
    outcomes: dict[str, list[Outcome]] = {name: [] for name in takers}
    for turn, name, effort in _schedule(tuple(takers), size, end_s):
        _say(f"run {turn + 1} of {size.runs}: {name}")
        outcome = run(BROKERS[broker], takers[name], load, effort, scratch / f"{name}-{turn}")
        _say(f"  {outcome.readings_per_s:,.0f} readings/s, {outcome.taker_cpu_us:.0f} us each, {outcome.reckoning}")
        outcomes[name].append(outcome)
    return {name: done for name, done in outcomes.items() if done}


_BEGAN_S = time.monotonic() - (time.time() - psutil.Process().create_time())
"""Imports count too."""
PACE_PER_S = 2_000.0
ENOUGH_S = 1.5
"""The least that a taker gets, however late it is."""
OVERHEAD_S = 6.0
"""Starting a broker, a taker and a publisher, and ending them."""


def _schedule(names: tuple[str, ...], size: Size, end_s: float | None) -> Iterator[tuple[int, str, Effort]]:
    """Give turn, taker and effort; with an end, those first without whom there is no comparison."""
    if end_s is None:
        yield from ((turn, name, Effort(6.0, PACE_PER_S, 6.0)) for turn in range(size.runs) for name in names)
        return
    wanted = [name for name in (OURS, f"{NODE_RED}function", PLAIN, BATCHES) if name in names]
    for place, name in enumerate(wanted):
        left_s = end_s - time.monotonic()
        share_s = left_s / (len(wanted) - place) - OVERHEAD_S
        if (name == BATCHES and share_s < ENOUGH_S) or (name == PLAIN and left_s < OVERHEAD_S):
            return
        busy_s = min(9.0, max(ENOUGH_S, share_s))
        paced_s = 0.0 if name in (PLAIN, BATCHES) else busy_s / 3
        yield 0, name, Effort(busy_s - paced_s, PACE_PER_S, paced_s)


def _say(what: str) -> None:
    typer.echo(f"{time.monotonic() - _BEGAN_S:6.1f} s  {what}", err=True)


def _tell(figures: Figures, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    console = Console()
    keys = ("readings_per_s", "cpu_us_per_reading", "p50_ms", "p99_ms", "lost", "doubled", "wrong")
    takers = Table("", *keys)
    for name, each in _section(figures, "takers").items():
        takers.add_row(name, *(str(each[key]) for key in keys))
    console.print(takers)
    met, words = _section(figures, "aims_met"), {True: "yes", False: "no", None: "not measured"}
    aims = Table("figure", "measured", "aim", "met")
    for aim in AIMS:
        bound = f"{'at least' if aim.at_least else 'at most'} {aim.bound:g}"
        aims.add_row(aim.key, str(figures[aim.key]), bound, words[met[aim.key]])
    console.print(aims)
    rest = ("ratio_to_plain_loop", "ratio_to_plain_loop_batches", "node_red", "rows", "runs", "cores", "load_average")
    console.print(", ".join(f"{key} {figures[key]}" for key in rest))


def _section(figures: Figures, key: str) -> dict[str, Any]:
    found = figures[key]
    return found if isinstance(found, dict) else {}
