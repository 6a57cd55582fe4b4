"""The driver's page without a network: it opens, draws its map, takes taps, and takes an update when asked to."""

import re
import shutil
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

import api.pages.router
from tests.web.browsing import map_is_drawn
from tests.web.conftest import OpenPage
from tests.web.stack import Stack

DRIVER = "/driver?vehicle=truck-1"
KEPT = {"sv": re.compile("fungerar utan nät"), "en": re.compile("work without a network")}


def wait_until_kept(page: Page, language: str = "sv") -> None:
    """The page says itself when it would open without a network."""
    expect(page.locator(".offline-note")).to_contain_text(KEPT[language])


def unreachable(context: BrowserContext) -> None:
    """Let nothing through, for the page's workers too."""
    context.set_offline(offline=True)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_page_opens_without_a_network_and_its_taps_arrive_later(
    stack: Stack, open_page: OpenPage, language: str
) -> None:
    """Three taps offline, a reload offline, the network again: exactly three events, in order.

    This tablet cannot draw a map, so it keeps none: on a thin line its tiles would come before what it needs.
    """
    watched = open_page(stack, DRIVER, offline_start=True, language=language)
    watched.expects_failures = True
    page = watched.page
    wait_until_kept(page, language)
    bins = [stop["bin_id"] for stop in stack.ask("/driver/routes/truck-1")["stops"][:3]]
    unreachable(watched.context)
    for n in (1, 2, 3):
        page.locator(".big.go").click()
        expect(page.locator(".bar .progress")).to_contain_text(re.compile(f"^{n} / "))
        page.wait_for_timeout(750)
    page.reload()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^3 / "))
    expect(page.locator(".status")).to_contain_text("Offline · 3")
    watched.context.set_offline(offline=False)
    expect(page.locator(".status")).to_have_text(re.compile("allt sänt|all sent"))
    assert [event["bin_id"] for event in stack.events()] == bins
    kept = page.evaluate("caches.keys()")
    assert [name for name in kept if name.startswith("shell-")]
    assert [name for name in kept if name.startswith("tiles-")] == []


def test_the_map_is_drawn_without_a_network(stack: Stack, open_page: OpenPage) -> None:
    """The tiles under the route were kept when the route came."""
    watched = open_page(stack, DRIVER, offline_start=True, with_map=True)
    watched.expects_failures = True
    page = watched.page
    map_is_drawn(page)
    wait_until_kept(page)
    unreachable(watched.context)
    page.reload()
    map_is_drawn(page)
    kept = page.evaluate("caches.keys().then((names) => names.filter((name) => name.startsWith('tiles-')))")
    assert len(kept) == 1, "the maps of other routes are not kept"
    drawn = page.evaluate(
        """async () => {
            const cache = await caches.open((await caches.keys()).find((name) => name.startsWith("tiles-")));
            const answers = await Promise.all((await cache.keys()).map((request) => fetch(request)));
            return answers.every((answer) => answer.ok) && answers.length;
        }"""
    )
    assert drawn > 1


@pytest.fixture
def own_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the pages that a test may change, served by the next server to start."""
    web = shutil.copytree(api.pages.router.WEB, tmp_path / "web")
    mount = api.pages.router.mount_pages
    monkeypatch.setattr("api.app.mount_pages", lambda app, **how: mount(app, web, **how))
    return web


def find_update(page: Page, own_pages: Path) -> Locator:
    """Change a word of the page on the server, let the browser find it, and return the button that takes it."""
    words = own_pages / "static" / "i18n" / "sv" / "driver.js"
    words.write_text(words.read_text().replace('"Nästa stopp"', '"Nästa hållplats"'))
    page.evaluate("navigator.serviceWorker.getRegistration('/driver').then((each) => each.update())")
    take = page.get_by_role("button", name="Byt nu")
    expect(take).to_be_visible()
    return take


def test_an_update_in_the_middle_of_a_shift_waits_until_it_is_taken(
    own_pages: Path, stack: Stack, open_page: OpenPage
) -> None:
    """The old version runs on whole, taps and all; one touch takes the new one, and nothing is lost."""
    watched = open_page(stack, DRIVER, offline_start=True)
    watched.expects_failures = True
    page = watched.page
    wait_until_kept(page)
    take = find_update(page, own_pages)
    page.reload()
    expect(page.locator(".card-head")).to_have_text("Nästa stopp")
    page.locator(".big.go").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    other = watched.context.new_page()  # a second tab on the same tablet
    other.goto(stack.address + DRIVER)
    expect(other.locator(".card-head")).to_have_text("Nästa stopp")
    wait_until_kept(other)
    other.wait_for_load_state("networkidle")  # what it still fetches through the worker could make the new one wait
    take.click()
    for tab in (page, other):
        expect(tab.locator(".card-head")).to_have_text("Nästa hållplats")
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    stack.until(lambda: len(stack.events()) == 1)


@pytest.mark.parametrize("path", ["/api/v1/city", "/tiles/14/9330/4742.mvt"])
def test_an_update_is_taken_while_the_page_asks_the_server_on_and_on(
    own_pages: Path, stack: Stack, open_page: OpenPage, path: str
) -> None:
    """A question, or a tile on a thin line, must not keep the old version's worker at work: the new one would wait."""
    page = open_page(stack, DRIVER, offline_start=True).page
    wait_until_kept(page)
    take = find_update(page, own_pages)
    page.evaluate(
        "(path) => { const ask = () => fetch(path, {cache: 'no-store'}).then(ask, () => 0); [1, 2, 3].forEach(ask); }",
        path,
    )
    take.click()
    expect(page.locator(".card-head")).to_have_text("Nästa hållplats")


