"""A tablet is let in by a code, works without a network, and forgets everything when it is shut out."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from tests.web.browsing import Watched, fits
from tests.web.conftest import OpenPage
from tests.web.stack import PATIENCE_S, Stack, copy_of, serving
from tests.web.test_access import DEAF_MS, INTERACTIVE, SMALL_TARGETS, small_targets, violations, violations_by_night
from tests.web.test_more import more
from tests.web.test_offline_start import wait_until_kept
from tomma.stores.books.tables.tablets import tablet

DRIVER = "/driver?vehicle=truck-1"
GLOVE_PX = 64


@pytest.fixture
def strict(seeded: Path, tmp_path: Path) -> Iterator[Stack]:
    """A running stack of one's own that answers paired tablets only."""
    with serving(copy_of(seeded, tmp_path / "data"), paired_only=True) as stack:
        yield stack


def new_code(stack: Stack) -> str:
    """What the office reads out."""
    code: str = stack.tell("/tablets/pairing-codes", {})["code"]
    return code


def tablets(stack: Stack) -> list[dict[str, Any]]:
    """Who is in, and who was."""
    found: list[dict[str, Any]] = stack.ask("/tablets")["tablets"]
    return found


def revoke(stack: Stack, tablet_id: str) -> None:
    """Shut a tablet out."""
    path = f"{stack.address}/api/v1/tablets/{tablet_id}"
    httpx.delete(path, timeout=PATIENCE_S, trust_env=False).raise_for_status()


def press(page: Page, code: str) -> None:
    """Type a code on the keypad, as a glove does."""
    for digit in code:
        page.locator(".keypad").get_by_role("button", name=digit, exact=True).click()


def pair(stack: Stack, open_page: OpenPage, **how: Any) -> Watched:
    """Open the driver's page as a scanned code does, and let the tablet in."""
    watched = open_page(stack, f"{DRIVER}#pair={new_code(stack)}", **how)
    watched.expects_failures = True  # the server rightly refuses what is asked before
    watched.page.get_by_role("button", name="Koppla").click()
    watched.page.locator(".actions .big.go").wait_for()
    return watched


def tap_offline(watched: Watched) -> None:
    """Empty a bin where there is no network."""
    watched.context.set_offline(offline=True)
    watched.page.locator(".actions .big.go").click()
    expect(watched.page.locator(".status")).to_contain_text("Offline · 1")


def test_a_tablet_is_let_in_by_the_digits_and_a_glove(strict: Stack, open_page: OpenPage) -> None:
    """Before that it sees nothing of the route; a slip of the finger is taken back."""
    watched = open_page(strict, DRIVER)
    watched.expects_failures = True
    page = watched.page
    expect(page.locator(".pairing")).to_be_visible()
    expect(page.locator(".stops, .card")).to_have_count(0)
    code = new_code(strict)
    expect(page.get_by_role("button", name="Koppla")).to_be_disabled()
    press(page, "99")
    page.get_by_role("button", name="Ta bort sista siffran").click()
    expect(page.get_by_label("Kod från kontoret")).to_have_value("9")
    page.get_by_role("button", name="Rensa koden").click()
    press(page, code)
    page.get_by_label("Vad kontoret ska kalla den").fill("Bil 1, hytten")
    page.get_by_role("button", name="Koppla").click()
    page.locator(".actions .big.go").click()
    strict.until(lambda: len(strict.events()) == 1)
    assert [(each["name"], each["revoked_utc"]) for each in tablets(strict)] == [("Bil 1, hytten", None)]


