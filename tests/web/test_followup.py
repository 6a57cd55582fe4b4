"""The follow-up page on the real product: half a day is tapped, looked at, and the rest of it planned anew."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from tests.web.browsing import PLAIN, fits
from tests.web.conftest import OpenPage
from tests.web.followup_day import half_a_day, tap_of
from tests.web.stack import NOW, Stack, copy_of, serving
from tests.web.test_access import small_targets, violations
from tomma.model import BinId, PlanId, VehicleId

A_PLAN_MS = 60_000
"""A search of a second with processes of its own; seen 17 s on two cores with sixteen others waiting."""


@pytest.fixture(scope="module")
def begun(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with half a day in it."""
    folder = copy_of(seeded, tmp_path_factory.mktemp("begun") / "data")
    with serving(folder) as stack:
        half_a_day(stack)
    return folder


@pytest.fixture
def day(begun: Path, tmp_path: Path) -> Iterator[Stack]:
    """A running stack of one's own in the middle of the day."""
    with serving(copy_of(begun, tmp_path / "data")) as stack:
        yield stack


def lanes(page: Page) -> Locator:
    """The trucks' lines, once they are drawn."""
    page.locator(".lane").first.wait_for()
    return page.locator(".lane")


def test_the_line_and_its_table_tell_the_same_and_the_keyboard_is_enough(day: Stack, open_page: OpenPage) -> None:
    """What the eye sees as a mark is a line of words for everybody else; both move when a driver taps."""
    page = open_page(day, "/followup").page
    first = lanes(page).first
    told = day.ask("/followup")
    route = told["routes"][0]
    expect(first.get_by_role("option")).to_have_count(len(route["stops"]))
    first.focus()
    page.keyboard.press("Home")
    expect(first.get_by_role("option", selected=True)).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".stop-card")).to_contain_text("överhoppad")
    expect(page.locator(".stop-card")).to_contain_text("blockerad av bil")
    assert violations(page) == ""
    page.get_by_role("button", name="Tabell").click()
    expect(page.locator(".cells tbody tr")).to_have_count(sum(len(each["stops"]) for each in told["routes"]))
    page.get_by_role("button", name="Överhoppade").click()
    expect(page.locator(".cells tbody tr")).to_have_count(1)
    assert violations(page) == ""
    page.get_by_role("button", name="Överhoppade").click()
    to_do = next(each for each in route["stops"] if each["kind"] == "collect" and each["state"] == "todo")
    done = page.locator(".figure", has_text="kärl klara").locator("b")
    expect(done).to_have_text(f"{told['sums']['emptied'] + 1} av {told['sums']['bins']}")
    event = tap_of(told, route, 99, NOW, kind="emptied", bin_id=to_do["bin_id"])
    day.tell("/driver/events", {"events": [event], "sent_utc": told["now_utc"]})
    expect(done).to_have_text(f"{told['sums']['emptied'] + 2} av {told['sums']['bins']}")
    expect(page.locator(".cells tr", has_text=to_do["bin_id"])).to_contain_text("tömd")


def test_an_answer_that_was_overtaken_by_a_newer_one_is_not_shown(day: Stack, open_page: OpenPage) -> None:
    """On a slow line two questions are under way at once: the office must not see a stop as done and then not."""
    page = open_page(day, "/followup").page
    lanes(page)
    told = day.ask("/followup")
    done = page.locator(".figure", has_text="kärl klara").locator("b")
    before, after = (f"{told['sums']['emptied'] + more} av {told['sums']['bins']}" for more in (1, 2))
    expect(done).to_have_text(before)
    late: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))

    page.route("**/api/v1/followup", hold_the_first)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # it looks again
    day.until(lambda: late, lambda s: page.wait_for_timeout(1_000 * s))
    route = told["routes"][0]
    to_do = next(each for each in route["stops"] if each["kind"] == "collect" and each["state"] == "todo")
    event = tap_of(told, route, 99, NOW, kind="emptied", bin_id=to_do["bin_id"])
    day.tell("/driver/events", {"events": [event], "sent_utc": told["now_utc"]})
    expect(done).to_have_text(after)
    held, answer = late[0]
    with page.expect_response("**/api/v1/followup") as overtaken:
        held.fulfill(response=answer)
    overtaken.value.finished()
    page.evaluate("fetch('/api/v1/city').then((answer) => answer.json())")  # by then it has taken the late one, too
    assert done.inner_text() == after  # it is never anything else: the next look would mend it unseen


