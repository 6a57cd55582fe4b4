"""The manager's page on the real product: see, understand, plan, publish, and watch it happen."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from api.pages.router import SHELLS
from tests.web.browsing import PLAIN, forecast_is_there, map_is_drawn
from tests.web.conftest import Ask, OpenPage, Read
from tests.web.stack import BINS, NOW, Stack
from tomma.model import BinId, Reading


def figure(page: Page, label: str) -> int:
    """The first number of a key figure."""
    text = page.locator(".figure", has_text=label).locator("b").inner_text()
    found = re.search(r"\d+", text)
    assert found, text
    return int(found.group())


def open_table(page: Page) -> None:
    """Show the map's twin (it shows by itself where no map can be drawn)."""
    page.locator(".views").get_by_text(re.compile("Tabell|Table")).click()
    page.locator(".table-box tbody tr").first.wait_for()


def test_the_key_figures_are_those_of_the_api(shared: Stack, read: Read) -> None:
    """A number on a page must be one that can be asked for."""
    page = read("/")
    forecast_is_there(page)
    expect(page.locator(".table-box table")).to_have_attribute("aria-rowcount", str(BINS + 1))
    bins = shared.ask("/bins")["bins"]
    plan = next(each for each in shared.ask("/plans?limit=5")["plans"] if each["status"] == "published")
    expect(page.locator(".figure", has_text="svämmar troligen").locator("b")).to_have_text(re.compile(r"^\d"))
    assert figure(page, "över 75 % fulla") == sum((each["fill_fraction"] or 0) >= 0.75 for each in bins)
    assert figure(page, "svämmar troligen") == sum((each["p_overflow_24h"] or 0) >= 0.5 for each in bins)
    assert figure(page, "tysta givare") == sum(each["sensor_state"] == "silent" for each in bins)
    expect(page.locator(".figure", has_text="tömda hittills").locator("b")).to_have_text(f"0 av {plan['stops']}")


def test_yesterdays_plan_is_not_told_as_todays(shared: Stack, open_page: OpenPage) -> None:
    """Before the morning's plan the trucks drive none: yesterday's kilometres were once told as planned today."""
    watched = open_page(shared, PLAIN)

    def a_day_ago(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub(r'"day":\s*"2026-11-20"', '"day":"2026-11-19"', answer.text()))

    watched.page.route(re.compile(r"/api/v1/plans[/?]"), a_day_ago)
    page = watched.go("/")
    expect(page.locator("#plan-title")).to_have_text("Förra planen")
    expect(page.locator(".published-note")).to_have_text("Bilarna körde den här planen.")
    for told in ("planerat i dag", "tömda hittills"):
        expect(page.locator(".figure", has_text=told).locator("b")).to_have_text("–")
    expect(page.locator(".route")).not_to_have_count(0)
    expect(page.locator(".route .done-bar")).to_have_count(0)
    expect(page.get_by_role("button", name="Planera i dag")).to_be_enabled()


def test_the_bar_links_to_every_page_of_the_office_and_to_no_other(read: Read) -> None:
    """A page the server does not have gets no link that leads nowhere."""
    page = read("/")
    links = page.locator(".pages a")
    expect(links.first).to_have_attribute("aria-current", "page")
    found = {str(link.get_attribute("href")) for link in links.all()}
    assert {"/", "/sensors", "/tablets"} <= found <= SHELLS.keys() - {"/driver"}


def test_the_table_has_every_bin_and_sorts_both_ways(read: Read) -> None:
    """The map is never the only way."""
    page = read("/")
    open_table(page)
    head = page.locator("th.fill")
    expect(head).to_have_attribute("aria-sort", "descending")
    cells = page.locator("td.fill")

    def levels() -> list[int]:
        return [int(text.split()[0]) for text in cells.all_inner_texts() if text != "–"]

    found = levels()
    assert found == sorted(found, reverse=True)
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    found = levels()
    assert found == sorted(found)
    expect(page.locator(".table-box table")).to_have_attribute("aria-rowcount", str(BINS + 1))
    assert cells.count() < BINS, "only the rows in sight are in the page"
    page.locator(".table-box").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(page.locator(f"tr[aria-rowindex='{BINS + 1}']")).to_be_visible()