def test_a_page_that_was_loading_when_an_update_was_taken_loads_again(
    own_pages: Path, stack: Stack, open_page: OpenPage
) -> None:
    """Nobody told it that another tab took the new version: it would go on with half of each."""
    watched = open_page(stack, DRIVER, offline_start=True)
    page = watched.page
    wait_until_kept(page)
    take = find_update(page, own_pages)
    other = watched.context.new_page()
    held: list[Route] = []
    gate = Event()

    def hold(route: Route) -> None:
        if gate.is_set():
            route.continue_()
        else:
            held.append(route)

    other.route("**/api/v1/**", hold)  # all: a page that goes on would ask its worker for more of itself just now
    other.goto(stack.address + DRIVER)
    stack.until(lambda: held, pause=lambda s: other.wait_for_timeout(s * 1_000))
    began = other.locator("html[data-began]")
    other.evaluate("document.documentElement.dataset.began = 'yes'")
    take.click()
    expect(page.locator(".card-head")).to_have_text("Nästa hållplats")
    expect(began).to_have_count(1)  # it has not got so far that it could be told
    gate.set()
    for each in held:
        each.continue_()
    expect(began).to_have_count(0)
    expect(other.locator(".card-head")).to_have_text("Nästa hållplats")


def test_a_tap_on_an_update_that_another_tab_took_unheard_loads_the_page(
    own_pages: Path, stack: Stack, open_page: OpenPage
) -> None:
    """A tap leads to the new version, even where the page was not told that it no longer waits."""
    watched = open_page(stack, DRIVER, offline_start=True)
    page = watched.page
    wait_until_kept(page)
    find_update(page, own_pages)
    deaf = watched.context.new_page()
    deaf.add_init_script(
        "navigator.serviceWorker.addEventListener('controllerchange', (event) => event.stopImmediatePropagation())"
    )
    deaf.goto(stack.address + DRIVER)
    take = deaf.get_by_role("button", name="Byt nu")
    take.wait_for()
    deaf.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Byt nu").click()
    expect(page.locator(".card-head")).to_have_text("Nästa hållplats")
    expect(deaf.locator(".card-head")).to_have_text("Nästa stopp")
    take.click()
    expect(deaf.locator(".card-head")).to_have_text("Nästa hållplats")


def test_a_tap_on_an_update_is_answered_while_the_browser_takes_its_time(
    own_pages: Path, stack: Stack, open_page: OpenPage
) -> None:
    """A browser may let the new version wait for minutes: the driver reads that the tap was understood."""
    page = open_page(stack, DRIVER, offline_start=True).page
    wait_until_kept(page)
    take = find_update(page, own_pages)
    page.evaluate("{ ServiceWorker.prototype.postMessage = () => {}; }")
    take.click()
    expect(page.get_by_role("button", name="Byter till den nya versionen")).to_be_focused()
    expect(page.locator(".card-head")).to_have_text("Nästa stopp")


def test_a_page_on_plain_http_says_that_it_cannot_start_offline(shared: Stack, open_page: OpenPage) -> None:
    """A LAN name without HTTPS has no service worker; everything else works, and the page says so."""
    watched = open_page(shared, DRIVER, offline_start=True)
    watched.context.add_init_script("delete Navigator.prototype.serviceWorker")
    page = watched.go(DRIVER)
    expect(page.locator(".offline-note")).to_contain_text("Utan HTTPS")
    expect(page.locator(".big.go")).to_be_enabled()
