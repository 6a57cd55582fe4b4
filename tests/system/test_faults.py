"""The short run of `tomma bench faults` finds nothing, and the same run finds every fault that is planted.

A harness that finds nothing proves nothing until it has found something.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from simulator.faults.ledger import Ledger
from simulator.faults.run import Result, effort, run_cases
from simulator.faults.table import CASES
from tomma.model import BinId, Reading, SensorId

PLANTED = Path(__file__).parent / "planted"
FAR_TOO_LATE_S = 40.0
"""A machine with other work answers late; whoever measures runs the bench on a quiet one."""
SOON_ENOUGH_S = 6.0
"""Longer than a broker waits before it sends again: what is missing then is lost."""


def ran(case_id: str, program: Path | None = None) -> Result:
    """Run one case, with `tomma` or a faulty program in its place."""
    [case] = [each for each in CASES if each.id == case_id]
    strength = effort(1, kills=4, images=100, quick=True)
    [result] = run_cases([case], strength, jobs=1, program=program, patience_s=SOON_ENOUGH_S)
    return result


@pytest.fixture(scope="module")
def caught() -> dict[str, Result]:
    """What the harness says about programs with a fault planted, by name of the fault."""
    cases = {"acknowledges_first": "M1", "drops_some": "M3", "stores_twice": "M3", "is_not_there": "M3"}
    with ThreadPoolExecutor() as pool:
        results = pool.map(lambda item: ran(item[1], PLANTED / f"{item[0]}.py"), cases.items())
        return dict(zip(cases, results, strict=True))


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command says about the short run."""
    command = [sys.executable, "-m", "tomma", "bench", "faults", "--quick", "--json"]
    done = subprocess.run(
        [*command, f"--recover-within-s={FAR_TOO_LATE_S}"],
        cwd=tmp_path_factory.mktemp("faults"), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    [line] = done.stdout.splitlines()
    told: dict[str, Any] = json.loads(line)
    return told


@pytest.mark.timeout(320)  # far more than it takes, on a machine with a lot of other work
def test_nothing_is_lost_and_nothing_is_stored_twice(quick_run: dict[str, Any]) -> None:
    """Killed, starved of disk, cut off, flooded: what was acknowledged to a device is there, once."""
    assert (quick_run["lost"], quick_run["stored_twice"], quick_run["failed"]) == (0, 0, [])
    assert quick_run["acknowledged"] > 5_000
    assert quick_run["kills"] >= 12


def test_every_case_of_the_short_run_ran_or_says_what_is_missing(quick_run: dict[str, Any]) -> None:
    """A case that this machine cannot run must never look like one that passed."""
    assert [each["id"] for each in quick_run["cases"]] == [case.id for case in CASES if case.in_quick]
    assert all("acknowledged" in each or each["skipped"] for each in quick_run["cases"])


@pytest.mark.timeout(320)
def test_an_ingest_that_acknowledges_before_it_stores_is_caught(caught: dict[str, Result]) -> None:
    """The promise of the whole house, broken: a kill in between loses what the broker has forgotten."""
    outcome = caught["acknowledges_first"].outcome
    assert outcome
    assert outcome.verdict.lost
    assert caught["acknowledges_first"].faults(FAR_TOO_LATE_S)


def test_a_store_that_forgets_a_reading_is_caught(caught: dict[str, Result]) -> None:
    """It says that all is well; only the device's own books know better."""
    outcome = caught["drops_some"].outcome
    assert outcome
    assert len(outcome.verdict.lost) >= 10
    assert caught["drops_some"].faults(FAR_TOO_LATE_S)


def test_a_store_that_keeps_a_second_copy_is_caught(caught: dict[str, Result]) -> None:
    """Under another time no unique key would see it."""
    outcome = caught["stores_twice"].outcome
    assert outcome
    assert len(outcome.verdict.stored_twice) >= 10
    assert outcome.verdict.lost == ()
    assert caught["stores_twice"].faults(FAR_TOO_LATE_S)


def test_a_case_that_breaks_is_a_case_that_failed(caught: dict[str, Result]) -> None:
    """A harness that swallows its own errors would be green for ever."""
    assert caught["is_not_there"].outcome is None
    assert caught["is_not_there"].faults(FAR_TOO_LATE_S)


def test_a_reading_that_nobody_sent_makes_the_verdict_unclean() -> None:
    """Damaged on the way is as bad as lost."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    verdict = Ledger().audit([Reading(BinId("B001"), SensorId("F001"), now, now, 0.5, distance_mm=600.0)])
    assert verdict.foreign == 1
    assert not verdict.is_clean


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_the_long_run_finds_nothing(tmp_path: Path) -> None:
    """A thousand kills of each kind, ten thousand power cuts, every fault at its full length."""
    command = [sys.executable, "-m", "tomma", "bench", "faults", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=7_000)
    assert done.returncode == 0, done.stdout + done.stderr