def test_a_tablet_names_streams_and_tells_hours_where_only_known_ones_are_answered(
    seeded: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    """A demo tells everybody of itself; a city that is asked without the token does not, and the card said `glass`.

    That was so when the tablet was paired, and at each start after; its hours were those of another time zone.
    """
    with serving(copy_of(seeded, tmp_path / "data"), demo=False) as stack:
        code, _ = stack.codes.new()
        watched = open_page(stack, f"{DRIVER}#pair={code}")
        watched.expects_failures = True
        page = watched.page
        page.get_by_role("button", name="Koppla").click()
        stream = page.locator(".facts p").nth(2)
        names = [each.name_sv for each in stack.stores.registry.load().fractions.values()]
        expect(stream).to_have_text(re.compile("|".join(names)))
        page.evaluate("localStorage.removeItem('tomma.city')")
        page.reload()
        expect(stream).to_have_text(re.compile("|".join(names)))


def test_a_scanned_code_stands_there_already_and_leaves_the_address(strict: Stack, open_page: OpenPage) -> None:
    """One touch, or Enter on a keyboard; a reload must not try it again."""
    watched = open_page(strict, f"{DRIVER}#pair={new_code(strict)}")
    watched.expects_failures = True
    page = watched.page
    expect(page.get_by_label("Kod från kontoret")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".actions .big.go").wait_for()
    expect(page).not_to_have_url(re.compile("#"))
    page.reload()
    page.locator(".actions .big.go").wait_for()
    assert [each["name"] for each in tablets(strict)] == ["Surfplatta"]


def test_a_code_that_does_not_open_says_what_to_do(
    strict: Stack, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong, used or too old; the next one opens."""
    monkeypatch.setattr("api.tablets.codes.LASTS_S", 0)
    expired = new_code(strict)
    monkeypatch.undo()
    used = new_code(strict)
    strict.tell("/tablets", {"code": used, "name": "Bil 2"})
    good = new_code(strict)
    wrong = f"{(int(good) + 1) % 1_000_000:06d}"
    watched = open_page(strict, DRIVER)
    watched.expects_failures = True
    page = watched.page
    field = page.get_by_label("Kod från kontoret")
    for code in (wrong, expired, used):
        field.press_sequentially(code)
        field.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Be kontoret om en ny")
        expect(field).to_have_value("")
    field.press_sequentially(good)
    expect(page.get_by_role("alert")).to_have_text("")
    field.press("Enter")
    page.locator(".actions .big.go").wait_for()


def test_a_paired_tablet_starts_and_takes_taps_without_a_network(strict: Stack, open_page: OpenPage) -> None:
    """The token is on the tablet: with the network again, the tap is taken."""
    watched = pair(strict, open_page, offline_start=True)
    page = watched.page
    wait_until_kept(page)
    watched.context.set_offline(offline=True)
    page.reload()
    page.locator(".actions .big.go").click()
    expect(page.locator(".status")).to_contain_text("Offline · 1")
    watched.context.set_offline(offline=False)
    expect(page.locator(".status")).to_contain_text("allt sänt")
    assert len(strict.events()) == 1


def test_a_revoked_tablet_forgets_everything_at_its_next_contact(strict: Stack, open_page: OpenPage) -> None:
    """Taps, route, map, page and settings, and it says so; it may be paired again."""
    watched = pair(strict, open_page, offline_start=True)
    page = watched.page
    wait_until_kept(page)
    assert page.evaluate(KEPT) != NOTHING
    tap_offline(watched)
    revoke(strict, tablets(strict)[0]["tablet_id"])
    watched.context.set_offline(offline=False)
    expect(page.locator(".farewell h2")).to_have_text("Kontoret har stängt av surfplattan")
    expect(page.get_by_role("status")).to_have_text("Allt som fanns på den är borttaget.")
    assert page.evaluate(KEPT) == NOTHING
    assert violations(page) == ""
    assert strict.events() == []
    page.get_by_role("button", name="Koppla den igen").click()
    press(page, new_code(strict))
    page.get_by_role("button", name="Koppla").click()
    page.locator(".trucks button, .actions .big.go").first.wait_for()


def test_a_tablet_the_server_has_forgotten_keeps_its_taps(strict: Stack, open_page: OpenPage) -> None:
    """A restored backup knows less than the tablet: it is paired again, and nothing is lost."""
    watched = pair(strict, open_page)
    page = watched.page
    tap_offline(watched)
    with strict.stores.engine.begin() as connection:
        connection.execute(sa.delete(tablet))
    watched.context.set_offline(offline=False)
    expect(page.locator(".pairing")).to_contain_text("trycken finns kvar")
    press(page, new_code(strict))
    page.get_by_role("button", name="Koppla").click()
    page.locator(".actions .big.go").wait_for()
    strict.until(lambda: len(strict.events()) == 1)


def test_a_tablet_is_signed_out_only_when_everything_is_sent(stack: Stack, open_page: OpenPage) -> None:
    """On a server that does not insist on pairing, too: afterwards nothing is left on the tablet."""
    watched = pair(stack, open_page, offline_start=True)
    page = watched.page
    wait_until_kept(page)
    tap_offline(watched)
    page.wait_for_timeout(DEAF_MS)
    sheet = page.get_by_role("dialog")
    more(page, "Logga ut surfplattan")
    expect(sheet).to_contain_text("1 tryck har inte nått kontoret än")
    expect(sheet.get_by_role("button", name="Logga ut")).to_have_count(0)
    assert violations(page) == ""
    watched.context.set_offline(offline=False)
    sheet.get_by_role("button", name="Logga ut").wait_for()
    page.wait_for_timeout(DEAF_MS)  # it comes up where the finger just was
    sheet.get_by_role("button", name="Logga ut").click()
    expect(page.locator(".farewell h2")).to_have_text("Surfplattan är utloggad")
    assert page.evaluate(KEPT) == NOTHING
    assert len(stack.events()) == 1
    assert [each["revoked_utc"] is None for each in tablets(stack)] == [False]


def test_a_tablet_that_is_not_paired_has_nothing_to_sign_out_of(shared: Stack, open_page: OpenPage) -> None:
    """And a scanned code may be put off where nobody insists on it."""
    page = open_page(shared, f"{DRIVER}#pair=123456").page
    page.get_by_role("button", name="Inte nu").click()
    more(page)
    expect(page.get_by_role("dialog").get_by_role("button", name="Byt bil")).to_be_visible()
    expect(page.get_by_role("button", name="Logga ut")).to_have_count(0)


@pytest.mark.parametrize(("theme", "language"), [("day", "sv"), ("night", "en"), ("sun", "sv")])
def test_pairing_is_for_everybody(shared: Stack, open_page: OpenPage, theme: str, language: str) -> None:
    """Axe finds nothing, a glove misses nothing, both ways to hold it, and every text is in its language."""
    page = open_page(shared, f"{DRIVER}#pair=12", theme=theme, language=language).page
    page.locator(".keypad").wait_for()
    assert violations(page) == ""
    for width, height in ((1280, 800), (800, 1280), (390, 844)):
        fits(page, width, height)
        own = ", ".join(f".pairing {each}" for each in INTERACTIVE.split(", "))
        assert page.evaluate(SMALL_TARGETS, [own, GLOVE_PX]) == []
        assert small_targets(page) == []
    switch = "Switch to English" if language == "sv" else "Byt språk till svenska"
    for _ in range(2):
        assert not re.findall(r"\b[a-z_]+\.[a-z_]+[a-z]\b", page.locator("body").inner_text())
        if page.get_by_role("button", name=switch).count():
            page.get_by_role("button", name=switch).click()
            expect(page.locator("html")).not_to_have_attribute("lang", language)


def of_office(open_page: OpenPage) -> Callable[[Stack], Page]:
    """Open the office's page."""
    return lambda stack: open_page(stack, "/tablets").page


def test_the_office_makes_a_code_and_sees_it_used(stack: Stack, open_page: OpenPage) -> None:
    """Digits, picture and the time left; once a tablet has used it, it is gone and the tablet is there."""
    page = of_office(open_page)(stack)
    expect(page.locator(".empty")).to_have_text("Ingen surfplatta är kopplad än.")
    page.get_by_role("button", name="Ny kod").click()
    digits = page.locator(".digits b")
    expect(digits).to_have_text(re.compile(r"^[0-9]{3} [0-9]{3}$"))
    expect(page.get_by_role("timer")).to_contain_text(re.compile(r"(10:00|9:\d\d)"))
    assert page.locator(".qr").evaluate("e => e.decode().then(() => e.naturalWidth > 0)")
    assert violations(page) == ""
    assert violations_by_night(page) == ""
    stack.tell("/tablets", {"code": digits.inner_text().replace(" ", ""), "name": "<b>Bil 1</b>"})
    expect(page.locator("tbody th b")).to_have_text("<b>Bil 1</b>")
    expect(digits).to_have_count(0)


def test_a_code_that_ran_out_is_not_shown(stack: Stack, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody shall read out six digits in vain."""
    monkeypatch.setattr("api.tablets.codes.LASTS_S", 1)
    page = of_office(open_page)(stack)
    page.get_by_role("button", name="Ny kod").click()
    expect(page.locator(".pair-side").get_by_role("alert")).to_have_text("Koden har gått ut. Gör en ny.")
    expect(page.locator(".digits")).to_have_count(0)


def test_shutting_a_tablet_out_is_asked_once_and_done_by_keyboard(stack: Stack, open_page: OpenPage) -> None:
    """The answer under the finger is the harmless one."""
    for name in ("Bil 1", "Bil 2"):
        stack.tell("/tablets", {"code": new_code(stack), "name": name})
    page = of_office(open_page)(stack)
    first = page.get_by_role("button", name="Stäng av Bil 1")
    first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Behåll")).to_be_focused()
    assert violations(page) == ""
    page.keyboard.press("Enter")
    expect(first).to_be_focused()
    assert all(each["revoked_utc"] is None for each in tablets(stack))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Behåll")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    row = page.get_by_role("row", name=re.compile("Bil 1"))
    expect(row).to_contain_text("Av sedan")
    assert {each["name"]: each["revoked_utc"] is None for each in tablets(stack)} == {"Bil 1": False, "Bil 2": True}
    assert violations(page) == ""
    for width, height in ((1280, 800), (800, 1280), (390, 844)):
        fits(page, width, height)


NOTHING = {"databases": [], "caches": [], "workers": 0, "settings": []}
KEPT = """async () => ({
  databases: (await indexedDB.databases()).map((each) => each.name),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  settings: Object.keys(localStorage).filter((name) => name.startsWith("tomma.") && name !== "tomma.theme"),
})"""
"""What is left of tomma; the palette is put there by the tests themselves at every start of a page."""
