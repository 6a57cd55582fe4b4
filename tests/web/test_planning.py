"""The planning page on the real product: order, watch, stop, understand, change, publish; by mouse and by keys."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect
from pypdf import PdfReader

from tests.web.browsing import press_until, view
from tests.web.conftest import OpenPage, Read
from tests.web.stack import BINS, NOW, Stack


def draft_of(stack: Stack, plan_id: str) -> Any:
    """The newest draft that began as this plan."""
    listed = stack.ask("/plans?limit=20&drafts=true")["plans"]
    return stack.ask(f"/plans/{next(each['id'] for each in listed if each['based_on'] == plan_id)}")


def bins_of(plan: Any, truck: int = 0) -> list[str]:
    """The bins of one truck in order."""
    return [stop["bin_id"] for stop in plan["routes"][truck]["stops"] if stop["bin_id"]]


def test_a_plan_is_ordered_watched_stopped_changed_and_published(searching: Stack, open_page: OpenPage) -> None:
    """The whole morning of a planner: and what the page says is what the API has."""
    page = open_page(searching, "/planning").page
    page.get_by_label("Lag på Bil 1").fill("Nord")
    page.get_by_role("button", name="Gör planen").click()
    expect(page.locator(".so-far b")).to_contain_text("bäst hittills")
    page.get_by_role("button", name="Stoppa och använd bästa").click()
    page.locator(".stop-row").first.wait_for()
    plan_id = searching.ask("/plans?limit=1")["plans"][0]["id"]
    plan = searching.ask(f"/plans/{plan_id}")
    assert plan["routes"][0]["crew"] == "Nord"
    expect(page.locator(".balance li")).to_have_count(len(plan["routes"]))
    expect(page.locator(".balance")).to_contain_text("Nord")

    page.locator(".stop-row .down").nth(0).click()
    expect(page.locator("p.said")).to_contain_text(re.compile(r"är nu kärl nummer 2 på Bil 1\. Kostnad: .+ Sträcka: "))
    moved, before = draft_of(searching, plan_id), bins_of(plan)
    assert bins_of(moved)[:2] == before[1::-1]
    expect(page.locator(".stop-row").first).to_have_attribute("data-bin", before[1])

    urgent = next(s for s in moved["routes"][0]["stops"] if any(r["code"] == "overflow_risk" for r in s["reasons"]))
    page.locator(f'[data-bin="{urgent["bin_id"]}"] .link').click()
    expect(page.locator(".card .standing")).to_contain_text("Bil 1, kärl nummer")
    page.locator(".card").get_by_role("button", name="Ta bort", exact=True).click()
    expect(page.locator(".card .standing")).to_contain_text("Inte på planen")
    page.locator(".card").get_by_role("button", name="Stäng").click()
    expect(page.locator(".warnings")).to_contain_text("Måste tömmas men är borttaget")
    assert [each["code"] for each in draft_of(searching, plan_id)["warnings"]] == ["must_left"]

    page.get_by_role("button", name="Publicera till bilarna").click()
    expect(page.locator("dialog .warnings")).to_contain_text("Måste tömmas")
    page.get_by_role("button", name="Publicera ändå").click()
    expect(page.locator(".published-note")).to_be_visible()
    driven = searching.ask("/driver/routes/truck-1")
    assert urgent["bin_id"] not in [stop["bin_id"] for stop in driven["stops"]]

    view(page, "Varje dag")
    page.get_by_label("Gör en plan varje morgon").check()
    page.get_by_label("söndag").uncheck()
    page.get_by_label(re.compile(r"Klockslag \(")).fill("05:30")
    page.get_by_role("button", name="Spara", exact=True).click()
    expect(page.locator(".schedule")).to_contain_text(re.compile(r"Sparat\. Nästa plan görs .+ 05:30"))
    kept = searching.ask("/schedule")
    assert (kept["enabled"], kept["local_time"], kept["weekdays"]) == (True, "05:30", [1, 2, 3, 4, 5, 6])


def test_a_plan_asked_for_before_a_change_by_hand_does_not_come_over_it(searching: Stack, open_page: OpenPage) -> None:
    """On a slow line the page asks for a new plan twice: the second answer must not cost what was changed since."""
    page = open_page(searching, "/planning").page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/api/v1/plans/[^/?]+$"), hold)
    page.get_by_role("button", name="Gör planen").click()
    page.get_by_role("button", name="Stoppa och använd bästa").click()
    searching.until(lambda: len(held) == 2, lambda s: page.wait_for_timeout(1_000 * s))
    held[0].continue_()
    rows = page.locator(".stop-row")
    moved = str(rows.first.get_attribute("data-bin"))
    page.locator(".stop-row .down").first.click()
    expect(rows.nth(1)).to_have_attribute("data-bin", moved)
    with page.expect_response(held[1].request.url) as late:
        held[1].continue_()
    late.value.finished()
    page.evaluate("fetch('/api/v1/city').then((answer) => answer.json())")  # by then it has taken the late answer, too
    expect(rows.nth(1)).to_have_attribute("data-bin", moved)


def test_the_whole_flow_needs_no_pointer(searching: Stack, open_page: OpenPage) -> None:
    """Order, stop, move, undo, lock and publish with Tab, arrows and Enter; the focus is never lost on the way."""
    page = open_page(searching, "/planning").page
    press_until(page, page.get_by_role("button", name="Gör planen"))
    page.keyboard.press("Enter")
    stop = page.get_by_role("button", name="Stoppa och använd bästa")
    expect(stop).to_be_enabled()
    press_until(page, stop)
    page.keyboard.press("Enter")
    first = page.locator(".stop-row").first
    first.wait_for()
    bin_id = str(first.get_attribute("data-bin"))
    press_until(page, first.locator(".link"), "Shift+Tab")
    page.keyboard.press("Alt+ArrowDown")
    row = page.locator(f'[data-bin="{bin_id}"]')
    expect(page.locator(".stop-row").nth(1)).to_have_attribute("data-bin", bin_id)
    expect(row.locator(":focus")).to_have_count(1)
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".stop-row").first).to_have_attribute("data-bin", bin_id)
    press_until(page, page.get_by_role("button", name="Ångra"))
    page.keyboard.press("Enter")
    expect(page.locator(".stop-row").nth(1)).to_have_attribute("data-bin", bin_id)
    press_until(page, row.locator(".link"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#card-title")).to_be_focused()
    press_until(page, page.get_by_role("button", name="Lås till Bil 1"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Lås upp från Bil 1")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row.locator(".link")).to_be_focused()
    press_until(page, page.get_by_role("button", name="Publicera till bilarna"))
    page.keyboard.press("Enter")
    press_until(page, page.locator("dialog .primary"))
    page.keyboard.press("Enter")
    expect(page.locator(".published-note")).to_be_visible()
    assert searching.ask("/driver/routes/truck-1")["stops"][1]["bin_id"] == bin_id


def test_every_bin_is_there_with_its_reason_and_can_be_found(shared: Stack, read: Read) -> None:
    """Taken or left: the list has the whole city, and a search finds the one somebody phones about."""
    page = read("/planning")
    view(page, "Alla kärl")
    rows = page.locator(".why-table tbody tr")
    expect(rows).to_have_count(BINS)
    for said in page.locator(".why-table td.why").all_inner_texts():
        assert re.fullmatch(r"[^{}]+\.", said)
    plan = next(each for each in shared.ask("/plans?limit=5")["plans"] if each["status"] == "published")
    page.get_by_label("Vilka kärl").select_option("left")
    expect(rows).to_have_count(plan["left_out"])
    page.get_by_label("Vilka kärl").select_option("")
    page.get_by_label("Plats eller kärlnummer").fill("P0012A")
    expect(rows).to_have_count(1)
    rows.locator(".link").click()
    expect(page.locator(".card h2")).to_be_focused()
    expect(page.locator(".card .reasons li")).not_to_have_count(0)


def test_the_figures_are_those_of_the_api_and_the_files_are_linked(shared: Stack, read: Read) -> None:
    """A number on a page must be one that can be asked for."""
    page = read("/planning")
    page.locator(".balance li").first.wait_for()
    summary = next(each for each in shared.ask("/plans?limit=5")["plans"] if each["status"] == "published")
    totals = summary["totals"]
    figures = page.locator(".figure b").all_inner_texts()
    assert figures[2:4] == [str(totals["lifts"]), str(totals["disposals"])]
    assert figures[0] == f"{totals['distance_m'] / 1000:.1f}".removesuffix(".0").replace(".", ",") + " km"
    page.locator(".exports summary").click()
    for ending in ("pdf", "csv", "gpx", "geojson"):
        link = page.locator(f'.exports a[href*="export.{ending}"]')
        expect(link).to_have_attribute("href", re.compile(rf"/plans/{summary['id']}/export\.{ending}\?lang=sv"))


@pytest.mark.parametrize(
    ("value", "base", "told"),
    [
        pytest.param(24_100, 24_000, "+0,1 km", id="a hundredth and less is no part worth telling"),
        pytest.param(22_000, 24_000, "−2 km (8 % mindre)", id="less"),
        pytest.param(3_000, 0, "+3 km", id="of nothing"),
        pytest.param(24_001, 24_000, "ingen skillnad", id="too little to be written"),
    ],
)
def test_a_difference_tells_its_part_only_when_there_is_one(plain: Page, value: int, base: int, told: str) -> None:
    """A stop moved by hand cost "+0,1 km (0 % mer)": a sum that contradicts itself."""
    script = """async ([value, base]) => {
      const {differenceText} = await import("/static/planning/numbers.js");
      const {createFormat} = await import("/static/lib/format.js");
      const {loadLanguage, translator} = await import("/static/i18n/index.js");
      await loadLanguage("sv");
      const t = translator("sv");
      const format = createFormat("sv", {timezone: "Europe/Helsinki", currency: "EUR"});
      return differenceText(value, base, format.km, t, format);
    }"""
    assert plain.evaluate(script, [value, base]).replace("\xa0", " ") == told


def test_the_plan_stands_beside_the_fixed_rounds_and_the_threshold(shared: Stack, read: Read) -> None:
    """What the same day would have cost otherwise, each with its difference in words and a sign."""
    page = read("/planning")
    page.locator(".balance li").first.wait_for()
    view(page, "Jämför")
    lifts = page.locator(".compare tbody tr").nth(2).locator("td")
    expect(lifts.nth(3).locator("b")).to_have_text(re.compile(r"^\d+$"))
    plan = next(each for each in shared.ask("/plans?limit=5")["plans"] if each["status"] == "published")
    told = shared.ask(f"/plans/{plan['id']}/comparison")
    columns = [told[name] for name in ("this", "yesterday", "fixed_rounds", "threshold")]
    wanted = [str(each["lifts"]) if each else "–" for each in columns]
    assert [cell.split()[0] for cell in lifts.all_inner_texts()] == wanted
    extra = told["this"]["lifts"] - told["threshold"]["lifts"]
    sign = f"+{extra}" if extra > 0 else f"−{-extra}" if extra else "ingen skillnad"
    expect(lifts.nth(3).locator("small")).to_contain_text(sign)


def test_printing_gives_the_drivers_lists_and_nothing_of_the_screen(shared: Stack, read: Read) -> None:
    """A planner who presses Ctrl+P wants paper for the cabs."""
    page = read("/planning")
    page.locator(".balance li").first.wait_for()
    sheets = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf())).pages]
    plan_id = next(each["id"] for each in shared.ask("/plans?limit=5")["plans"] if each["status"] == "published")
    plan = shared.ask(f"/plans/{plan_id}")
    assert len(sheets) == len(plan["routes"])
    for sheet, route in zip(sheets, plan["routes"], strict=True):
        assert route["vehicle_name"] in sheet
        assert all(stop["bin_id"] in sheet for stop in route["stops"] if stop["bin_id"])
        assert "Publicera" not in sheet


def test_why_something_is_refused_is_told_in_the_language_of_the_page(shared: Stack, open_page: OpenPage) -> None:
    """Not in the server's English, and not as if the server had been away."""
    watched = open_page(shared, "/planning")
    watched.expects_failures = True  # the browser complains of the refusal
    page = watched.page
    page.locator(".balance li").first.wait_for()
    page.get_by_label("Dag", exact=True).fill("2026-11-01")
    page.get_by_role("button", name="Gör planen").click()
    expect(page.locator(".fault")).to_have_text(
        re.compile(r"^Dagen måste ligga mellan 2026-11-20 och 2026-\d\d-\d\d\.$")
    )
    assert page.evaluate(LOOK_AGAIN) == ["refused", ""], "a look by itself takes away its own fault alone"
    vehicle = shared.ask("/city")["vehicles"][0]
    assert page.evaluate(TELL_REFUSALS, vehicle) == {
        "sv": [
            f"{vehicle['name']} kör inte den dagen. Välj en annan bil.",
            "Servern svarar inte. Försök igen om en stund.",
            "Servern sa nej: the bins are on strike",
            "Servern stannade medan planen gjordes. Beställ den igen.",
            "Början: måste vara högst 168,5, inte 500. Det finns ett fel till.",
            "Servern svarar inte. Försök igen om en stund.",
        ],
        "en": [
            f"{vehicle['name']} does not drive on that day. Choose another truck.",
            "The server does not answer. Try again in a moment.",
            "The server refused: the bins are on strike",
            "The server stopped while the plan was being made. Order it again.",
            "Start: must be at most 168.5, not 500. There is one more fault.",
            "The server does not answer. Try again in a moment.",
        ],
    }


