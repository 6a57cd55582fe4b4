"""The driver's page on the real product: one tap per stop, each stored once, at the server's time."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.web.browsing import LANDSCAPE, PORTRAIT, map_is_drawn
from tests.web.conftest import OpenPage
from tests.web.stack import NOW, Stack
from tomma.model import PlanId
from tomma.plan import PlanStatus, Stop, StopKind

DRIVER = "/driver?vehicle=truck-1"
NAME = ".card .name"
DEAF_MS = 750  # the buttons let 0.7 s pass between two taps


def next_number(page: Page) -> int:
    """The number in the amber disc."""
    return int(re.sub(r"\D", "", page.locator(".card .disc").inner_text()))


def tap_emptied(page: Page) -> None:
    """Tap the big button and wait until the next stop has come up."""
    before = next_number(page)
    page.locator(".big.go").click()
    expect(page.locator(".card .disc")).not_to_contain_text(re.compile(rf"\b{before}\b"))
    page.wait_for_timeout(DEAF_MS)


def test_one_tap_empties_the_stop_and_brings_up_the_next(stack: Stack, open_page: OpenPage) -> None:
    """No start button, no question: the event is stored with plan, truck, bin and the server's time."""
    page = open_page(stack, DRIVER).page
    route = stack.ask("/driver/routes/truck-1")
    assert next_number(page) == 1
    page.locator(".big.go").click()
    expect(page.locator(NAME)).to_have_text(route["stops"][1]["name"])
    expect(page.locator(".toast")).to_contain_text(route["stops"][0]["name"])
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    stack.until(lambda: len(stack.events()) == 1)
    [event] = stack.events()
    assert (event["kind"], event["bin_id"]) == ("emptied", route["stops"][0]["bin_id"])
    assert (event["plan_id"], event["vehicle_id"], event["sequence"]) == (route["plan_id"], "truck-1", 1)
    tapped, received = (datetime.fromisoformat(event[name]) for name in ("tapped_utc", "received_utc"))
    assert abs(tapped - received) < timedelta(minutes=1)
    assert abs(tapped - NOW) < timedelta(hours=1)
    expect(page.locator(".status")).to_have_text(re.compile("allt sänt"))


def test_a_double_tap_is_one_tap(stack: Stack, open_page: OpenPage) -> None:
    """A glove taps twice; the second must not empty the next bin."""
    page = open_page(stack, DRIVER).page
    page.locator(".big.go").dblclick()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    stack.until(lambda: len(stack.events()) == 1)
    page.wait_for_timeout(300)
    assert len(stack.events()) == 1
    assert next_number(page) == 2


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
def test_the_second_half_of_a_double_tap_falls_on_nothing(
    stack: Stack, open_page: OpenPage, size: tuple[int, int]
) -> None:
    """Where the finger is, a sheet comes up or a row moves up: it must not choose a reason, nor another stop."""
    page = open_page(stack, DRIVER, size=size).page
    page.get_by_role("button", name="Hoppa över").dblclick()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(DEAF_MS)
    page.get_by_role("button", name="Redan tomt").dblclick()
    expect(page.locator("dialog")).to_have_count(0)
    page.wait_for_timeout(DEAF_MS)
    page.locator(".stops .row").nth(1).dblclick()
    expect(page.locator(".card .disc")).to_have_text(re.compile("4$"))
    stack.until(lambda: len(stack.events()) >= 1)
    page.wait_for_timeout(300)
    assert [event["kind"] for event in stack.events()] == ["skipped"]


def test_the_keyboard_is_where_it_was_after_a_reason(stack: Stack, open_page: OpenPage) -> None:
    """Who works without a finger goes on with the next stop, not at the top of the page."""
    page = open_page(stack, DRIVER).page
    skip = page.get_by_role("button", name="Hoppa över")
    skip.press("Enter")
    page.get_by_role("button", name="Inte säkert").press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    expect(skip).to_be_focused()


def test_skipping_asks_why_once(stack: Stack, open_page: OpenPage) -> None:
    """Six tiles, one tap, no confirmation."""
    page = open_page(stack, DRIVER).page
    page.get_by_role("button", name="Hoppa över").click()
    expect(page.locator(".tiles .tile")).to_have_count(6)
    page.get_by_role("button", name="Låst, ingen åtkomst").click()
    expect(page.locator(".toast")).to_contain_text("Överhoppad")
    stack.until(lambda: len(stack.events()) == 1)
    assert stack.events()[0]["skip_reason"] == "no_access"


def test_the_way_back_from_the_sheet_does_nothing(stack: Stack, open_page: OpenPage) -> None:
    """Back, and Escape, leave the stop as it was."""
    page = open_page(stack, DRIVER).page
    for way in ("button", "key"):
        page.get_by_role("button", name="Hoppa över").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        if way == "button":
            page.get_by_role("button", name="Tillbaka").click()
        else:
            page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
        page.wait_for_timeout(DEAF_MS)
    assert next_number(page) == 1
    assert stack.events() == []


