"""The key figures page: a saving in plain words, every chart with its table, and the file with which to doubt it."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect
from typer.testing import CliRunner

from routing.saving.cli import app as saving_command
from tests.routing.planning.small_city import small_city
from tests.routing.saving.lived import Lived
from tests.web.browsing import PLAIN
from tests.web.conftest import OpenPage
from tests.web.stack import NOW, Stack, serving
from tests.web.test_access import violations, violations_by_night
from tomma.settings import Settings
from tomma.stores.wiring import open_stores

DAYS = 9


@pytest.fixture(scope="module")
def with_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running stack behind which nine days were driven and computed."""
    folder = tmp_path_factory.mktemp("figures") / "data"
    with open_stores(Settings(data_dir=folder)) as stores:
        lived = Lived(small_city(), stores, NOW.date() - timedelta(days=DAYS))
        lived.live(DAYS)
        lived.compute()
    with serving(folder) as stack:
        yield stack


def test_the_page_tells_the_saving_and_its_file_proves_it_to_the_metre(
    with_days: Stack, open_page: OpenPage, tmp_path: Path
) -> None:
    """From the sentence to the table, the download, and the command that computes it anew."""
    page = open_page(with_days, "/figures", language="en").page
    card = page.get_by_role("region", name="Compared with fixed rounds")
    expect(card.locator(".plain")).to_contain_text("driving a day")
    page.locator(".chart canvas").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the audit file").click()
    file = tmp_path / "audit.json"
    shutil.copyfile(download.value.path(), file)

    told = CliRunner().invoke(saving_command, ["recompute", str(file), "--json"])
    again = json.loads(told.stdout)
    assert again["faults"] == []
    expect(page.locator(".seal code")).to_have_text(again["seal"])
    saved_km = again["saving"][0]["measures"][0]["total"] / 1000
    first = card.get_by_role("row", name="Distance").get_by_role("cell").first
    expect(first).to_have_text(f"{saved_km:.1f} km".replace("-", "−").replace(".0 km", " km"))


def test_every_line_of_the_chart_stands_in_the_table_by_keyboard(with_days: Stack, open_page: OpenPage) -> None:
    """Whoever cannot see the chart reads the same numbers; by week there are fewer rows."""
    page = open_page(with_days, "/figures", language="en").page
    summary = page.locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    rows = page.locator(".twin tbody")
    expect(rows).to_have_count(DAYS)
    expect(rows.first.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Week", exact=True).press("Enter")
    expect(rows).not_to_have_count(DAYS)
    page.get_by_role("button", name="Fill", exact=True).press("Enter")
    expect(page.get_by_role("img", name="Fill over time")).to_be_visible()


def test_axe_finds_nothing_on_the_figures_by_day_or_by_night(with_days: Stack, open_page: OpenPage) -> None:
    """With the table unfolded."""
    page = open_page(with_days, "/figures").page
    page.locator(".chart canvas").wait_for()
    page.locator("summary").click()
    assert violations(page) == ""
    assert violations_by_night(page) == ""


def test_before_the_first_finished_day_the_page_says_when_it_comes(shared: Stack, open_page: OpenPage) -> None:
    """Today's plan is on the road; nobody sees an empty chart."""
    page = open_page(shared, "/figures", language="en").page
    expect(page.locator(".empty")).to_contain_text("A day is finished at four the next night")
    assert date.fromisoformat(page.get_by_label("To").input_value()) == NOW.date() - timedelta(days=1)


def test_days_that_are_over_and_not_computed_yet_are_told_as_on_their_way(shared: Stack, open_page: OpenPage) -> None:
    """Just after an installation or a restore: not "come back tomorrow", when they come within minutes."""
    watched = open_page(shared, PLAIN)

    def as_if_older(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "first_published": str(NOW.date() - timedelta(days=3))})

    watched.page.route(re.compile(r"/api/v1/figures\?"), as_if_older)
    page = watched.go("/figures")
    expect(page.locator(".empty")).to_contain_text("Dagarna räknas just nu")
    page.get_by_label("Till").fill(str(NOW.date()))
    page.get_by_label("Från").fill(str(NOW.date()))
    expect(page.locator(".empty")).to_contain_text("Inga färdiga dagar att visa")  # today is not over