LOOK_AGAIN = """async () => {
  const {createStore} = await import("/static/lib/store.js");
  const {createLooks} = await import("/static/office/looks.js");
  const store = createStore({fault: "refused"});
  const looks = createLooks(store);
  looks.succeed();
  const kept = store.get().fault;
  looks.fail("the server is away");
  looks.succeed();
  return [kept, store.get().fault];
}"""

TELL_REFUSALS = """async (vehicle) => {
  const {loadLanguage, translator} = await import("/static/i18n/index.js");
  const {ApiError} = await import("/static/lib/api.js");
  const {failureText, refusalText} = await import("/static/office/refused.js");
  const {createFormat} = await import("/static/lib/format.js");
  const late = {field: "shifts.truck-1.start", rule: "at_most", values: {high: 168.5}, value: "500"};
  const detail = "the bins are on strike";
  const problem = (kind, values) => new ApiError(409, {type: `urn:tomma:problem:${kind}`, detail, values}, "/x");
  const told = async (language) => {
    await loadLanguage(language);
    const words = {t: translator(language), format: createFormat(language), city: {vehicles: [vehicle]}};
    return [refusalText(problem("truck-off-duty", {vehicle_id: vehicle.id}), words),
      refusalText(new ApiError(0, {detail: "Failed to fetch"}, "/x"), words), refusalText(problem("on-strike"), words),
      failureText({failure: "server-stopped", detail: "the server stopped"}, words),
      refusalText(new ApiError(422, {errors: [late, {field: "note", rule: "text"}]}, "/x"), words),
      refusalText(new ApiError(502, null, "/x"), words)];
  };
  return {sv: await told("sv"), en: await told("en")};
}"""


