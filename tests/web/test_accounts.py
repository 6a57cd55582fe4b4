"""Signing in as a person does it: in the browser, on a server with real locks."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyotp
import pytest
from playwright.sync_api import expect

from tests.web.conftest import OpenPage
from tests.web.stack import Stack, copy_of
from tests.web.test_access import violations
from tomma.people import Purpose

PASSWORD = "sju vita svanar i en å"


@pytest.fixture
def locked(unplanned: Path, tmp_path: Path) -> Iterator[Stack]:
    """A city where nobody has an account yet."""
    stack = Stack(copy_of(unplanned, tmp_path / "data"), demo=False)
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


def test_from_the_first_link_to_a_colleague_who_is_let_in(locked: Stack, open_page: OpenPage) -> None:
    """The whole way: link, password, code, recovery codes, the city; then a second person, and out again."""
    watched = open_page(locked, "/", language="en")
    watched.expects_failures = True  # the browser complains of each refusal
    page = watched.page
    expect(page).to_have_url(f"{locked.address}/login?next=/")
    assert violations(page) == ""
    secret, _ = locked.accounts.make_link(Purpose.SETUP, None, "operator")
    page.goto(f"{locked.address}/login#link={secret}")
    page.get_by_label("Login").fill("chef@stad.example")
    page.get_by_label("Name").fill("Karin Chef")
    page.get_by_label("New password").fill("password1234")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.locator(".fault")).to_contain_text("too easy to guess")
    page.get_by_label("New password").fill(PASSWORD)
    page.keyboard.press("Enter")
    shown = page.locator(".setup code")
    shown.wait_for()
    assert secret not in page.url
    assert violations(page) == ""
    since = page.locator(".list li small").first.inner_text()
    now = datetime.now(ZoneInfo("Europe/Helsinki"))
    hours = [f"{now - timedelta(minutes=minutes):%H}:" for minutes in (0, 5)]
    assert any(hour in since for hour in hours), f"the city's time, though the city may not be asked for: {since}"
    app = pyotp.TOTP(shown.inner_text())
    page.get_by_label("Code", exact=True).fill(app.at(datetime.now(UTC)))
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".codes li")).to_have_count(8)
    page.get_by_role("button", name="I have kept them").click()
    page.get_by_role("link", name="People").click()
    page.get_by_label("Login").fill("bo@bolaget.example")
    page.get_by_label("Name").fill("Bo Ek")
    page.get_by_role("checkbox", name="Auditor").check()
    page.get_by_role("button", name="Make account and link").click()
    invitation = page.locator("p.codes").inner_text()
    invited = page.locator(".list li", has_text="bo@bolaget.example")
    expect(invited).to_contain_text("bo@bolaget.example · has not opened the link yet")
    expect(invited).not_to_contain_text("password only")  # there is none yet
    expect(page.locator("p.codes")).to_be_in_viewport()  # it is shown only now, and the form is far below
    page.get_by_label("Login").fill("eva@bolaget.example")
    page.get_by_label("Name").fill("Eva Ek")
    page.get_by_role("checkbox", name="Driver").check()
    page.get_by_role("button", name="Make account and link").click()
    expect(page.locator("p.codes")).to_have_count(2)
    expect(page.locator("p.codes").last).to_have_text(invitation)  # the first one's is not lost
    page.locator(".list li", has_text="eva@bolaget.example").get_by_role("button", name="New link").click()
    expect(page.locator("p.codes").last).to_have_text(invitation)
    expect(page.locator("p.codes")).to_have_count(2)  # hers is another one, and the former is over
    assert violations(page) == ""
    page.get_by_role("link", name="My account").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/login*")
    page.goto(f"{locked.address}/login")
    page.goto(invitation)  # differs in its fragment alone: the browser loads no page for it
    page.get_by_label("New password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator(".whoami").wait_for()
    page.goto(f"{locked.address}/people")
    expect(page.get_by_text("Karin Chef")).to_be_visible()
    expect(page.get_by_role("button", name="Disable")).to_have_count(0)
    page.get_by_role("link", name="Audit log").click()
    rows = page.locator(".table-box tbody tr")
    expect(rows.first).to_contain_text("signed-in")
    page.get_by_label("What", exact=True).fill("person-added")
    page.get_by_label("What", exact=True).press("Enter")
    expect(rows).to_have_count(2)
    expect(rows.last).to_contain_text("person:bo@bolaget.example")
    assert violations(page) == ""


def test_a_link_is_taken_once_though_its_change_of_address_is_told_late(locked: Stack, open_page: OpenPage) -> None:
    """The event may come after the page took the link from its address: loaded again, the page would be without it."""
    first, _ = locked.accounts.make_link(Purpose.SETUP, None, "operator")
    page = open_page(locked, f"/login#link={first}", language="en").page
    login = page.get_by_label("Login")
    login.fill("chef@stad.example")
    leaves = page.evaluate(
        """(newURL) => {
            let leaves = false;
            navigation.addEventListener("navigate", () => { leaves = true; });
            dispatchEvent(new HashChangeEvent("hashchange", {newURL}));
            return leaves;
        }""",
        f"{locked.address}/login#link={first}",
    )
    assert not leaves
    expect(login).to_have_value("chef@stad.example")
    second, _ = locked.accounts.make_link(Purpose.SETUP, None, "operator")
    page.goto(f"{locked.address}/login#link={second}")
    expect(login).to_have_value("")


def test_a_demo_says_so_on_every_page_and_lends_other_eyes(shared: Stack, open_page: OpenPage) -> None:
    """Nobody may take a made-up town for a real one; and a visitor sees what an auditor sees."""
    page = open_page(shared, "/login", language="en").page
    for path in ("/driver", "/tablets", "/account", "/login"):
        page.goto(shared.address + path)
        expect(page.locator(".demo-note")).to_contain_text("made-up town")
    assert violations(page) == ""
    page.get_by_role("button", name="Auditor").click()
    expect(page.locator(".whoami")).to_have_text("DA")


def test_a_program_s_key_is_made_shown_once_and_revoked(shared: Stack, open_page: OpenPage) -> None:
    """Whoever connects a network server does it on the page, beside the people."""
    page = open_page(shared, "/people", language="en").page
    section = page.locator("section", has=page.get_by_role("heading", name="Keys of programs"))
    submit = section.get_by_role("button", name="Make key")
    section.get_by_label("What uses it").fill("chirpstack")
    expect(submit).to_be_disabled()
    section.get_by_label("Hands in readings").check()
    section.get_by_label("How long it is good").select_option("90")
    submit.click()
    shown = section.locator(".given .codes")
    expect(shown).to_have_text(re.compile("^tm_[0-9a-f]{12}_[0-9a-f]{64}$"))
    assert violations(page) == ""
    section.get_by_role("button", name="Close").click()
    expect(shown).to_have_count(0)
    row = section.locator(".list li", has_text="chirpstack")
    expect(row).to_contain_text(re.compile("good until .* 20[0-9]{2}"))
    row.get_by_role("button", name="Revoke: chirpstack").click()
    expect(row.get_by_role("alert").last).to_contain_text("shut out at once")
    assert violations(page) == ""
    row.get_by_role("button", name="Revoke the key").click()
    expect(row).to_contain_text("revoked")
    expect(row.get_by_role("button")).to_have_count(0)
