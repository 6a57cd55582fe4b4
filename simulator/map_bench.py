"""`tomma bench map`: what the city's page asks of the server at the size of a city, while readings come in.

The server is a process of its own, as in a city; two clients ask at once, on the machine's own clock.
"""

import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import httpx
import msgspec
import typer

from api.basemap.build import build_basemap
from simulator.demo.child import Child
from simulator.map_town import live_into
from simulator.presets import SHIPPED_EXTRACT
from simulator.towns import Town, make_town
from tomma.errors import TommaError
from tomma.model import Reading
from tomma.ports import ReadingStore
from tomma.settings import Settings
from tomma.stores.wiring import open_stores

app = typer.Typer(add_completion=False, help="Measure what the city's page asks of the server.")

CLIENTS = 2
ASKED, QUICK_ASKED = 200, 40
DAYS, QUICK_DAYS = 8, 3
LIVE_PER_S = 100
"""New readings while we ask: twelve times what 11,100 bins send that report every twenty minutes."""
PATIENCE_S = 180.0
END_S = 10.0
SEED = 7


@dataclass(frozen=True, slots=True)
class Timed:
    """One address asked many times."""

    p50_ms: float
    p95_ms: float
    max_ms: float
    packed_bytes: int


@app.command("map")
def map_command(
    preset: Annotated[str, typer.Option(help="small-town, city-1400, city-5700 or city-11100.")] = "city-11100",
    quick: Annotated[bool, typer.Option("--quick", help="Less history, fewer questions.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Make a town with its readings, serve it, and time every question of the city's page."""
    town = make_town(preset, SEED)
    with tempfile.TemporaryDirectory(prefix="tomma-map-") as name:
        result = _measure(Path(name), town, QUICK_DAYS if quick else DAYS, QUICK_ASKED if quick else ASKED)
    if as_json:
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
        return
    for key, value in result.items():
        sys.stdout.write(f"{key:>22}  {value}\n")


def _measure(folder: Path, town: Town, days: int, asked: int) -> dict[str, object]:
    settings = Settings(data_dir=folder)
    now_utc = datetime.now(UTC)
    build_basemap(SHIPPED_EXTRACT, settings.basemap_path)
    with open_stores(settings) as stores:
        stores.registry.save(town.city)
        readings = live_into(stores.readings, town, now_utc - timedelta(days=days), now_utc, SEED)
        with _serving(folder) as address, _living(stores.readings, town):
            _wait_for_forecast(address)
            timed = {name: _ask(address, paths, asked) for name, paths in _questions(town).items()}
    columns = ("places", "levels", "ahead")
    return {
        "bins": len(town.city.bins),
        "sites": len(town.city.sites),
        "readings": readings,
        "clients": CLIENTS,
        "live_readings_per_s": LIVE_PER_S,
        "first_load_bytes": sum(timed[each].packed_bytes for each in (*columns, "city")),
        "fill_refresh_bytes": timed["levels"].packed_bytes,
        "worst_p95_ms": max(each.p95_ms for each in timed.values()),
        **timed,
    }


def _questions(town: Town) -> Mapping[str, Sequence[str]]:
    """Return the addresses of each kind; those of one bin are asked for many bins in turn."""
    some = list(town.city.bins)[:: max(1, len(town.city.bins) // 97)]
    return {
        "city": ["/api/v1/city"],
        "places": ["/api/v1/map/places"],
        "levels": ["/api/v1/map/levels"],
        "ahead": ["/api/v1/map/ahead"],
        "figures": ["/api/v1/map/figures"],
        "bin": [f"/api/v1/bins/{each}" for each in some],
        "history": [f"/api/v1/bins/{each}/history" for each in some],
        "forecast": [f"/api/v1/bins/{each}/forecast?hours=72" for each in some],
        "tile": [f"/tiles/15/{18654 + n % 6}/{9480 + n // 6}.mvt" for n in range(24)],
    }


def _ask(address: str, paths: Sequence[str], asked: int) -> Timed:
    with httpx.Client(base_url=address, timeout=PATIENCE_S, trust_env=False) as client:

        def once(number: int) -> tuple[float, int]:
            began_s = time.perf_counter()
            answer = client.get(paths[number % len(paths)])
            took_ms = 1_000.0 * (time.perf_counter() - began_s)
            answer.raise_for_status()
            return took_ms, answer.num_bytes_downloaded

        with ThreadPoolExecutor(CLIENTS) as clients:
            found = list(clients.map(once, range(asked)))
    took = sorted(ms for ms, _ in found)
    return Timed(
        p50_ms=round(statistics.median(took), 1),
        p95_ms=round(took[int(0.95 * len(took))], 1),
        max_ms=round(took[-1], 1),
        packed_bytes=max(size for _, size in found),
    )


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """Run `tomma serve` on a free port and yield its address."""
    own = {"DATA_DIR": str(folder), "CONFIG": str(folder / "tomma.toml"), "PEOPLE__DEMO": "true"}
    environment = {**os.environ, **{f"TOMMA_{name}": value for name, value in own.items()}}
    child = Child("serve", ["serve", "--port", "0"], environment, folder / "serve.log")
    try:
        yield _address_of(child)
    finally:
        child.ask_to_end()
        child.make_end(time.monotonic() + END_S)


def _address_of(child: Child) -> str:
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        child.check_alive()
        for line in child.new_lines():
            if line.startswith("tomma serves "):
                return line.removeprefix("tomma serves ").rstrip("/")
        time.sleep(0.1)
    raise TommaError(f"the server did not start within {PATIENCE_S:.0f} s")


def _wait_for_forecast(address: str) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        answer = httpx.get(f"{address}/api/v1/map/ahead", timeout=PATIENCE_S, trust_env=False)
        if answer.json()["as_of_utc"] is not None:
            return
        time.sleep(0.5)
    raise TommaError(f"no forecast within {PATIENCE_S:.0f} s")


@contextmanager
def _living(store: ReadingStore, town: Town) -> Iterator[None]:
    """Have readings come in, some each tenth of a second, until the measuring is done."""
    done = threading.Event()

    def live() -> None:
        number, batch, rng = 0, LIVE_PER_S // 10, random.Random(SEED)  # noqa: S311  (levels, not a secret)
        while not done.wait(0.1):
            now_utc = datetime.now(UTC)
            truths = [town.truths[(number + n) % len(town.truths)] for n in range(batch)]
            store.append([Reading(each.bin_id, each.sensor_id, now_utc, now_utc, rng.random()) for each in truths])
            number += batch

    thread = threading.Thread(target=live, name="living")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
