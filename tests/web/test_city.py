"""The city's page: whom it shows, what is coming, and that a view can be shared and saved."""

import csv
import io
import re

from playwright.sync_api import Page, expect

from tests.web.browsing import forecast_is_there, map_is_drawn
from tests.web.conftest import OpenPage, Read
from tests.web.stack import BINS, Stack


def shown(page: Page) -> int:
    """How many bins pass the filters."""
    found = re.match(r"\d+", page.locator(".count").inner_text())
    assert found
    return int(found.group())


def chip(page: Page, word: str) -> int:
    """The count on a band's chip."""
    return int(page.locator(".chip", has_text=word).locator("b").inner_text())


def test_the_slider_shows_where_the_city_will_overflow(shared: Stack, read: Read) -> None:
    """By keyboard, in words and numbers, and nobody becomes emptier on the way."""
    page = read("/")
    forecast_is_there(page)
    expect(page.locator(".chip", has_text="Svämmar över")).to_have_count(0)
    slider = page.get_by_label("Prognos", exact=True)
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("om 72 h$"))
    over = chip(page, "Svämmar över")
    told = shared.ask("/map/ahead")
    assert over == sum(told["courses"][n][4] not in ".?" for n in told["course"]) > 0
    expect(page.locator(".told")).to_contain_text(re.compile(rf"^{over} kärl .* flest i [A-ZÅÄÖ]\w+ \(\d+\)"))
    expect(page.locator("th.ahead")).to_be_visible()
    beyond_px = page.locator(".table-box").evaluate("box => box.scrollWidth - box.clientWidth")
    assert beyond_px == 0, "the hour ahead is a column more: the last one must not be cut for it"
    slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("om 66 h$"))
    assert chip(page, "Svämmar över") <= over


def test_a_view_is_in_its_address_and_opens_the_same_elsewhere(shared: Stack, read: Read, open_page: OpenPage) -> None:
    """Filters, hour, view and the open bin: what one sends a colleague."""
    page = read("/")
    forecast_is_there(page)
    page.get_by_label("Område").select_option(index=1)
    area = page.get_by_label("Område").input_value()
    page.locator(".chip", has_text="0–50 %").click()
    page.get_by_label("Prognos", exact=True).fill("48")
    page.locator(".table-box .link").first.click()
    expect(page).to_have_url(re.compile(r"bin="))
    count, name = shown(page), page.locator("#bin-name").inner_text()
    assert 0 < count < BINS

    other = open_page(shared, page.url.removeprefix(shared.address)).page
    forecast_is_there(other)
    expect(other.locator("#bin-name")).to_have_text(name)
    expect(other.get_by_label("Område")).to_have_value(area)
    expect(other.locator(".chip", has_text="0–50 %")).to_have_attribute("aria-pressed", "false")
    expect(other.locator(".count")).to_have_text(re.compile(f"^{count} av {BINS}"))
    expect(other.locator("tbody tr").first.locator("td").first).to_have_text(area)


def test_the_file_holds_the_bins_of_the_table_in_its_order(read: Read) -> None:
    """What one sees is what one saves; names of places cannot become formulas."""
    page = read("/?hour=72&bands=over")
    forecast_is_there(page)
    page.locator("th.fill button").click()
    expect(page.locator("th.fill")).to_have_attribute("aria-sort", "ascending")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Spara som CSV").click()
    assert re.fullmatch(r"bins-\d{4}-\d\d-\d\d-\d{4}\.csv", saved.value.suggested_filename)
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text("utf-8-sig"))))
    seen = [row.inner_text() for row in page.locator("tbody th small").all()]
    assert len(rows) == shown(page)
    assert {row["band"] for row in rows} == {"over"}
    levels = [float(row["fill_fraction"]) for row in rows if row["fill_fraction"]]
    assert levels == sorted(levels)
    assert {row["bin_id"] for row in rows} >= set(seen)