def test_filters_hold_for_table_and_counts(read: Read) -> None:
    """A band hidden is gone from the table; its count stays, so that one knows what is hidden."""
    page = read("/")
    open_table(page)
    chip = page.locator(".chip", has_text="0–50 %")
    hidden = int(chip.locator("b").inner_text())
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".table-box table")).to_have_attribute("aria-rowcount", str(BINS - hidden + 1))
    assert int(chip.locator("b").inner_text()) == hidden
    page.get_by_label("Givare").select_option("silent")
    expect(page.locator(".count")).to_have_text(re.compile(f"^[01] av {BINS} kärl"))
    page.get_by_label("Givare").select_option("")
    page.get_by_label("Sök").fill("finns-inte")
    expect(page.locator(".empty")).to_be_visible()


def test_the_drawer_tells_level_history_forecast_and_why(read: Read) -> None:
    """One bin, everything: what was measured, what is expected, and the planner's reason in words."""
    page = read("/")
    open_table(page)
    planned = page.locator(".table-box tbody tr", has_text="Planerad").nth(2)
    planned.locator(".link").click()
    drawer = page.locator(".drawer")
    expect(drawer.locator(".reasons li")).not_to_have_count(0)
    expect(drawer.locator(".chart canvas")).to_be_visible()
    expect(drawer.locator(".chart")).to_have_attribute("aria-label", re.compile(r"\d+ mätvärden på 14 dygn"))
    drawer.locator("summary", has_text="Prognosen i siffror").click()
    expect(drawer.locator("table tbody tr")).to_have_count(3)
    drawer.get_by_role("button", name="Stäng").click()
    expect(page.locator("#plan-title")).to_be_visible()


def test_the_chart_joins_measurement_and_forecast_at_the_last_reading(plain: Page) -> None:
    """No gap at "now", and nothing forecast for the past."""
    rows = plain.evaluate("""async () => {
      const {chartData} = await import("/static/manager/chart.js");
      const step = (at_utc) => ({at_utc, p10: 0.4, p50: 0.5, p90: 0.6});
      const history = {readings: [{measured_utc: "2026-11-20T06:00:00Z", fill_fraction: 0.3}]};
      return chartData(history, {steps: [step("2026-11-20T05:00:00Z"), step("2026-11-20T07:00:00Z")]});
    }""")
    times, measured, p10, p50, p90 = rows
    assert times == sorted(times)
    assert measured == [0.3, None]
    assert [p10, p50, p90] == [[0.3, 0.4], [0.3, 0.5], [0.3, 0.6]]


def test_a_plan_is_made_watched_read_and_published(fresh: Stack, open_page: OpenPage) -> None:
    """From one button to the trucks: progress while it solves, figures, reasons for what is left, publish."""
    page = open_page(fresh, "/").page
    expect(page.locator(".panel")).to_contain_text("ingen plan för i dag")
    ordered: list[Route] = []

    def hold(route: Route) -> None:
        ordered.append(route)

    page.route("**/api/v1/plans", hold)  # or the plan of so small a town may be there before anybody has looked
    page.get_by_role("button", name="Planera i dag").click()
    expect(page.locator(".progress-box")).to_be_visible()
    fresh.until(lambda: ordered, lambda s: page.wait_for_timeout(1_000 * s))
    ordered[0].continue_()
    page.get_by_role("button", name="Publicera till bilarna").click(timeout=60_000)
    expect(page.locator(".published-note")).to_be_visible()
    plan = next(each for each in fresh.ask("/plans?limit=5")["plans"] if each["status"] == "published")
    expect(page.locator(".route")).to_have_count(plan["routes"])
    expect(page.locator(".left-out h3")).to_contain_text(f"{plan['left_out']} kärl")
    page.locator(".left-out summary").first.click()
    expect(page.locator(".left-out li p").first).to_have_text(re.compile(r"\."))
    link = page.get_by_role("link", name=re.compile("Förarens sida")).first
    assert str(link.get_attribute("href")).startswith("/driver?vehicle=")