def test_where_answers_take_long_several_taps_are_looked_at_together(day: Stack, open_page: OpenPage) -> None:
    """A day of 6,500 bins is 2.5 MB and half a second of the server's time, and its drivers tap each few seconds."""
    page = open_page(day, "/followup").page
    lanes(page)
    told = day.ask("/followup")
    done = page.locator(".figure", has_text="kärl klara").locator("b")
    looks: list[float] = []

    def answer_slowly(route: Route) -> None:
        looks.append(time.monotonic())
        answer = route.fetch()
        time.sleep(3.0)
        route.fulfill(response=answer)

    page.route("**/api/v1/followup", answer_slowly)
    with page.expect_response("**/api/v1/followup") as slow:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # it looks again
    slow.value.finished()
    route = told["routes"][0]
    to_do = [each for each in route["stops"] if each["kind"] == "collect" and each["state"] == "todo"]
    for number, stop in enumerate(to_do[:2]):
        event = tap_of(told, route, 99 + number, NOW, kind="emptied", bin_id=stop["bin_id"])
        day.tell("/driver/events", {"events": [event], "sent_utc": told["now_utc"]})
        page.wait_for_timeout(1_500)
    assert len(looks) == 1  # it rests twice as long as it waited
    expect(done).to_have_text(f"{told['sums']['emptied'] + 3} av {told['sums']['bins']}", timeout=A_PLAN_MS)


def nothing_left(route: Route) -> None:
    """Answer as after the shift's end: the proposal has no truck out."""
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "end_after_utc": None})


def home_long_ago(route: Route) -> None:
    """Answer as when the proposal lay about all day, and leaves a bin to nobody."""
    answer = route.fetch()
    told = answer.json()
    why = [{"code": "no_vehicle_for_fraction", "values": {}}]
    waits = {"bin_id": "W1", "name": "Gränd 1", "other_vehicle_id": None, "arrive_utc": None, "reasons": why}
    told["routes"][1]["loses"].append(waits)
    route.fulfill(response=answer, json={**told, "end_after_utc": "2026-11-20T01:30:00Z"})


def test_the_rest_of_the_day_is_planned_anew_told_in_words_and_put_aside_or_published(
    day: Stack, open_page: OpenPage
) -> None:
    """A truck breaks down: the other one takes over, and nothing reaches the tablets before somebody says so."""
    page = open_page(day, "/followup").page
    lanes(page)
    before = day.ask("/followup")
    skipped = next(each for each in before["missed"] if each["why"] == "skipped")
    page.get_by_role("button", name=f"Ta med {skipped['name']} i nästa plan").click()
    expect(page.get_by_text("Kärlen kommer med i nästa plan.")).to_be_visible()
    gone = before["routes"][1]["vehicle_name"]
    page.locator(".replan").get_by_label(gone).check()
    page.get_by_label("Räknetid").select_option("1")
    page.get_by_role("button", name="Räkna fram ett förslag").click()
    proposal = page.locator(".proposal")
    expect(proposal.locator(".trucks-changed > li")).to_have_count(2, timeout=A_PLAN_MS)
    expect(proposal.locator(".fault")).to_have_count(0)
    expect(proposal.get_by_role("heading", name="Förslag på ny plan")).to_be_focused()
    expect(proposal.locator("li", has_text=gone).first).to_contain_text("Lämnar")
    expect(proposal.locator(".before-after")).to_contain_text("Väntas svämma över")
    assert violations(page) == ""
    assert day.ask("/followup")["plan_id"] == before["plan_id"]
    page.route("**/api/v1/followup/changes/*", home_long_ago)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # it looks again
    expect(proposal.locator(".fault")).to_have_text(
        "Det är för sent: sista bilen skulle ha varit hemma fre 20 nov. 03:30."
    )
    expect(proposal).to_contain_text(re.compile(r"Får vänta eftersom: .*Ingen bil för fraktionen \(\d+\)"))
    proposal.get_by_role("button", name="Kassera").click()
    expect(page.get_by_text("Förslaget är kasserat.")).to_be_visible()
    expect(proposal).to_have_count(0)
    page.route("**/api/v1/followup/changes/*", nothing_left)
    page.get_by_role("button", name="Räkna fram ett förslag").click()
    expect(proposal.locator(".fault")).to_contain_text("Ingen bil har något kvar att köra", timeout=A_PLAN_MS)
    proposal.get_by_role("button", name="Publicera till bilarna").click()
    expect(page.get_by_text("Den nya planen är hos bilarna.")).to_be_visible()
    expect(proposal).to_have_count(0)
    after = day.ask("/followup")
    assert after["plan_id"] != before["plan_id"]
    assert after["sums"]["versions"] == 2
    expect(page.locator(".tag.taken_out")).to_have_text("Tagen ur drift")
    expect(page.locator(".replan").get_by_label(gone)).to_be_checked()  # the next change does not send it out again
    again = [each for route in after["routes"] for each in route["stops"] if each["bin_id"] == skipped["bin_id"]]
    assert again, "what was skipped and asked for is tried once more"


