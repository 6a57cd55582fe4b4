"""A resident with a phone, by day and by night: one tap, no script, and the office sees it."""

from playwright.sync_api import Browser, expect

from tests.web.browsing import Watched, watching
from tests.web.conftest import OpenPage
from tests.web.stack import Stack
from tests.web.test_access import SMALL_TARGETS, violations

PHONE = (390, 844)
INTERACTIVE = "a[href], button"
TARGET_PX = 48


def looks_right(watched: Watched) -> None:
    """Nothing for axe, nothing too small, nothing beyond the edge, nothing said aloud in the console."""
    page = watched.page
    assert violations(page) == ""
    assert page.evaluate(SMALL_TARGETS, [INTERACTIVE, TARGET_PX]) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert watched.faults() == []
    assert watched.strangers() == []


def test_a_resident_taps_once_and_the_office_sees_who_asked(
    browser: Browser, stack: Stack, open_page: OpenPage
) -> None:
    """From the sticker to the drawer on the city page, where the request can be withdrawn again."""
    bin_id = stack.ask("/bins")["bins"][0]["id"]
    with watching(browser, stack.address, size=PHONE, language="en") as phone:
        for theme in ("dark", "light"):
            phone.page.emulate_media(color_scheme=theme)
            phone.go(f"/r/{bin_id}")
            looks_right(phone)
        phone.page.keyboard.press("Tab")
        phone.page.keyboard.press("Tab")
        phone.page.keyboard.press("Enter")  # past the link to the other language, on the first button
        expect(phone.page.get_by_role("status")).to_contain_text("It is known since")
        looks_right(phone)
        phone.page.emulate_media(color_scheme="dark")
        looks_right(phone)
        phone.page.reload()
        expect(phone.page.get_by_role("button")).to_have_count(0)
    office = open_page(stack, f"/?bin={bin_id}", language="en").page
    asked = office.locator(".asked li")
    expect(asked).to_contain_text("A resident, by the sticker: full")
    asked.get_by_role("button").click()
    expect(asked).to_have_count(0)