def test_every_stage_of_the_planner_has_words(plain: Page) -> None:
    """Also when an engine adds its round to its name."""
    told = plain.evaluate(
        """async (stages) => {
      const {stageText} = await import("/static/office/progress.js");
      const {loadLanguage, translator} = await import("/static/i18n/index.js");
      await loadLanguage("sv");
      return stages.map((stage) => stageText(stage, translator("sv")));
    }""",
        ["queued", "forecast", "roads", "solve", "greedy", "pyvrp round 2", "ortools", "streets", "done", "new one"],
    )
    assert told[5] == told[6] == "Söker de bästa rutterna"
    assert told[-1] == "Planerar …"
    assert told.count("Planerar …") == 1


def test_what_the_trucks_do_shows_at_once(stack: Stack, open_page: OpenPage) -> None:
    """A tap on the tablet: the count, the route's bar and the feed move without a reload; the level was before it."""
    watched = open_page(stack, "/")
    page = watched.page
    expect(page.locator(".live")).to_have_text("Direkt")
    route = stack.ask("/driver/routes/truck-1")
    event = {
        "key": "web-test-0001", "device_id": "t", "sequence": 1, "plan_id": route["plan_id"], "vehicle_id": "truck-1",
        "kind": "emptied", "tapped_utc": NOW.isoformat(), "bin_id": route["stops"][0]["bin_id"],
    }  # fmt: skip
    stack.tell("/driver/events", {"events": [event], "sent_utc": NOW.isoformat()})
    expect(page.locator(".figure", has_text="tömda hittills").locator("b")).to_have_text(re.compile("^1 av"))
    expect(page.locator(".feed li")).to_contain_text("Bil 1 tömde")
    expect(page.locator(".route", has_text="Bil 1").first).to_contain_text(re.compile(r"1 av \d+ klara"))
    watched.go(f"/?bin={event['bin_id']}")
    expect(page.locator(".drawer .level")).to_contain_text("före tömningen")


def test_the_office_reads_what_is_odd_about_a_tap(stack: Stack, open_page: OpenPage) -> None:
    """A contradiction, a wrong clock and the driver's own words stand in the feed."""
    page = open_page(stack, "/").page
    expect(page.locator(".live")).to_have_text("Direkt")
    route = stack.ask("/driver/routes/truck-1")
    tap = {"plan_id": route["plan_id"], "vehicle_id": "truck-1", "tapped_utc": NOW.isoformat(), "sequence": 1,
           "bin_id": route["stops"][0]["bin_id"]}  # fmt: skip
    for event in (
        {"key": "web-test-1", "device_id": "t", "kind": "emptied"},
        {"key": "web-test-2", "device_id": "u", "kind": "skipped", "skip_reason": "no_access"},
        {"key": "web-test-3", "device_id": "v", "kind": "reported", "report": "other", "note": "locket är borta"},
    ):
        stack.tell("/driver/events", {"events": [{**tap, **event}], "sent_utc": "2026-11-20T05:00:00Z"})
    expect(page.locator(".feed li", has_text="hoppade över")).to_contain_text("en surfplatta sade tömd, en annan")
    expect(page.locator(".feed li").first).to_contain_text("“locket är borta”")
    expect(page.locator(".feed li").first).to_contain_text("klocka går fel")


def test_a_new_reading_shows_at_once(stack: Stack, open_page: OpenPage) -> None:
    """What ingest stores is on the page half a second later."""
    page = open_page(stack, "/").page
    open_table(page)
    city = stack.stores.registry.load()
    hung = city.installations[5]
    moment = stack.stores.readings.latest()[BinId(hung.bin_id)].measured_utc + timedelta(minutes=1)
    row = page.locator("tr", has_text=hung.bin_id)
    stack.stores.readings.append([Reading(hung.bin_id, hung.sensor_id, moment, moment, 0.994)])
    expect(row.locator("td.fill")).to_contain_text("99")