def test_only_what_differs_from_the_citys_own_hours_is_ordered(plain: Page) -> None:
    """A shift past midnight looks like an early one in a field for a time of day: untouched, it is not sent."""
    bodies = plain.evaluate("""async () => {
      const {orderBody} = await import("/static/planning/order.js");
      const truck = (id, end_s) => ({id, shift: {start_s: 21600, end_s}});
      const vehicles = [truck("a", 93600), truck("b", 52200)];
      const choice = (more) => ({isOn: true, start: "06:00", end: "14:30", crew: "", ...more});
      const rest = {budgetS: 5, risk: null, areas: null, balanced: null};
      return [
        orderBody(vehicles, {a: choice({end: "02:00"}), b: choice()}, rest),
        orderBody(vehicles, {a: choice({isOn: false}), b: choice({end: "15:00", crew: " Nord "})},
          {...rest, risk: 0.25, areas: ["Kluuvi"]}),
      ];
    }""")
    assert bodies == [
        {"vehicle_ids": ["a", "b"], "budget_s": 5},
        {"vehicle_ids": ["b"], "shifts": {"b": {"start": "06:00", "end": "15:00"}}, "crews": {"b": "Nord"},
         "areas": ["Kluuvi"], "budget_s": 5, "risk": 0.25},
    ]  # fmt: skip


