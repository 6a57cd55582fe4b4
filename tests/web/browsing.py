"""A page under watch: whatever it asks for, complains about or breaks is written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Playwright, expect

TABS_MAX = 120
CHROMIUM = "/usr/bin/chromium"
SWITCHED_OFF = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # Chromium obeys the last such list only, so what Playwright switches off is said again.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
"""The first two are pages of the browser's own address bar: each window drew them, unseen, for half a second's work."""
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",  # the map draws without a graphics card
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(SWITCHED_OFF)}",
]
LANDSCAPE = (1280, 800)
PORTRAIT = (800, 1280)
LOCALES = {"sv": "sv-SE", "en": "en-GB"}
PATIENCE_MS = 20_000
PLAIN = "/static/icons/tomma.svg"
"""A document of the server's origin without a page's ninety files."""
UNNAMED_ICON = "/favicon.ico"
"""What a browser asks for beside a document that names none; only `PLAIN` does not."""
OFF_THE_PAGE = (-1, -1)
"""Where a pointer is over nothing, as before its first move."""
OWN_SCHEMES = ("data", "blob")
"""Made by the page itself: nothing leaves the machine."""


def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@dataclass
class Watched:
    """One browser context with one page, and what was seen of it."""

    page: Page
    context: BrowserContext
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    expects_failures: bool = False
    """Set by a test that takes the server away: the browser then rightly complains of failed requests."""

    def go(self, path: str) -> Page:
        """Open a page of the product."""
        self.page.goto(self.address + path)
        return self.page

    def turn_to(self, path: str) -> Page:
        """Open a page anew where another was: with no document between, a `#` in the address would keep the old one."""
        if "#" in path:
            self.go(PLAIN)
        self.page.mouse.move(*OFF_THE_PAGE)
        return self.go(path)

    def strangers(self) -> list[str]:
        """Return every address asked for that is not the server's own."""
        host = urlsplit(self.address).netloc
        parts = [(url, urlsplit(url)) for url in self.requests]
        return [url for url, part in parts if part.netloc != host and part.scheme not in OWN_SCHEMES]

    def faults(self) -> list[str]:
        """Return what the page complained about, failed requests left out where they are expected."""
        if not self.expects_failures:
            return self.complaints
        return [each for each in self.complaints if "Failed to load resource" not in each]


@contextmanager
def watching(
    browser: Browser,
    address: str,
    *,
    theme: str = "day",
    language: str = "sv",
    size: tuple[int, int] = LANDSCAPE,
    with_map: bool = False,
    offline_start: bool = False,
) -> Iterator[Watched]:
    """A fresh profile on `address`; colours and language as a person would have set them.

    Without a graphics card a map costs seconds of processor time, so a page gets none unless it is asked for. Neither
    does it keep itself for a start without network: keeping fetches everything once more.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=LOCALES[language],
        reduced_motion="reduce",
        service_workers="allow" if offline_start else "block",
    )
    # A page left before it has arrived is nobody's, and has no such store.
    context.add_init_script(f"try {{ localStorage.setItem('tomma.theme', '{theme}'); }} catch {{}}")
    if not with_map:
        context.add_init_script(WITHOUT_WEBGL)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    watched = Watched(page, context, address)

    def heard(message: ConsoleMessage) -> None:
        is_for_icon = message.location["url"].endswith(UNNAMED_ICON) and page.url.endswith(PLAIN)
        if message.type == "error" and not is_for_icon:
            watched.complaints.append(message.text)

    context.on("request", lambda request: watched.requests.append(request.url))
    context.on("console", heard)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("dialog", lambda dialog: watched.complaints.append(f"dialog: {dialog.message}"))
    try:
        yield watched
    finally:
        for each in context.pages:  # what a test puts in the way of a request may be about to answer one
            each.unroute_all(behavior="ignoreErrors")
        context.close()


WITHOUT_WEBGL = """
const original = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : original.call(this, kind, ...rest);
};
"""


def map_is_drawn(page: Page) -> None:
    """Wait until the map has its buttons: then its layers are there."""
    page.locator(".map-buttons").wait_for()


def forecast_is_there(page: Page) -> None:
    """Wait until the city's page has its first forecast: before it nothing lies ahead, and no bin is at risk."""
    page.locator("#ahead-hour:enabled").wait_for()


def fits(page: Page, width: int, height: int) -> None:
    """Give the page a screen of this size; once it has laid itself out for it, nothing may stand beyond its edge."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("(width) => innerWidth === width", arg=width)
    # A chart is drawn for its new place a moment later.
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


def save_shot(page: Page, folder: Path, name: str) -> None:
    """Write what is on the screen."""
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")


def view(page: Page, name: str) -> None:
    """Show another view of the planning page."""
    page.locator(".views").get_by_role("button", name=name, exact=True).click()


def press_until(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Go on with the key until the focus is where one wants to be, as a person without a pointer does."""
    element = wanted.element_handle()  # found once: looking for a role costs more than a key
    for _ in range(TABS_MAX):
        if page.evaluate("(element) => element === document.activeElement", element):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} was not reached by {key}")
