"""Nobody is offered what would be refused: the same pages as a manager and as an auditor sees them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.access.tokens import digest_of, new_secret
from tests.web.browsing import PLAIN, Watched
from tests.web.conftest import OpenPage
from tests.web.stack import NOW, Stack, copy_of, serving
from tests.web.test_access import violations
from tomma.model import Alert, AlertKind
from tomma.people import KeptPerson, Person, Proof, Role, Session, Way

PRESS_ALL = """() => {
  window.print = () => {};
  const all = [...document.querySelectorAll("main button:not(:disabled), main summary")];
  for (const each of all) if (each.isConnected) each.click();
}"""


@dataclass(frozen=True)
class Look:
    """A part of a page: how to come to it, what everybody reads there, and what changes something."""

    path: str
    reads: str
    changes: Sequence[str]
    press: str = ""


def button(name: str) -> str:
    """Return the selector of a button that can be seen and heard."""
    return f'role=button[name="{name}"]'


LOOKS = {
    "the city": Look("/", ".route", [button("Plan again")]),
    "a bin": Look("/?bin={bin}", ".asked li", [".asked button"]),
    "a plan": Look(
        "/planning?plan={plan}", ".balance li", [button("Publish to the trucks"), button("Undo"), ".order summary"]
    ),
    "its stops": Look("/planning?plan={plan}", ".stop-row", [".moves button", "[draggable=true]"], button("Stops")),
    "a stop": Look("/planning?plan={plan}", ".card .reasons", [".where-form", ".acts button"], ".stop-row .link"),
    "every morning": Look(
        "/planning", ".schedule h2", [button("Save"), ".schedule input:enabled"], button("Every day")
    ),
    "the alerts": Look("/alerts", "tbody .link", ["td.tick input"]),
    "an alert": Look("/alerts", ".side .todo-box", [".side form", button("I take it on")], "tbody .link"),
    "the work": Look("/alerts#work", "tbody .link", [".new-order"]),
    "an order": Look("/alerts#work", ".side .steps", [".side textarea", button("Begin")], "tbody .link"),
    "the registry": Look("/assets", "tbody a.link", [button("New bin"), ".away[href='/install']"]),
    "a thing": Look(
        "/assets#bins/{bin}",
        ".asset-panel .history",
        [button(each) for each in ("Edit", "Retire", "Swap the sensor", "Take it down")],
    ),
    "a file": Look("/assets#sheet", "a[download] >> nth=0", ["input[type=file]"]),
    "the sensors": Look("/sensors", "tbody tr", []),
    "the tablets": Look("/tablets", "tbody tr", [button("New code"), button("Shut out Bil 1")]),
    "what is connected": Look("/connections", ".ticks input", [button("Save what is open"), ".ticks input:enabled"]),
}
JUDGED = {"every morning", "an alert", "a thing", "the tablets"}
"""What looks otherwise without its controls, and so is shown to axe once more."""


@pytest.fixture(scope="module")
def filled(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, dict[str, str]]]:
    """A city with real locks where each page has something to change, and what stands in the addresses."""
    folder = copy_of(seeded, tmp_path_factory.mktemp("offered") / "data")
    with serving(folder) as unlocked:
        plan = unlocked.tell("/plans", {})["id"]  # beside the one that the trucks drive
        unlocked.until(lambda: unlocked.ask(f"/plans/{plan}")["status"] == "ready")
        code = unlocked.tell("/tablets/pairing-codes", {})["code"]
        unlocked.tell("/tablets", {"code": code, "name": "Bil 1"})
        hung = unlocked.stores.registry.load().installations[3]
        unlocked.tell(f"/bins/{hung.bin_id}/requests", {"reason": "full"})
        unlocked.tell("/work-orders", {"kind": "inspect_bin", "bin_id": hung.bin_id})
        fire = Alert(AlertKind.FIRE, NOW - timedelta(minutes=6), True, hung.sensor_id, hung.bin_id)
        unlocked.stores.readings.append([], alerts=[fire])
    stack = Stack(folder, demo=False)
    stack.start()
    try:
        yield stack, {"plan": plan, "bin": hung.bin_id}
    finally:
        stack.stop()


def enter(stack: Stack, open_page: OpenPage, role: Role) -> Watched:
    """Sign somebody with the role in."""
    now, token = datetime.now(UTC), new_secret()
    person = Person(f"id-{role}", f"{role}@stad.example", role.title(), frozenset({role}), now)
    stack.stores.people.add(KeptPerson(person, Proof()))
    opened = Session(digest_of(token), person.id, now, now, Way.PASSWORD, True, "127.0.0.1", "Chromium")
    stack.stores.sessions.open(opened)
    watched = open_page(stack, PLAIN, language="en")  # stays open: each part of a page gets a tab of its own
    watched.context.add_cookies([{"name": f"tomma-{stack.port}", "value": token, "url": stack.address}])
    return watched


def tab(watched: Watched, path: str, words: dict[str, str]) -> Page:
    """Open the page in a tab of its own."""
    page = watched.context.new_page()
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.goto(watched.address + path.format(**words))
    return page


def come_to(page: Page, look: Look) -> None:
    """Show the part of the page that is open."""
    if look.press:
        page.locator(look.press).first.click()
    page.locator(look.reads).first.wait_for()


def test_a_manager_finds_everything_he_changes(filled: tuple[Stack, dict[str, str]], open_page: OpenPage) -> None:
    """What the auditor's test looks for in vain is there for whoever may use it."""
    stack, words = filled
    watched = enter(stack, open_page, Role.MANAGER)
    for path, looks in groupby(LOOKS.values(), lambda look: look.path):
        page = tab(watched, path, words)
        for look in looks:
            come_to(page, look)
            for each in look.changes:
                expect(page.locator(each).first).to_be_attached()
        page.close()


def test_an_auditor_reads_every_page_and_is_offered_no_change(
    filled: tuple[Stack, dict[str, str]], open_page: OpenPage
) -> None:
    """Whatever the auditor presses, the server is only asked, and never has to refuse."""
    stack, words = filled
    watched = enter(stack, open_page, Role.AUDITOR)
    told: list[str] = []
    watched.context.on("request", lambda one: told.append(f"{one.method} {one.url}") if one.method != "GET" else None)
    for name, look in LOOKS.items():
        page = tab(watched, look.path, words)
        come_to(page, look)
        for each in look.changes:
            expect(page.locator(each)).to_have_count(0)
        if name in JUDGED:
            assert violations(page) == ""
        page.evaluate(PRESS_ALL)
        page.close()
    assert told == []