def test_a_tap_is_taken_back_from_the_toast_and_from_the_list(stack: Stack, open_page: OpenPage) -> None:
    """An undo is an event of its own: nothing is ever erased."""
    page = open_page(stack, DRIVER).page
    page.locator(".big.go").click()
    page.locator(".toast button").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^0 / "))
    assert next_number(page) == 1
    page.wait_for_timeout(DEAF_MS)
    tap_emptied(page)
    page.locator(".stops summary").click()
    page.locator(".undo").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^0 / "))
    stack.until(lambda: len(stack.events()) == 4)
    assert [event["kind"] for event in stack.events()] == ["emptied", "undone", "emptied", "undone"]
    assert {stop["state"] for stop in stack.ask("/driver/routes/truck-1")["stops"]} == {"todo"}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_is_done_is_told_in_words(stack: Stack, open_page: OpenPage, language: str) -> None:
    """The list is unfolded seldom: nobody saw that it showed the name of a word."""
    page = open_page(stack, DRIVER, language=language).page
    page.locator(".big.go").click()
    page.locator(".stops summary").click()
    expect(page.locator(".behind small")).to_have_text({"sv": "Tömd", "en": "Emptied"}[language])


def test_any_order_is_allowed(stack: Stack, open_page: OpenPage) -> None:
    """A row of the list makes its stop the next; the ones left out come back after it."""
    page = open_page(stack, DRIVER).page
    disc = page.locator(".card .disc")
    page.locator(".stops .row").nth(1).click()
    expect(disc).to_have_text(re.compile(r"(?<!\d)3$"))
    page.locator(".big.go").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    expect(disc).to_have_text(re.compile(r"(?<!\d)1$"))


def test_the_last_stop_is_the_unloading_and_then_all_is_done(stack: Stack, open_page: OpenPage) -> None:
    """The truck must end empty: the route says so, with its own button."""
    route = stack.ask("/driver/routes/truck-1")
    bins = [stop["bin_id"] for stop in route["stops"] if stop["kind"] == "collect"]
    taps = [
        {"key": f"web-test-{n:04}", "device_id": "t", "sequence": n, "plan_id": route["plan_id"], "kind": "emptied",
         "vehicle_id": "truck-1", "tapped_utc": NOW.isoformat(), "bin_id": bin_id}
        for n, bin_id in enumerate(bins)
    ]  # fmt: skip
    stack.tell("/driver/events", {"events": taps, "sent_utc": NOW.isoformat()})
    page = open_page(stack, DRIVER).page
    expect(page.locator(".bar .load")).not_to_contain_text("Ombord: 0 l")
    page.get_by_role("button", name="Tippat", exact=True).click()
    expect(page.locator(".card.done")).to_contain_text("Alla stopp är klara")
    expect(page.locator(".bar .load")).to_contain_text("Ombord: 0 l")
    stack.until(lambda: {each["state"] for each in stack.ask("/driver/routes/truck-1")["stops"]} == {"emptied"})


def test_a_truck_that_unloaded_before_its_turn_is_not_sent_home_full(stack: Stack, open_page: OpenPage) -> None:
    """All is done, but what was emptied after the unloading is still aboard; the list tells stops as they came."""
    route = stack.ask("/driver/routes/truck-1")
    stops = sorted(route["stops"], key=lambda stop: stop["kind"] != "dispose")
    named = [
        {"kind": "emptied", "bin_id": stop["bin_id"]}
        if stop["kind"] == "collect"
        else {"kind": "unloaded", "disposal_site_id": stop["disposal_site_id"]}
        for stop in stops
    ]
    at = [(NOW - timedelta(minutes=len(stops) - n)).isoformat() for n in range(len(stops))]
    taps = [
        {"key": f"web-test-{n:04}", "device_id": "t", "sequence": n, "plan_id": route["plan_id"],
         "vehicle_id": "truck-1", "tapped_utc": at[n], **what}
        for n, what in enumerate(named)
    ]  # fmt: skip
    stack.tell("/driver/events", {"events": taps, "sent_utc": NOW.isoformat()})
    page = open_page(stack, DRIVER).page
    expect(page.locator(".card.done")).to_contain_text(re.compile(r"\d+ kg ombord: tippa innan du kör hem"))
    page.locator(".stops summary").click()
    expect(page.locator(".behind").first).to_contain_text(stops[-1]["name"])
    expect(page.locator(".behind").last).to_contain_text(stops[0]["name"])
    page.get_by_role("button", name="Tippat", exact=True).click()
    expect(page.locator(".card.done")).to_contain_text("Kör hem till depån")
    stack.until(lambda: sum(each["kind"] == "unloaded" for each in stack.events()) == 2)
    page.reload()  # what the server makes of it says so, too
    expect(page.locator(".card.done")).to_contain_text("Kör hem till depån")
    expect(page.locator(".big.go")).to_be_disabled()