def test_a_reading_told_before_the_answer_that_does_not_know_it_stays(stack: Stack, open_page: OpenPage) -> None:
    """On a slow line one part of the first answer is older than the news: the page must not fall back behind it."""
    watched = open_page(stack, "/driver")
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page = watched.page
    page.route("**/api/v1/map/ahead", hold_the_first)
    with page.expect_response("**/api/v1/map/levels") as levels:
        watched.go("/")
    levels.value.finished()
    stack.until(lambda: held, lambda s: page.wait_for_timeout(1_000 * s))
    expect(page.locator(".live")).to_have_text("Direkt")
    page.evaluate(HEAR_TOO)
    hung = stack.stores.registry.load().installations[5]
    moment = stack.stores.readings.latest()[BinId(hung.bin_id)].measured_utc + timedelta(minutes=1)
    stack.stores.readings.append([Reading(hung.bin_id, hung.sensor_id, moment, moment, 0.994)])
    page.evaluate("window.told")
    held[0].continue_()
    expect(page.locator("tr", has_text=hung.bin_id).locator("td.fill")).to_contain_text("99")


HEAR_TOO = """() => new Promise((resolve) => {
  const source = new EventSource("/api/v1/stream");
  window.told = new Promise((told) => source.addEventListener("bins", () => told()));
  source.onopen = resolve;
})"""


def test_the_live_line_comes_back_after_a_proxy_said_no(shared: Stack, open_page: OpenPage) -> None:
    """A browser gives a stream up for good at the first 502; the page does not."""
    watched = open_page(shared, "/driver")
    watched.expects_failures = True
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=502, body="")

    watched.page.route("**/api/v1/stream", refuse_once)
    page = watched.go("/")
    expect(page.locator(".live")).to_have_text("Direkt")
    assert len(refused) == 1


def test_the_map_shows_every_bin_and_one_click_opens_one(shared: Stack, open_page: OpenPage) -> None:
    """Drawn by the graphics card's stand-in: the bins lie on it, and the nearest to a click is opened."""
    page = open_page(shared, "/", with_map=True).page
    map_is_drawn(page)
    page.get_by_label("Sök").fill("Hakaniemenranta")
    box = page.locator(".map-box canvas").bounding_box()
    assert box is not None
    spot = page.evaluate(FIND_SPOT, [shared.ask("/city")["bounds"], shared.ask("/bins")["bins"], box])
    heading = page.locator(".drawer h2")

    def is_opened() -> bool:  # the map draws the filtered bins when it gets round to it
        page.mouse.click(*spot)
        return heading.all_inner_texts() == ["Hakaniemenranta"]

    shared.until(is_opened, lambda _: page.wait_for_timeout(500))


FIND_SPOT = """([[west, south, east, north], bins, box]) => {
  const mercator = (lat) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
  const pad = 40;
  const width = ((east - west) * Math.PI) / 180;
  const height = mercator(north) - mercator(south);
  const scale = Math.min((box.width - 2 * pad) / width, (box.height - 2 * pad) / height);
  const bin = bins.find((each) => each.name === "Hakaniemenranta");
  return [
    box.x + box.width / 2 + (((bin.lon_deg - (west + east) / 2) * Math.PI) / 180) * scale,
    box.y + box.height / 2 - (mercator(bin.lat_deg) - (mercator(north) + mercator(south)) / 2) * scale,
  ];
}"""


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        pytest.param([("2026-11-20", "ready"), ("2026-11-20", "published")], 1, id="what the trucks drive comes first"),
        pytest.param([("2026-11-21", "ready"), ("2026-11-20", "ready")], 1, id="today before tomorrow"),
        pytest.param([("2026-11-20", "failed"), ("2026-11-21", "ready")], 1, id="a failed plan is not shown"),
        pytest.param([("2026-11-19", "published")], 0, id="yesterday's is better than none"),
        pytest.param([], None, id="none at all"),
    ],
)
def test_the_plan_on_show_is_the_one_that_matters_now(
    ask: Ask, statuses: list[tuple[str, str]], shown: int | None
) -> None:
    """Several plans may exist; the manager must not have to look for the right one."""
    plans = [{"id": number, "day": day, "status": status} for number, (day, status) in enumerate(statuses)]
    assert (ask("manager/desk.js", "planToShow", plans, "2026-11-20") or {}).get("id") == shown