def test_a_change_of_the_plan_on_the_road_begins_with_what_its_day_was_ordered_with(
    fresh: Stack, open_page: OpenPage
) -> None:
    """The form showed the usual hours and said that others hold; who wanted the usual ones back could not say so."""
    ordered = {
        "shifts": {"truck-1": {"start": "05:15", "end": "13:00"}},
        "crews": {"truck-1": "Nord"},
        "balanced": True,
        "accepted_overflow_probability": 0.3,
    }
    plan_id = fresh.tell("/plans", ordered)["id"]
    fresh.until(lambda: fresh.ask(f"/plans/{plan_id}")["status"] == "ready")
    fresh.tell(f"/plans/{plan_id}/publish", {})
    page = open_page(fresh, "/planning").page
    page.get_by_text("Planera om dagen").click()
    starts, ends, crew = (page.get_by_label(name) for name in ("Bil 1 börjar", "Bil 1 slutar", "Lag på Bil 1"))
    expect(starts).to_have_value("05:15")
    expect(ends).to_have_value("13:00")
    expect(crew).to_have_value("Nord")
    expect(page.get_by_label("Dela dagen jämnt")).to_be_checked()
    expect(page.locator(".risk-box summary")).to_contain_text("godtagen risk 30")
    page.get_by_label("Bilarna fortsätter").uncheck()
    expect(ends).to_have_value("14:00")
    page.get_by_label("Bilarna fortsätter").check()
    ends.fill("14:00")
    crew.fill("")
    with page.expect_request(lambda asked: asked.method == "POST" and asked.url.endswith("/api/v1/plans")) as sent:
        page.get_by_role("button", name="Gör planen").click()
    body: Any = sent.value.post_data_json
    assert body == {
        "day": body["day"],
        "shifts": {"truck-1": {"start": "05:15", "end": "14:00"}},
        "crews": {"truck-1": ""},
        "budget_s": 20,
        "replan_of": plan_id,
    }


