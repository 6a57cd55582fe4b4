"""One seeded town for all; a server of one's own for whoever changes something; a browser that is watched."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from api.pages.router import WEB
from tests.web import stack as stacks
from tests.web.browsing import PLAIN, Watched, launch, watching
from tests.web.stack import PATIENCE_S, Stack, copy_of, seed, serving

OpenPage = Callable[..., Watched]
Read = Callable[[str], Page]
Ask = Callable[..., Any]
KEPT_BY_ITSELF = {"tomma.theme", "tomma.clock"}
"""What each page keeps, whoever looks at it: the colours it was opened in, and the hour of the city."""
TAKE_WHAT_IS_KEPT = """() => {
  const kept = [localStorage, sessionStorage].flatMap((each) => Object.keys(each));
  for (const each of [localStorage, sessionStorage]) each.clear();
  return kept;
}"""


@pytest.fixture(scope="session")
def unplanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a town, its history and its map."""
    return seed(tmp_path_factory.mktemp("unplanned") / "data")


@pytest.fixture(scope="session")
def seeded(unplanned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with today's plan, made by the real planner and published."""
    folder = copy_of(unplanned, tmp_path_factory.mktemp("seeded") / "data")
    with serving(folder) as stack:
        stack.plan_and_publish()
    return folder


@pytest.fixture(scope="module")
def shared(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running stack for a file's tests that only look, ended with the file lest its watch go on for all."""
    with serving(copy_of(seeded, tmp_path_factory.mktemp("shared") / "data")) as stack:
        yield stack


@pytest.fixture
def stack(seeded: Path, tmp_path: Path) -> Iterator[Stack]:
    """A running stack of one's own."""
    with serving(copy_of(seeded, tmp_path / "data")) as stack:
        yield stack


@pytest.fixture
def fresh(unplanned: Path, tmp_path: Path) -> Iterator[Stack]:
    """A running stack of one's own, before anybody planned."""
    with serving(copy_of(unplanned, tmp_path / "data")) as stack:
        yield stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Ended with each file: Playwright's event loop would break asyncio tests after it."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open pages; at the end, every one must have kept to its host and been content."""
    with ExitStack() as opened:
        seen: list[Watched] = []

        def opener(stack: Stack, path: str, **how: Any) -> Watched:
            managed: AbstractContextManager[Watched] = watching(browser, stack.address, **how)
            watched = opened.enter_context(managed)
            seen.append(watched)
            watched.go(path)
            return watched

        yield opener
        for watched in seen:
            content(watched)


@pytest.fixture(scope="module")
def window(browser: Browser, shared: Stack) -> Iterator[Watched]:
    """One for all tests of a file that only read: one of its own costs a test half a second of processor time."""
    with watching(browser, shared.address) as watched:
        yield watched


@pytest.fixture
def read(window: Watched) -> Iterator[Read]:
    """Open a page where the test before had another; what a page keeps, or how it complains, is for `open_page`."""
    yield window.turn_to
    try:
        content(window)
        kept = window.page.evaluate(TAKE_WHAT_IS_KEPT)
        assert set(kept) <= KEPT_BY_ITSELF, "a test that only reads leaves nothing to the next"
    finally:
        window.requests.clear()
        window.complaints.clear()


@pytest.fixture(scope="module")
def plain(browser: Browser, shared: Stack) -> Iterator[Page]:
    """One for a file's tests that ask the pages' modules, with all words: a page of the product is drawn for nobody."""
    parts = " ".join(sorted(path.stem for path in (WEB / "static/i18n/en").glob("*.js")))
    with watching(browser, shared.address) as watched:
        page = watched.go(PLAIN)
        page.evaluate("(words) => { document.documentElement.dataset.words = words; }", parts)
        yield page
        content(watched)


@pytest.fixture(scope="module")
def ask(plain: Page) -> Ask:
    """Call a function of a module of the pages with JSON arguments."""

    def call(module: str, name: str, *arguments: Any) -> Any:
        script = "async ([module, name, given]) => (await import(`/static/${module}`))[name](...given)"
        return plain.evaluate(script, [module, name, list(arguments)])

    return call


def content(watched: Watched) -> None:
    """Fail for a page that left its host or complained."""
    assert watched.strangers() == [], "a page asked another host"
    assert watched.faults() == [], "a page complained"


@pytest.fixture
def searching(unplanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A running stack whose planner goes on searching until it is told to stop: small towns are solved too soon."""
    really = stacks._plan

    def plan(*own: Any, **asked: Any) -> Any:
        found = really(*own, **asked)
        assert asked["stop"].wait(PATIENCE_S)
        return found

    monkeypatch.setattr(stacks, "_plan", plan)
    with serving(copy_of(unplanned, tmp_path / "data")) as stack:
        yield stack
