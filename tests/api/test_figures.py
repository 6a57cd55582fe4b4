"""Key figures and the saving as the office asks for them, and the file with which an auditor doubts them."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.app import create_app
from api.context import ApiContext
from routing.saving.cli import app as saving_command
from routing.saving.gather import World as SavingWorld
from routing.saving.wiring import make_next
from tests.api.in_process import InProcess
from tests.api.patience import until
from tests.api.world import World, settings_in
from tests.routing.planning.small_city import small_city
from tests.routing.saving.lived import Lived
from tomma.city import City
from tomma.stores.wiring import open_stores

FIRST = date(2026, 11, 2)
DAYS = 7
WHOLE = "from=2026-11-01&to=2026-11-30"


def _save(world: SavingWorld, *, city: City, now_utc: Any) -> date | None:
    """The real saver, in this process: a helper of its own would cost each test a second."""
    made = make_next(world, city, now_utc)
    return None if made is None else made.inputs.day


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    """A server behind which a week was lived, and its data folder; the server itself computes the days."""
    folder = tmp_path_factory.mktemp("figures")
    settings = settings_in(folder)
    with open_stores(settings) as stores:
        week = Lived(small_city(), stores, FIRST)
        week.live(2, planned=False)
        week.live(DAYS)
        world = World(settings, stores)
        world.clock.now = week.morning_utc
        context: ApiContext = replace(world.context(), saver=partial(_save, week.world()))
        transport = InProcess(create_app(context))
        with httpx.Client(transport=transport, base_url="http://127.0.0.1", timeout=30.0) as client:
            until(lambda: _figures(client)["periods"], lambda periods: len(periods) == DAYS + 2)
            yield client, folder


def _figures(client: httpx.Client, query: str = WHOLE) -> dict[str, Any]:
    answer = client.get(f"/api/v1/figures?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_the_page_shows_is_what_the_audit_file_gives_to_the_metre(
    lived: tuple[httpx.Client, Path], tmp_path: Path
) -> None:
    """Downloaded, or exported by command: recomputed from the file alone, every number is the page's."""
    client, folder = lived
    shown = _figures(client)
    downloaded, exported = tmp_path / "downloaded.json", tmp_path / "exported.json"
    downloaded.write_bytes(client.get(f"/api/v1/figures/audit.json?{WHOLE}").content)
    run = CliRunner(env={"TOMMA_DATA_DIR": str(folder)})
    assert run.invoke(saving_command, ["export", str(exported), "--from", "2026-11-01"]).exit_code == 0
    assert exported.read_bytes() == downloaded.read_bytes()

    answer = run.invoke(saving_command, ["recompute", str(downloaded), "--json"])
    assert answer.exit_code == 0, answer.output
    again = json.loads(answer.stdout)
    assert again["days"] == shown["periods"]
    assert again["saving"] == shown["saving"]
    assert again["seal"] == shown["seal"]


def test_a_changed_file_is_refused_with_what_does_not_agree(lived: tuple[httpx.Client, Path], tmp_path: Path) -> None:
    """A saving that somebody made larger by hand does not pass."""
    client, _ = lived
    document = client.get(f"/api/v1/figures/audit.json?{WHOLE}").json()
    document["days"][-1]["day"]["results"]["figures"]["fixed"]["distance_m"] += 1_000
    file = tmp_path / "flattered.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    answer = CliRunner().invoke(saving_command, ["recompute", str(file), "--no-engine"])

    assert answer.exit_code == 1
    assert "fixed: distance_m is told as" in answer.output


@pytest.mark.parametrize(("by", "counts"), [("day", 9), ("week", 2), ("month", 1)])
def test_periods_add_up_to_the_same_whole(lived: tuple[httpx.Client, Path], by: str, counts: int) -> None:
    """By day, week or month: the metres are the same."""
    client, _ = lived
    days, periods = _figures(client)["periods"], _figures(client, f"{WHOLE}&by={by}")["periods"]

    assert len(periods) == counts
    for side in ("done", "fixed", "threshold"):
        assert sum(each["figures"][side]["distance_m"] for each in periods) == sum(
            each["figures"][side]["distance_m"] for each in days
        )


def test_the_table_for_spreadsheets_has_a_row_for_each_day_and_side(lived: tuple[httpx.Client, Path]) -> None:
    """Whole units, and the same numbers."""
    client, _ = lived
    answer = client.get(f"/api/v1/figures/table.csv?{WHOLE}")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    days = _figures(client)["periods"]

    assert answer.headers["content-disposition"].startswith("attachment")
    assert len(rows) == 3 * len(days)
    assert [int(row["distance_m"]) for row in rows if row["side"] == "fixed"] == [
        each["figures"]["fixed"]["distance_m"] for each in days
    ]


def test_an_interval_is_told_from_five_days_on(lived: tuple[httpx.Client, Path]) -> None:
    """Four days prove nothing, and the page says so."""
    client, _ = lived
    few = _figures(client, "from=2026-11-04&to=2026-11-07")["saving"][0]
    more = _figures(client)["saving"][0]

    assert (few["counted"], few["method"], few["measures"][0]["low"]) == (4, "too_few", None)
    assert (more["counted"], more["method"]) == (DAYS, "days")
    for each in more["measures"]:
        assert each["low"] <= each["per_day"] <= each["high"]


def test_before_any_plan_there_are_no_figures_and_no_file(client: httpx.Client) -> None:
    """Said plainly, with what is missing."""
    found = _figures(client)

    assert (found["periods"], found["first_published"]) == ([], None)
    assert client.get(f"/api/v1/figures/audit.json?{WHOLE}").status_code == 404


@pytest.mark.parametrize(
    "query", ["from=2026-11-30&to=2026-11-01", "from=2000-01-01&to=2026-01-01", "by=year", "from=yesterday"]
)
def test_a_range_that_makes_no_sense_is_refused(client: httpx.Client, query: str) -> None:
    """With field, bound and value."""
    assert client.get(f"/api/v1/figures?{query}").status_code == 422
