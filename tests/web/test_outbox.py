"""No tap is lost and none is doubled, whatever the network does: with a server that is really gone."""

import re

from playwright.sync_api import Route, expect

from tests.web.browsing import PLAIN
from tests.web.conftest import OpenPage
from tests.web.stack import Stack

DRIVER = "/driver?vehicle=truck-1"
EVENTS = "**/api/v1/driver/events"


def test_taps_while_the_server_is_gone_arrive_once_after_a_new_start(stack: Stack, open_page: OpenPage) -> None:
    """Three taps, the page closed, the server back, the page opened: exactly three events, in order."""
    watched = open_page(stack, DRIVER)
    watched.expects_failures = True
    page = watched.page
    page.locator(".big.go").wait_for()
    bins = [stop["bin_id"] for stop in stack.ask("/driver/routes/truck-1")["stops"][:3]]
    stack.stop()
    for n in (1, 2, 3):
        page.locator(".big.go").click()
        expect(page.locator(".bar .progress")).to_contain_text(re.compile(f"^{n} / "))
        page.wait_for_timeout(750)
    expect(page.locator(".status")).to_have_text("Offline · 3 väntar")
    page.close()
    stack.start()
    again = watched.context.new_page()
    again.goto(stack.address + DRIVER)
    expect(again.locator(".bar .progress")).to_contain_text(re.compile("^3 / "))
    expect(again.locator(".status")).to_have_text(re.compile("allt sänt"))
    assert [event["bin_id"] for event in stack.events()] == bins
    assert [event["sequence"] for event in stack.events()] == [1, 2, 3]
    again.reload()
    expect(again.locator(".bar .progress")).to_contain_text(re.compile("^3 / "))
    assert len(stack.events()) == 3


def test_a_page_left_open_sends_by_itself_when_the_server_is_back(stack: Stack, open_page: OpenPage) -> None:
    """The driver does nothing; the pill says when all is sent."""
    watched = open_page(stack, DRIVER)
    watched.expects_failures = True
    page = watched.page
    expect(page.locator(".big.go")).to_be_visible()
    stack.stop()
    page.locator(".big.go").click()
    expect(page.locator(".status")).to_have_text("Offline · 1 väntar")
    stack.start()
    expect(page.locator(".status")).to_have_text(re.compile("allt sänt"))
    assert len(stack.events()) == 1


def test_an_answer_lost_on_the_way_back_makes_no_second_event(stack: Stack, open_page: OpenPage) -> None:
    """The server stored it, the tablet never heard, twice: it sends again and the key keeps it single."""
    watched = open_page(stack, DRIVER)
    watched.expects_failures = True
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    watched.page.route(EVENTS, lose_the_answer)
    watched.page.locator(".big.go").click()
    expect(watched.page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    # Playwright answers requests only while it is waited in: a plain sleep would never let the second one through.
    stack.until(lambda: len(lost) == 2, pause=lambda s: watched.page.wait_for_timeout(1000 * s))
    expect(watched.page.locator(".status")).to_have_text(re.compile("allt sänt"))
    assert lost == [200, 200]
    assert len(stack.events()) == 1


def test_two_tabs_share_one_outbox_and_send_each_tap_once(stack: Stack, open_page: OpenPage) -> None:
    """Both wake up at once; sequence numbers never repeat."""
    watched = open_page(stack, DRIVER)
    watched.expects_failures = True
    one, other = watched.page, watched.context.new_page()
    other.goto(stack.address + DRIVER)
    for page in (one, other):
        page.locator(".big.go").wait_for()
    stack.stop()
    for page in (one, other):
        page.locator(".big.go").click()
        expect(page.locator(".status")).to_have_text(re.compile("väntar"))
    stack.start()
    stack.until(lambda: len(stack.events()) == 2)
    for page in (one, other):
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator(".status")).to_have_text(re.compile("allt sänt"))
    assert sorted(event["sequence"] for event in stack.events()) == [1, 2]
    assert len({event["key"] for event in stack.events()}) == 2


def test_an_action_the_office_refuses_is_told_to_the_driver(stack: Stack, open_page: OpenPage) -> None:
    """It is kept on the tablet with the reason, and the stop is to do again."""
    page = open_page(stack, DRIVER).page
    refused = """{"received_utc": "2026-11-20T07:00:00Z", "results": [{"key": "%s", "status": "rejected",
      "reason": "no such plan"}]}"""

    def refuse(route: Route) -> None:
        key = (route.request.post_data_json or {})["events"][0]["key"]
        route.fulfill(status=200, content_type="application/json", body=refused % key)

    page.route(EVENTS, refuse)
    page.locator(".big.go").click()
    expect(page.locator(".fault")).to_contain_text("no such plan")
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^0 / "))


def test_a_tablet_that_cannot_store_warns_loudly(stack: Stack, open_page: OpenPage) -> None:
    """A tap that is not durable is never shown as done."""
    watched = open_page(stack, "/driver")
    watched.context.add_init_script("indexedDB.open = () => { throw new Error('storage refused'); }")
    page = watched.go(DRIVER)
    expect(page.locator(".fault")).to_contain_text("storage refused")
    page.locator(".big.go").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^0 / "))
    assert stack.events() == []


def test_a_tap_that_finds_the_storage_full_is_not_shown_as_done(stack: Stack, open_page: OpenPage) -> None:
    """Full in mid-shift: the stop stays the next one and the driver is told to write it down."""
    page = open_page(stack, DRIVER).page
    page.locator(".big.go").wait_for()
    page.evaluate(FILL_STORAGE)
    place = page.locator(".big.go").bounding_box()
    page.locator(".big.go").click()
    expect(page.locator(".fault")).to_contain_text("full")
    assert page.locator(".big.go").bounding_box() == place, "a warning moved the button from under the finger"
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^0 / "))
    assert stack.events() == []


FILL_STORAGE = """() => {
  IDBObjectStore.prototype.add = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""


def test_a_key_is_made_without_the_secure_context_too(shared: Stack, open_page: OpenPage) -> None:
    """On plain HTTP there is no crypto.randomUUID; keys are of the same form."""
    page = open_page(shared, PLAIN).page
    made = page.evaluate("""async () => {
      Object.defineProperty(crypto, "randomUUID", {value: undefined});
      const {newKey} = await import("/static/lib/ids.js");
      return [newKey(), newKey()];
    }""")
    form = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert all(re.fullmatch(form, key) for key in made)
    assert made[0] != made[1]
