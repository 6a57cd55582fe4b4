"""Street servers on a free port of this machine: the real engines behind the HTTP APIs that their makers document."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import osrm
from valhalla import Actor, ValhallaError, get_config

OSRM_MAX_LOCATIONS = 100
VALHALLA_MAX_PAIRS = 2_500

type Answer = tuple[int, bytes]
type Answerer = Callable[[str, bytes], Answer]


@dataclass
class Served:
    """A server that runs, and what it was asked."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(answer: Answerer) -> Iterator[Served]:
    """Serve answers by path and body."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            served.asked.append(self.path)
            status, content = answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if 300 <= status < 400:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Served(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def osrm_answers(base: Path) -> Answerer:
    """Return an OSRM server's way to answer: `/{service}/v1/{profile}/{coordinates}?options`."""
    engine = osrm.OSRM(
        algorithm="CH", storage_config=str(base), use_shared_memory=False, use_mmap=True, verbosity="NONE"
    )

    def answer(path: str, _: bytes) -> Answer:
        split = urlsplit(path)
        service, version, profile, coordinates = unquote(split.path).strip("/").split("/")
        assert (version, profile) == ("v1", "driving")
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        places = [tuple(float(each) for each in place.split(",")) for place in coordinates.split(";")]
        if len(places) > OSRM_MAX_LOCATIONS:
            return 400, b'{"code": "TooBig", "message": "Too many coordinates"}'
        common = {
            "coordinates": places,
            "approaches": query["approaches"].split(";") if "approaches" in query else [],
            "generate_hints": query.get("generate_hints") != "false",
        }
        try:
            return 200, json.dumps(_plain(_asked(engine, service, query, common))).encode()
        except RuntimeError as exc:
            code, message = str(exc).split(" - ", 1)
            return 400, json.dumps({"code": code, "message": message}).encode()

    return answer


def _asked(engine: Any, service: str, query: dict[str, str], common: dict[str, Any]) -> Any:
    if service == "table":
        numbers = {
            name: [int(each) for each in query[name].split(";")]
            for name in ("sources", "destinations")
            if name in query
        }
        return engine.Table(osrm.TableParameters(annotations=query["annotations"].split(","), **numbers, **common))
    if service == "nearest":
        parameters = osrm.NearestParameters(**common)
        parameters.number_of_results = int(query.get("number", "1"))
        return engine.Nearest(parameters)
    assert service == "route"
    return engine.Route(
        osrm.RouteParameters(
            steps=query["steps"] == "true",
            geometries=query["geometries"],
            overview=query["overview"],
            continue_straight=query["continue_straight"] == "true",
            **common,
        )
    )


def _plain(value: Any) -> Any:
    """Return an answer of the embedded engine as what JSON knows."""
    if isinstance(value, osrm.Object):
        return {key: _plain(value[key]) for key in value}
    if isinstance(value, osrm.Array):
        return [_plain(each) for each in value]
    return value


def valhalla_answers(tiles: Path) -> Answerer:
    """Return a Valhalla server's way to answer: the question as the body of a POST to `/{action}`."""
    actor, turn = Actor(get_config(tile_extract="", tile_dir=tiles)), threading.Lock()

    def answer(path: str, body: bytes) -> Answer:
        action = path.strip("/")
        ask = getattr(actor, "matrix" if action == "sources_to_targets" else action)
        try:
            with turn:
                return 200, ask(body.decode()).encode()
        except ValhallaError as exc:
            told = {"error_code": exc.code, "error": str(exc), "status_code": 400, "status": "Bad Request"}
            return 400, json.dumps(told).encode()

    return answer
