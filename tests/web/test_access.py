"""Usable by everybody: axe finds nothing, targets are big enough, the keyboard is enough, names are only text."""

import re
from collections.abc import Callable, Iterator, Mapping

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from api.pages.router import WEB
from tests.web.browsing import LANDSCAPE, PORTRAIT, Watched, fits, map_is_drawn, watching
from tests.web.conftest import OpenPage, content
from tests.web.stack import EVIL_NAME, Stack

DRIVER = "/driver?vehicle=truck-1"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_A_PALETTE = ["color-contrast", "link-in-text-block", "target-size"]
"""The rules that read colours, and the one that reads sizes: a palette is a style sheet's, and changes no element."""
TARGET_PX = 48
DEAF_MS = 750  # the buttons let 0.7 s pass between two taps
INTERACTIVE = "a[href], button, summary, select, input"
FAMILIES = {
    key for path in (WEB / "static/i18n/en").glob("*.js") for key in re.findall(r'"([a-z_]+)\.', path.read_text())
}
"""What the names of texts begin with; other words with a point in them are package names and addresses."""

SMALL_TARGETS = """([selector, least]) => [...document.querySelectorAll(selector)].flatMap((element) => {
  const {width, height} = element.getBoundingClientRect();
  const isShown = width && height && element.checkVisibility({visibilityProperty: true});
  return isShown && (width < least || height < least)
    ? [`${element.outerHTML.slice(0, 120)} ${width.toFixed()} x ${height.toFixed()}`] : [];
})"""

Act = Callable[[Page], object]


def violations(page: Page, also: tuple[str, ...] = ()) -> str:
    """Everything axe holds against the page, once it has drawn its heading: an address is there before a page is."""
    page.locator("h1").first.wait_for(state="attached")
    rules = {each: {"enabled": True} for each in also}
    return _held_against(page, {"runOnly": {"type": "tag", "values": [*RULES]}, "rules": rules})


def violations_by_night(page: Page) -> str:
    """The same page in its other colours: what axe holds against those, the rest having been found well by day."""
    page.evaluate("async () => (await import('/static/lib/theme.js')).chooseTheme('night')")
    expect(page.locator("html")).to_have_attribute("data-theme", "night")
    return _held_against(page, {"runOnly": {"type": "rule", "values": [*OF_A_PALETTE]}})


def _held_against(page: Page, asked: Mapping[str, object]) -> str:
    if not page.evaluate("'axe' in window"):  # a second copy would be compiled anew, and begin as slowly
        page.evaluate(AXE_SCRIPT)
    # Describing all that is well took half of the time.
    held = page.evaluate("async (asked) => (await axe.run(asked)).violations", {**asked, "resultTypes": ["violations"]})
    return "\n".join(
        f"{each['id']}: {node['target']} {node['failureSummary']}" for each in held for node in each["nodes"]
    )


def of_manager(page: Page) -> None:
    """Wait for bins and plan."""
    page.locator(".route").first.wait_for()


def few_rows(page: Page) -> None:
    """Search for a street: axe looks at every cell, and all rows are of one kind."""
    of_manager(page)
    page.locator("input[type=search]").fill("Bulevardi")
    expect(page.locator(".table-box tbody tr").nth(8)).to_have_count(0)


def with_drawer(page: Page) -> None:
    """Open the fullest bin and its tables."""
    few_rows(page)
    page.locator(".table-box .link").first.click()
    page.locator(".chart canvas").wait_for()
    page.locator(".drawer summary").click()


def with_left_out(page: Page) -> None:
    """Unfold why bins were left."""
    few_rows(page)
    page.locator(".left-out summary").first.click()


def of_driver(page: Page) -> None:
    """Wait for the next stop."""
    page.locator(".big.go").wait_for()


def with_sheet(page: Page) -> None:
    """Open the reasons for skipping."""
    page.locator(".actions .big.quiet").click()
    page.locator("dialog[open]").wait_for()


def with_choice(page: Page) -> None:
    """Go back to the choice of truck."""
    page.locator(".vehicle button").click()
    page.locator(".trucks").wait_for()


def of_sensors(page: Page) -> None:
    """Wait for the list and for the stream beside it."""
    page.locator("tbody tr").first.wait_for()
    page.locator(".panel h3").first.wait_for()


def of_planning(page: Page) -> None:
    """Wait for the stops, unfold the order and the files."""
    page.locator(".stop-row").first.wait_for()
    page.locator(".order summary").first.click()
    page.locator(".exports summary").click()


def with_card(page: Page) -> None:
    """Open one bin of the plan beside the list of all bins."""
    page.locator(".stop-row .link").first.click()
    page.locator(".views button").nth(2).click()
    page.locator(".where-form").wait_for()


def of_schedule(page: Page) -> None:
    """Show what is made by itself."""
    page.locator(".views button").nth(4).click()
    page.locator(".schedule").wait_for()


def with_a_thing(page: Page) -> None:
    """Open a bin of the registry, and its form."""
    page.get_by_role("searchbox").fill("Bulevardi")
    page.locator("tbody a.link").first.click()
    page.locator(".asset-panel .history").wait_for()
    page.locator(".asset-panel .buttons .button").first.click()
    page.locator(".asset-form").wait_for()


