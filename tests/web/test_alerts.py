"""The page of alerts as a manager uses it: see, take on, put off, order work, look back."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.web.conftest import OpenPage
from tests.web.stack import NOW, Stack
from tomma.model import Alert, AlertKind


@pytest.fixture
def troubled(stack: Stack) -> Stack:
    """A fire, two weak batteries, and a lid that was open for a while."""
    hung = stack.stores.registry.load().installations

    def alert(kind: AlertKind, number: int, hours_ago: float, *, active: bool = True) -> Alert:
        one = hung[number]
        return Alert(kind, NOW - timedelta(hours=hours_ago), active, one.sensor_id, one.bin_id)

    told = [
        alert(AlertKind.FIRE, 3, 0.1),
        alert(AlertKind.BATTERY_LOW, 4, 30),
        alert(AlertKind.BATTERY_LOW, 5, 40),
        alert(AlertKind.TILT, 6, 20),
        alert(AlertKind.TILT, 6, 19, active=False),
    ]
    stack.stores.readings.append([], alerts=told)
    return stack


def test_a_manager_takes_a_fire_on_and_sends_somebody(troubled: Stack, open_page: OpenPage) -> None:
    """The most urgent is on top with what to do; the count in the bar moves; the order is worked off to its end."""
    page = open_page(troubled, "/alerts", language="sv").page
    first = page.locator("tbody tr:not(.group)").first
    expect(first).to_contain_text("Brand eller hetta")
    expect(first).to_contain_text("Ring 112")
    expect(page.locator(".alert-count")).to_have_class(re.compile("now"))
    first.get_by_role("button", name="Brand eller hetta").click()
    side = page.locator(".side")
    side.get_by_placeholder("En anteckning, om du vill").fill("Räddningstjänsten är på väg")
    side.get_by_role("button", name="Jag tar hand om det").click()
    expect(side).to_contain_text("Räddningstjänsten är på väg")
    expect(side.locator(".facts")).to_contain_text("Omhändertaget")
    expect(page.locator(".alert-count")).not_to_have_class(re.compile("now"))
    side.get_by_role("button", name="Skapa arbetsorder").click()
    expect(side.locator("h2")).to_have_text("Se till kärlet")
    side.get_by_role("button", name="Påbörja").click()
    expect(side.locator(".facts")).to_contain_text("Pågår")
    side.get_by_role("button", name="Klart").click()
    expect(side.locator(".steps li")).to_have_count(3)


def test_many_are_put_off_at_once_and_what_is_over_is_in_the_history(troubled: Stack, open_page: OpenPage) -> None:
    """Two batteries, one decision; the page hears from the server when an alert ends, and keeps it in the history."""
    page = open_page(troubled, "/alerts", language="en").page
    low = page.locator("tbody tr", has_text="Battery low")
    for number in (0, 1):
        low.nth(number).get_by_role("checkbox").check()
    page.locator(".chosen select").select_option("24")
    expect(page.locator("tbody tr", has_text="Put off until")).to_have_count(2)
    fire = next(each for each in troubled.stores.readings.active_alerts() if each.kind is AlertKind.FIRE)
    over = Alert(AlertKind.FIRE, NOW, False, fire.sensor_id, fire.bin_id)
    troubled.stores.readings.append([], alerts=[over])
    expect(page.locator("tbody tr", has_text="Fire or heat")).to_have_count(0)
    page.get_by_role("link", name="History").click()
    expect(page.locator("tbody tr", has_text="Fire or heat")).to_contain_text("Over")
    expect(page.locator("tbody tr", has_text="Tilted or open")).to_contain_text("for 1 h")
    with page.expect_download() as loading:
        page.get_by_role("link", name="As a table (CSV)").click()
    assert loading.value.suggested_filename == "alert-history.csv"


def test_an_alert_leads_to_its_bin(troubled: Stack, open_page: OpenPage) -> None:
    """From what is wrong to the place on the map and its history, by keyboard alone."""
    page = open_page(troubled, "/alerts").page
    link = page.locator("tbody tr:not(.group) .bin-link").first
    bin_id = (link.get_attribute("href") or "").rpartition("=")[2]
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".drawer")).to_contain_text(bin_id)