def test_a_closed_disposal_site_is_named_in_the_order_and_told_by_the_plan(fresh: Stack, open_page: OpenPage) -> None:
    """It burns: who orders says so once, and whoever reads the plan sees why the bins stay full."""
    site = fresh.ask("/city")["disposal_sites"][0]
    page = open_page(fresh, "/planning").page
    page.locator("summary", has_text="Stängda avlastningsplatser").click()
    page.get_by_role("checkbox", name=site["name"]).check()
    with page.expect_request(lambda asked: asked.method == "POST" and asked.url.endswith("/api/v1/plans")) as sent:
        page.get_by_role("button", name="Gör planen").click()
    body: Any = sent.value.post_data_json
    assert body["closed_disposal_site_ids"] == [site["id"]]
    expect(page.get_by_text(f"Stängt för den här planen, där tippas ingenting: {site['name']}.")).to_be_visible()


def test_a_link_to_a_plan_opens_it_on_its_own_day(fresh: Stack, open_page: OpenPage) -> None:
    """The city page shows tomorrow's plan and leads here, where today's lay on the table."""
    tomorrow = str((NOW + timedelta(days=1)).date())
    plan_id = fresh.tell("/plans", {"day": tomorrow, "budget_s": 1})["id"]
    fresh.until(lambda: fresh.ask(f"/plans/{plan_id}")["status"] == "ready")
    bin_id = fresh.ask(f"/plans/{plan_id}")["routes"][0]["stops"][0]["bin_id"]
    draft = fresh.tell(f"/plans/{plan_id}/edits", {"edits": [{"kind": "lock", "bin_id": bin_id}]})
    watched = open_page(fresh, f"/planning?plan={plan_id}")
    page = watched.page
    chosen = page.get_by_role("combobox", name="Plan", exact=True)
    expect(chosen).to_have_value(plan_id)
    expect(page.get_by_label("Dag", exact=True)).to_have_value(tomorrow)
    watched.go(f"/planning?plan={draft['id']}")
    expect(chosen).to_have_value(draft["id"])
    expect(page.get_by_label("Dag", exact=True)).to_have_value(tomorrow)
    watched.expects_failures = True
    watched.go("/planning?plan=no-such-plan")
    expect(page.get_by_role("alert")).to_have_text("Det finns inte, eller inte längre.")
    expect(page.get_by_label("Dag", exact=True)).to_have_value(str(NOW.date()))


def test_the_risk_knob_is_turned_in_overflows_and_kilometres(shared: Stack, open_page: OpenPage) -> None:
    """By arrow key, by a click on the curve or in its table: the same point, told in plain units."""
    page = open_page(shared, "/driver").page
    page.route("**/api/v1/plans/pareto", lambda route: route.fulfill(json=CURVE))
    page.goto(shared.address + "/planning")
    page.locator(".balance li").first.wait_for()
    page.locator(".order summary").first.click()
    page.locator(".risk-box summary").first.click()
    slider = page.get_by_label("Välj punkt på kurvan")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^0,93 överfulla kärl och 92 km i veckan"))
    expect(page.locator(".risk .told .tag")).to_have_text("stadens inställning")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^0,042 överfulla kärl och 110 km i veckan"))
    page.locator(".curve .point").first.click()
    expect(page.locator(".risk .told")).to_contain_text("16 överfulla kärl och 75 km i veckan")
    page.locator(".risk summary").click()
    chosen = page.locator(".risk tr.selected")
    expect(chosen.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    expect(chosen.locator("td").first).to_have_text("16")
    assert Axe().run(page, context=".risk-box").violations_count == 0


CURVE = {
    "status": "ready", "as_of_utc": "2026-11-20T06:15:00Z", "draws": 4, "detail": "",
    "points": [
        {"risk": risk, "accepted_overflow_probability": alpha, "expected_overflows_per_week": overflows,
         "km_per_week": km, "lifts_per_week": 90.0, "cost_minor_per_week": 700_000, "current": risk == 0.5}
        for risk, alpha, overflows, km in (
            (0.0, 0.0063, 0.042, 110.3), (0.5, 0.1, 0.929, 92.4), (1.0, 0.95, 16.4, 74.9))
    ],
}  # fmt: skip
"""What the server works out in half a minute, as it answers it."""
