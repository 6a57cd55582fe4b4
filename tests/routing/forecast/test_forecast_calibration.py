"""Whether a probability is one: told risks against what happened in made-up towns and in Edinburgh."""

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from routing.forecast_bench import cli, library
from routing.forecast_bench.library import boosting
from routing.forecast_bench.recording import RecordingScore, read_recording, score_recording
from routing.forecast_bench.score import LEVELS, calibration_error, coverage, crps
from routing.forecast_bench.simulated import Scores, score_towns
from routing.forecast_bench.speed import Speed
from routing.forecast_bench.town import TownSettings
from tomma.errors import ConfigurationError, ImportRefusedError

EDINBURGH = Path(__file__).parents[3].parent / "shared/data/edinburgh/enevo_collections.csv"


@pytest.fixture(scope="module")
def scores() -> Scores:
    """Three looks at a town of 1,500 bins; the library model learns from little, as a test has no time for more.

    In a quarter of its steps, each three times as long: its CRPS is the bench's to one part in twenty-five.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "SETTINGS", {**library.SETTINGS, "max_iter": 20, "learning_rate": 0.3})
        return score_towns(TownSettings(bins=1500, reading_gap_h=4), seeds=[7], lessons=800)


def test_the_80_percent_band_holds_80_percent(scores: Scores) -> None:
    """At six hours and at seven days: 4,500 cases each, two standard deviations of chance are 1.5 points."""
    assert [each.ahead_h for each in scores.by_distance] == [6, 12, 24, 48, 72, 120, 168]
    for score in scores.by_distance:
        assert score.coverage_80 == pytest.approx(0.80, abs=0.02), score


def test_told_risks_come_true_as_often_as_told(scores: Scores) -> None:
    """All 31,500 of them: chance alone makes an error of 0.2 to 0.4 %, since a bin's seven risks are kin."""
    assert scores.calibration_error < 0.008
    for score in scores.by_distance:
        assert score.p_overflow == pytest.approx(score.overflowed, abs=0.015), score
        assert score.calibration_error < 2.5 * score.calibration_floor + 0.002, score


def test_the_forecast_beats_the_rules_that_products_use_and_a_library_model(scores: Scores) -> None:
    """Last level plus slope, an average by weekday, and boosted trees that were told the truth of the past."""
    for score in scores.by_distance:
        assert set(score.crps_of_rivals) == {"last_slope", "ewma_weekday", "boosted_trees"}
        assert score.crps < 0.95 * min(score.crps_of_rivals.values()), score


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"silent_share": 0.5}, id="half the sensors have died"),
        pytest.param({"drift_a_day": 0.03}, id="rates wander by 3 % a day"),
    ],
)
def test_a_harder_town_is_told_as_well(odd: dict[str, Any]) -> None:
    """The bands are wider, and still hold what they say."""
    told = score_towns(replace(TownSettings(bins=700, reading_gap_h=4), **odd), seeds=[3], lessons=0)
    for score in told.by_distance:
        assert score.coverage_80 == pytest.approx(0.80, abs=0.035), score
        assert score.p_overflow == pytest.approx(score.overflowed, abs=0.025), score


@pytest.fixture(scope="module")
def edinburgh() -> RecordingScore:
    """The last days of a real recording, known only up to each day's midnight."""
    recording = read_recording(EDINBURGH, "Europe/London")
    return score_recording(recording, "Europe/London", date(2016, 8, 1), library=False)


def test_on_a_real_recording_the_forecast_beats_simple_rules(edinburgh: RecordingScore) -> None:
    """What crews find at the next collection; every rival is dressed with what was found before, as ours is."""
    assert edinburgh.collections > 1000
    assert len(edinburgh.crps_of_rivals) == 4
    assert edinburgh.crps < 0.97 * min(edinburgh.crps_of_rivals.values())


def test_on_a_real_recording_the_band_holds_what_it_says(edinburgh: RecordingScore) -> None:
    """A week of one summer: rates change by themselves there. The forecast made for decisions is not far off either."""
    assert edinburgh.coverage_80 == pytest.approx(0.80, abs=0.04)
    assert edinburgh.coverage_80_undressed == pytest.approx(0.80, abs=0.08)


def test_without_the_library_the_bench_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """scikit-learn is no part of the product."""
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(ConfigurationError, match="--no-library"):
        boosting()


def test_the_bench_prints_one_line_of_named_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script reads them; nothing else is on the line."""
    slow = Speed(10_000, 200_000, 0.5, 1.0, 0.1, 7.0, 20.0)
    monkeypatch.setattr(cli, "measure_speed", lambda: slow)
    monkeypatch.setattr(cli, "EDINBURGH", Path("not there"))
    result = CliRunner().invoke(cli.app, ["--bins", "60", "--towns", "1", "--no-library", "--json"])
    line = json.loads(result.stdout)
    assert result.stdout.count("\n") == 1
    assert set(line["coverage_80"]) == {"6", "12", "24", "48", "72", "120", "168"}
    assert line["edinburgh"] is None
    assert line["seconds_10000_bins_7_days"] == pytest.approx(1.6)
    assert line["worst_ratio_to_best_rival"] == pytest.approx(
        max(line["crps"][h] / min(each[h] for each in line["crps_rivals"].values()) for h in line["crps"]), abs=0.01
    )
    assert {"ece", "ece_by_chance", "ece_by_horizon", "update_s", "relearn_s"} <= set(line)


def test_a_recording_with_a_bad_row_names_the_line(tmp_path: Path) -> None:
    """A year of collections is not thrown away over one comma without saying where."""
    file = tmp_path / "recording.csv"
    file.write_text("site,t_local,fill_before_pct,fill_after_pct\n1,2016-06-03 13:23:26,much,0\n", encoding="utf-8")
    with pytest.raises(ImportRefusedError, match="line 2"):
        read_recording(file, "Europe/London")


def test_the_scores_themselves_are_right() -> None:
    """A perfect forecast of evenly spread truths has coverage 0.8 and a CRPS of a sixth of their range."""
    rng = np.random.default_rng(1)
    truth = rng.uniform(0.2, 0.8, 4000)
    quantiles = np.tile(0.2 + 0.6 * LEVELS, (4000, 1))
    assert coverage(quantiles[:, 3], quantiles[:, 35], np.zeros(4000), truth) == pytest.approx(0.8, abs=0.02)
    assert crps(quantiles, truth) == pytest.approx(0.6 / 6, rel=0.06)
    p = rng.uniform(size=4000)
    assert calibration_error(p, rng.uniform(size=4000) < p) < 0.03
    assert calibration_error(p, rng.uniform(size=4000) < p**3) > 0.1


def test_a_full_bin_counts_for_the_band_by_the_risk_that_was_told() -> None:
    """Full is an atom: told with certainty, four fifths of it lie within the band, and none at a risk of 5 %."""
    one = np.ones(1)
    assert coverage(one, one, one, one) == pytest.approx(0.8)
    assert coverage(0.2 * one, 0.9 * one, 0.05 * one, one) == 0.0
    assert coverage(0.2 * one, one, 0.2 * one, one) == pytest.approx(0.5)
