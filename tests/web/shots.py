"""Write a picture of every state of both pages: `python -m tests.web.shots [folder]` (default: `shots/`, not kept).

The town is the tests' own, on real streets, made and planned by the product; look at the pictures before a release.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.web.browsing import LANDSCAPE, PORTRAIT, launch, map_is_drawn, save_shot, watching
from tests.web.stack import Stack, copy_of, seed, serving

SETTLE_MS = 2_500  # tiles and labels come in after the layers
AFTER_ACT_MS = 900
DRIVER = "/driver?vehicle=truck-1"
Act = Callable[[Page], object]


def nothing(page: Page) -> None:
    """Show the page as it opens."""


def table(page: Page) -> None:
    """Switch to the table."""
    page.locator(".views button").last.click()


def drawer(page: Page) -> None:
    """Open the fullest bin from the table, then go back to the map."""
    table(page)
    page.locator(".table-box .link").nth(1).click()
    page.locator(".chart canvas").wait_for()
    page.locator(".views button").first.click()
    map_is_drawn(page)


def left_out(page: Page) -> None:
    """Unfold why bins were left."""
    page.locator(".left-out summary").first.click()
    page.locator(".left-out").scroll_into_view_if_needed()


def changed_by_hand(page: Page) -> None:
    """Move a stop on the planning page and open another bin's card."""
    page.locator(".views button").nth(1).click()
    page.locator(".stop-row .down").first.click()
    page.locator("p.said").wait_for()
    page.locator(".stop-row .link").nth(3).click()


def compared(page: Page) -> None:
    """Set the plan beside what the day would have cost otherwise."""
    page.locator(".views button").nth(3).click()
    page.locator(".compare td small").first.wait_for()


def replan(page: Page) -> None:
    """Press the button and catch the planner at work."""
    page.locator(".panel header button").click()
    page.locator(".so-far b").wait_for()


def tapped(page: Page) -> None:
    """Empty three bins."""
    for _ in range(3):
        page.locator(".big.go").click()
        page.wait_for_timeout(750)


def skipping(page: Page) -> None:
    """Open the reasons."""
    page.locator(".actions .big.quiet").click()


def done_list(page: Page) -> None:
    """Unfold what is done."""
    tapped(page)
    page.locator(".stops summary").click()
    page.locator(".undo").last.scroll_into_view_if_needed()


def whole_route(page: Page) -> None:
    """Show the day on one picture."""
    page.locator(".map-button").last.click()


def new_code(page: Page) -> None:
    """Make a code for the next tablet."""
    page.locator(".pair-side .primary").click()
    page.locator(".qr").wait_for()


STATES: Sequence[tuple[str, str, Act]] = (
    ("manager", "/", nothing),
    ("manager-table", "/", table),
    ("manager-bin", "/", drawer),
    ("manager-left-out", "/", left_out),
    ("manager-planning", "/", replan),
    ("planning-map", "/planning", map_is_drawn),
    ("planning-changed", "/planning", changed_by_hand),
    ("planning-compared", "/planning", compared),
    ("manager-tablets", "/tablets", new_code),
    ("driver", DRIVER, nothing),
    ("driver-tapped", DRIVER, tapped),
    ("driver-skip", DRIVER, skipping),
    ("driver-done", DRIVER, done_list),
    ("driver-whole-route", DRIVER, whole_route),
    ("driver-choice", "/driver", nothing),
    ("driver-pairing", "/driver#pair=0429", nothing),
    ("driver-revoked", "/driver#revoked", nothing),
)


def shoot(browser: Browser, stack: Stack, folder: Path, name: str, path: str, act: Act, **how: object) -> None:
    """Open, act, wait until the map has settled, write."""
    with watching(browser, stack.address, with_map=True, **how) as watched:  # type: ignore[arg-type]
        page = watched.go(path)
        page.locator(".map-buttons, .trucks, .pair-side, .keypad, .farewell").first.wait_for()
        page.wait_for_timeout(SETTLE_MS)
        act(page)
        page.wait_for_timeout(AFTER_ACT_MS)
        save_shot(page, folder, name)


def offline(browser: Browser, stack: Stack, folder: Path) -> None:
    """Take the server away and tap."""
    with watching(browser, stack.address, with_map=True) as watched:
        page = watched.go(DRIVER)
        map_is_drawn(page)
        page.wait_for_timeout(SETTLE_MS)
        stack.stop()
        tapped(page)
        save_shot(page, folder, "driver-offline")
        stack.start()


def main(folder: Path) -> None:
    """Write all pictures."""
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        seeded = seed(Path(made) / "seeded")
        with serving(seeded, on_streets=True) as stack:
            stack.plan_and_publish()
        browser = launch(playwright)
        for theme, language in (("day", "sv"), ("night", "en"), ("sun", "sv")):
            for name, path, act in STATES:
                if theme == "sun" and not name.startswith("driver"):
                    continue  # offices have blinds
                with serving(copy_of(seeded, Path(made) / f"{name}-{theme}"), on_streets=True) as stack:
                    shoot(browser, stack, folder, f"{name}-{theme}", path, act, theme=theme, language=language,
                          size=LANDSCAPE)  # fmt: skip
        with serving(copy_of(seeded, Path(made) / "other"), on_streets=True) as stack:
            shoot(browser, stack, folder, "driver-portrait", DRIVER, nothing, size=PORTRAIT)
            shoot(browser, stack, folder, "manager-phone", "/", nothing, size=(390, 844))
            offline(browser, stack, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "shots"))
