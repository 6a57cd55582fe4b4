"""The tablet dies in the middle of it all: what was tapped is still there, and arrives once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext, Error, Playwright, expect, sync_playwright

from tests.web.browsing import ARGUMENTS, CHROMIUM, LANDSCAPE, PATIENCE_MS, WITHOUT_WEBGL
from tests.web.stack import Stack

DRIVER = "/driver?vehicle=truck-1"
DEAF_MS = 750


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright without a browser: these tests start and kill their own."""
    with sync_playwright() as started:
        yield started


@contextmanager
def tablet(playwright: Playwright, profile: Path) -> Iterator[BrowserContext]:
    """A browser with a profile on the disk, as a tablet has."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        args=ARGUMENTS,
        viewport={"width": LANDSCAPE[0], "height": LANDSCAPE[1]},
        locale="sv-SE",
        reduced_motion="reduce",
    )
    context.add_init_script(WITHOUT_WEBGL)
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context
    finally:
        with suppress(Error):  # it may be dead
            context.close()


def kill(profile: Path) -> None:
    """Kill the browser that this test started, and all of its processes, without a word."""
    ours = [
        process
        for process in psutil.Process().children(recursive=True)
        if f"--user-data-dir={profile}" in " ".join(_command(process))
    ]
    assert ours, "no browser has this profile"
    for process in ours:
        for each in (*process.children(recursive=True), process):
            with suppress(psutil.NoSuchProcess):
                each.kill()
    psutil.wait_procs(ours, timeout=20)


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def test_a_tablet_killed_in_the_middle_of_its_queue_delivers_later_and_once(
    stack: Stack, playwright: Playwright, tmp_path: Path
) -> None:
    """The server is gone, two taps wait, the battery falls out; started without a network; then the server is back."""
    profile = tmp_path / "profile"
    bins = [stop["bin_id"] for stop in stack.ask("/driver/routes/truck-1")["stops"][:2]]
    with tablet(playwright, profile) as context:
        page = context.new_page()
        page.goto(stack.address + DRIVER)
        expect(page.locator(".offline-note")).to_contain_text("fungerar utan nät")
        stack.stop()
        for n in (1, 2):
            page.locator(".big.go").click()
            expect(page.locator(".bar .progress")).to_contain_text(re.compile(f"^{n} / "))
            page.wait_for_timeout(DEAF_MS)
        kill(profile)
    with tablet(playwright, profile) as context:
        page = context.new_page()
        page.goto(stack.address + DRIVER)
        expect(page.locator(".bar .progress")).to_contain_text(re.compile("^2 / "))
        expect(page.locator(".status")).to_have_text("Offline · 2 väntar")
        stack.start()
        expect(page.locator(".status")).to_have_text(re.compile("allt sänt"))
    assert [event["bin_id"] for event in stack.events()] == bins
    assert [event["sequence"] for event in stack.events()] == [1, 2]