def test_a_break_is_begun_and_ended_as_a_stop(stack: Stack, open_page: OpenPage) -> None:
    """The route of a whole day has its rest in it; the page offers it where the plan put it."""
    with_a_break_first(stack)
    page = open_page(stack, DRIVER).page
    page.get_by_role("button", name="Börja rast").click()
    page.wait_for_timeout(DEAF_MS)
    page.get_by_role("button", name="Avsluta rast").click()
    expect(page.locator(".card .disc")).to_have_text(re.compile("1$"))
    stack.until(lambda: len(stack.events()) == 2)
    assert [event["kind"] for event in stack.events()] == ["break_started", "break_ended"]
    page.reload()
    expect(page.locator(".card .disc")).to_have_text(re.compile("1$"))


def test_a_break_begun_on_one_tablet_is_ended_on_another(stack: Stack, open_page: OpenPage) -> None:
    """The first one's battery is flat: the break is the truck's, and the day would else count as one long rest."""
    with_a_break_first(stack)
    first = open_page(stack, DRIVER).page
    first.get_by_role("button", name="Börja rast").click()
    stack.until(lambda: len(stack.events()) == 1)
    second = open_page(stack, DRIVER).page
    second.get_by_role("button", name="Avsluta rast").click()
    expect(second.locator(".card .disc")).to_have_text(re.compile("1$"))
    expect(first.locator(".card .disc")).to_have_text(re.compile("1$"))
    assert [event["kind"] for event in stack.events()] == ["break_started", "break_ended"]


def with_a_break_first(stack: Stack) -> None:
    """Publish the day's plan with a break before all: the small town's day is too short to hold one."""
    plans = stack.stores.plans
    plan = plans.get(stack.ask("/driver/routes")["plan_id"])
    at_utc = plan.routes[0].start_utc
    rest = Stop(StopKind.BREAK, at_utc, at_utc, 0, 0, 0.0, 0.0)
    route, *others = plan.routes
    route = replace(route, stops=(rest, *route.stops), legs_lonlat=((), *route.legs_lonlat))
    plans.save(replace(plan, id=PlanId("with-a-break"), status=PlanStatus.READY, routes=(route, *others)))
    plans.publish(PlanId("with-a-break"))
    stack.until(lambda: stack.ask("/driver/routes")["plan_id"] == "with-a-break")


def test_the_buttons_do_not_move_from_one_stop_to_the_next(stack: Stack, open_page: OpenPage) -> None:
    """A finger that waits over Emptied finds Emptied there."""
    page = open_page(stack, DRIVER).page
    places = []
    for _ in range(2):
        places.append(page.locator(".big.go").bounding_box())
        tap_emptied(page)
    places.append(page.locator(".big.go").bounding_box())
    assert places[0] == places[1] == places[2]


def test_the_buttons_stay_when_the_network_goes(stack: Stack, open_page: OpenPage) -> None:
    """On a small tablet the bar has two rows: a shorter word in its pill must not make them one."""
    watched = open_page(stack, DRIVER, size=(1024, 600))
    watched.expects_failures = True
    place = watched.page.locator(".big.go").bounding_box()
    stack.stop()
    expect(watched.page.locator(".status")).to_have_text("Offline")
    assert watched.page.locator(".big.go").bounding_box() == place
    stack.start()


def test_back_on_the_network_it_looks_at_once_what_the_office_changed(stack: Stack, open_page: OpenPage) -> None:
    """The taps are sent first; a stream that has to come back, or the look each half minute, would be far too late."""
    watched = open_page(stack, DRIVER)
    page = watched.page
    expect(page.locator(".card .disc")).to_be_visible()
    page.wait_for_load_state("networkidle")
    watched.context.set_offline(offline=True)
    tap_emptied(page)
    expect(page.locator(".status")).to_contain_text("1 väntar")
    watched.context.set_offline(offline=False)
    with page.expect_response("**/driver/routes", timeout=8_000) as looked:
        expect(page.locator(".status")).to_contain_text("allt sänt")
    assert looked.value.ok
    watched.complaints.clear()  # what was asked without a network


def test_the_bar_tells_how_far_how_late_and_how_loaded(stack: Stack, open_page: OpenPage) -> None:
    """Everything a driver is asked on the radio."""
    page = open_page(stack, DRIVER).page
    bar = page.locator(".bar")
    stops = [stop for stop in stack.ask("/driver/routes/truck-1")["stops"] if stop["kind"] != "break"]
    expect(bar).to_contain_text("Bil 1")
    expect(bar).to_contain_text(f"0 / {len(stops)} stopp")
    expect(bar).to_contain_text(re.compile(r"Klar ca \d\d:\d\d"))
    expect(bar.locator(".load")).to_contain_text("Last 0")
    tap_emptied(page)
    expect(bar.locator(".load")).not_to_contain_text("Ombord: 0 l")


