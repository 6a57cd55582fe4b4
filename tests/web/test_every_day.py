"""The planning page's *Every day*: what the clock is asked for in the morning and at noon, and what became of it."""

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from tests.web import stack as stacks
from tests.web.browsing import press_until, view
from tests.web.conftest import OpenPage
from tests.web.stack import Stack
from tests.web.test_access import violations
from tomma.mornings import Schedule, SecondRound


def test_why_a_morning_came_to_nothing_is_told_in_the_pages_language(shared: Stack, open_page: OpenPage) -> None:
    """Who finds no plan at five has no time to translate; what has no words yet is shown as the server says it."""
    page = open_page(shared, "/planning").page
    kept = shared.ask("/schedule")
    run = {"day": "2026-11-21", "due_utc": "2026-11-21T04:00:00Z", "begun_utc": None, "late_s": 0.0, "plan_id": None,
           "attempts": 0, "status": "missed", "detail": "down", "failure": "server-was-down"}  # fmt: skip
    runs = [run, {**run, "day": "2026-11-20", "detail": "the cows are out", "failure": ""}]
    noon = {**kept["second_round"], "runs": [{**run, "status": "unchanged", "detail": "", "failure": ""}]}
    page.route("**/api/v1/schedule", lambda route: route.fulfill(json={**kept, "runs": runs, "second_round": noon}))
    page.get_by_role("button", name="Varje dag").click()
    expect(page.locator(".runs small")).to_have_text(["Servern var inte igång den dagen.", "the cows are out"])
    expect(page.locator(".runs").nth(1)).to_contain_text(re.compile("De senaste andra rundorna.*Inget att ändra"))


def test_what_the_clock_did_is_shown_without_a_reload_and_takes_no_edit_away(
    searching: Stack, open_page: OpenPage
) -> None:
    """The page stands open at noon, and its schedule is just being changed."""
    page = open_page(searching, "/planning").page
    view(page, "Varje dag")
    page.get_by_label("söndag").uncheck()
    page.get_by_label("Klockslag för andra rundan").fill("12:45")
    ago = stacks.NOW - timedelta(days=3)
    searching.stores.mornings.set_schedule(Schedule(changed_utc=ago, second_round=SecondRound(enabled=True)))
    searching.look_at_the_clock()
    expect(page.locator(".runs").last.locator("li")).to_have_count(3)
    expect(page.locator(".runs").last).to_contain_text("Servern var inte igång den dagen.")
    expect(page.get_by_label("söndag")).not_to_be_checked()
    expect(page.get_by_label("Klockslag för andra rundan")).to_have_value("12:45")


def test_a_second_round_is_set_by_the_keyboard_alone(searching: Stack, open_page: OpenPage) -> None:
    """Its time, its days and whether it is sent; what cannot be meant is told in the page's words."""
    watched = open_page(searching, "/planning")
    page = watched.page
    before = searching.ask("/schedule")
    view(page, "Varje dag")
    press_until(page, page.get_by_label("Ändra planen som körs"))
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Klockslag för andra rundan")).to_be_focused()
    page.keyboard.type("1215PM")  # as Chromium asks for it in the language it was started in
    press_until(page, page.get_by_label("Skicka ändringen till bilarna utan att fråga"))
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".schedule")).to_contain_text(
        re.compile(r"Sparat\..+ Planen som körs ändras nästa gång .+ 12:15")
    )
    kept = searching.ask("/schedule")
    assert {name: kept["second_round"][name] for name in ("enabled", "local_time", "auto_publish")} == {
        "enabled": True, "local_time": "12:15", "auto_publish": True}  # fmt: skip
    assert (kept["enabled"], kept["weekdays"]) == (before["enabled"], before["weekdays"])
    assert violations(page) == ""
    page.get_by_label("Gör en plan varje morgon").check()
    page.get_by_label("Klockslag för andra rundan").fill("04:00")
    watched.expects_failures = True
    page.get_by_role("button", name="Spara", exact=True).click()
    expect(page.locator(".schedule .fault")).to_contain_text("En andra runda: måste ligga efter Klockslag.")


def test_days_off_are_named_and_taken_back(searching: Stack, open_page: OpenPage) -> None:
    """A feast on a weekday: those that are over are not sent along, and what remains is told by its name."""
    searching.stores.mornings.set_schedule(Schedule(days_off=frozenset({date(2026, 1, 1), date(2026, 12, 25)})))
    page = open_page(searching, "/planning").page
    view(page, "Varje dag")
    off = page.get_by_role("group", name="Lediga dagar")
    expect(off.locator("li")).to_have_text([re.compile("fredag.* 25 december 2026")])
    expect(off.get_by_role("button", name="Lägg till")).to_be_disabled()
    off.get_by_label("Dag", exact=True).fill("2026-12-24")
    off.get_by_role("button", name="Lägg till").click()
    expect(off.locator("li")).to_have_count(2)
    expect(off.get_by_label("Dag", exact=True)).to_have_value("")
    off.get_by_role("button", name=re.compile("Ta bort fredag.* 25 december")).click()
    expect(off.locator("li")).to_have_text([re.compile("torsdag.* 24 december 2026")])
    assert violations(page) == ""
    page.get_by_role("button", name="Spara", exact=True).click()
    expect(page.locator(".schedule .saved")).to_be_visible()
    assert searching.ask("/schedule")["days_off"] == ["2026-12-24"]
