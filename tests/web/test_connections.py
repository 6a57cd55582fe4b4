"""What is connected: a device's login from the day it is hung to the day it is stolen, without a shell on a server."""

import re

from playwright.sync_api import Page, expect

from ingest.brokers.embedded import logins
from tests.web.conftest import OpenPage
from tests.web.stack import Stack
from tests.web.test_access import violations


def told_password(page: Page) -> str:
    """The password as the page tells it, once."""
    return page.locator(".given dd").nth(1).inner_text()


def test_a_devices_login_is_given_changed_and_taken_away(stack: Stack, open_page: OpenPage) -> None:
    """Each password is shown once; the former goes on for a week, unless the device is shut out."""
    logins(stack.data_dir)  # the broker of the product has been here
    watched = open_page(stack, "/connections")
    watched.expects_failures = True  # a name that will not do is refused
    page = watched.page
    page.get_by_label("Enhet").fill("H 1")
    page.get_by_role("button", name="Gör inloggning").click()
    expect(page.locator("form .fault")).to_contain_text("Enhet: måste vara 1–64 av")
    page.get_by_label("Enhet").fill("H1")
    page.get_by_role("button", name="Gör inloggning").click()
    expect(page.locator(".given h3")).to_have_text("Den nya inloggningen för H1")
    first = told_password(page)
    page.get_by_label("Enhet").fill("H1")
    page.get_by_role("button", name="Gör inloggning").click()
    expect(page.locator("form .fault")).to_contain_text("Enheten har redan en inloggning")
    conflict = {"type": "urn:tomma:problem:logins-busy", "detail": "another command has changed the logins"}
    page.route("**/api/v1/device-logins", lambda route: route.fulfill(status=409, json=conflict))
    page.get_by_role("button", name="Gör inloggning").click()
    expect(page.locator("form .fault")).to_contain_text("Någon annan ändrar inloggningarna")
    page.unroute("**/api/v1/device-logins")
    assert violations(page) == ""

    page.get_by_role("button", name="Nytt lösenord: H1").click()
    expect(page.locator(".given dd").first).to_have_text("H1@2")
    assert told_password(page) != first
    expect(page.locator(".list li")).to_have_count(2)
    expect(page.locator(".list li.off .tag")).to_contain_text(re.compile(r"till \S+ \d+ \S+ \d\d:\d\d"))

    page.get_by_role("button", name="Stäng", exact=True).click()
    expect(page.locator(".given")).to_have_count(0)
    assert first not in page.content()
    page.get_by_role("button", name="Stäng av: H1").click()
    page.get_by_role("button", name="Stäng av den").click()
    expect(page.locator(".list li")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Ingen har någon inloggning än.")