def test_the_card_tells_why_the_bin_is_on_the_route(shared: Stack, open_page: OpenPage) -> None:
    """Number, place, stream, fill, time and the planner's reason in words."""
    page = open_page(shared, DRIVER, language="en").page
    first = shared.ask("/driver/routes/truck-1")["stops"][0]
    card = page.locator(".card")
    expect(card).to_contain_text(first["name"])
    expect(card).to_contain_text("full")
    expect(card.locator(".notes")).to_contain_text(re.compile("risk|full|detour|emptied|silent"))


def test_the_driver_chooses_a_truck_once(shared: Stack, open_page: OpenPage) -> None:
    """Several trucks: asked; then remembered over a reload; and changed from the bar."""
    page = open_page(shared, "/driver").page
    page.get_by_role("button", name=re.compile("Bil 2")).click()
    expect(page.locator(".vehicle")).to_contain_text("Bil 2")
    page.goto(f"{shared.address}/driver")
    expect(page.locator(".vehicle")).to_contain_text("Bil 2")
    page.locator(".vehicle button").click()
    expect(page.locator(".trucks .tile")).to_have_count(2)


def test_a_driver_who_has_tapped_may_change_trucks_and_come_back(stack: Stack, open_page: OpenPage) -> None:
    """With a tap of the day on the tablet the screen froze on the old truck; it would have at midnight, too."""
    page = open_page(stack, DRIVER).page
    tap_emptied(page)
    page.get_by_role("button", name="Byt bil").click()
    page.locator(".trucks .tile").nth(1).click()
    expect(page.locator(".bar .vehicle")).to_contain_text("Bil 2")
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^0 / "))
    page.get_by_role("button", name="Byt bil").click()
    page.locator(".trucks .tile").first.click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))


def test_without_webgl_list_next_stop_and_buttons_still_work(stack: Stack, open_page: OpenPage) -> None:
    """An old tablet is a tablet."""
    page = open_page(stack, DRIVER).page
    expect(page.locator(".map-word")).to_contain_text("kan inte rita kartan")
    page.locator(".big.go").click()
    stack.until(lambda: len(stack.events()) == 1)


def test_the_maps_disc_is_the_cards(stack: Stack, open_page: OpenPage) -> None:
    """It moves with the card, not a second later by way of the map's worker, which here never hears of the tap."""
    page = open_page(stack, DRIVER, with_map=True).page
    map_is_drawn(page)
    disc = page.locator(".map .disc")
    expect(disc).to_have_text("1")
    before = disc.bounding_box()
    page.evaluate("Worker.prototype.postMessage = () => {}")
    tap_emptied(page)
    expect(disc).to_have_text("2")
    expect(disc).to_have_count(1)
    stack.until(lambda: disc.bounding_box() != before, lambda s: page.wait_for_timeout(1_000 * s))
    page.locator(".stops .row").nth(1).click()
    expect(disc).to_have_text("4")


def test_the_map_numbers_the_next_ten_and_no_more(plain: Page) -> None:
    """More numbers than that hide the streets."""
    ranks = plain.evaluate("""async () => {
      const {stopData} = await import("/static/driver/layers.js");
      const {withKeys} = await import("/static/driver/route.js");
      const stops = withKeys(Array.from({length: 40}, (_, n) => ({
        kind: "collect", bin_id: `B${n}`, lat_deg: 60 + n / 1000, lon_deg: 25, state: "todo"})));
      return stopData(stops, stops[0]).features.map((feature) => feature.properties.rank);
    }""")
    assert [ranks.count(rank) for rank in ("next", "soon", "rest")] == [1, 9, 30]


def test_the_page_fills_itself_when_the_plan_is_published(fresh: Stack, open_page: OpenPage) -> None:
    """A driver who was early need not touch anything."""
    page = open_page(fresh, "/driver?vehicle=truck-1").page
    expect(page.locator(".choice")).to_contain_text("Ingen rutt är publicerad")
    fresh.plan_and_publish()
    expect(page.locator(NAME)).to_be_visible()


def test_another_tablets_tap_shows_here_too(stack: Stack, open_page: OpenPage) -> None:
    """Two tablets in one cab end up with the same list."""
    one = open_page(stack, DRIVER).page
    other = open_page(stack, DRIVER).page
    one.locator(".big.go").click()
    expect(other.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    expect(other.locator(".card .disc")).to_have_text(re.compile(r"(?<!\d)2$"))
