"""What a driver needs seldom, on the real product: reports, other bins, weighings, the shift, a new route."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from playwright.sync_api import Page, expect

from tests.web.browsing import LANDSCAPE, PLAIN, map_is_drawn
from tests.web.conftest import OpenPage
from tests.web.stack import NOW, Stack
from tests.web.test_access import DEAF_MS, small_targets, violations
from tomma.model import PlanId
from tomma.plan import PlanStatus, StopKind

DRIVER = "/driver?vehicle=truck-1"


def more(page: Page, tile: str = "") -> None:
    """Open the sheet, and one of its tiles."""
    page.get_by_role("button", name="Mer", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    if tile:
        page.get_by_role("dialog").get_by_role("button", name=tile).click()


def test_a_report_reaches_the_office_with_its_bin_and_its_words(stack: Stack, open_page: OpenPage) -> None:
    """The next stop is meant unless another is chosen; nothing is settled by it."""
    page = open_page(stack, DRIVER).page
    first = stack.ask("/driver/routes/truck-1")["stops"][0]
    more(page, "Rapportera fel")
    page.get_by_label("Kort beskrivning").fill("locket är borta")
    page.get_by_role("button", name="Kärl trasigt").click()
    expect(page.locator(".toast")).to_contain_text("Rapporterat")
    stack.until(lambda: len(stack.events()) == 1)
    [event] = stack.events()
    assert (event["kind"], event["report"], event["note"]) == ("reported", "bin_damaged", "locket är borta")
    assert event["bin_id"] == first["bin_id"]
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^0 / "))


def test_a_bin_off_the_list_is_emptied_from_the_nearest(stack: Stack, open_page: OpenPage) -> None:
    """It was full and on the way: one tap, found by where the truck is or by its name."""
    page = open_page(stack, DRIVER).page
    planned = {stop["bin_id"] for stop in stack.ask("/driver/routes/truck-1")["stops"]}
    more(page, "Tömde ett annat kärl")
    page.locator(".choices .row").first.click()
    expect(page.locator(".toast")).to_contain_text("Tömd")
    stack.until(lambda: len(stack.events()) == 1)
    [event] = stack.events()
    assert event["kind"] == "emptied"
    assert event["bin_id"] not in planned
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^0 / "))


def test_what_was_emptied_beside_the_route_is_taken_back_long_after_the_toast(
    stack: Stack, open_page: OpenPage
) -> None:
    """A wrong name in a list of hundreds is noticed a street later; it stands among the done, with its way back."""
    page = open_page(stack, DRIVER).page
    more(page, "Tömde ett annat kärl")
    page.locator(".choices .row").first.click()
    stack.until(lambda: len(stack.events()) == 1)
    page.reload()
    expect(page.locator(".big.go")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)
    page.locator(".stops summary").click()
    page.locator(".stops .undo").click()
    stack.until(lambda: len(stack.events()) == 2)
    first, second = stack.events()
    assert (second["kind"], second["undoes_key"]) == ("undone", first["key"])
    expect(page.locator(".stops .undo")).to_have_count(0)


def test_a_bin_off_the_list_is_found_by_its_id_also_without_a_network(stack: Stack, open_page: OpenPage) -> None:
    """Its sticker stands before the driver; the list was kept with the route, before anybody asked for it."""
    watched = open_page(stack, DRIVER, offline_start=True)
    watched.expects_failures = True
    page = watched.page
    planned = {stop["bin_id"] for stop in stack.ask("/driver/routes/truck-1")["stops"]}
    bins = stack.ask("/driver/bins?vehicle_id=truck-1")["bins"]
    wanted = next(each["bin_id"] for each in bins if each["bin_id"] not in planned)
    expect(page.locator(".offline-note")).to_contain_text("fungerar utan nät")
    page.wait_for_function(KEPT_FACT, arg="bins:truck-1")
    watched.context.set_offline(offline=True)
    page.reload()
    more(page, "Tömde ett annat kärl")
    page.get_by_role("searchbox").fill(wanted.lower())
    row = page.locator(".choices .row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(wanted)


def test_bins_that_were_never_kept_are_not_called_unknown(stack: Stack, open_page: OpenPage) -> None:
    """On plain HTTP nothing is kept: "no bin was found" would send the driver away from a bin that is there."""
    watched = open_page(stack, PLAIN)
    watched.expects_failures = True
    page = watched.page
    page.route("**/api/v1/driver/bins*", lambda route: route.abort())
    page.goto(stack.address + DRIVER)
    more(page, "Tömde ett annat kärl")
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("finns inte på surfplattan")


def test_waste_beside_the_bin_is_told_with_the_same_tap(stack: Stack, open_page: OpenPage) -> None:
    """One tick before Emptied; the next stop begins without it."""
    page = open_page(stack, DRIVER).page
    tick = page.get_by_role("button", name="Avfall låg bredvid")
    tick.click()
    expect(tick).to_have_attribute("aria-pressed", "true")
    page.locator(".big.go").click()
    expect(tick).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(DEAF_MS)
    page.locator(".big.go").click()
    stack.until(lambda: len(stack.events()) == 2)
    assert [event["overflowing"] for event in stack.events()] == [True, False]


def test_a_city_with_few_reasons_shows_few_tiles(stack: Stack, open_page: OpenPage) -> None:
    """What the office does not count, the driver need not read."""
    page = open_page(stack, PLAIN).page
    few = {**stack.ask("/driver/routes/truck-1"), "skip_reasons": ["blocked", "damaged"]}
    page.route("**/api/v1/driver/routes/truck-1", lambda route: route.fulfill(json=few))
    page.goto(stack.address + DRIVER)
    page.locator(".actions .big.quiet").click()
    expect(page.locator("dialog .tiles .tile")).to_have_count(2)


def test_a_weighing_is_written_down_after_the_unloading(stack: Stack, open_page: OpenPage) -> None:
    """The tap comes at the gate, the slip a minute later; a comma is a decimal point."""
    page = open_page(stack, DRIVER).page
    page.locator(".stops .row", has=page.locator(".number.dispose")).first.click()
    page.locator(".big.go").click()
    page.wait_for_timeout(DEAF_MS)
    more(page, "Vågsedel")
    save = page.get_by_role("button", name="Spara", exact=True)
    page.get_by_label("Ton", exact=True).fill("tolv")
    expect(save).to_be_disabled()
    page.get_by_label("Ton", exact=True).fill("4,21")
    page.get_by_label("Vågsedelns nummer").fill("V-77")
    save.click()
    stack.until(lambda: len(stack.events()) == 3)
    assert [event["kind"] for event in stack.events()] == ["unloaded", "undone", "unloaded"]
    assert (stack.events()[-1]["weight_kg"], stack.events()[-1]["ticket"]) == (4_210, "V-77")
    first, *_, again = (each for each in stack.events() if each["kind"] == "unloaded")
    assert again["tapped_utc"] == first["tapped_utc"], "the truck was there then, whenever the slip is read"
    more(page, "Passet hittills")
    expect(page.locator(".sums")).to_contain_text(re.compile("4.210 kg"))


def test_a_weighing_leaves_the_unloading_at_its_time_on_a_tablet_with_a_wrong_clock(
    stack: Stack, open_page: OpenPage
) -> None:
    """The server tells the unloading at its own time; said again so, it was corrected twice."""
    city = stack.ask("/city")
    ahead = (datetime.fromisoformat(city["clock"]["now_utc"]) + timedelta(minutes=20)).isoformat()
    fast = {**city, "clock": {**city["clock"], "now_utc": ahead}}
    watched = open_page(stack, PLAIN)
    watched.page.route("**/api/v1/city", lambda route: route.fulfill(json=fast))
    page = watched.go(DRIVER)
    page.locator(".stops .row", has=page.locator(".number.dispose")).first.click()
    page.wait_for_timeout(DEAF_MS)
    page.locator(".big.go").click()
    stack.until(lambda: len(stack.events()) == 1)
    page.reload()
    more(page, "Vågsedel")
    page.get_by_label("Ton", exact=True).fill("4,2")
    page.get_by_role("button", name="Spara", exact=True).click()
    stack.until(lambda: len(stack.events()) == 3)
    first, _, again = stack.events()
    assert (first["clock_skew_s"] > 1_000, again["tapped_utc"]) == (True, first["tapped_utc"])


def test_a_weighing_that_finds_no_room_leaves_the_unloading_as_it_was(stack: Stack, open_page: OpenPage) -> None:
    """Its two events are one tap: the first without the second would make the load unseen."""
    page = open_page(stack, DRIVER).page
    page.locator(".stops .row", has=page.locator(".number.dispose")).first.click()
    page.wait_for_timeout(DEAF_MS)
    page.locator(".big.go").click()
    stack.until(lambda: len(stack.events()) == 1)
    page.evaluate(FULL_AFTER_ONE)
    more(page, "Vågsedel")
    page.get_by_label("Ton", exact=True).fill("4,2")
    page.get_by_role("button", name="Spara", exact=True).click()
    expect(page.locator(".fault")).to_contain_text("full")
    page.reload()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    expect(page.locator(".status")).to_have_text(re.compile("allt sänt"))
    assert [event["kind"] for event in stack.events()] == ["unloaded"]


FULL_AFTER_ONE = """() => {
  const add = IDBObjectStore.prototype.add;
  let added = 0;
  IDBObjectStore.prototype.add = function (value) {
    if (added++) throw new DOMException("full", "QuotaExceededError");
    return add.call(this, value);
  };
}"""


def test_the_shift_tells_everything_that_is_held(stack: Stack, open_page: OpenPage) -> None:
    """Privacy: the driver sees what the office sees, and that there is nothing else."""
    page = open_page(stack, DRIVER).page
    page.get_by_role("button", name="Avfall låg bredvid").click()
    page.locator(".big.go").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    more(page, "Passet hittills")
    expect(page.locator(".sums dd").first).to_have_text("1")
    page.locator(".sheet summary").click()
    expect(page.locator(".held li")).to_have_text(
        re.compile(r"^\d\d:\d\d · Tömt · .+ · Avfall låg bredvid · kärl: P\d+")
    )


def test_a_tap_has_a_place_only_when_the_driver_says_so(stack: Stack, open_page: OpenPage) -> None:
    """Nothing is sent by itself; with it on, the place of the tap and nothing between."""
    watched = open_page(stack, DRIVER)
    watched.context.grant_permissions(["geolocation"])
    watched.context.set_geolocation({"latitude": 60.17, "longitude": 24.94})
    page = watched.page
    page.locator(".big.go").click()
    page.wait_for_timeout(DEAF_MS)
    more(page, "Spara plats med trycken")
    expect(page.get_by_role("button", name="Plats sparas med trycken")).to_be_visible()
    page.get_by_role("button", name="Tillbaka").click()
    page.wait_for_timeout(DEAF_MS)
    page.locator(".big.go").click()
    stack.until(lambda: len(stack.events()) == 2)
    assert [event["lat_deg"] for event in stack.events()] == [None, 60.17]


def test_a_position_that_is_refused_is_told_calmly(stack: Stack, open_page: OpenPage) -> None:
    """The tile must not say that places are kept while none ever comes."""
    watched = open_page(stack, DRIVER)
    watched.context.clear_permissions()
    more(watched.page, "Spara plats med trycken")
    expect(watched.page.locator(".sheet .hint")).to_contain_text("lämnar inte ut sin position")
    expect(watched.page.get_by_role("button", name="Spara plats med trycken")).to_be_visible()


def test_back_leads_to_the_menu_and_the_keyboard_stays_in_the_sheet(stack: Stack, open_page: OpenPage) -> None:
    """A wrong tile costs one touch; whoever listens hears the new heading."""
    page = open_page(stack, DRIVER).page
    more(page, "Vågsedel")
    heading = page.get_by_role("heading", name="Vågsedel")
    expect(heading).to_be_focused()
    page.get_by_role("button", name="Tillbaka").click()
    expect(page.get_by_role("heading", name="Mer")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Mer", exact=True)).to_be_focused()


def test_a_new_version_of_the_route_is_offered_and_taken_when_the_driver_says_so(
    stack: Stack, open_page: OpenPage
) -> None:
    """Nothing moves under the finger: until then the old route stays, and its next stop too."""
    watched = open_page(stack, DRIVER)
    watched.expects_failures = True  # words of a leg asked for just as the plan changed: a 404, rightly
    page = watched.page
    page.locator(".big.go").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    before = page.locator(".card .name").inner_text()
    old = stack.ask("/driver/routes/truck-1")["plan_id"]
    stack.plan_and_publish()
    offer = page.locator(".offer")
    expect(offer).to_contain_text("Ny rutt från kontoret")
    expect(page.locator(".card .name")).to_have_text(before)
    page.wait_for_timeout(DEAF_MS)
    page.locator(".big.go").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^2 / "))
    stack.until(lambda: len(stack.events()) == 2)
    assert [event["plan_id"] for event in stack.events()] == [old, old]
    offer.get_by_role("button").click()
    expect(offer).to_have_count(0)
    page.wait_for_timeout(DEAF_MS)
    page.locator(".big.go").click()
    stack.until(lambda: len(stack.events()) == 3)
    assert stack.events()[-1]["plan_id"] == stack.ask("/driver/routes/truck-1")["plan_id"] != old


def test_what_was_done_on_the_old_version_is_done_on_the_new_one(stack: Stack, open_page: OpenPage) -> None:
    """Also what was tapped after the offer came, and without a network when it is taken."""
    watched = open_page(stack, DRIVER)
    watched.expects_failures = True
    page = watched.page
    page.locator(".big.go").click()
    page.wait_for_timeout(DEAF_MS)
    stack.plan_and_publish()
    page.locator(".offer").wait_for()
    stack.stop()
    second = page.locator(".card .name").inner_text()
    page.locator(".big.go").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^2 / "))
    third = page.locator(".card .name").inner_text()
    page.locator(".offer").get_by_role("button").click()
    expect(page.locator(".offer")).to_have_count(0)
    expect(page.locator(".card .name")).to_have_text(third)
    page.wait_for_timeout(DEAF_MS)
    expect(page.locator(".stops button.row", has_text=second)).to_have_count(0)
    stack.start()


def test_a_stop_of_an_earlier_version_counts_and_leads_nobody_astray(stack: Stack, open_page: OpenPage) -> None:
    """The truck's other tablet had no network while the plan was changed: what it emptied is told at once."""
    plan = stack.stores.plans.get(stack.ask("/driver/routes/truck-1")["plan_id"])
    route = next(each for each in plan.routes if each.vehicle_id == "truck-1")
    shorter = replace(route, stops=route.stops[1:], legs_lonlat=route.legs_lonlat[1:])
    others = [each for each in plan.routes if each is not route]
    stack.stores.plans.save(
        replace(plan, id=PlanId("P-changed"), status=PlanStatus.READY, routes=(shorter, *others), replaces=plan.id)
    )
    stack.stores.plans.publish(PlanId("P-changed"))
    page = open_page(stack, DRIVER).page
    places = sum(each.kind is not StopKind.BREAK for each in route.stops)
    expect(page.locator(".bar .progress")).to_contain_text(f"0 / {places - 1}")
    name, turn, load = (page.locator(each) for each in (".card .name", ".next-turn", ".bar .load .visually-hidden"))
    expect(turn).to_be_visible()
    before = name.inner_text(), turn.text_content() or ""
    empty = load.inner_text()
    late = {"key": "late-tap-1", "device_id": "other", "sequence": 1, "plan_id": plan.id, "vehicle_id": "truck-1"}
    at = f"{route.stops[0].depart_utc:%Y-%m-%dT%H:%M:%SZ}"
    tapped = {**late, "kind": "emptied", "bin_id": route.stops[0].bin_id, "tapped_utc": at}
    stack.tell("/driver/events", {"events": [tapped], "sent_utc": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"})
    expect(page.locator(".bar .progress")).to_contain_text(f"1 / {places}")
    expect(load).not_to_have_text(empty)
    page.reload()
    expect(name).to_have_text(before[0])
    expect(turn).to_have_text(before[1])


def test_a_truck_that_the_new_plan_forgot_keeps_its_route(stack: Stack, open_page: OpenPage) -> None:
    """Midnight, or an office that planned without this truck: the driver's day does not vanish under the finger."""
    watched = open_page(stack, DRIVER)
    watched.expects_failures = True  # words of a leg asked for just as the plan changed
    page = watched.page
    page.locator(".big.go").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^1 / "))
    page.route("**/api/v1/driver/routes", lambda route: route.fulfill(
        json={"day": "2026-11-20", "plan_id": "P-other", "routes": []}))  # fmt: skip
    with page.expect_response("**/api/v1/driver/routes"):
        stack.plan_and_publish()
    expect(page.locator(".offer")).to_contain_text("har tagit bort rutten för Bil 1")
    assert violations(page) == ""
    page.get_by_role("button", name="Jag har sett det").click()
    expect(page.locator(".offer")).to_have_count(0)
    page.locator(".big.go").click()
    expect(page.locator(".bar .progress")).to_contain_text(re.compile("^2 / "))


def test_before_the_first_tap_a_new_version_is_there_and_says_what_it_changed(
    stack: Stack, open_page: OpenPage
) -> None:
    """Nobody has begun on the old one, but somebody may have read it: the difference is told, and put away."""
    watched = open_page(stack, DRIVER)
    watched.expects_failures = True  # words of a leg asked for just as the plan changed: a 404, rightly
    page = watched.page
    page.locator(".big.go").wait_for()
    stack.plan_and_publish()
    expect(page.locator(".offer")).to_contain_text("Kontoret har bytt rutten")
    page.get_by_role("button", name="Jag har sett det").click()
    expect(page.locator(".offer")).to_have_count(0)


def test_the_sheet_and_the_offer_are_accessible(stack: Stack, open_page: OpenPage) -> None:
    """Every view of it, for axe and for a glove."""
    watched = open_page(stack, DRIVER)
    watched.expects_failures = True  # the words of a leg that the new plan does not have, asked for as it came
    page = watched.page
    page.locator(".big.go").click()
    page.wait_for_timeout(DEAF_MS)
    stack.plan_and_publish()
    page.locator(".offer").wait_for()
    assert violations(page) == ""
    assert small_targets(page) == []
    for tile in ("", "Körväg", "Rapportera fel", "Tömde ett annat kärl", "Vågsedel", "Passet hittills"):
        more(page, tile)
        page.locator(".sheet h2").wait_for()
        assert violations(page) == "", tile
        assert small_targets(page) == [], tile
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
        page.wait_for_timeout(DEAF_MS)
    assert page.viewport_size == {"width": LANDSCAPE[0], "height": LANDSCAPE[1]}


def test_the_way_to_the_next_stop_is_told_in_words_also_offline(stack: Stack, open_page: OpenPage) -> None:
    """The first turn stands on the card; the rest one touch away, with a link to the tablet's own navigation."""
    watched = open_page(stack, DRIVER, offline_start=True)
    watched.expects_failures = True
    page = watched.page
    turn = page.locator(".next-turn")
    expect(turn).to_contain_text("Gatorna är okända")  # not "Du är framme", far from the stop
    expect(page.locator(".offline-note")).to_contain_text("fungerar utan nät")
    legs = len(stack.ask("/driver/routes/truck-1")["legs"])
    page.wait_for_function(KEPT_LEGS, arg=legs)
    watched.context.set_offline(offline=True)
    page.reload()
    page.locator(".big.go").click()
    expect(turn).to_be_visible()
    page.wait_for_timeout(DEAF_MS)
    turn.click()
    expect(page.locator(".way li").last).to_be_visible()
    assert re.match(r"geo:[0-9.]+,[0-9.]+\?q=", page.locator("a.tile").get_attribute("href") or "")
    assert violations(page) == ""


KEPT_FACT = """async (name) => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("tomma-driver");
    request.onsuccess = () => resolve(request.result);
  });
  const count = database.transaction("facts").objectStore("facts").count(name);
  const found = await new Promise((resolve) => { count.onsuccess = () => resolve(count.result); });
  database.close();
  return found === 1;
}"""

KEPT_LEGS = """async (legs) => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("tomma-driver");
    request.onsuccess = () => resolve(request.result);
  });
  const facts = database.transaction("facts").objectStore("facts");
  const all = await new Promise((resolve) => {
    const [keys, values] = [facts.getAllKeys(), facts.getAll()];
    values.onsuccess = () => resolve(keys.result.map((key, index) => [key, values.result[index]]));
  });
  database.close();
  return all.some(([key, value]) => key.startsWith("words:") && value && Object.keys(value).length === legs);
}"""


def test_the_tablets_own_place_is_on_the_map_once_it_is_asked_for(stack: Stack, open_page: OpenPage) -> None:
    """For the driver's eyes; nothing of it is sent until a tap."""
    watched = open_page(stack, DRIVER, with_map=True)
    watched.context.grant_permissions(["geolocation"])
    watched.context.set_geolocation({"latitude": 60.17, "longitude": 24.94})
    page = watched.page
    map_is_drawn(page)
    more(page, "Spara plats med trycken")
    expect(page.get_by_role("button", name="Plats sparas med trycken")).to_be_visible()
    page.get_by_role("button", name="Tillbaka").click()
    page.get_by_role("button", name="Till nästa stopp").click()
    page.wait_for_timeout(DEAF_MS)
    assert stack.events() == []


def test_the_way_to_one_stop_never_stands_beside_the_name_of_the_next(stack: Stack, open_page: OpenPage) -> None:
    """Not even for the moment until the next one's words are there: a driver glances, and turns."""
    page = open_page(stack, "/driver?vehicle=truck-1").page
    way = page.locator(".next-turn")
    old = way.inner_text()
    page.evaluate(
        """() => {
            const said = (part) => document.querySelector(part)?.innerText;
            const began = said(".card .name");
            window.beside = [];
            new MutationObserver(() => said(".card .name") !== began && window.beside.push(said(".next-turn") ?? ""))
                .observe(document.body, {subtree: true, childList: true, characterData: true});
        }"""
    )
    page.locator(".big.go").click()
    expect(page.locator(".bar .progress")).to_contain_text("1 /")
    way.wait_for()
    beside = page.evaluate("window.beside")
    assert beside
    assert old not in beside
