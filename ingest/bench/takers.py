"""Those who take the load from the broker to a store: `tomma ingest`, and what it is compared with."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.bench.brokers import BrokerAt
from ingest.bench.load import Load, sensor_name
from ingest.bench.views import OurView, TableView, View, bin_of, make_table
from tomma.city import Bin, City, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.containers import ContainerType
from tomma.errors import TommaError
from tomma.model import ContainerTypeId, FractionCode, SensorId, SiteId
from tomma.stores.books.database import open_database
from tomma.stores.books.registry import SqlRegistry

READY_WITHIN_S = 30.0
END_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Taking:
    """One that runs: its process, and its store seen from outside."""

    pid: int
    view: View
    path: Path


type StartTaker = Callable[[BrokerAt, Path, Load], AbstractContextManager[Taking]]


def town(sensors: int) -> City:
    """Return a town of plain sensors, each in a bin of its own."""
    container = ContainerType(ContainerTypeId("C"), "1100 mm", volume_l=370, empty_mm=1100, full_mm=100, max_kg=150)
    site = Site(SiteId("P"), "Square", Position(59.3, 18.0))
    code = FractionCode("R")
    names = [sensor_name(each) for each in range(sensors)]
    return City(
        organisation=Organisation("O", "Bench"),
        fractions={code: Fraction(code, "Restavfall", "Residual waste", 0.1)},
        container_types={container.id: container},
        sites={site.id: site},
        bins={bin_of(each): Bin(bin_of(each), site.id, container.id, code) for each in names},
        sensors={SensorId(each): Sensor(SensorId(each)) for each in names},
        installations=tuple(
            Installation(SensorId(each), bin_of(each), datetime(2015, 1, 1, tzinfo=UTC)) for each in names
        ),
        vehicles={},
        depots={},
        disposal_sites={},
    )


@contextlib.contextmanager
def ours(broker: BrokerAt, directory: Path, load: Load) -> Iterator[Taking]:
    """`tomma ingest`, as an operator starts it."""
    engine = open_database(f"sqlite:///{directory / 'registry.sqlite3'}")
    SqlRegistry(engine).save(town(load.sensors))
    engine.dispose()
    variables = {
        "TOMMA_DATA_DIR": str(directory),
        "TOMMA_CONFIG": os.devnull,
        "TOMMA_BROKER__HOST": broker.host,
        "TOMMA_BROKER__PORT": str(broker.port),
        "TOMMA_BROKER__USERNAME": broker.taker.username,
        "TOMMA_BROKER__PASSWORD": broker.taker.password,
        "TOMMA_BROKER__SOURCES": json.dumps([{"topic": broker.filter, "envelope": "json"}]),
    }
    command = [sys.executable, "-c", "from tomma.cli import main; main()", "ingest", "--json"]
    path = directory / "readings.sqlite3"
    with child(command, variables, directory / "taker.log", lambda line: '"ready"' in line) as process:
        yield from _looked_at(process.pid, OurView(path, load), path)


def plain(*, batch: bool) -> StartTaker:
    """Return the loop that anybody would write: paho, json, sqlite3; a commit a message, or one for many."""

    @contextlib.contextmanager
    def start(broker: BrokerAt, directory: Path, load: Load) -> Iterator[Taking]:
        path = directory / "plain.sqlite3"
        make_table(path)
        told = {
            "path": str(path), "host": broker.host, "port": broker.port, "batch": batch, "topic": broker.filter,
            "username": broker.taker.username, "password": broker.taker.password,
        }  # fmt: skip
        command = [sys.executable, "-m", "ingest.bench.plain_loop"]
        with child(command, {}, directory / "taker.log", lambda line: "ready" in line, json.dumps(told)) as process:
            yield from _looked_at(process.pid, TableView(path, load), path)

    return start


def _looked_at(pid: int, view: View, path: Path) -> Iterator[Taking]:
    with contextlib.closing(view):
        yield Taking(pid, view, path)


@contextlib.contextmanager
def child(
    command: list[str], variables: Mapping[str, str], log: Path, is_ready: Callable[[str], bool], told: str = ""
) -> Iterator["subprocess.Popen[str]"]:
    """Run a process until the block ends; return once it says that it is ready."""
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOMMA_")}
    with log.open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command, env={**kept, **variables}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    ready, heard = threading.Event(), threading.Event()
    listener = threading.Thread(target=_listen, args=(process, is_ready, ready, heard), daemon=True)
    try:
        if process.stdin and told:
            process.stdin.write(told + "\n")
            process.stdin.flush()
        listener.start()
        heard.wait(READY_WITHIN_S)
        if not ready.is_set():
            raise TommaError(f"{command[-2:]} must be ready within {READY_WITHIN_S:g} s; it said: {_end_of(log)}")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        listener.join(END_WITHIN_S)
        for stream in (process.stdin, process.stdout):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def _listen(
    process: "subprocess.Popen[str]", is_ready: Callable[[str], bool], ready: threading.Event, heard: threading.Event
) -> None:
    """Read what it says until it ends, lest a full pipe stop it; `heard` is set when it is ready or has ended."""
    for line in process.stdout or ():
        if is_ready(line):
            ready.set()
            heard.set()
    heard.set()


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "nothing"