def test_every_column_sorts_and_knows_its_unknowns(shared: Stack, open_page: OpenPage) -> None:
    """A bin that nobody measured stands at the end of a column, whichever way it runs."""
    page = open_page(shared, "/?hour=24", size=(1600, 900)).page  # wide enough for every column
    forecast_is_there(page)
    heads = page.locator("thead th")
    assert heads.count() == 10
    for number in range(heads.count()):
        head = heads.nth(number)
        head.locator("button").click()
        expect(head).to_have_attribute("aria-sort", re.compile("ending$"))
    silent = shared.ask("/map/figures")["age_min"].count(-1)
    assert silent == 1
    page.locator("th.measured button").click()
    box = page.locator(".table-box")
    for _ in range(2):
        box.evaluate("box => { box.scrollTop = box.scrollHeight; }")
        expect(page.locator(f"tr[aria-rowindex='{BINS + 1}'] td").nth(6)).to_have_text("–")
        page.locator("th.measured button").click()


def test_the_drawer_tells_how_the_sensor_is(read: Read) -> None:
    """Whether to believe the level: when it was heard, and what hangs there."""
    page = read("/")
    page.locator(".table-box .link").first.click()
    health = page.locator(".drawer section", has=page.get_by_role("heading", name="Givare", exact=True))
    expect(health).to_contain_text("Hördes senast")
    expect(health.locator("dd").first).to_have_text(re.compile(r"\w+ .*\w+"))


def test_two_witnesses_of_one_emptying_are_told_as_one(plain: Page) -> None:
    """The driver's moment, the sensor's levels; another emptying hours later stays another."""
    joined = plain.evaluate("""async () => {
      const {joinEmptyings} = await import("/static/manager/emptyings.js");
      const at = (hour, source, before = null) => ({
        at_utc: `2026-11-20T${hour}:00Z`, source, fill_before_fraction: before, fill_after_fraction: before && 0.04});
      return joinEmptyings([at("06:10", "confirmed"), at("07:00", "detected", 0.8), at("12:00", "detected", 0.5),
        at("18:00", "confirmed"), at("18:05", "confirmed")]);
    }""")
    assert [(each["at_utc"][11:16], each["sources"]) for each in joined] == [
        ("06:10", ["confirmed", "detected"]),
        ("12:00", ["detected"]),
        ("18:00", ["confirmed"]),
        ("18:05", ["confirmed"]),
    ]
    assert joined[0]["fill_before_fraction"] == 0.8


def test_the_map_draws_only_what_looks_different(shared: Stack, open_page: OpenPage) -> None:
    """A filter, the hour and back: every bin that passes has a state, and one that does not is hidden."""
    page = open_page(shared, "/", with_map=True).page
    map_is_drawn(page)
    forecast_is_there(page)
    counted = page.evaluate(COUNT_LOOKS)
    assert counted == {"first": BINS, "same": 0, "hidden": BINS}


COUNT_LOOKS = """async () => {
  const {Bins} = await import("/static/manager/bins.js");
  const {EVERYTHING, look} = await import("/static/manager/choice.js");
  const {lookOf} = await import("/static/manager/layers.js");
  const ask = async (name) => {
    const answer = await fetch(`/api/v1/map/${name}`);
    return {body: await answer.json(), tag: answer.headers.get("etag")};
  };
  const {body: places, tag} = await ask("places");
  const bins = new Bins(places, tag);
  bins.putLevels((await ask("levels")).body);
  bins.putAhead((await ask("ahead")).body);
  let drawn = new Array(bins.length).fill(0);
  const count = (choice) => {
    const seen = look(bins, choice);
    const next = drawn.map((_, bin) => lookOf(bins, seen, bin));
    const changed = next.filter((each, bin) => each !== drawn[bin]).length;
    drawn = next;
    return changed;
  };
  return {first: count(EVERYTHING), same: count({...EVERYTHING}), hidden: count({...EVERYTHING, bands: new Set()})};
}"""