def of_sheet(page: Page) -> None:
    """Wait for the ways in and out."""
    page.locator("input[type=file]").wait_for()


def of_install(page: Page) -> None:
    """Go to the choice of a bin."""
    page.locator(".begin:enabled").click()
    page.locator("[name=sensor]").fill("x1")
    page.locator(".steps .primary").click()
    page.locator(".choices button").first.click()


def of_alerts(page: Page) -> None:
    """Open the first alert: its panel has every kind of field."""
    page.locator("tbody .link").first.click()
    page.locator(".side form").wait_for()


def of_orders(page: Page) -> None:
    """Unfold the form for a new order."""
    page.locator(".new-order summary").click()


def of_about(page: Page) -> None:
    """Wait for the lists of parts."""
    page.locator(".parts tbody tr").first.wait_for()


def of_connections(page: Page) -> None:
    """Wait for what is open."""
    page.locator(".ticks input").first.wait_for()


STATES = [
    pytest.param(("/connections", of_connections), id="connections"),
    pytest.param(("/about", of_about), id="about"),
    pytest.param(("/assets", with_a_thing), id="assets, a bin open"),
    pytest.param(("/assets#sheet", of_sheet), id="assets, spreadsheet"),
    pytest.param(("/install", of_install), id="install"),
    pytest.param(("/", with_drawer), id="manager, a bin open"),
    pytest.param(("/", with_left_out), id="manager, left out unfolded"),
    pytest.param(("/sensors", of_sensors), id="sensors"),
    pytest.param(("/planning", of_planning), id="planning, ordering"),
    pytest.param(("/planning", with_card), id="planning, a bin open"),
    pytest.param(("/planning", of_schedule), id="planning, every morning"),
    pytest.param(("/alerts", of_alerts), id="alerts, one open"),
    pytest.param(("/alerts#work", of_orders), id="work orders, a new one"),
    pytest.param((DRIVER, of_driver), id="driver"),
    pytest.param((DRIVER, with_sheet), id="driver, skipping"),
    pytest.param((DRIVER, with_choice), id="driver, choosing"),
]


@pytest.fixture(scope="module")
def window_of_states(browser: Browser, shared: Stack) -> Iterator[Watched]:
    """One for all states: each page is given its colours anew, and is left in Swedish."""
    with watching(browser, shared.address) as watched:
        yield watched


@pytest.fixture(scope="module", params=STATES)
def opened(request: pytest.FixtureRequest, window_of_states: Watched) -> Iterator[Page]:
    """One page in one state, opened once for all that is asked of it."""
    path, act = request.param
    page = window_of_states.turn_to(path)
    act(page)
    yield page
    content(window_of_states)


def test_axe_finds_nothing_by_day_or_by_night(opened: Page) -> None:
    """WCAG 2.2 A and AA and best practice, contrast included."""
    assert violations(opened) == ""
    assert violations_by_night(opened) == ""


def test_no_bare_key_is_shown(opened: Page) -> None:
    """Every text is a word of the page's language, never the name of one."""
    for language, other in (("sv", "Switch to English"), ("en", "Byt språk till svenska")):
        expect(opened.locator("html")).to_have_attribute("lang", language)
        assert bare_keys(opened) == []
        # Not by a finger: a dialog that is open keeps everything behind it still.
        opened.get_by_role("button", name=other, include_hidden=True).evaluate("button => button.click()")


def bare_keys(page: Page) -> list[str]:
    """Names of texts where the texts should stand, also where they are only heard."""
    told = f"{page.locator('body').inner_text()} {page.evaluate(ONLY_HEARD)}".replace(EVIL_NAME, "")
    return [found[0] for found in re.finditer(r"\b([a-z_]+)\.[a-z_]+[a-z]\b", told) if found[1] in FAMILIES]


ONLY_HEARD = """() => [...document.querySelectorAll("[aria-label], [title], [placeholder]")]
  .flatMap((each) => [each.ariaLabel, each.title, each.placeholder]).join(" ")"""


@pytest.mark.parametrize("act", [of_driver, with_sheet, with_choice], ids=["driving", "skipping", "choosing"])
def test_axe_finds_nothing_in_the_sun(shared: Stack, open_page: OpenPage, act: Act) -> None:
    """There the contrast is that of level AAA, 7:1: glass in the sun takes most of it away."""
    page = open_page(shared, DRIVER, theme="sun").page
    act(page)
    expect(page.locator("html")).to_have_attribute("data-theme", "sun")
    assert violations(page, also=("color-contrast-enhanced",)) == ""


@pytest.mark.parametrize(
    ("path", "language", "name"),
    [
        ("/", "sv", "Karta över alla kärl."),
        ("/", "en", "Map of all bins."),
        ("/planning", "en", "Map of the plan."),
        (DRIVER, "sv", "Karta över rutten."),
    ],
    ids=["city", "city in English", "plan in English", "driver"],
)
def test_axe_finds_nothing_with_the_map_drawn(
    shared: Stack, open_page: OpenPage, path: str, language: str, name: str
) -> None:
    """The map library's own elements are on our page too: its canvas was "Map" to Swedes, and a landmark."""
    page = open_page(shared, path, with_map=True, language=language).page
    map_is_drawn(page)
    assert violations(page) == ""
    expect(page.get_by_role("application", name=name)).to_be_visible()