@pytest.mark.parametrize(("day", "when"), [("2026-11-20", "past"), ("2026-11-21", "today"), ("2026-11-22", "coming")])
def test_the_day_of_a_plan_is_the_citys(ask: Ask, day: str, when: str) -> None:
    """In Helsinki it is already the 21st while the browser's own clock may say otherwise."""
    city = {"organisation": {"timezone": "Europe/Helsinki"}}
    late_ms = datetime(2026, 11, 20, 22, 30, tzinfo=UTC).timestamp() * 1_000
    assert ask("office/planday.js", "whenOf", {"day": day}, city, late_ms) == when


@pytest.mark.parametrize(
    ("day", "now_h", "when"),
    [
        pytest.param("2026-11-20", 23.5, "today", id="half past one: its trucks are out"),
        pytest.param("2026-11-20", 28.9, "today", id="five to seven: they are late"),
        pytest.param("2026-11-20", 29.0, "past", id="seven: two hours after its end"),
        pytest.param("2026-11-19", 23.5, "past", id="the day before yesterday's"),
    ],
)
def test_a_nights_plan_is_todays_until_its_trucks_are_home(ask: Ask, day: str, now_h: float, when: str) -> None:
    """As on the tablets: at midnight the page told it as driven, and trucks were out by it."""
    city = {"organisation": {"timezone": "Europe/Helsinki"}}
    route = {"start_utc": "2026-11-20T20:00:00Z", "end_utc": "2026-11-21T03:00:00Z"}
    now_ms = (datetime(2026, 11, 20, tzinfo=UTC).timestamp() + now_h * 3_600) * 1_000
    assert ask("office/planday.js", "whenOf", {"day": day, "routes": [route]}, city, now_ms) == when


def test_a_plan_whose_trucks_were_all_due_home_is_not_told_as_driven_now(shared: Stack, open_page: OpenPage) -> None:
    """In the evening the page said that the trucks drive it, and sent a new one to trucks that were home unasked."""
    watched = open_page(shared, PLAIN)
    status = "published"

    def ended(route: Route) -> None:
        answer = route.fetch()
        told = re.sub(r'"end_utc":\s*"[^"]+"', '"end_utc":"2026-11-20T05:30:00Z"', answer.text())
        route.fulfill(response=answer, body=re.sub(r'"status":\s*"published"', f'"status":"{status}"', told))

    watched.page.route(re.compile(r"/api/v1/plans[/?]"), ended)
    for address in ("/", "/planning"):
        page = watched.go(address)
        expect(page.locator(".published-note")).to_have_text("Publicerad; sista bilen väntades hem 07:30.")
    status = "ready"
    too_late = "Det är för sent: sista bilen skulle ha varit hemma fre 20 nov. 07:30."
    page = watched.go("/")
    expect(page.locator(".origin .bad")).to_have_text(too_late)
    page = watched.go("/planning")
    page.get_by_role("button", name="Publicera till bilarna").click()
    expect(page.locator("dialog .warnings")).to_have_text(too_late)
    expect(page.get_by_role("button", name="Publicera ändå")).to_be_visible()


def test_the_time_a_plan_took_is_not_told_as_a_broken_bound(ask: Ask) -> None:
    """The budget is the search's; reading and writing come on top: "5 of at most 2 s" looks like a fault."""
    cases = ((2, 1.5), (2, 5), (None, 5))
    told = [ask("office/progress.js", "elapsedKey", {"budget_s": budget}, elapsed) for budget, elapsed in cases]
    assert told == ["plan.elapsed_of", "plan.elapsed", "plan.elapsed"]


@pytest.mark.parametrize(
    ("name", "sentence", "left"),
    [
        ("Inte värt omvägen", "Inte värt omvägen: att tömma det sparar 5 €.", "Att tömma det sparar 5 €."),
        ("Längs vägen", "Längs vägen; ska tömmas om 3 dygn.", "Ska tömmas om 3 dygn."),
        ("En invånare", "En invånare bad om det för 2 h sedan.", "En invånare bad om det för 2 h sedan."),
        ("Fullt nu", "93 % fullt nu.", "93 % fullt nu."),
    ],
)
def test_a_reason_does_not_say_its_name_twice(ask: Ask, name: str, sentence: str, left: str) -> None:
    """The drawer has the name in front; the tablet has the sentence alone."""
    assert ask("office/reason.js", "beyond", name, sentence) == left
