"""`tomma plan` and `tomma bench plan`, as typed."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from routing.planning.basis import from_bytes
from tests.routing.planning.small_city import small_city, ten_days_of_readings
from tomma.cli import build_app
from tomma.codec import from_json
from tomma.errors import ConfigurationError, ConflictError
from tomma.model import BinId, PlanId, VehicleId
from tomma.mornings import Schedule
from tomma.plan import Plan, PlanStatus
from tomma.reasons import ReasonCode
from tomma.settings import Settings
from tomma.stores.wiring import open_stores

HELSINKI = Path(__file__).parents[3] / "simulator" / "cities" / "helsinki.osm.pbf"
MORNING_UTC = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
run = CliRunner().invoke


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_stores: Path) -> Path:
    """A data directory with the village and its readings, at half past five in the morning."""
    shutil.copytree(made_stores, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TOMMA_CLOCK__START_UTC", MORNING_UTC.isoformat())
    monkeypatch.setenv("TOMMA_CLOCK__REAL_START_S", str(datetime.now(UTC).timestamp()))
    with open_stores(Settings(data_dir=tmp_path)) as stores:
        stores.registry.save(small_city())
        stores.readings.append(ten_days_of_readings(small_city(), MORNING_UTC))
    return tmp_path


def test_plan_prints_one_line_of_json_and_keeps_the_plan(home: Path) -> None:
    """So that a script can read it and the pages can show it."""
    result = run(build_app(), ["plan", "--iterations", "20", "--json", "--out", "plan.json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["status"] == "ready"
    assert told["day"] == "2026-11-23"
    assert told["violations"] == []
    assert told["bins"] + told["left_out"] == 6
    written = from_json((home / "plan.json").read_bytes(), Plan)
    with open_stores(Settings(data_dir=home)) as stores:
        assert stores.plans.get(written.id) == written


def test_publish_gives_it_to_the_drivers(home: Path) -> None:
    """The day has a published plan from then on, and the audit log tells who sent it."""
    result = run(build_app(), ["plan", "--iterations", "20", "--publish"])
    assert result.exit_code == 0, result.output
    assert "Plan of 2026-11-23 (published)" in result.stdout
    assert "not needed yet" in result.stdout
    with open_stores(Settings(data_dir=home)) as stores:
        published = stores.plans.published(MORNING_UTC.date())
        (record,) = stores.audit.page(9)
    assert published is not None
    assert published.status is PlanStatus.PUBLISHED
    assert (record.actor, record.action, record.target) == ("operator", "plan-published", f"plan:{published.id}")


def test_a_plan_on_the_command_line_knows_the_schedule(home: Path) -> None:
    """What is made on Monday where trucks come on Mondays alone has to last for a week."""
    with open_stores(Settings(data_dir=home)) as stores:
        stores.mornings.set_schedule(Schedule(enabled=True, weekdays=frozenset({1})))
    result = run(build_app(), ["plan", "--iterations", "20", "--out", "plan.json"])
    assert result.exit_code == 0, result.output
    made = from_json((home / "plan.json").read_bytes(), Plan)
    (why,) = next(each.reasons for each in made.left_out if each.bin_id == "b6")
    assert (why.code, why.values["by_h"]) == (ReasonCode.NOT_NEEDED_YET, 168.0)


def test_a_day_that_is_no_date_is_a_wrong_command_line(home: Path) -> None:
    """Exit code 2, and the form it should have."""
    result = run(build_app(), ["plan", "--day", "tomorrow"])
    assert result.exit_code == 2
    assert "YYYY-MM-DD" in result.output


def test_yesterday_and_unknown_trucks_are_refused_in_words(home: Path) -> None:
    """The front door prints the sentence and exits with 1."""
    yesterday = (MORNING_UTC - timedelta(days=1)).date().isoformat()
    assert isinstance(run(build_app(), ["plan", "--day", yesterday]).exception, ConflictError)
    unknown = run(build_app(), ["plan", "--vehicle", "v9"]).exception
    assert isinstance(unknown, ConfigurationError)
    assert "v9" in str(unknown)


@pytest.mark.parametrize(("bins", "vehicles"), [(30, 2), (0, 1), (5, 0)])
def test_bench_plan_prints_one_line_with_the_keys_asked_for(home: Path, bins: int, vehicles: int) -> None:
    """Other programs compare machines by it; nothing to do and nobody to do it are answers too."""
    size = ["--bins", str(bins), "--vehicles", str(vehicles)]
    result = run(build_app(), ["bench", "plan", *size, "--budget-s", "3", "--no-replans", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["checked"] is True
    assert (told["bins"], told["vehicles"]) == (bins, vehicles)
    assert told["first_plan_s"] <= told["final_s"]
    assert {"cost_minor", "distance_km", "engine", "unvisited"} <= set(told)


def test_bench_plan_on_an_extract_visits_bins_on_its_streets(home: Path) -> None:
    """Places outside the extract, or a depot cut off from it, would make every bin unreachable and the figure empty."""
    size = ["--bins", "40", "--vehicles", "2", "--budget-s", "3"]
    result = run(build_app(), ["bench", "plan", *size, "--no-replans", "--osm", str(HELSINKI), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["roads"], told["must_missed"]) == ("streets", 0)
    assert told["unvisited"] < 20


def test_a_published_plan_is_changed_and_the_coming_days_are_told(home: Path) -> None:
    """A truck broke down: one line tells a script what moved, and what the week holds."""
    assert run(build_app(), ["plan", "--iterations", "5", "--publish"]).exit_code == 0
    with open_stores(Settings(data_dir=home)) as stores:
        published = stores.plans.published(MORNING_UTC.date())
    assert published is not None
    (truck,) = {route.vehicle_id for route in published.routes}
    wishes = ["--broken", truck, "--exclude", "b6", "--days", "3"]
    result = run(build_app(), ["plan", "--replan", *wishes, "--iterations", "5", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["replaces"] == published.id
    assert set(told["changes"]["moved"]) == published.bins_collected
    assert [each["day"] for each in told["days"]] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert told["days"][0]["bins"] >= 1


def test_what_stands_still_or_is_closed_stays_so_when_the_plan_is_changed_by_cron(home: Path) -> None:
    """At noon nobody is there to say again that a truck broke down at seven, and that the tip burns."""
    made = run(build_app(), ["plan", "--broken", "v1", "--closed", "t0", "--iterations", "5", "--publish"])
    assert made.exit_code == 0, made.output
    assert "closed for this plan: Station" in made.stdout
    assert "disposal closed" in made.stdout
    again = run(build_app(), ["plan", "--replan", "--iterations", "5", "--json"])
    assert (again.exit_code, json.loads(again.stdout)["closed_disposal_sites"]) == (0, ["t0"]), again.output
    with open_stores(Settings(data_dir=home)) as stores:
        changed = stores.plans.get(PlanId(json.loads(again.stdout)["id"]))
    assert ([*changed.unavailable], [*changed.closed], [*changed.bins_collected]) == (["v1"], ["t0"], [])


def test_what_people_had_decided_for_the_day_holds_when_the_plan_is_changed_by_cron(home: Path) -> None:
    """Who drives, for how long, by what name; which bin is whose, and which is left: as the office has it kept."""
    wishes = ["--vehicle", "v2", "--lock", "b1=v2", "--exclude", "b3", "--budget-s", "7"]
    assert run(build_app(), ["plan", *wishes, "--iterations", "5", "--publish"]).exit_code == 0
    with open_stores(Settings(data_dir=home)) as stores:
        former = stores.plans.published(MORNING_UTC.date())
        assert former is not None
        stores.plans.save(replace(former, crews={VehicleId("v2"): "Team North"}))
    again = run(build_app(), ["plan", "--replan", "--iterations", "5", "--json"])
    assert again.exit_code == 0, again.output
    with open_stores(Settings(data_dir=home)) as stores:
        changed = stores.plans.get(PlanId(json.loads(again.stdout)["id"]))
        basis = stores.plans.basis(changed.id)
    assert {route.vehicle_id for route in changed.routes} == {"v2"}
    assert (dict(changed.locks), dict(changed.crews)) == ({"b1": "v2"}, {"v2": "Team North"})
    left = {each.bin_id: each.reasons[0].code for each in changed.left_out}
    assert left[BinId("b3")] is ReasonCode.EXCLUDED
    assert basis is not None
    assert from_bytes(basis).settings.budget_s == 7.0
    released = run(build_app(), ["plan", "--replan", "--lock", "b3=v2", "--iterations", "5", "--json"])
    with open_stores(Settings(data_dir=home)) as stores:
        assert "b3" in stores.plans.get(PlanId(json.loads(released.stdout)["id"])).bins_collected


def test_without_a_published_plan_there_is_none_to_change(home: Path) -> None:
    """And a bin or truck that is not there is named."""
    assert isinstance(run(build_app(), ["plan", "--replan"]).exception, ConflictError)
    for wrong in (["--exclude", "b99"], ["--lock", "b1=v9"], ["--closed", "t9"], ["--lock", "b1=v1", "--broken", "v1"]):
        assert isinstance(run(build_app(), ["plan", *wrong]).exception, ConfigurationError)