def test_a_disposal_site_that_closes_under_way_is_ticked_where_the_day_is_followed(
    day: Stack, open_page: OpenPage
) -> None:
    """It burns at ten: whoever sees the trucks changes their day there, and the next change knows it still."""
    page = open_page(day, "/followup").page
    lanes(page)
    site = day.ask("/city")["disposal_sites"][0]
    page.locator(".replan").get_by_label(site["name"]).check()
    page.get_by_label("Räknetid").select_option("1")
    with page.expect_request(lambda asked: asked.method == "POST" and asked.url.endswith("/api/v1/plans")) as sent:
        page.get_by_role("button", name="Räkna fram ett förslag").click()
    body: Any = sent.value.post_data_json
    assert body["closed_disposal_site_ids"] == [site["id"]]
    proposal = page.locator(".proposal")
    expect(proposal).to_contain_text(
        f"Stängt för den här planen, där tippas ingenting: {site['name']}.", timeout=A_PLAN_MS
    )
    proposal.get_by_role("button", name="Publicera till bilarna").click()
    expect(page.get_by_text("Den nya planen är hos bilarna.")).to_be_visible()
    assert day.ask("/followup")["closed_disposal_site_ids"] == [site["id"]]
    expect(page.locator(".replan").get_by_label(site["name"])).to_be_checked()  # the tick is the plan's own now


def test_a_bin_that_the_city_gave_up_is_told_as_gone_and_its_lock_as_fallen(day: Stack, open_page: OpenPage) -> None:
    """It "had to wait", and the lock that somebody had set on it fell without a word."""
    before = day.ask("/followup")
    plan = day.stores.plans.get(PlanId(before["plan_id"]))
    route = before["routes"][0]
    bin_id = [stop["bin_id"] for stop in route["stops"] if stop["kind"] == "collect" and stop["state"] == "todo"][-1]
    day.stores.plans.save(replace(plan, locks={BinId(bin_id): VehicleId(route["vehicle_id"])}))
    day.stop()
    day.start()  # nobody has read the plan as it was
    at = f"{day.address}/api/v1/assets/bins/{bin_id}"
    mark = {"If-Match": httpx.get(at, trust_env=False).headers["etag"]}
    assert httpx.delete(at, headers=mark, trust_env=False).status_code == 204
    day.until(lambda: all(each["id"] != bin_id for each in day.ask("/bins")["bins"]))
    page = open_page(day, "/followup").page
    lanes(page)
    page.get_by_label("Räknetid").select_option("1")
    page.get_by_role("button", name="Räkna fram ett förslag").click()
    proposal = page.locator(".proposal")
    expect(proposal).to_contain_text(f"{bin_id} (låst till {route['vehicle_name']})", timeout=A_PLAN_MS)
    expect(proposal).to_contain_text(f"{bin_id} (finns inte längre)")


