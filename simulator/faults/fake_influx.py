"""A server that takes InfluxDB's writes and can be told to misbehave."""

import gzip
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"
SLOW_S = 3.0
TOOK = 204


class FakeInflux:
    """Keeps every line it answered 204 for; a line sent twice is one, as on a true server (same tags, same time).

    Modes: `well`, `busy` (503), `refusing` (400 for all), `hanging` (no answer), `slow`, `forgetful` (takes the lines
    and closes the connection without an answer).
    """

    def __init__(self) -> None:
        self.mode = "well"
        self.poison = ""
        """A text that makes it refuse any batch that holds it, as a true server refuses a type it does not like."""
        self.requests: Counter[str] = Counter()
        """How many came, by mode."""
        self.lines: dict[str, str] = {}
        """Fields by series and time."""
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        """Listen on a free port, then in `port`."""
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    def up(self) -> None:
        """Listen, on the same port as before."""
        fake = self

        class Handler(_Handler):
            owner = fake

        self._server = _Server((HOST, self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self) -> None:
        """Be gone: connections are refused."""
        self.mode = "well"  # lets go of those that hang
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def take(self, body: str) -> int:
        """Return the status for a batch of lines; keep them if it is a good one."""
        mode = self.mode
        self.requests[mode] += 1
        while self.mode == "hanging":
            time.sleep(0.05)
        if mode == "slow":
            time.sleep(SLOW_S)
        if mode == "busy":
            return 503
        if mode == "refusing" or (self.poison and self.poison in body):
            return 400
        for line in body.splitlines():
            series, fields, moment = line.rsplit(" ", 2)
            self.lines[f"{series} {moment}"] = fields
        return 0 if mode == "forgetful" else TOOK


class _Server(ThreadingHTTPServer):
    """One thread a connection; a client that has given up is no news here."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of broken connections: breaking them is what this is for."""
        del request, client_address


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    owner: FakeInflux
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a write; a deletion is answered and does nothing."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        status = self.owner.take(body.decode()) if "/write" in self.path else TOOK
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        told = b"" if status == TOOK else b'{"message": "as told"}'
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
