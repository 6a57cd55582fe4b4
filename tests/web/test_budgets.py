"""What the driver's page may weigh and cost: measured in the browser that runs it."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, Request

from tests.web.browsing import PLAIN, map_is_drawn
from tests.web.conftest import OpenPage
from tests.web.stack import Stack

DRIVER = "/driver?vehicle=truck-1"
SHELL_BYTES, WITH_MAP_BYTES = 40_000, 520_000
LATER = (
    *("demo.css", "offline.js", "tiles.js", "/note.js", "/kept.js", "/map.js", "/able.js"),
    *("driver/sheet.js", "driver/toast.js", "driver/words.js"),
)
"""Fetched after the next stop and its buttons stand there."""
ROUTE_BYTES = 1_500_000
HEAP_BYTES = 40_000_000


def weigh(page: Page) -> Callable[[], dict[str, int]]:
    """Note the packed size of every answer from now on, by address."""
    seen: list[Request] = []

    def note(request: Request) -> None:
        seen.append(request)

    page.on("requestfinished", note)

    def told() -> dict[str, int]:
        return {request.url.split("?")[0]: request.sizes()["responseBodySize"] for request in seen}

    return told


def static_bytes(sizes: dict[str, int], without: tuple[str, ...] = ()) -> int:
    """What the page itself weighs: neither tiles nor answers of the API."""
    own = {url: size for url, size in sizes.items() if "/static/" in url or url.endswith("/driver")}
    return sum(size for url, size in own.items() if not url.endswith(without))


def test_the_shell_without_its_map_is_light(shared: Stack, open_page: OpenPage) -> None:
    """A tablet on a thin line: 40 kB until the next stop and its buttons are there."""
    watched = open_page(shared, PLAIN)  # no page of ours before it, whose sheets would not be fetched again
    told = weigh(watched.page)
    page = watched.go(DRIVER)
    page.locator(".big.go").wait_for()
    page.wait_for_load_state("networkidle")
    assert static_bytes(told(), LATER) <= SHELL_BYTES


def test_the_page_with_its_map_is_within_half_a_megabyte(shared: Stack, open_page: OpenPage) -> None:
    """And all that is kept for the day, tiles and route, within one and a half."""
    watched = open_page(shared, PLAIN, with_map=True)
    told = weigh(watched.page)
    page = watched.go(DRIVER)
    map_is_drawn(page)
    page.wait_for_load_state("networkidle")
    sizes = told()
    assert static_bytes(sizes) <= WITH_MAP_BYTES
    assert sum(sizes.values()) <= ROUTE_BYTES


def test_the_heap_stays_small(shared: Stack, open_page: OpenPage) -> None:
    """After the collector has been round: an old tablet has little, and the shift is long."""
    watched = open_page(shared, DRIVER, with_map=True)
    map_is_drawn(watched.page)
    session = watched.context.new_cdp_session(watched.page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    assert usage["usedSize"] <= HEAP_BYTES


def test_nothing_is_asked_of_another_host(shared: Stack, open_page: OpenPage) -> None:
    """Not even once: the fixture looks at every request of every page; here one is tried to see it looks."""
    watched = open_page(shared, DRIVER)
    watched.page.locator(".big.go").wait_for()
    assert watched.requests
    assert watched.strangers() == []
    deadline_s = time.monotonic() + 10
    watched.page.evaluate("fetch('http://127.0.0.2:9/').catch(() => null)")
    while not watched.complaints and time.monotonic() < deadline_s:
        watched.page.wait_for_timeout(50)
    assert any("Content Security Policy" in each for each in watched.complaints), "the policy forbids it"
    watched.complaints.clear()
    watched.requests.clear()