def test_forty_missed_bins_leave_the_replan_in_sight(day: Stack, open_page: OpenPage) -> None:
    """After a breakdown the list is long; the grave ones stand first, the others are one press away."""

    def many(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["missed"] = [{**told["missed"][0], "bin_id": f"M{n}"} for n in range(40)]
        route.fulfill(response=answer, json=told)

    watched = open_page(day, PLAIN)
    watched.page.route("**/api/v1/followup", many)
    page = watched.go("/followup")
    rows = page.locator(".missed > li")
    expect(rows).to_have_count(8)
    page.get_by_role("button", name="Visa alla 40").click()
    expect(rows).to_have_count(40)


def test_less_than_a_tonne_is_told_in_kilograms(day: Stack, open_page: OpenPage) -> None:
    """After a small town's first stops "0 t" stood beside a truck with 40 kg aboard."""

    def little(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["sums"]["collected_kg"] = 39.6
        route.fulfill(response=answer, json=told)

    watched = open_page(day, PLAIN)
    watched.page.route("**/api/v1/followup", little)
    page = watched.go("/followup")
    expect(page.locator(".figure", has_text="vägt")).to_contain_text("väntat 40 kg i det som tömts")


def test_the_page_fits_narrow_screens_and_a_day_that_is_over_has_sums_only(day: Stack, open_page: OpenPage) -> None:
    """Down to a phone, in English and by night; yesterday has no truck in it."""
    page = open_page(day, "/followup", language="en", theme="night").page
    lanes(page)
    for width, height in ((1024, 600), (390, 844)):
        fits(page, width, height)
    assert violations(page) == ""
    assert small_targets(page, 24) == []
    page.get_by_role("textbox", name="Day").fill("2026-11-19")
    expect(page.get_by_text("No plan was driven on that day.")).to_be_visible()
    expect(page.locator(".lane")).to_have_count(0)


def test_what_is_done_is_shown_as_done_on_the_planning_page_and_offers_nothing(day: Stack, open_page: OpenPage) -> None:
    """A button whose only answer is a refusal is worse than none; and what the trucks drive is planned anew instead."""
    driven = day.ask("/followup")["plan_id"]
    page = open_page(day, f"/planning?plan={driven}").page
    page.locator(".views").get_by_role("button", name="Stopp", exact=True).click()
    expect(page.locator(".stop-view .hint")).to_contain_text("Bilarna har kört ut")
    page.locator(".stop-row .moves").first.wait_for()
    expect(page.locator(".stop-row .moves button:not(:disabled)")).to_have_count(0)
    made = until_made(day, day.tell("/plans", {"replan_of": driven, "budget_s": 1})["id"])
    route = next(each for each in made["routes"] if each["done_stops"] > 1)
    page = open_page(day, f"/planning?plan={made['id']}").page
    page.locator(".views").get_by_role("button", name="Stopp", exact=True).click()
    page.locator(".trucks-row").get_by_role("button", name=route["vehicle_name"]).click()
    done = page.locator(".stop-row.done")
    expect(done).to_have_count(route["done_stops"])
    expect(done.first).to_contain_text("Klart")
    expect(done.locator("button:not(.link)")).to_have_count(0)
    ahead = page.locator(".stop-row:not(.done):not(.pause)").first
    expect(ahead.get_by_role("button", name=re.compile("tidigare"))).to_be_disabled()
    assert violations(page) == ""
    done.locator(".link").first.click()
    expect(page.locator(".card")).to_contain_text("Klart innan planen gjordes")
    expect(page.locator(".card .acts, .card form")).to_have_count(0)


def until_made(stack: Stack, plan_id: str) -> dict[str, Any]:
    """Wait for the plan and return it."""
    ends_s = time.monotonic() + A_PLAN_MS / 1_000
    while True:
        plan: dict[str, Any] = stack.ask(f"/plans/{plan_id}")
        if plan["status"] not in ("queued", "solving"):
            assert plan["status"] == "ready", plan["detail"]
            return plan
        assert time.monotonic() < ends_s
        time.sleep(0.1)
