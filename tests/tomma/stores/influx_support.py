"""Real time-series servers for tests, and a door before one of them that can be told to fail."""

import gzip
import os
import shutil
import subprocess
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from ingest.brokers.listening import free_port

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30.0


def _binary(name: str) -> str:
    found = shutil.which(name, path=f"{ROOT / '.servers'}{os.pathsep}{os.environ.get('PATH', '')}")
    assert found, f"{name} must be installed; `make test` brings it or says how"
    return found


@contextmanager
def _running(command: list[str], place: Path, answers: Callable[[], object]) -> Iterator[None]:
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=place)
    try:
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            failed = process.poll() is not None or time.monotonic() > deadline_s
            assert not failed, (place / "log").read_text()[-2000:]
            with suppress(OSError):
                answers()
                break
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait(PATIENCE_S)


@contextmanager
def influxd(place: Path) -> Iterator[str]:
    """Run an InfluxDB 1.x with a database `tomma`; yield its address."""
    port, other = free_port(), free_port()
    folders = "\n".join(f'[{part}]\ndir = "{place / part}"' for part in ("meta", "data"))
    (place / "influxdb.conf").write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{other}"\n{folders}\nwal-dir = "{place / "wal"}"\n'
        f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n[monitor]\nstore-enabled = false\n'
    )
    url = f"http://127.0.0.1:{port}"
    command = [_binary("influxd"), "run", "-config", str(place / "influxdb.conf")]
    with _running(command, place, lambda: influxql(url, "SHOW DATABASES")):
        # One shard: two years in shards of a week are a hundred directories, for every test anew.
        influxql(url, "CREATE DATABASE tomma WITH DURATION INF SHARD DURATION 5200w")
        yield url


@contextmanager
def victoria_metrics(place: Path) -> Iterator[str]:
    """Run a VictoriaMetrics; yield its address."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [_binary("victoria-metrics"), f"-httpListenAddr={url[7:]}", f"-storageDataPath={place / 'data'}"]
    command += ["-retentionPeriod=100y", "-memory.allowedBytes=200MB"]
    with _running(command, place, lambda: influxql(url, "SHOW DATABASES")):
        yield url


def influxql(url: str, statement: str) -> bytes:
    """Ask an InfluxDB without going through our own code."""
    body = urlencode({"q": statement, "db": "tomma", "epoch": "ms"}).encode()
    with urllib.request.urlopen(f"{url}/query", body, timeout=PATIENCE_S) as answer:  # noqa: S310  (a server of ours)
        return bytes(answer.read())


@dataclass(slots=True)
class Fault:
    """What the door does instead of passing a call on."""

    status: int = 0
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """Close the connection without a word."""
    silent_s: float = 0.0
    """Say nothing for so long, or until the door closes."""
    after_passing: bool = False
    """Pass the call on first: the server has it, and we are not told."""


class Door:
    """An HTTP door before an InfluxDB 1.x that also answers /api/v2/write, as 1.8 does, and fails on demand.

    Attributes:
        faults: What the next writes meet, one each; then they pass.
        always: What every call meets.
        break_after: Questions beyond so many get 503.
        poison: Writes are refused with 422 as long as a line contains it; the other lines are stored.
        writes: How many writes came.
        queries: How many other calls came.
        lines: The lines that were passed on.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self.faults: deque[Fault] = deque()
        self.always: Fault | None = None
        self.poison = ""
        self.break_after: int | None = None
        self.writes = 0
        self.queries = 0
        self.lines: list[str] = []
        self.closing = threading.Event()

    @contextmanager
    def open(self, port: int = 0) -> Iterator[str]:
        """Answer calls inside; yield the address."""
        server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            self.closing.set()
            server.shutdown()
            server.server_close()
            thread.join(PATIENCE_S)
            self.closing.clear()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in pieces waits 40 ms for the acknowledgement of its first

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, answer = door.answer(self.path, dict(self.headers), body)
                if not status:
                    self.close_connection = True
                    return
                with suppress(OSError):  # the caller may have given up
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Return (status, headers, body); status 0 cuts the connection."""
        is_write = path.startswith(("/api/v2/write", "/write"))
        self.writes += is_write
        self.queries += not is_write
        if self.break_after is not None and self.queries > self.break_after:
            return 503, {}, b"overloaded"
        fault = self.always or (self.faults.popleft() if is_write and self.faults else None)
        if fault is None or fault.after_passing:
            passed = self._write(path, body) if is_write else self._pass_on(path, headers, body)
            if fault is None:
                return passed
        if fault.silent_s:
            self.closing.wait(fault.silent_s)
        return (0 if fault.cut else fault.status), fault.headers, fault.body.encode()

    def _write(self, path: str, packed: bytes) -> tuple[int, dict[str, str], bytes]:
        asked = parse_qs(urlsplit(path).query)
        where = asked.get("bucket") or asked["db"]
        lines = gzip.decompress(packed).decode().split("\n")
        good = [line for line in lines if not self.poison or self.poison not in line]
        self.lines += good
        query = urlencode({"db": where[0], "precision": asked["precision"][0]})
        status, headers, answer = self._pass_on(f"/write?{query}", {}, "\n".join(good).encode())
        if len(good) < len(lines):
            told = b'{"code":"unprocessable entity","message":"partial write: field type conflict dropped=1"}'
            return 422, {"Content-Type": "application/json"}, told
        return status, headers, answer

    def _pass_on(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self._upstream.hostname or "", self._upstream.port, timeout=PATIENCE_S)
        try:
            kept = {name: value for name, value in headers.items() if name == "Content-Type"}
            connection.request("POST", path, body, kept)
            answer = connection.getresponse()
            return answer.status, {}, answer.read()
        finally:
            connection.close()
