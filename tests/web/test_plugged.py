"""A basemap from another host, as a browser meets it: that host is asked, and no other."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.web.browsing import map_is_drawn, watching
from tests.web.stack import copy_of, serving

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@contextmanager
def map_host() -> Iterator[tuple[str, list[str]]]:
    """A server of maps on a port of its own; yields its address and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            is_style = self.path == "/style.json"
            body = json.dumps(style_of(self.headers["Host"])).encode() if is_style else DOT
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Type", "application/json" if is_style else "image/png")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def style_of(host: str) -> dict[str, object]:
    """A style as another host may serve it: with fonts of its own, which we do not fetch."""
    tiles = {"type": "raster", "tiles": [f"http://{host}/own/{{z}}/{{x}}/{{y}}.png"], "tileSize": 256}
    return {
        "version": 8,
        "glyphs": f"http://{host}/fonts/{{fontstack}}/{{range}}.pbf",
        "sources": {"own": tiles},
        "layers": [{"id": "own", "type": "raster", "source": "own"}],
    }


@pytest.mark.parametrize(("name", "path"), [("RASTER_URL", "/t/{z}/{x}/{y}.png"), ("STYLE_URL", "/style.json")])
def test_the_office_map_asks_the_plugged_host_and_the_tablet_does_not(
    browser: Browser, seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, path: str
) -> None:
    """The policy lets it; the driver's map stays with the tiles it can keep for the road."""
    with map_host() as (host, asked):
        monkeypatch.setenv(f"TOMMA_BASEMAP__{name}", host + path)
        monkeypatch.setenv("TOMMA_BASEMAP__ATTRIBUTION", "© Lantmäteriet")
        with (
            serving(copy_of(seeded, tmp_path / "data")) as stack,
            watching(browser, stack.address, with_map=True) as watched,
        ):
            page = watched.go("/")
            map_is_drawn(page)
            expect(page.locator(".attribution")).to_have_text("© Lantmäteriet")
            stack.until(lambda: any(each.endswith(".png") for each in asked), lambda _: page.wait_for_timeout(50))
            assert not [each for each in asked if "fonts" in each]
            assert {each.removeprefix("http://").split("/")[0] for each in watched.strangers()} == {host[7:]}
            assert watched.complaints == []
            page.goto("about:blank")
            watched.requests.clear()  # and not `asked`: the host may still be hearing the last of the office's requests
            map_is_drawn(watched.go("/driver?vehicle=truck-1"))
            assert watched.strangers() == []