def test_axe_finds_nothing_after_a_tap(stack: Stack, open_page: OpenPage) -> None:
    """With the toast shown and the done list unfolded."""
    page = open_page(stack, DRIVER).page
    page.locator(".big.go").click()
    page.locator(".toast").wait_for()
    page.locator(".stops summary").click()
    assert violations(page) == ""


def small_targets(page: Page, least_px: int = TARGET_PX) -> list[str]:
    """Every target that a glove would miss."""
    found: list[str] = page.evaluate(SMALL_TARGETS, [INTERACTIVE, least_px])
    return found


def test_every_target_of_the_driver_is_48_px_or_more(stack: Stack, open_page: OpenPage) -> None:
    """Gloves, a moving truck, winter: zoom buttons too, in both ways to hold the tablet."""
    page = open_page(stack, DRIVER, with_map=True).page
    map_is_drawn(page)
    assert small_targets(page) == []
    assert page.locator(".big.go").evaluate("e => e.getBoundingClientRect().height") >= 96
    page.set_viewport_size({"width": PORTRAIT[0], "height": PORTRAIT[1]})
    assert small_targets(page) == []
    page.locator(".big.go").click()
    page.locator(".toast").wait_for()
    page.locator(".stops summary").click()
    assert small_targets(page) == []
    page.wait_for_timeout(DEAF_MS)
    with_sheet(page)
    assert small_targets(page) == []


@pytest.mark.parametrize("path", ["/", "/sensors", "/assets", "/install", DRIVER])
def test_no_page_scrolls_sideways(shared: Stack, open_page: OpenPage, path: str) -> None:
    """Everything fits the width of the screen, down to a phone."""
    page = open_page(shared, path).page
    page.locator(".route, .big.go, .panel h3, .asset-list tbody tr, .begin").first.wait_for()
    for width, height in (LANDSCAPE, PORTRAIT, (1024, 600), (390, 844)):
        fits(page, width, height)


@pytest.mark.parametrize("path", ["/", DRIVER])
def test_the_language_is_changed_by_one_button_and_remembered(shared: Stack, open_page: OpenPage, path: str) -> None:
    """Swedish and English on the same page, without a reload."""
    page = open_page(shared, path).page
    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator("body")).to_contain_text(re.compile("Next stop|Today's plan"))
    page.reload()
    expect(page.locator("body")).to_contain_text(re.compile("Next stop|Today's plan"))


@pytest.mark.parametrize("path", ["/", DRIVER])
def test_the_palette_follows_the_choice(shared: Stack, open_page: OpenPage, path: str) -> None:
    """From day to night to automatic by one button."""
    page = open_page(shared, path, theme="day").page
    button = page.get_by_role("button", name=re.compile("Färger"))
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "day")
    button.click()
    expect(html).to_have_attribute("data-theme", "night")
    button.click()
    if path == DRIVER:
        expect(html).to_have_attribute("data-theme", "sun")
        button.click()
    expect(button).to_contain_text("Auto")


def test_the_keyboard_is_enough_for_the_manager(shared: Stack, open_page: OpenPage) -> None:
    """Skip to the content, open a bin, read it, close it: the focus is where one is."""
    page = open_page(shared, "/").page
    of_manager(page)
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".table-box .link").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#bin-name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".drawer")).to_have_count(0)


def test_the_keyboard_is_enough_for_the_driver(stack: Stack, open_page: OpenPage) -> None:
    """Tab to Emptied, Enter; the focus stays on the button for the next stop."""
    page = open_page(stack, DRIVER).page
    page.locator(".big.go").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    expect(page.locator(".big.go")).to_be_focused()


@pytest.mark.parametrize("path", ["/", DRIVER])
def test_a_name_that_is_a_script_is_shown_as_text(shared: Stack, open_page: OpenPage, path: str) -> None:
    """On the table, in the drawer, in the list and on the card; it never runs."""
    page = open_page(shared, path, with_map=True).page
    if path == "/":
        of_manager(page)
        page.get_by_label("Sök").fill("onerror")
        page.locator(".views button").last.click()
        page.locator(".table-box .link", has_text="onerror").first.click()
        expect(page.locator(".drawer h2")).to_have_text(EVIL_NAME)
        expect(page.locator(".drawer")).to_contain_text(EVIL_NAME)
    else:
        page.locator(".stops .row", has_text="onerror").first.click()
        expect(page.locator(".card .name")).to_have_text(EVIL_NAME)
        expect(page.locator(".card .access")).to_contain_text(EVIL_NAME)
        page.locator(".actions .big.quiet").click()
        expect(page.locator("dialog h2")).to_contain_text(EVIL_NAME)
    assert page.locator("img[onerror], img[src='x']").count() == 0
    assert page.evaluate("window.hacked === undefined")
